/** Past runs, newest first. */

import { keepPreviousData, queryOptions, useQuery } from "@tanstack/react-query";
import { z } from "zod";
import { isActive, type Run, runSchema } from "@backup/runs/run.ts";
import type { Target } from "@backup/target.ts";
import { type Gateway, useGateway } from "./gateway.tsx";
import { keys } from "./keys.ts";
import { LIVE_SIZE } from "./live_runs.ts";
import { queryDefaults } from "./query_defaults.ts";

const runsSchema = z.array(runSchema);

export interface PastRuns {
  rows: Run[];
  hasOlder: boolean;
}

/** The newest `count` finished runs. */
export function pastRunsQuery(gateway: Gateway, target: Target | null, count: number) {
  return queryOptions({
    ...queryDefaults,
    queryKey: keys.pastRuns(target, count),
    queryFn: async ({ signal }): Promise<PastRuns> => {
      const args = { p_target: target, p_limit: count + LIVE_SIZE };
      const runs = await gateway.read("ops_db_backup_runs_list", args, runsSchema, signal);
      const over = runs.filter((run) => !isActive(run.status));
      return { rows: over.slice(0, count), hasOlder: over.length > count };
    },
    placeholderData: keepPreviousData,
  });
}

export function usePastRuns(target: Target | null, count: number) {
  return useQuery(pastRunsQuery(useGateway(), target, count));
}
