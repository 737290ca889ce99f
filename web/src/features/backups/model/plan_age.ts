/** How long a simulation stays valid for a restore. */

import { PLAN_VALID_MS } from "@backup/service_levels.ts";
import { isActive, type Run } from "@backup/runs/run.ts";

/**
 * `none` no simulation · `running` not finished · `failed` no plan · `stale` too old ·
 * `fresh` valid for another `leftMs`.
 */
export type PlanState =
  | { state: "none" | "running" | "failed" | "stale" }
  | { state: "fresh"; leftMs: number };

/** @param run the newest simulation of a backup on a target. */
export function planState(run: Run | null, now: Date): PlanState {
  if (run === null) return { state: "none" };
  if (isActive(run.status)) return { state: "running" };
  if (run.status !== "succeeded" || run.finished_at === null) return { state: "failed" };
  const leftMs = Date.parse(run.finished_at) + PLAN_VALID_MS - now.getTime();
  return leftMs > 0 ? { state: "fresh", leftMs } : { state: "stale" };
}
