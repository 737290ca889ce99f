/** How long a run usually takes, and what that says about one that goes on. */

import type { Run } from "@backup/runs/run.ts";

/** Durations of the last succeeded runs of one kind on one target; the time in the queue does not count. */
export interface UsualDuration {
  kind: string;
  target: string;
  samples: number;
  p50_ms: number;
  p90_ms: number;
}

/** `remaining` about so much is left · `any_moment` the usual time is over · `slow` nine of ten ended earlier. */
export type Pace = { state: "remaining" | "any_moment" | "slow"; ms: number };

/** From fewer runs nothing is told. */
const FEWEST_SAMPLES = 3;

/** `null` before the run has begun, and when too few runs were measured. `ms` is what is left, or the p90. */
export function paceOf(run: Run, usual: readonly UsualDuration[], now: Date): Pace | null {
  const measured = usual.find(({ kind, target }) => kind === run.kind && target === run.target);
  if (run.started_at === null || measured === undefined || measured.samples < FEWEST_SAMPLES) return null;
  const elapsed = now.getTime() - Date.parse(run.started_at);
  if (elapsed > measured.p90_ms) return { state: "slow", ms: measured.p90_ms };
  const left = measured.p50_ms - elapsed;
  return left > 0 ? { state: "remaining", ms: left } : { state: "any_moment", ms: 0 };
}
