/**
 * Backs up one database into the vault.
 *
 *     TARGET=prod MODE=full LABEL=antes-da-migracao deno task backup
 *
 * Environment: docs/environment.md. Exit codes: docs/exit-codes.md.
 */
import { randomUUID } from "node:crypto";
import { BackupError, toBackupError } from "@backup/errors.ts";
import { warningText } from "@backup/vault/warnings.ts";
import { withSecondTry } from "./lib/backup/second_try.ts";
import type { Predecessor } from "./lib/archive/contents.ts";
import { takeBackup, type TakenBackup } from "./lib/backup/take_backup.ts";
import { findToolsFor } from "./lib/postgres/client_tools.ts";
import { measureDefinitions } from "./lib/postgres/measure_definitions.ts";
import { requesterOf } from "./lib/run/requester.ts";
import { backupEnvironment } from "./lib/backup/environment.ts";
import { connectionOf } from "./lib/postgres/target_connection.ts";
import { ownEnvironment, readEnvironment } from "./lib/process/environment.ts";
import { vaultOf } from "./lib/vault/environment.ts";
import { signerOf } from "./lib/vault/trust.ts";
import { chooseGzip } from "./lib/process/gzip.ts";
import { END_LIMITS, orAborted, settledAfter } from "./lib/run/interruption.ts";
import { runMain } from "./lib/run/main.ts";
import { adoptMissing } from "./lib/reconcile/adopt_missing.ts";
import { backupSummary } from "./lib/backup/summary.ts";
import { dropLeftContent } from "./lib/restore/old_content.ts";
import { auditCopier } from "./lib/audit/mirror.ts";
import type { Target } from "@backup/target.ts";
import { type Outcome, type TrackedRun, trackRun } from "./lib/run/tracked_run.ts";
import type { Vault } from "./lib/vault/vault.ts";

await runMain(async (signal) => {
  const env = readEnvironment(backupEnvironment, ownEnvironment());
  const requester = requesterOf(env, randomUUID);
  const vault = vaultOf(env, { signal });
  const about = {
    target: env.TARGET,
    mode: env.MODE,
    label: env.LABEL,
    r2_key: null,
    reason: env.REASON ?? null,
  };
  await trackRun(
    { kind: "backup", requester, about, copyAudit: auditCopier(ownEnvironment(), signal) },
    ownEnvironment(),
    signal,
    async (run) => {
      const connection = connectionOf(env.TARGET, ownEnvironment());
      run.reporter.phase("connect");
      const take = async () =>
        await takeBackup({
          connection,
          tools: await findToolsFor(connection, signal),
          gzip: chooseGzip(),
          vault,
          progress: run.reporter,
          now: () => new Date(),
          measures: measureDefinitions(),
          signal,
        }, {
          ...run.requester,
          target: env.TARGET,
          mode: env.MODE,
          label: env.LABEL,
          verify: env.VERIFY,
          previous: await predecessorOf(run, env.TARGET),
          allowShrink: env.ALLOW_SHRINK,
        });
      // no user repeats a backup that the schedule started
      const taken = run.requester.requestedBy === "schedule"
        ? await withSecondTry(take, { log: (line) => run.reporter.log(line), signal })
        : await take();
      for (const warning of taken.manifest.warnings ?? []) run.reporter.warn(warningText(warning));
      await run.reporter.summary(backupSummary(taken, vault.bucket));
      const outcome = await enterIntoCatalog(run, vault, taken, signal);
      await dropLeftContent(connection, signal).catch((error) =>
        run.reporter.warn(`what a restore left could not be dropped: ${toBackupError(error).message}`)
      );
      return outcome;
    },
  );
});

/** The size that this backup is compared with. Without it the backup goes on, with a warning. */
async function predecessorOf({ catalog, reporter }: TrackedRun, target: Target): Promise<Predecessor | null> {
  try {
    return await catalog.lastBackup(target);
  } catch (thrown) {
    reporter.warn(`the size is compared with no earlier backup: ${toBackupError(thrown).message}`);
    return null;
  }
}

/**
 * The backup is good whatever happens here. Without its row the run fails with a code of its own, and the next run adopts
 * the object from its manifest.
 */
async function enterIntoCatalog(
  { catalog, reporter }: TrackedRun,
  vault: Vault,
  taken: TakenBackup,
  signal: AbortSignal,
): Promise<Outcome> {
  const { keys, manifest, verifiedAt } = taken;
  reporter.phase("catalog");
  try {
    const row = {
      r2_bucket: vault.bucket,
      r2_key: keys.archive,
      manifest,
      run_url: manifest.run?.url ?? null,
      verified_at: verifiedAt,
      signed_by: await signerOf(vault, keys.archive, manifest),
    };
    await settledAfter(signal, END_LIMITS.catalog, catalog.record(row));
  } catch (cause) {
    throw new BackupError(
      "catalog_write_failed",
      `${keys.archive} is a good backup, but the catalog did not take its row: ${
        toBackupError(cause).message
      }`,
      { cause, hint: "The next backup or `deno task reconcile` enters it from its manifest." },
    );
  }
  await orAborted(signal, adoptMissing(vault, catalog, reporter)).catch((error) =>
    reporter.warn(
      `other objects of the vault could not be compared with the catalog: ${toBackupError(error).message}`,
    )
  );
  const { sha256, bytes, raw_bytes, tables_total, rows_total } = manifest;
  return {
    r2_key: keys.archive,
    result: { sha256, bytes, raw_bytes, tables_total, rows_total, verified_at: verifiedAt },
  };
}
