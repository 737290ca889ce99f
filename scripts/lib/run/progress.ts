/** What a long piece of work tells while it runs. Telling never makes the work fail. */
export interface Progress {
  /** A named step begins. */
  phase(name: string): void;
  /** Bytes done in this phase, of how many where that is known. */
  bytes(done: number, expected: number | null): void;
  /** Rows counted or loaded so far, whichever phase it is. For who wants to know. */
  rows?(done: number): void;
  /** A fact for the log. */
  log(line: string): void;
}
