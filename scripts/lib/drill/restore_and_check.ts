/** Downloads, restores and checks a backup. A backup that the restore refuses fails one check. */
import { BackupError, toBackupError } from "@backup/errors.ts";
import { describeFailure, startPipeline } from "../process/pipeline.ts";
import { type FetchedBackup, withFetchedBackup } from "../vault/fetch_backup.ts";
import { restoreFetched, type RestoreResult } from "../restore/restore_backup.ts";
import { type DrillDatabase, fail, pass, skipped } from "./check.ts";
import { DATABASE_CHECKS } from "./database_checks.ts";
import type { DrillContext } from "./drill_context.ts";
import { toSeconds } from "./phase_times.ts";
import { type OwnDatabase, type PreparedPlatform, preparePlatform } from "../server/prepare_platform.ts";
import { offerIndexCheck } from "../server/archive_extensions.ts";
import { failedCheckOf } from "./failed_check.ts";
import { lackOf, unusableExtensions, withOwnFunctions } from "./server_lacks.ts";
import { runChecks } from "./run_checks.ts";
import { NO_MANIFEST } from "./stored_checks.ts";
import type { Verdicts } from "./verdicts.ts";

/** Which backup, and what its checks compare with. */
type Request = Pick<DrillDatabase, "fingerprintLines" | "anonReads" | "sharedReads"> & { key: string };

/** A restore, and what the throwaway server lacks of the archive. */
export type DrilledRestore = RestoreResult & PreparedPlatform;

/**
 * @returns the result of the restore, `null` when it was refused; `verdicts` say why.
 * @throws {BackupError} an error that the backup does not cause.
 */
export async function restoreAndCheck(
  context: DrillContext,
  request: Request,
  throwaway: OwnDatabase,
  verdicts: Verdicts,
): Promise<DrilledRestore | null> {
  const { clock, signal, tools } = context;
  const startedAt = clock();
  let isFetched = false;
  try {
    return await withFetchedBackup(context, request.key, async (backup) => {
      isFetched = true;
      verdicts.set("stored_hash", hashOutcome(backup), toSeconds(clock() - startedAt));
      const restored = await restore(context, backup, throwaway, verdicts);
      if (restored !== null) {
        context.progress.phase("assert");
        const { owner } = throwaway;
        const database = { ...request, owner, tools, signal, manifest: backup.manifest };
        verdicts.add(await runChecks(DATABASE_CHECKS, database, clock));
      }
      return restored;
    });
  } catch (thrown) {
    signal?.throwIfAborted();
    const error = toBackupError(thrown);
    if (isFetched) throw error;
    const name = error.code === "archive_corrupt" ? "stored_hash" : failedCheckOf(error);
    verdicts.set(name, fail(error.message), toSeconds(clock() - startedAt));
    return null;
  }
}

function hashOutcome({ manifest }: FetchedBackup) {
  return manifest ? pass(`sha256 ${manifest.sha256}`) : skipped(NO_MANIFEST);
}

async function restore(
  context: DrillContext,
  backup: FetchedBackup,
  throwaway: OwnDatabase,
  verdicts: Verdicts,
): Promise<DrilledRestore | null> {
  const startedAt = context.clock();
  const elapsed = () => toSeconds(context.clock() - startedAt);
  let prepared: PreparedPlatform = { unavailable: [], leftOut: [] };
  const options = {
    target: "verify",
    confirm: null,
    allowSchemaOnly: true,
    safety: null,
    quarantine: null,
  } as const;
  try {
    await decompressAll(context, backup);
    verdicts.set("archive_readable", pass(`${backup.toc.entries.length} entries; uncompressed to the end`));
    context.progress.phase("prepare");
    prepared = await preparePlatform(context, backup, throwaway, offerIndexCheck);
    const lack = unusableExtensions(prepared);
    if (lack !== null) {
      verdicts.set("restored", skipped(lack), elapsed());
      return null;
    }
    const restored = await restoreFetched({ ...context, connection: throwaway.owner }, options, backup);
    const { tables, rows } = restored.verified;
    verdicts.set("restored", pass(`${tables} tables, ${rows} rows, in one transaction`), elapsed());
    return { ...restored, ...prepared };
  } catch (thrown) {
    context.signal?.throwIfAborted();
    const error = toBackupError(thrown);
    const name = failedCheckOf(error);
    const lack = name === "restored" ? lackOf(error, prepared) : null;
    if (lack === null) verdicts.set(name, fail(withOwnFunctions(error, prepared)), elapsed());
    else verdicts.set(name, skipped(lack), elapsed());
    return null;
  }
}

/** Finds a truncated archive before part of a statement is sent to the database. */
async function decompressAll(
  { gzip, progress, signal }: DrillContext,
  { archiveFile, key }: FetchedBackup,
): Promise<void> {
  progress.phase("read");
  const stages = [gzip.decompress];
  const reading = startPipeline(stages, { inputFile: archiveFile, outputFile: "/dev/null", signal });
  for await (const _ of reading.stdout);
  const failure = describeFailure(stages, await reading.ended);
  if (failure !== null) throw new BackupError("archive_corrupt", `Cannot uncompress ${key}: ${failure}`);
}
