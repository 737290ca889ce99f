/** A target at a glance: its newest backup, its newest proof, how long a restore takes. */

import { queryOptions, useQuery } from "@tanstack/react-query";
import { z } from "zod";
import { backupOriginSchema } from "@backup/vault/catalog.ts";
import { runKindSchema, runStatusSchema } from "@backup/runs/run.ts";
import type { Target } from "@backup/target.ts";
import { type Gateway, useGateway } from "./gateway.tsx";
import { keys } from "./keys.ts";
import { queryDefaults } from "./query_defaults.ts";

const RENEW_MS = 60_000;

const backupInShortSchema = z.object({
  id: z.uuid(),
  created_at: z.string(),
  r2_key: z.string(),
  bytes: z.number().nullable(),
  rows_total: z.number().nullable(),
  label: z.string().nullable(),
  origin: backupOriginSchema,
  proven_at: z.string().nullable(),
});

export const overviewSchema = z.object({
  newest: backupInShortSchema.nullable(),
  newest_proven: backupInShortSchema.nullable(),
  /** Of the last restores into the target and drills of its backups. */
  rto: z.object({ p50_ms: z.number(), p90_ms: z.number(), samples: z.number() }).nullable(),
  last_drill: z.object({
    request_id: z.uuid(),
    status: runStatusSchema,
    finished_at: z.string().nullable(),
    error_code: z.string().nullable(),
    r2_key: z.string().nullable(),
  }).nullable(),
  /** The newest backup that failed or was lost since the newest that succeeded. */
  last_failed: z.object({
    kind: runKindSchema,
    status: runStatusSchema,
    finished_at: z.string().nullable(),
    error_code: z.string().nullable(),
    request_id: z.uuid(),
  }).nullable(),
  active: z.number(),
  /** The database's clock: ages are told by it, whatever the reader's machine thinks. */
  time: z.string(),
});
export type OverviewFacts = z.infer<typeof overviewSchema>;

export function overviewQuery(gateway: Gateway, target: Target) {
  return queryOptions({
    ...queryDefaults,
    queryKey: keys.overview(target),
    queryFn: ({ signal }) =>
      gateway.read("ops_db_backup_overview", { p_target: target }, overviewSchema, signal),
    staleTime: RENEW_MS,
  });
}

export function useOverview(target: Target) {
  return useQuery(overviewQuery(useGateway(), target));
}
