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
/** A week has seven backups and a drill. */
const READ_FOR_ONE = 8;
/** The maximum number of rows of one call. */
const CALL_LIMIT = 1000;

export interface PastRuns {
  rows: Run[];
  hasOlder: boolean;
}

/** The newest finished runs, at most `count`, without backups: the history has these, also those that failed. */
export function pastRunsQuery(gateway: Gateway, target: Target | null, count: number) {
  return queryOptions({
    ...queryDefaults,
    queryKey: keys.pastRuns(target, count),
    queryFn: async ({ signal }): Promise<PastRuns> => {
      const limit = Math.min(READ_FOR_ONE * count + LIVE_SIZE, CALL_LIMIT);
      const args = { p_target: target, p_limit: limit };
      const runs = await gateway.read("ops_db_backup_runs_list", args, runsSchema, signal);
      const over = runs.filter(({ kind, status }) => kind !== "backup" && !isActive(status));
      const mayReadOn = runs.length === limit && limit < CALL_LIMIT;
      return { rows: over.slice(0, count), hasOlder: over.length > count || mayReadOn };
    },
    placeholderData: keepPreviousData,
  });
}

export function usePastRuns(target: Target | null, count: number) {
  return useQuery(pastRunsQuery(useGateway(), target, count));
}
