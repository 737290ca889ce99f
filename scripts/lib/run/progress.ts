import type { CountedObjects } from "@backup/runs/run.ts";

/** Receives the progress of a long piece of work. No method throws. */
export interface Progress {
  /** A named step begins. */
  phase(name: string): void;
  /** @param done bytes of this phase so far. @param expected bytes of the whole phase, `null` when unknown */
  bytes(done: number, expected: number | null): void;
  /** @param done rows counted or loaded so far, in all phases */
  rows?(done: number): void;
  objects?(counted: CountedObjects): void;
  /** A line for the log. */
  log(line: string): void;
}
