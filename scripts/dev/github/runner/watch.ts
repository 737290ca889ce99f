/** Time-out and cancellation of a running step. */
import type { JobSession } from "./session.ts";

export type StopReason = "cancelled" | "timed out";

export interface Watch {
  /** Aborted when the step is to end. */
  signal: AbortSignal;
  reason(): StopReason | null;
  /** Stops watching. */
  end(): void;
}

/** Ends a step at its time-out, and when the job is cancelled unless its condition still holds. */
export function watch(session: JobSession, minutes: number, stillHolds: () => boolean): Watch {
  const controller = new AbortController();
  let reason: StopReason | null = null;
  const stop = (why: StopReason) => {
    reason ??= why;
    controller.abort();
  };
  const onCancel = () => {
    if (session.cancellation.abandoned.aborted || !stillHolds()) stop("cancelled");
  };
  const { signal, abandoned } = session.cancellation;
  signal.addEventListener("abort", onCancel);
  abandoned.addEventListener("abort", onCancel);
  const timer = minutes === Infinity ? undefined : setTimeout(() => stop("timed out"), minutes * 60_000);
  return {
    signal: controller.signal,
    reason: () => reason,
    end() {
      clearTimeout(timer);
      signal.removeEventListener("abort", onCancel);
      abandoned.removeEventListener("abort", onCancel);
    },
  };
}
