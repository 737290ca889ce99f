/** The facts about a target from which its safety is assessed. */

import { z } from "zod";
import { BACKUP_STATUSES, backupOriginSchema } from "@backup/vault/catalog.ts";
import { runKindSchema, runStatusSchema } from "@backup/runs/run.ts";

const backupInShortSchema = z.object({
  id: z.guid(),
  created_at: z.string(),
  r2_key: z.string(),
  bytes: z.number().nullable(),
  rows_total: z.number().nullable(),
  label: z.string().nullable(),
  origin: backupOriginSchema,
  proven_at: z.string().nullable(),
});

const rejectedBackupSchema = z.object({
  id: z.guid(),
  created_at: z.string(),
  r2_key: z.string(),
  status: z.enum(BACKUP_STATUSES),
  drilled_at: z.string().nullable(),
});
export type RejectedBackup = z.infer<typeof rejectedBackupSchema>;

export const overviewSchema = z.object({
  /** Of those that no drill rejected. */
  newest: backupInShortSchema.nullable(),
  /** Backups that a drill rejected, newest first, deleted ones too. */
  rejected: z.array(rejectedBackupSchema).default([]),
  newest_proven: backupInShortSchema.nullable(),
  /** Of the last restores into the target and drills of its backups. */
  rto: z.object({ p50_ms: z.number(), p90_ms: z.number(), samples: z.number() }).nullable(),
  last_drill: z.object({
    request_id: z.guid(),
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
    request_id: z.guid(),
  }).nullable(),
  active: z.number(),
  /** When the schedule made the last three full backups, newest first; an older catalog does not say. */
  scheduled: z.array(z.string()).default([]),
  /** The database's current time. Ages are computed from it, not from the clock of the browser's machine. */
  time: z.string(),
});
export type OverviewFacts = z.infer<typeof overviewSchema>;
