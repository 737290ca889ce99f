/** Faults that a test can inject into the local GitHub. */
import type { Answer } from "./rest/http.ts";

/** The result of one dispatch. */
export type DispatchFault =
  /** Refused with this response; no run. */
  | { kind: "answer"; answer: Answer }
  /** Accepted, answered 204 although the run's details were requested. */
  | { kind: "no-details" }
  /** Accepted, answered with this response. */
  | { kind: "accepted-but"; answer: Answer }
  /** Never answered; with or without a run. */
  | { kind: "silence"; accept: boolean };

/** Faults of this process; each entry of a list is used once, in order. */
export class Faults {
  /** One for each of the next dispatches. */
  readonly dispatches: DispatchFault[] = [];
  /** Responses to the next requests that are not dispatches. */
  readonly requests: Answer[] = [];
  /** How long the API hides new runs, in milliseconds. */
  runsVisibleAfterMs = 0;

  clear(): void {
    this.dispatches.length = 0;
    this.requests.length = 0;
    this.runsVisibleAfterMs = 0;
  }
}
