/** The life of a run: what was asked, and what became of it. */
import { z } from "zod";
import { modeSchema, targetSchema } from "./target.ts";

/** `plan` is the dry run of a restore, `prune` one target's retention; neither holds its target. */
export const RUN_KINDS = ["backup", "restore", "drill", "plan", "prune"] as const;
export const runKindSchema = z.enum(RUN_KINDS);
export type RunKind = z.infer<typeof runKindSchema>;

/**
 * `queued` asked, not begun · `running` a script reports · `unknown` GitHub's answer was unclear ·
 * `succeeded`, `failed`, `cancelled` final · `lost` no news for too long, final.
 */
export const RUN_STATUSES = [
  "queued",
  "running",
  "unknown",
  "succeeded",
  "failed",
  "cancelled",
  "lost",
] as const;
export const runStatusSchema = z.enum(RUN_STATUSES);
export type RunStatus = z.infer<typeof runStatusSchema>;

/** Whether the run still holds its target. */
export function isActive(status: RunStatus): boolean {
  return status === "queued" || status === "running" || status === "unknown";
}

/**
 * A row of `ops_db_backup_runs_list`. PostgREST writes timestamps as `2026-11-24T00:25:23.6+00:00`;
 * other servers with a blank: both parse with `Date`.
 */
export const runSchema = z.object({
  id: z.uuid(),
  created_at: z.string(),
  kind: runKindSchema,
  target: targetSchema,
  mode: modeSchema.nullable(),
  label: z.string().nullable(),
  r2_key: z.string().nullable(),
  reason: z.string().nullable(),
  status: runStatusSchema,
  phase: z.string().nullable(),
  bytes_done: z.number().nullable(),
  bytes_expected: z.number().nullable(),
  requested_by: z.string().nullable(),
  request_id: z.uuid(),
  github_run_id: z.number().nullable(),
  run_url: z.string().nullable(),
  error_code: z.string().nullable(),
  error_message: z.string().nullable(),
  result: z.record(z.string(), z.unknown()).nullable(),
  started_at: z.string().nullable(),
  heartbeat_at: z.string().nullable(),
  finished_at: z.string().nullable(),
});
export type Run = z.infer<typeof runSchema>;
