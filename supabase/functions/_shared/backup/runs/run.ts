/** Runs: the request and its states. */
import { z } from "zod";
import { modeSchema, targetSchema } from "../target.ts";

/** `plan` is the dry run of a restore, `prune` one target's retention; neither holds its target. */
export const RUN_KINDS = ["backup", "restore", "drill", "plan", "prune"] as const;
export const runKindSchema = z.enum(RUN_KINDS);
export type RunKind = z.infer<typeof runKindSchema>;

/**
 * `queued` requested, not begun · `running` a script reports · `unknown` GitHub's response was unclear · `succeeded`,
 * `failed`, `cancelled` final · `lost` no report for too long, final.
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
 * A row of `ops_db_backup_runs_list`. PostgREST writes timestamps as `2026-11-24T00:25:23.6+00:00`; other servers
 * with a blank: `Date` parses both.
 */
export const runSchema = z.object({
  id: z.guid(),
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
  /** Rows that the script has counted or loaded in this phase. */
  rows_done: z.number().nullable(),
  requested_by: z.string().nullable(),
  request_id: z.guid(),
  github_run_id: z.number().nullable(),
  run_url: z.string().nullable(),
  /** Which attempt of GitHub's run; `null` while no script has begun. */
  attempt: z.number().nullable(),
  /** Of a restore: the plan that its requester confirmed. */
  plan_request_id: z.guid().nullable(),
  error_code: z.string().nullable(),
  error_message: z.string().nullable(),
  result: z.record(z.string(), z.unknown()).nullable(),
  started_at: z.string().nullable(),
  heartbeat_at: z.string().nullable(),
  finished_at: z.string().nullable(),
});
export type Run = z.infer<typeof runSchema>;

const countedSchema = z.object({ done: z.number(), expected: z.number() });

/**
 * What a restore has loaded and built beside the living content, as the result of its running run has it: `result.objects`.
 * Keys count as indexes.
 */
export const countedObjectsSchema = z.object({ tables: countedSchema, indexes: countedSchema });
export type CountedObjects = z.infer<typeof countedObjectsSchema>;

/** Whether a run can be cancelled without a permanent effect, and if not, why. */
export type Cancellability =
  | { allowed: true }
  | { allowed: false; why: "ended" | "committed" | "not_a_run_of_github" };

/** Phases from which on the effect of the run is permanent: the backup exists, the target is replaced. */
const STAYING_PHASES: Readonly<Partial<Record<RunKind, readonly string[]>>> = {
  backup: ["manifest", "catalog"],
  restore: ["commit", "cleanup", "analyze", "catalog"],
};

/**
 * Whether a run may still be cancelled. The row's phase may be a second old: a run that became permanent since
 * then is not cancelled.
 *
 * @example cancellability({ kind: "restore", status: "running", phase: "load", github_run_id: 7 }) // allowed
 */
export function cancellability(
  run: Pick<Run, "kind" | "status" | "phase" | "github_run_id">,
): Cancellability {
  if (!isActive(run.status)) return { allowed: false, why: "ended" };
  if (run.status !== "running") return { allowed: true };
  if (run.github_run_id === null) return { allowed: false, why: "not_a_run_of_github" };
  // deletions of a prune are permanent
  const stays = run.kind === "prune" || STAYING_PHASES[run.kind]?.includes(run.phase ?? "");
  return stays ? { allowed: false, why: "committed" } : { allowed: true };
}
