/** The drill's work: download, restore, checks. What the engine refuses is the verdict of one check. */
import { BackupError, toBackupError } from "@backup/errors.ts";
import { describeFailure, startPipeline } from "../process/pipeline.ts";
import { type FetchedBackup, withFetchedBackup } from "../vault/fetch_backup.ts";
import { type Restored as RestoredBackup, restoreFetched } from "../restore/restore_backup.ts";
import { type CheckGroup, fail, pass, type Restored, skipped, type Throwaway } from "./check.ts";
import { fingerprintChecks, migrationCheck, rowChecks, sequenceCheck } from "./content_checks.ts";
import type { DrillContext } from "./drill_context.ts";
import { indexCheck } from "./index_check.ts";
import { toSeconds } from "./phase_times.ts";
import { preparePlatform } from "../server/prepare_platform.ts";
import { anonCheck, companyCheck } from "./reader_checks.ts";
import { checkOfRefusal } from "./refusals.ts";
import { rg03Checks } from "./rg03.ts";
import { runChecks } from "./run_checks.ts";
import { NO_MANIFEST } from "./stored_checks.ts";
import type { Verdicts } from "./verdicts.ts";

/** What is asked of a restored database, in this order. */
export const DATABASE_CHECKS: readonly CheckGroup[] = [
  rowChecks,
  sequenceCheck,
  fingerprintChecks,
  migrationCheck,
  anonCheck,
  companyCheck,
  indexCheck,
  rg03Checks,
];

/** Which backup, and what its checks need to know. */
type Questions = Pick<Restored, "fingerprintLines" | "anonReads" | "sharedReads"> & { key: string };

/**
 * @returns what the engine told of the restore, `null` when it refused the backup; `verdicts` say why.
 * @throws {BackupError} what says nothing about the backup.
 */
export async function restoreAndCheck(
  context: DrillContext,
  order: Questions,
  throwaway: Throwaway,
  verdicts: Verdicts,
): Promise<RestoredBackup | null> {
  const { clock, signal, tools } = context;
  const startedAt = clock();
  let isFetched = false;
  try {
    return await withFetchedBackup(context, order.key, async (backup) => {
      isFetched = true;
      verdicts.set("stored_hash", hashAnswer(backup), toSeconds(clock() - startedAt));
      const restored = await restore(context, backup, throwaway, verdicts);
      if (restored !== null) {
        context.progress.phase("assert");
        const database = { ...throwaway, ...order, tools, signal, manifest: backup.manifest };
        verdicts.add(await runChecks(DATABASE_CHECKS, database, clock));
      }
      return restored;
    });
  } catch (thrown) {
    signal?.throwIfAborted();
    const error = toBackupError(thrown);
    if (isFetched) throw error;
    const name = error.code === "archive_corrupt" ? "stored_hash" : checkOfRefusal(error);
    verdicts.set(name, fail(error.message), toSeconds(clock() - startedAt));
    return null;
  }
}

function hashAnswer({ manifest }: FetchedBackup) {
  return manifest ? pass(`sha256 ${manifest.sha256}`) : skipped(NO_MANIFEST);
}

async function restore(
  context: DrillContext,
  backup: FetchedBackup,
  throwaway: Throwaway,
  verdicts: Verdicts,
): Promise<RestoredBackup | null> {
  const startedAt = context.clock();
  const order = { target: "verify", confirm: null, allowSchemaOnly: true, safety: null } as const;
  try {
    await readToTheEnd(context, backup);
    verdicts.set("archive_readable", pass(`${backup.toc.entries.length} entries; uncompressed to the end`));
    context.progress.phase("prepare");
    await preparePlatform(context, backup, throwaway.superuser);
    const restored = await restoreFetched({ ...context, connection: throwaway.owner }, order, backup);
    const { tables, rows } = restored.verified;
    const seconds = toSeconds(context.clock() - startedAt);
    verdicts.set("restored", pass(`${tables} tables, ${rows} rows, in one transaction`), seconds);
    return restored;
  } catch (thrown) {
    context.signal?.throwIfAborted();
    const error = toBackupError(thrown);
    const name = checkOfRefusal(error);
    verdicts.set(name, fail(error.message), toSeconds(context.clock() - startedAt));
    return null;
  }
}

/** A cut archive is told by its compression before the database chokes on half a statement. */
async function readToTheEnd(
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
