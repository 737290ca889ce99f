/**
 * Restores a backup of the vault into one database, all or nothing.
 *
 *     TARGET=dev R2_KEY=revo/prod/2026/01/15/supabase_prod_20260115_031022.dump.gz deno task restore
 *
 * `TARGET=prod` needs `CONFIRM=RESTORE_PROD`. `PLAN=yes` changes nothing and tells what the restore would do, in the
 * job's summary and as the last line, `PLAN_JSON=…`. Environment: docs/environment.md. Exit codes: docs/exit-codes.md.
 */
import { randomUUID } from "node:crypto";
import process from "node:process";
import type { z } from "zod";
import { BackupError } from "../supabase/functions/_shared/backup/errors.ts";
import { parseArchiveKey } from "../supabase/functions/_shared/backup/object_key.ts";
import { isRestoreConfirmed } from "../supabase/functions/_shared/backup/target.ts";
import { Catalog } from "./lib/catalog.ts";
import { findPsql, findToolsFor } from "./lib/client_tools.ts";
import { askerOf, connectionOf, readEnvironment, restoreEnvironment, vaultOf } from "./lib/environment.ts";
import { chooseGzip } from "./lib/gzip.ts";
import { runMain } from "./lib/main.ts";
import { planRestore } from "./lib/restore/plan.ts";
import { planSummary } from "./lib/restore/plan_summary.ts";
import { restoreBackup, type Restored } from "./lib/restore/restore_backup.ts";
import { restoreSummary } from "./lib/summaries.ts";
import { reporterFor, type TrackedRun, trackRun } from "./lib/tracked_run.ts";
import type { Vault } from "./lib/vault.ts";

await runMain(async (signal) => {
  const env = readEnvironment(restoreEnvironment, process.env);
  const vault = vaultOf(env);
  if (env.PLAN) return await plan(env, vault, signal);
  const asker = askerOf(env, randomUUID);
  const about = {
    target: env.TARGET,
    mode: null,
    label: null,
    r2_key: env.R2_KEY,
    reason: env.REASON ?? null,
  };
  await trackRun({ kind: "restore", asker, about }, process.env, signal, async (run) => {
    parseArchiveKey(env.R2_KEY);
    if (!isRestoreConfirmed(env.TARGET, env.CONFIRM)) {
      throw new BackupError("confirmation_required", "Cannot restore into prod: CONFIRM is not RESTORE_PROD");
    }
    const connection = connectionOf(env.TARGET, process.env);
    run.reporter.phase("connect");
    const restored = await restoreBackup({
      connection,
      tools: await findToolsFor(connection, signal),
      gzip: chooseGzip(),
      vault,
      progress: run.reporter,
      now: () => new Date(),
      signal,
    }, {
      target: env.TARGET,
      key: env.R2_KEY,
      confirm: env.CONFIRM ?? null,
      allowSchemaOnly: env.ALLOW_SCHEMA_ONLY,
      safety: asker,
    });
    await enterSafetyCopy(run, vault, restored);
    for (const warning of restored.warnings) run.reporter.warn(warning);
    await run.reporter.summary(restoreSummary(restored, env.R2_KEY, env.TARGET));
    const { verified, safety, skipped } = restored;
    return {
      r2_key: env.R2_KEY,
      result: { ...verified, safety_key: safety?.keys.archive ?? null, skipped: skipped.length },
    };
  });
});

/** A plan is not a run: it takes no lock and stands in no history (docs/decisions/0009). */
async function plan(
  env: z.infer<typeof restoreEnvironment>,
  vault: Vault,
  signal: AbortSignal,
): Promise<void> {
  const catalog = new Catalog({ psql: findPsql(), connection: connectionOf("prod", process.env) });
  try {
    const reporter = reporterFor(catalog, process.env);
    const connection = connectionOf(env.TARGET, process.env);
    reporter.phase("connect");
    const planned = await planRestore({
      connection,
      tools: await findToolsFor(connection, signal),
      vault,
      progress: reporter,
      signal,
      pastRestores: (target) => catalog.pastRestores(vault.bucket, target),
    }, { target: env.TARGET, key: env.R2_KEY, allowSchemaOnly: env.ALLOW_SCHEMA_ONLY });
    for (const obstacle of planned.obstacles) reporter.warn(`obstacle: ${JSON.stringify(obstacle)}`);
    await reporter.summary(planSummary(planned));
    process.stdout.write(`PLAN_JSON=${JSON.stringify(planned)}\n`);
  } finally {
    await catalog.close();
  }
}

/** The safety copy is a backup like any other; the restore stands whether or not the catalog takes its row. */
async function enterSafetyCopy(
  { catalog, reporter }: TrackedRun,
  vault: Vault,
  { safety }: Restored,
): Promise<void> {
  if (!safety) return;
  const record = {
    r2_bucket: vault.bucket,
    r2_key: safety.keys.archive,
    manifest: safety.manifest,
    run_url: safety.manifest.run?.url ?? null,
    verified_at: safety.verifiedAt,
  };
  await catalog.record(record).catch((error) =>
    reporter.warn(`the safety copy ${record.r2_key} is good but has no catalog row: ${error.message}`)
  );
}
