import type { UseQueryResult } from "@tanstack/react-query";
import type { PlannedRestore } from "../../../../../supabase/functions/_shared/backup/restore_plan.ts";
import type { Run } from "../../../../../supabase/functions/_shared/backup/run.ts";
import type { Target } from "../../../../../supabase/functions/_shared/backup/target.ts";
import { useNow } from "../../../lib/use_now.ts";
import { useNewestPlanRun, usePlan, useShowPlanRun } from "../api/restore_plan.ts";
import { type PlanState, planState } from "../plan_age.ts";
import { type Submission, useSubmission } from "./use_submission.ts";

export interface Planning {
  now: Date;
  /** The newest simulation of this restore, whoever asked for it, in whichever tab. */
  newest: UseQueryResult<Run | null>;
  state: PlanState;
  /** What the simulation found; only a fresh one is read. */
  found: UseQueryResult<PlannedRestore>;
  simulate(): void;
  asking: Submission;
}

/** The simulation of restoring one backup into one target. */
export function usePlanning(target: Target, key: string): Planning {
  const now = useNow(1000);
  const newest = useNewestPlanRun(target, key);
  const state = planState(newest.data ?? null, now);
  const found = usePlan(state.state === "fresh" ? newest.data ?? null : null);
  const show = useShowPlanRun(target, key);
  const asking = useSubmission(({ run }) => show(run));
  const simulate = () => asking.submit({ action: "plan", target, r2_key: key });
  return { now, newest, state, found, simulate, asking };
}
