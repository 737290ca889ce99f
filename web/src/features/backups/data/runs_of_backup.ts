/** Restores, drills and simulations of one backup, newest first. */

import { queryOptions, useQuery } from "@tanstack/react-query";
import { z } from "zod";
import { type Run, runSchema } from "@backup/runs/run.ts";
import { type Gateway, useGateway } from "./gateway.tsx";
import { keys } from "./keys.ts";
import { queryDefaults } from "./query_defaults.ts";

const LIMIT = 50;

export function runsOfBackupQuery(gateway: Gateway, key: string) {
  return queryOptions({
    ...queryDefaults,
    queryKey: keys.runsOfBackup(key),
    queryFn: async ({ signal }): Promise<Run[]> => {
      const args = { p_r2_key: key, p_limit: LIMIT };
      const runs = await gateway.read("ops_db_backup_runs_list", args, z.array(runSchema), signal);
      return runs.filter(({ kind }) => kind !== "backup");
    },
  });
}

export function useRunsOfBackup(key: string) {
  return useQuery(runsOfBackupQuery(useGateway(), key));
}
