/** The history, newest first: a page of it, and the newest backups of one target. */

import { keepPreviousData, queryOptions, useQuery } from "@tanstack/react-query";
import { z } from "zod";
import { type BackupRow, backupRowSchema } from "../../../../../supabase/functions/_shared/backup/catalog.ts";
import type { Target } from "../../../../../supabase/functions/_shared/backup/target.ts";
import { type Gateway, useGateway } from "../gateway.tsx";
import { keys } from "./keys.ts";
import { queryDefaults } from "./query_defaults.ts";

export const PAGE_SIZE = 20;
const NEWEST_SIZE = 50;
const rowsSchema = z.array(backupRowSchema);

export interface BackupsPage {
  rows: BackupRow[];
  hasOlder: boolean;
}

/** @param page 0 is the newest. */
export function backupsPageQuery(gateway: Gateway, target: Target | null, page: number) {
  return queryOptions({
    ...queryDefaults,
    queryKey: keys.backupsPage(target, page),
    queryFn: async ({ signal }): Promise<BackupsPage> => {
      const args = { p_target: target, p_limit: PAGE_SIZE + 1, p_offset: page * PAGE_SIZE };
      const rows = await gateway.read("ops_db_backups_list", args, rowsSchema, signal);
      return { rows: rows.slice(0, PAGE_SIZE), hasOlder: rows.length > PAGE_SIZE };
    },
    placeholderData: keepPreviousData,
  });
}

export function useBackupsPage(target: Target | null, page: number) {
  return useQuery(backupsPageQuery(useGateway(), target, page));
}

export function newestBackupsQuery(gateway: Gateway, target: Target) {
  return queryOptions({
    ...queryDefaults,
    queryKey: keys.newestOf(target),
    queryFn: ({ signal }) => {
      const args = { p_target: target, p_limit: NEWEST_SIZE, p_offset: 0 };
      return gateway.read("ops_db_backups_list", args, rowsSchema, signal);
    },
  });
}

export function useNewestBackups(target: Target) {
  return useQuery(newestBackupsQuery(useGateway(), target));
}
