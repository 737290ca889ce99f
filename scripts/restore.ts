/**
 * Restores a backup of the vault into one database, all or nothing.
 *
 *     TARGET=dev R2_KEY=revo/prod/2026/01/15/supabase_prod_20260115_031022.dump.gz deno task restore
 *
 * `TARGET=prod` needs `CONFIRM=RESTORE_PROD`, and for a backup of another target `CONFIRM_SOURCE` with its name.
 * `PLAN=yes` changes nothing and reports what the restore would do: in its run's result, in the job's summary and as the
 * last line, `PLAN_JSON=…`. With `PLAN_REQUEST_ID`, the request id of such a plan, the restore reports how the target
 * changed since. `--from-vault` needs the vault's keys and nothing else: docs/runbooks/from-nothing.md. Environment:
 * docs/environment.md. Exit codes: docs/exit-codes.md.
 */
import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import process from "node:process";
import type { z } from "zod";
import { toBackupError } from "@backup/errors.ts";
import { type PlannedRestore, planOf } from "@backup/runs/restore_plan.ts";
import { findToolsFor } from "./lib/postgres/client_tools.ts";
import { measureDefinitions } from "./lib/postgres/measure_definitions.ts";
import { admissionOf } from "./lib/run/admission.ts";
import { requesterOf } from "./lib/run/requester.ts";
import { connectionOf } from "./lib/postgres/target_connection.ts";
import { ownEnvironment, readEnvironment } from "./lib/process/environment.ts";
import { privilegesFrom, restoreEnvironment, restoreOptions } from "./lib/restore/environment.ts";
import { vaultOf } from "./lib/vault/environment.ts";
import { signerOf } from "./lib/vault/trust.ts";
import { chooseGzip } from "./lib/process/gzip.ts";
import { END_LIMITS, settledAfter } from "./lib/run/interruption.ts";
import { runMain } from "./lib/run/main.ts";
import type { Output } from "./lib/run/output.ts";
import { planRestore } from "./lib/restore/plan.ts";
import { describeChanges } from "./lib/restore/plan_changes.ts";
import { planSummary } from "./lib/restore/plan_summary.ts";
import { recoverFromVault } from "./lib/recover/recover.ts";
import { requireConfirmation } from "./lib/restore/confirmation.ts";
import { restoreBackup, type RestoreResult } from "./lib/restore/restore_backup.ts";
import { restoreSummary } from "./lib/restore/summary.ts";
import { auditCopier } from "./lib/audit/mirror.ts";
import { type Outcome, type TrackedRun, trackRun } from "./lib/run/tracked_run.ts";
import type { Vault } from "./lib/vault/vault.ts";

/** The owner's rules for what a copy of production must not do. */
const QUARANTINE = new URL("./quarantine.sql", import.meta.url);

interface Task {
  env: z.infer<typeof restoreEnvironment>;
  vault: Vault;
  signal: AbortSignal;
  output: Output;
}

await runMain(async (signal, output) => {
  if (process.argv.includes("--from-vault")) {
    return await recoverFromVault(ownEnvironment(), output, signal);
  }
  const env = readEnvironment(restoreEnvironment, ownEnvironment());
  const requester = requesterOf(env, randomUUID);
  const admission = env.PLAN
    ? "open"
    : admissionOf({ target: env.TARGET, key: env.R2_KEY }, requester, env.REVO_BREAK_GLASS);
  const task: Task = {
    env,
    vault: vaultOf(env, { signal }),
    signal,
    output,
  };
  const about = {
    target: env.TARGET,
    mode: null,
    label: null,
    r2_key: env.R2_KEY,
    reason: env.REASON ?? null,
    options: restoreOptions(env),
  };
  const [kind, work] = env.PLAN ? ["plan" as const, plan] : ["restore" as const, restore];
  await trackRun(
    { kind, requester, about, admission, copyAudit: auditCopier(ownEnvironment(), signal) },
    ownEnvironment(),
    signal,
    (run) => work(task, run),
  );
});

