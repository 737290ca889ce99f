/** Compares an active run with the usual duration of its kind. */

import type { Run } from "@backup/runs/run.ts";

/** Durations of the last succeeded runs of one kind on one target; the time in the queue does not count. */
export interface UsualDuration {
  kind: string;
  target: string;
  samples: number;
  p50_ms: number;
  p90_ms: number;
}

/** `remaining` `ms` is the estimated rest · `any_moment` past the median · `slow` past the p90. */
export type Pace = { state: "remaining" | "any_moment" | "slow"; ms: number };

/** With fewer runs there is no estimate. */
const FEWEST_SAMPLES = 3;

/** `null` before the run has started, and when too few runs were measured. `ms` is the time left, or the p90. */
export function paceOf(run: Run, usual: readonly UsualDuration[], now: Date): Pace | null {
  const measured = usual.find(({ kind, target }) => kind === run.kind && target === run.target);
  if (run.started_at === null || measured === undefined || measured.samples < FEWEST_SAMPLES) return null;
  const elapsed = now.getTime() - Date.parse(run.started_at);
  if (elapsed > measured.p90_ms) return { state: "slow", ms: measured.p90_ms };
  const left = measured.p50_ms - elapsed;
  return left > 0 ? { state: "remaining", ms: left } : { state: "any_moment", ms: 0 };
}
