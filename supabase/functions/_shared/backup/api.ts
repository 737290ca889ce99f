/** What the Edge Function `ops-backups` is asked and what it answers. Shared by the function and the screen. */
import { z } from "zod";
import { labelSchema } from "./label.ts";
import { runSchema } from "./run.ts";
import { modeSchema, targetSchema } from "./target.ts";

export const FUNCTION_NAME = "ops-backups";

/** Idempotency key: the same id is the same request, however often it is sent. */
const requestId = z.uuid().optional();
/** Why it is asked, in the asker's words; kept in the history. */
const reason = z.string().trim().max(500).optional();

export const backupRequestSchema = z.strictObject({
  action: z.literal("backup"),
  target: targetSchema,
  mode: modeSchema.default("full"),
  label: labelSchema,
  request_id: requestId,
  reason,
});
export type BackupRequest = z.infer<typeof backupRequestSchema>;

export const restoreRequestSchema = z.strictObject({
  action: z.literal("restore"),
  target: targetSchema,
  r2_key: z.string(),
  confirm: z.string().nullish(),
  request_id: requestId,
  reason,
});
export type RestoreRequest = z.infer<typeof restoreRequestSchema>;

/** Asks what became of a run; settles it when GitHub knows its end and the script never reported it. */
export const statusRequestSchema = z.strictObject({ action: z.literal("status"), request_id: z.uuid() });
export type StatusRequest = z.infer<typeof statusRequestSchema>;

export const ACTIONS = ["backup", "restore", "status"] as const;
export type Action = (typeof ACTIONS)[number];

/** Answer to `backup` and `restore`. `run_url` is `null` while GitHub has not shown the run yet. */
export const dispatchedSchema = z.object({
  ok: z.literal(true),
  kind: z.enum(["backup", "restore"]),
  request_id: z.uuid(),
  run_url: z.string().nullable(),
  run: runSchema,
  /** What went wrong beside the request itself, which stands. */
  warnings: z.array(z.string()).optional(),
});
export type Dispatched = z.infer<typeof dispatchedSchema>;

export const statusAnswerSchema = z.object({
  ok: z.literal(true),
  kind: z.literal("status"),
  run: runSchema,
});
export type StatusAnswer = z.infer<typeof statusAnswerSchema>;

export const failureSchema = z.object({
  ok: z.literal(false),
  error: z.string(),
  message: z.string(),
  details: z.record(z.string(), z.unknown()).optional(),
});
export type Failure = z.infer<typeof failureSchema>;
