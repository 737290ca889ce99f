/** The newest simulation of restoring one backup into one target, and its plan. */

import { queryOptions, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import { z } from "zod";
import { planOf } from "@backup/runs/restore_plan.ts";
import { isActive, type Run, runSchema } from "@backup/runs/run.ts";
import type { Target } from "@backup/target.ts";
import { type Gateway, useGateway } from "./gateway.tsx";
import { keys } from "./keys.ts";
import { pollDelay } from "./poll.ts";
import { queryDefaults } from "./query_defaults.ts";
import { invalidResponse } from "./screen_error.ts";

const runsSchema = z.array(runSchema);

export function newestPlanRunQuery(gateway: Gateway, target: Target, key: string) {
  return queryOptions({
    ...queryDefaults,
    queryKey: keys.newestPlan(target, key),
    queryFn: async ({ signal }): Promise<Run | null> => {
      const args = { p_kind: "plan", p_target: target, p_r2_key: key, p_limit: 1 };
      const runs = await gateway.read("ops_db_backup_runs_list", args, runsSchema, signal);
      return runs[0] ?? null;
    },
    refetchInterval: ({ state }) => state.data && isActive(state.data.status) ? pollDelay(state) : false,
  });
}

/** `null` when there has been no simulation yet. */
export function useNewestPlanRun(target: Target, key: string) {
  return useQuery(newestPlanRunQuery(useGateway(), target, key));
}

/** Stores a simulation that was just accepted as the newest, before the next poll returns it. */
export function useShowPlanRun(target: Target, key: string): (run: Run) => void {
  const cache = useQueryClient();
  return useCallback((run) => void cache.setQueryData(keys.newestPlan(target, key), run), [
    cache,
    target,
    key,
  ]);
}

export function planQuery(gateway: Gateway, requestId: string) {
  return queryOptions({
    ...queryDefaults,
    queryKey: keys.plan(requestId),
    queryFn: async ({ signal }) => {
      const args = { p_request_id: requestId, p_limit: 1 };
      const [run] = await gateway.read("ops_db_backup_runs_list", args, runsSchema, signal);
      const plan = run && planOf(run);
      if (!plan) throw invalidResponse(`ops_db_backup_runs_list: run ${requestId} carries no plan`);
      return plan;
    },
    staleTime: Infinity,
  });
}

/** The plan of a simulation that succeeded. */
export function usePlan(run: Run | null) {
  return useQuery({
    ...planQuery(useGateway(), run?.request_id ?? ""),
    enabled: run?.status === "succeeded",
  });
}
