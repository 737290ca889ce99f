export interface Intent {
  /** The id of a request: unchanged for an equal request until it is settled. */
  idFor(request: object): string;
  /** The outcome is known: an equal request gets a new id. */
  settle(): void;
}

/** Assigns idempotency keys, so that a double click or a repetition after a timeout acts once. */
export function createIntent(newId: () => string): Intent {
  let current: { request: string; id: string } | null = null;
  return {
    idFor(request) {
      const text = JSON.stringify(request);
      if (current?.request !== text) current = { request: text, id: newId() };
      return current.id;
    },
    settle() {
      current = null;
    },
  };
}
