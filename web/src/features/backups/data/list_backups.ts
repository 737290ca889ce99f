/** Rows of the catalog: the oldest backup of a target, and all of its backups in the vault. */

import { queryOptions, useQuery } from "@tanstack/react-query";
import { z } from "zod";
import { type BackupRow, backupRowSchema } from "@backup/vault/catalog.ts";
import type { Target } from "@backup/target.ts";
import { type Gateway, useGateway } from "./gateway.tsx";
import { isInVault } from "../model/restorable.ts";
import { keys } from "./keys.ts";
import { queryDefaults } from "./query_defaults.ts";

/** The maximum number of rows of one call. */
const CALL_LIMIT = 1000;
export const backupRowsSchema = z.array(backupRowSchema);

export function oldestBackupQuery(gateway: Gateway, target: Target) {
  return queryOptions({
    ...queryDefaults,
    queryKey: keys.oldestOf(target),
    queryFn: async ({ signal }): Promise<BackupRow | null> => {
      const args = { p_target: target, p_sort: "oldest", p_limit: 1 };
      const [row] = await gateway.read("ops_db_backups_list", args, backupRowsSchema, signal);
      return row ?? null;
    },
  });
}

/** `null` when the target has none. */
export function useOldestBackup(target: Target) {
  return useQuery(oldestBackupQuery(useGateway(), target));
}

export interface VaultContent {
  /** Newest first. */
  backups: BackupRow[];
  /** Whether older rows were omitted. */
  cut: boolean;
}

export function vaultContentQuery(gateway: Gateway, target: string) {
  return queryOptions({
    ...queryDefaults,
    queryKey: keys.vaultOf(target),
    queryFn: async ({ signal }): Promise<VaultContent> => {
      const args = { p_target: target, p_limit: CALL_LIMIT };
      const rows = await gateway.read("ops_db_backups_list", args, backupRowsSchema, signal);
      return { backups: rows.filter(isInVault), cut: rows.length === CALL_LIMIT };
    },
  });
}

/** The backups of a target in the vault: retention's decision about one depends on the others. */
export function useVaultContent(target: string) {
  return useQuery(vaultContentQuery(useGateway(), target));
}
