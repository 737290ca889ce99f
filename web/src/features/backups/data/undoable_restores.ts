/** The last restores that can be undone, and the safety copy of one. */

import { queryOptions, useQuery } from "@tanstack/react-query";
import { z } from "zod";
import { type BackupRow, backupRowSchema } from "@backup/vault/catalog.ts";
import { runSchema } from "@backup/runs/run.ts";
import { type Gateway, useGateway } from "./gateway.tsx";
import { undoableRestores } from "../model/undoable.ts";
import { keys } from "./keys.ts";
import { queryDefaults } from "./query_defaults.ts";

/** The number of restores read. Enough for the last ones of each target unless one target is restored very often. */
const READ_LIMIT = 50;

export function undoableRestoresQuery(gateway: Gateway) {
  return queryOptions({
    ...queryDefaults,
    queryKey: keys.undoable,
    queryFn: async ({ signal }) => {
      const args = { p_kind: "restore", p_status: "succeeded", p_limit: READ_LIMIT };
      const runs = await gateway.read("ops_db_backup_runs_list", args, z.array(runSchema), signal);
      return undoableRestores(runs);
    },
  });
}

/** Their `request_id`s. @param enabled `false` defers the request, so that more urgent ones go first. */
export function useUndoableRestores(enabled: boolean) {
  return useQuery({ ...undoableRestoresQuery(useGateway()), enabled });
}

export function backupOfKeyQuery(gateway: Gateway, key: string) {
  return queryOptions({
    ...queryDefaults,
    queryKey: keys.backupOfKey(key),
    queryFn: async ({ signal }): Promise<BackupRow | null> => {
      const args = { p_r2_key: key, p_limit: 1 };
      const [row] = await gateway.read("ops_db_backups_list", args, z.array(backupRowSchema), signal);
      return row ?? null;
    },
  });
}

/** The catalog's row of one archive, `null` when it has none. */
export function useBackupOfKey(key: string) {
  return useQuery(backupOfKeyQuery(useGateway(), key));
}
