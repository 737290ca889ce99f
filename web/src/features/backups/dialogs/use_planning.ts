import { NO_PRIVILEGES } from "@backup/api.ts";
import type { UseQueryResult } from "@tanstack/react-query";
import type { PlannedRestore } from "@backup/runs/restore_plan.ts";
import type { Run } from "@backup/runs/run.ts";
import type { Target } from "@backup/target.ts";
import { useNow } from "../../../lib/use_now.ts";
import { useNewestPlanRun, usePlan, useShowPlanRun } from "../data/restore_plan.ts";
import { type PlanState, planState } from "../model/plan_age.ts";
import { type Submission, useSubmission } from "./use_submission.ts";

export interface Planning {
  now: Date;
  /** The newest simulation of this restore, of any requester and any tab. */
  newest: UseQueryResult<Run | null>;
  state: PlanState;
  /** The plan; read only while the simulation is fresh. */
  found: UseQueryResult<PlannedRestore>;
  /** Key of the backup that an archive without privileges gets those of: the chosen one, else the plan's; empty for none. */
  privilegesFrom: string;
  simulate(): void;
  submission: Submission;
}

/**
 * The simulation of restoring one backup into one target.
 * @param isUnsignedAllowed the user has confirmed that it is not signed
 * @param chosen the source of privileges that the user has chosen
 */
export function usePlanning(
  target: Target,
  key: string,
  isUnsignedAllowed: boolean,
  chosen: string | undefined,
): Planning {
  const now = useNow(1000);
  const newest = useNewestPlanRun(target, key);
  const state = planState(newest.data ?? null, now);
  const found = usePlan(state.state === "fresh" ? newest.data ?? null : null);
  const show = useShowPlanRun(target, key);
  const submission = useSubmission(({ run }) => show(run));
  const allow_unsigned = isUnsignedAllowed ? key : undefined;
  const privilegesFrom = chosen ?? found.data?.access?.from ?? "";
  const simulate = () =>
    submission.submit({
      action: "plan",
      target,
      r2_key: key,
      allow_unsigned,
      privileges_from: sourceOf(chosen, privilegesFrom),
    });
  return { now, newest, state, found, privilegesFrom, simulate, submission };
}

/** What a request says of the source of privileges: that there is none only where the user has chosen so. */
export function sourceOf(chosen: string | undefined, privilegesFrom: string): string | undefined {
  return chosen === "" ? NO_PRIVILEGES : privilegesFrom || undefined;
}
