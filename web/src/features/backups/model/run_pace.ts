/** Compares an active run with the usual duration of runs like it. */

import type { Run } from "@backup/runs/run.ts";

/** Of the last succeeded runs of this kind, target and size, `null` without any; the time in the queue does not count. */
export interface UsualDuration {
  samples: number;
  p50_ms: number | null;
  p90_ms: number | null;
}

/** `remaining` `ms` is the estimated rest · `any_moment` past the median · `slow` past the p90. */
export type Pace = { state: "remaining" | "any_moment" | "slow"; ms: number };

/** With fewer runs there is no estimate. */
const FEWEST_SAMPLES = 3;

/** `null` before the run has started, and when too few runs were measured. `ms` is the time left, or the p90. */
export function paceOf(run: Run, { samples, p50_ms, p90_ms }: UsualDuration, now: Date): Pace | null {
  if (run.started_at === null || samples < FEWEST_SAMPLES || p50_ms === null || p90_ms === null) return null;
  const elapsed = now.getTime() - Date.parse(run.started_at);
  if (elapsed > p90_ms) return { state: "slow", ms: p90_ms };
  const left = p50_ms - elapsed;
  return left > 0 ? { state: "remaining", ms: left } : { state: "any_moment", ms: 0 };
}
