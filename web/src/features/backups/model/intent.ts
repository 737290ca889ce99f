import { useRef } from "react";

export interface Intent {
  /** The id of what is asked: the same for the same request until its fate is known. */
  idFor(request: object): string;
  /** The fate is known: asking the same again is a new intent. */
  settle(): void;
}

/** Gives a request its idempotency key, so that a double click or a repetition after silence acts once. */
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

/** An intent that lives as long as the component. */
export function useIntent(): Intent {
  const intent = useRef<Intent | null>(null);
  return intent.current ??= createIntent(() => crypto.randomUUID());
}
