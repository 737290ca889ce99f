/** Requests and responses of the Edge Function `ops-backups`, shared by the function and the screen. */
import { z } from "zod";
import { labelSchema } from "./label.ts";
import { sealedSchema } from "./look/seal.ts";
import { runSchema } from "./runs/run.ts";
import { modeSchema, targetSchema } from "./target.ts";

export const FUNCTION_NAME = "ops-backups";

/** Idempotency key: the same id is the same request, however often it is sent. */
const requestId = z.guid().optional();
export const REASON_MAX_LENGTH = 500;
/** The reason of the request, in the requester's words; kept in the history. */
const reason = z.string().trim().max(REASON_MAX_LENGTH).optional();
/** The archive's key once more: required of a backup that no key of this installation signed, as its code is run. */
const allowUnsigned = z.string().nullish();
/** No backup's privileges, where a variable of the workflow names one. */
export const NO_PRIVILEGES = "none";
/**
 * Of an archive without privileges: the key of the backup whose privileges its objects get, or {@link NO_PRIVILEGES}; a plan
 * and its restore agree.
 */
const privilegesFrom = z.string().nullish();

export const backupRequestSchema = z.strictObject({
  action: z.literal("backup"),
  target: targetSchema,
  mode: modeSchema.default("full"),
  label: labelSchema,
  request_id: requestId,
  reason,
});
export type BackupRequest = z.infer<typeof backupRequestSchema>;

/**
 * A restore into `prod` also has a confirmation, a reason and a plan:
 * `plan_request_id` is the request id of a `plan` that succeeded within the service level `PLAN_VALID_MS`.
 */
export const restoreRequestSchema = z.strictObject({
  action: z.literal("restore"),
  target: targetSchema,
  r2_key: z.string(),
  confirm: z.string().nullish(),
  /** The target that the backup is of, typed by name: required when a backup of another one goes into `prod`. */
  confirm_source: z.string().nullish(),
  allow_unsigned: allowUnsigned,
  privileges_from: privilegesFrom,
  plan_request_id: z.guid().optional(),
  /** Every user of the target has to sign in again. Without it open sessions of users that the backup knows stay. */
  end_sessions: z.boolean().optional(),
  request_id: requestId,
  reason,
});
export type RestoreRequest = z.infer<typeof restoreRequestSchema>;

/** The dry run of a restore: changes nothing and holds nothing. */
export const planRequestSchema = z.strictObject({
  action: z.literal("plan"),
  target: targetSchema,
  r2_key: z.string(),
  allow_unsigned: allowUnsigned,
  privileges_from: privilegesFrom,
  request_id: requestId,
  reason,
});
export type PlanRequest = z.infer<typeof planRequestSchema>;

/** Proves a backup: the one of `r2_key`, else the newest of the target. */
export const drillRequestSchema = z.strictObject({
  action: z.literal("drill"),
  target: targetSchema,
  r2_key: z.string().optional(),
  request_id: requestId,
  reason,
});
export type DrillRequest = z.infer<typeof drillRequestSchema>;

/** Requests that create a run. */
export type StartRequest = BackupRequest | RestoreRequest | PlanRequest | DrillRequest;

/** Reads a run; settles it when GitHub has ended it and its script did not report. */
export const statusRequestSchema = z.strictObject({ action: z.literal("status"), request_id: z.guid() });
export type StatusRequest = z.infer<typeof statusRequestSchema>;

/** Ends a run that leaves nothing behind (`cancellability`). */
export const cancelRequestSchema = z.strictObject({ action: z.literal("cancel"), request_id: z.guid() });
export type CancelRequest = z.infer<typeof cancelRequestSchema>;

/** Checks everything that backups need. */
export const healthRequestSchema = z.strictObject({ action: z.literal("health") });
export type HealthRequest = z.infer<typeof healthRequestSchema>;

/** Asks which optional parts this installation has. */
export const featuresRequestSchema = z.strictObject({ action: z.literal("features") });
export type FeaturesRequest = z.infer<typeof featuresRequestSchema>;

/** Asks for links to a backup in the vault. The reason is compulsory and enters the audit. */
export const downloadRequestSchema = z.strictObject({
  action: z.literal("download"),
  r2_key: z.string(),
  reason,
});
export type DownloadRequest = z.infer<typeof downloadRequestSchema>;

