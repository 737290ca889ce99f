/** Rows of the catalog as the RPC `ops_db_backups_list` returns them. */
import { z } from "zod";

export const BACKUP_STATUSES = ["uploaded", "failed", "restored", "deleted"] as const;

/** The contract's columns are always there; the rest is `null` for backups made the old way. */
export const backupRowSchema = z.object({
  id: z.uuid(),
  created_at: z.string(),
  target: z.string(),
  mode: z.string(),
  r2_bucket: z.string(),
  r2_key: z.string(),
  sha256: z.string().nullable(),
  bytes: z.number().nullable(),
  git_sha: z.string().nullable(),
  status: z.enum(BACKUP_STATUSES),
  kind: z.string().nullable(),
  label: z.string().nullable(),
  raw_bytes: z.number().nullable(),
  tables_total: z.number().nullable(),
  rows_total: z.number().nullable(),
  duration_ms: z.number().nullable(),
  server_version: z.string().nullable(),
  requested_by: z.string().nullable(),
  run_url: z.string().nullable(),
  verified_at: z.string().nullable(),
  proven_at: z.string().nullable(),
});
export type BackupRow = z.infer<typeof backupRowSchema>;
