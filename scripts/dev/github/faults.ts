/** Faults that a test can inject into the local GitHub. */
import type { Answer } from "./rest/http.ts";

/** What becomes of one dispatch. */
export type DispatchFault =
  /** Refused with this answer; no run. */
  | { kind: "answer"; answer: Answer }
  /** Accepted, answered 204 although the run's details were requested. */
  | { kind: "no-details" }
  /** Accepted, answered like this. */
  | { kind: "accepted-but"; answer: Answer }
  /** Never answered; with or without a run. */
  | { kind: "silence"; accept: boolean };

/** Faults that are set in the process; each of the lists is used up one by one. */
export class Faults {
  /** One for each of the next dispatches. */
  readonly dispatches: DispatchFault[] = [];
  /** Answers to the next requests that are not dispatches. */
  readonly requests: Answer[] = [];
  /** New runs are hidden from the API for so long. */
  runsVisibleAfterMs = 0;

  clear(): void {
    this.dispatches.length = 0;
    this.requests.length = 0;
    this.runsVisibleAfterMs = 0;
  }
}