/** Asks for the end of the log of a run that failed at GitHub. */
export const logRequestSchema = z.strictObject({ action: z.literal("log"), request_id: z.guid() });
export type LogRequest = z.infer<typeof logRequestSchema>;

/**
 * Asks for a look into a backup: which rows is sealed, for the holder of LOOK_PRIVATE_KEY. The reason is compulsory and enters
 * the audit.
 */
export const lookRequestSchema = z.strictObject({
  action: z.literal("look"),
  request_id: z.guid(),
  r2_key: z.string(),
  reason,
  sealed: sealedSchema,
});
export type LookRequest = z.infer<typeof lookRequestSchema>;

/** Takes the sealed answer of the caller's own look, once. */
export const lookAnswerRequestSchema = z.strictObject({
  action: z.literal("look_answer"),
  request_id: z.guid(),
  /** The run at GitHub, as {@link lookStartedSchema} has it: whether it ended without an answer. */
  github_run_id: z.int().positive().optional(),
});
export type LookAnswerRequest = z.infer<typeof lookAnswerRequestSchema>;

/** Deletes the caller's own look, whatever its state. */
export const lookWithdrawRequestSchema = z.strictObject({
  action: z.literal("look_withdraw"),
  request_id: z.guid(),
});
export type LookWithdrawRequest = z.infer<typeof lookWithdrawRequestSchema>;

export const ACTIONS = [
  "backup",
  "restore",
  "plan",
  "drill",
  "status",
  "cancel",
  "health",
  "features",
  "download",
  "log",
  "look",
  "look_answer",
  "look_withdraw",
] as const;
export type Action = (typeof ACTIONS)[number];

/**
 * Permits its bearer to follow one run at GitHub, and to cancel it with `may_cancel`, while the catalog does not answer:
 * sent as header `x-revo-run-pass` with `status` or `cancel`.
 */
export const runPassSchema = z.object({
  /** Secret: keep it like the session's token. */
  token: z.string(),
  may_cancel: z.boolean(),
  expires_at: z.string(),
});
export type RunPass = z.infer<typeof runPassSchema>;

/** Answer to a request that creates a run. `run_url` is `null` while GitHub has not shown the run yet. */
export const dispatchedSchema = z.object({
  ok: z.literal(true),
  kind: z.enum(["backup", "restore", "plan", "drill"]),
  request_id: z.guid(),
  run_url: z.string().nullable(),
  run: runSchema,
  /** Failures of side tasks; the request itself succeeded. */
  warnings: z.array(z.string()).optional(),
  run_pass: runPassSchema.optional(),
});
export type Dispatched = z.infer<typeof dispatchedSchema>;

export const githubStepSchema = z.object({
  name: z.string(),
  status: z.string(),
  conclusion: z.string().nullable(),
});
export type GitHubStep = z.infer<typeof githubStepSchema>;

/** GitHub's side of an active run; `known: false` when it has none of this id, `error` when it did not answer. */
export const githubViewSchema = z.union([
  z.object({
    known: z.literal(true),
    run_id: z.number(),
    run_url: z.string(),
    status: z.string().nullable(),
    conclusion: z.string().nullable(),
    failed_step: z.string().nullable(),
    steps: z.array(githubStepSchema),
  }),
  z.object({ known: z.literal(false) }),
  z.object({ error: z.string() }),
]);
export type GitHubView = z.infer<typeof githubViewSchema>;

/** `github` is `null` for a run that has ended: its row is complete. */
export const statusAnswerSchema = z.object({
  ok: z.literal(true),
  kind: z.literal("status"),
  run: runSchema,
  github: githubViewSchema.nullable(),
  /** Of an active run. */
  run_pass: runPassSchema.optional(),
});
export type StatusAnswer = z.infer<typeof statusAnswerSchema>;

/** The run as it is now: still `running` while its script rolls back. */
export const cancelAnswerSchema = z.object({
  ok: z.literal(true),
  kind: z.literal("cancel"),
  request_id: z.guid(),
  run: runSchema,
  warnings: z.array(z.string()).optional(),
});
export type CancelAnswer = z.infer<typeof cancelAnswerSchema>;

