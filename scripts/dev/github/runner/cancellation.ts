/** The cancellation of a job. */
export class Cancellation {
  readonly #controller = new AbortController();
  readonly #abandon = new AbortController();
  #reason: string | null = null;

  /** Aborted when the job is to end; steps with `always()` or `cancelled()` still run. */
  readonly signal = this.#controller.signal;
  /** Aborted when nothing more may run, not even `always()`. */
  readonly abandoned = this.#abandon.signal;

  get requested(): boolean {
    return this.signal.aborted;
  }

  /** The reason, as text for the log. */
  get reason(): string | null {
    return this.#reason;
  }

  request(reason: string): void {
    this.#reason ??= reason;
    this.#controller.abort();
  }

  abandon(reason: string): void {
    this.request(reason);
    this.#abandon.abort();
  }
}