async function restore({ env, vault, signal }: Task, run: TrackedRun): Promise<Outcome> {
  const order = {
    target: env.TARGET,
    key: env.R2_KEY,
    confirm: env.CONFIRM ?? null,
    confirmSource: env.CONFIRM_SOURCE ?? null,
    salvage: env.SALVAGE,
    confirmSalvage: env.CONFIRM_SALVAGE ?? null,
    allowUnsigned: env.ALLOW_UNSIGNED ?? null,
  };
  requireConfirmation(order, order.key);
  const connection = connectionOf(env.TARGET, ownEnvironment());
  run.reporter.phase("connect");
  const plan = env.PLAN_REQUEST_ID === undefined ? null : await readPlan(env.PLAN_REQUEST_ID, run);
  const restored = await restoreBackup({
    connection,
    tools: await findToolsFor(connection, signal),
    gzip: chooseGzip(),
    vault,
    progress: run.reporter,
    jobs: env.RESTORE_JOBS,
    measures: measureDefinitions(),
    now: () => new Date(),
    signal,
  }, {
    ...order,
    allowSchemaOnly: env.ALLOW_SCHEMA_ONLY,
    allowTightLockTable: env.ALLOW_TIGHT_LOCK_TABLE,
    allowOrphans: env.ALLOW_ORPHANS,
    privilegesFrom: privilegesFrom(env, plan),
    endSessions: env.END_SESSIONS,
    approvedSha256: run.admission === "requested"
      ? await run.catalog.approvedSha256(run.requester.requestId)
      : null,
    plan,
    quarantine: env.TARGET === "prod" ? null : await readFile(QUARANTINE, "utf8"),
    safety: run.requester,
  });
  await enterSafetyCopy(run, vault, restored, signal);
  for (const warning of warningsOf(restored)) run.reporter.warn(warning);
  for (const loss of restored.verified.salvaged ?? []) run.reporter.warn(`SALVAGED, not as it was: ${loss}`);
  await run.reporter.summary(restoreSummary(restored, env.R2_KEY, env.TARGET));
  const { verified, safety, kept, skipped, changedSincePlan } = restored;
  const result = {
    ...verified,
    safety_key: safety?.keys.archive ?? null,
    written_since_copy: kept,
    skipped: skipped.length,
  };
  return { r2_key: env.R2_KEY, result: { ...result, changed_since_plan: changedSincePlan } };
}

function warningsOf(
  { warnings, changedSincePlan, privilegesFrom, verified: { closed, open } }: RestoreResult,
): string[] {
  const changes = changedSincePlan && describeChanges(changedSincePlan);
  return [
    ...warnings,
    ...changes === null ? [] : [changes],
    ...closed === null ? [] : [
      `the archive has no privileges: objects have those of ${privilegesFrom ?? "the target"}, ` +
      `${closed.length} others are closed to all but their owner: ${
        closed.join(", ") || "none"
      }; open objects: ` +
      Object.entries(open ?? {}).map(([role, count]) => `${role} ${count}`).join(", "),
    ],
  ];
}

/** The plan only adds to the report: a restore continues without it, with a warning. */
async function readPlan(
  requestId: string,
  { catalog, reporter }: TrackedRun,
): Promise<PlannedRestore | null> {
  try {
    const found = planOf({ result: await catalog.runResult(requestId) });
    if (found === null) reporter.warn(`the plan ${requestId} is not there, nothing is compared with it`);
    return found;
  } catch (thrown) {
    reporter.warn(`the plan ${requestId} could not be read: ${toBackupError(thrown).message}`);
    return null;
  }
}

/** Takes no lock and writes nothing but its own run (docs/decisions/0010). */
async function plan(
  { env, vault, signal, output }: Task,
  { catalog, reporter, requester }: TrackedRun,
): Promise<Outcome> {
  const connection = connectionOf(env.TARGET, ownEnvironment());
  reporter.phase("connect");
  const planned = await planRestore({
    connection,
    tools: await findToolsFor(connection, signal),
    vault,
    measures: measureDefinitions(),
    progress: reporter,
    signal,
    pastRestores: (target) => catalog.pastRestores(vault.bucket, target),
  }, {
    target: env.TARGET,
    key: env.R2_KEY,
    allowSchemaOnly: env.ALLOW_SCHEMA_ONLY,
    allowTightLockTable: env.ALLOW_TIGHT_LOCK_TABLE,
    allowOrphans: env.ALLOW_ORPHANS,
    allowUnsigned: env.ALLOW_UNSIGNED ?? null,
    privilegesFrom: env.PRIVILEGES_FROM ?? null,
    requester: requester.requestedBy,
  });
  for (const obstacle of planned.obstacles) reporter.warn(`obstacle: ${JSON.stringify(obstacle)}`);
  await reporter.summary(planSummary(planned));
  output.printForLog(`PLAN_JSON=${JSON.stringify(planned)}`);
  return { r2_key: env.R2_KEY, result: { plan: planned } };
}

/** The safety copy is a backup like any other. Without its row in the catalog the restore is still complete. */
async function enterSafetyCopy(
  { catalog, reporter }: TrackedRun,
  vault: Vault,
  { safety }: RestoreResult,
  signal: AbortSignal,
): Promise<void> {
  if (!safety) return;
  const record = {
    r2_bucket: vault.bucket,
    r2_key: safety.keys.archive,
    manifest: safety.manifest,
    run_url: safety.manifest.run?.url ?? null,
    verified_at: safety.verifiedAt,
    signed_by: await signerOf(vault, safety.keys.archive, safety.manifest),
  };
  await settledAfter(signal, END_LIMITS.catalog, catalog.record(record)).catch((error) =>
    reporter.warn(`the safety copy ${record.r2_key} is good but has no catalog row: ${error.message}`)
  );
}
