/** Rows of the catalog as the RPC `ops_db_backups_list` returns them. */
import { z } from "zod";

export const BACKUP_STATUSES = ["uploaded", "failed", "restored", "deleted"] as const;

/**
 * Origin of a backup: the `schedule`, a `person`, a restore that took its `safety` copy, an admin on a
 * machine (`local`), or something `other` (a command line, an older tool).
 */
export const BACKUP_ORIGINS = ["schedule", "person", "safety", "local", "other"] as const;
export const backupOriginSchema = z.enum(BACKUP_ORIGINS);
export type BackupOrigin = z.infer<typeof backupOriginSchema>;

/**
 * Summary of the receipt of the newest drill that proved or rejected the backup; counts are of its checks, times are
 * seconds. With a failed check the backup is rejected (`backup_state.ts`).
 */
export const backupProofSchema = z.object({
  receipt_key: z.string(),
  drilled_at: z.string(),
  passed: z.number(),
  failed: z.number(),
  skipped: z.number(),
  seconds: z.record(z.string(), z.number()),
  total_seconds: z.number(),
});
export type BackupProof = z.infer<typeof backupProofSchema>;

/** As a row has it. One of another form says nothing: one bad row must not hide the others, nor stop retention. */
export const storedProofSchema = backupProofSchema.nullable().catch(null);

/** The contract's columns are always present; the others are `null` for backups of older tools. */
export const backupRowSchema = z.object({
  id: z.guid(),
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
  origin: backupOriginSchema,
  hold_until: z.string().nullable(),
  hold_reason: z.string().nullable(),
  held_by: z.string().nullable(),
  proof: storedProofSchema,
  /** The key that signed it, where that was checked; `null`: unsigned, by a foreign key, or not checked. */
  signed_by: z.string().nullable().default(null),
  /** Only signed backups count here, and this one is not signed: it protects nothing. Lists alone say it. */
  is_unsigned: z.boolean().default(false),
});
export type BackupRow = z.infer<typeof backupRowSchema>;