/** Answer to a request with a run's pass: what GitHub alone knows. */
export const passAnswerSchema = z.object({
  ok: z.literal(true),
  kind: z.literal("github"),
  request_id: z.guid(),
  /** Of `cancel`: `requested` GitHub accepted it; `ended` the run had ended before; `not_found` GitHub has no such run. */
  cancel: z.enum(["requested", "ended", "not_found"]).nullable(),
  github: githubViewSchema,
});
export type PassAnswer = z.infer<typeof passAnswerSchema>;

/** One check of what backups need. `unknown`: the source did not answer. `message` is pt-BR and has no secret. */
export const healthCheckSchema = z.object({
  name: z.string(),
  status: z.enum(["ok", "warning", "failed", "unknown"]),
  message: z.string(),
  facts: z.record(z.string(), z.unknown()).optional(),
});
export type HealthCheck = z.infer<typeof healthCheckSchema>;

/** A row of `ops_db_backup_reports_list`: the last report of an unattended command. */
export const reportSchema = z.object({
  name: z.string(),
  at: z.string(),
  status: z.enum(["ok", "warning", "failed"]),
  report: z.record(z.string(), z.unknown()),
});
export type Report = z.infer<typeof reportSchema>;

export const healthAnswerSchema = z.object({
  ok: z.literal(true),
  kind: z.literal("health"),
  checks: z.array(healthCheckSchema),
  reports: z.array(reportSchema),
});
export type HealthAnswer = z.infer<typeof healthAnswerSchema>;

export const featuresAnswerSchema = z.object({
  ok: z.literal(true),
  kind: z.literal("features"),
  /** Whether backups can be downloaded: off unless the function has the secrets `R2_DOWNLOAD_*`. */
  download: z.boolean(),
  /** Whether rows of backups can be looked at: off unless the function has LOOK_PUBLIC_KEY. Absent from an older function. */
  look: z.boolean().optional(),
  /** The address of the repository, which has the guide. */
  repository: z.string().optional(),
});
export type FeaturesAnswer = z.infer<typeof featuresAnswerSchema>;

/**
 * Lines of the failed step, oldest first, at most thirty; secrets are masked. `step` is its name at GitHub. `has_error`: they
 * end with its error; otherwise they are the log's last ones, of whatever step.
 */
export const logAnswerSchema = z.object({
  ok: z.literal(true),
  kind: z.literal("log"),
  request_id: z.guid(),
  step: z.string(),
  lines: z.array(z.string()),
  has_error: z.boolean().optional(),
});
export type LogAnswer = z.infer<typeof logAnswerSchema>;

/** A signed link to one object: secret, and for this object alone. */
const linkSchema = z.object({ file: z.string(), url: z.string() });

/** How long a download may begin; one that has begun goes on. */
export const DOWNLOAD_LINK_SECONDS = 300;

/** Links to a backup's archive, as it is stored, and to its manifest; `null` where the vault has none. */
export const downloadAnswerSchema = z.object({
  ok: z.literal(true),
  kind: z.literal("download"),
  archive: linkSchema,
  manifest: linkSchema.nullable(),
  expires_at: z.string(),
});
export type DownloadAnswer = z.infer<typeof downloadAnswerSchema>;

/** Answer to `look`. The run is `null` while GitHub has not shown it. */
export const lookStartedSchema = z.object({
  ok: z.literal(true),
  kind: z.literal("look"),
  request_id: z.guid(),
  expires_at: z.string(),
  github_run_id: z.number().nullable(),
  run_url: z.string().nullable(),
});
export type LookStarted = z.infer<typeof lookStartedSchema>;

/**
 * `waiting` for the job · `reading` the job has the request · `answered`: `sealed` is for the tab that asked, and the catalog
 * has deleted it.
 */
export const lookStateSchema = z.object({
  ok: z.literal(true),
  kind: z.literal("look_answer"),
  state: z.enum(["waiting", "reading", "answered"]),
  sealed: sealedSchema.nullable(),
});
export type LookState = z.infer<typeof lookStateSchema>;

export const lookWithdrawnSchema = z.object({
  ok: z.literal(true),
  kind: z.literal("look_withdraw"),
  /** Whether there was one. */
  withdrawn: z.boolean(),
});
export type LookWithdrawn = z.infer<typeof lookWithdrawnSchema>;

export const failureSchema = z.object({
  ok: z.literal(false),
  error: z.string(),
  message: z.string(),
  details: z.record(z.string(), z.unknown()).optional(),
});
export type Failure = z.infer<typeof failureSchema>;
