/** Downloads, restores and checks a backup. A backup that the restore refuses fails one check. */
import { BackupError, toBackupError } from "@backup/errors.ts";
import { type AnyManifest, isProving } from "@backup/vault/manifest.ts";
import { contentWithout, type Omission } from "../archive/omission.ts";
import { Session } from "../postgres/session.ts";
import { readMissingObjects } from "../restore/target_facts.ts";
import { describeFailure, startPipeline } from "../process/pipeline.ts";
import { type FetchedBackup, withFetchedBackup } from "../vault/fetch_backup.ts";
import { restoreFetched, type RestoreResult } from "../restore/restore_backup.ts";
import { type DrillDatabase, fail, pass, skipped } from "./check.ts";
import { DATABASE_CHECKS } from "./database_checks.ts";
import type { DrillContext } from "./drill_context.ts";
import { toSeconds } from "./phase_times.ts";
import { type OwnDatabase, type PreparedPlatform, preparePlatform } from "../server/prepare_platform.ts";
import { offerIndexCheck } from "../server/archive_extensions.ts";
import { grantDefaults } from "../server/project_owner.ts";
import { failedCheckOf } from "./failed_check.ts";
import { lackOf, omissionFor, withOwnFunctions } from "./server_lacks.ts";
import { makeStandIns, ofStandIns } from "./stand_ins.ts";
import { runChecks } from "./run_checks.ts";
import { NO_MANIFEST } from "./stored_checks.ts";
import type { Verdicts } from "./verdicts.ts";

/** Which backup, and what its checks compare with. */
type Request =
  & Pick<DrillDatabase, "fingerprintLines" | "anonReads" | "sharedReads" | "projectAsserts" | "measures">
  & {
    key: string;
    allowUnsigned?: string | null;
  };

/** A restore, and what the throwaway server lacks of the archive. */
export type DrilledRestore = RestoreResult & PreparedPlatform & {
  /** What could not be restored on this server; `undefined`: everything was. */
  omission: Omission | undefined;
};

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
    const { key, allowUnsigned = null } = request;
    return await withFetchedBackup(context, { key, allowUnsigned }, async (backup) => {
      isFetched = true;
      verdicts.set("stored_hash", hashOutcome(backup), toSeconds(clock() - startedAt));
      const restored = await restore(context, backup, throwaway, verdicts);
      if (restored !== null) {
        context.progress.phase("assert");
        const { owner } = throwaway;
        const expected = expectedContent(backup.manifest, request.fingerprintLines, restored.omission);
        const isOmitted = restored.omission?.covers;
        const lostRestrictions = restored.omission?.restrictions;
        const database = { ...request, ...expected, isOmitted, lostRestrictions, owner, tools, signal };
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

/** What the checks compare with: the backup without the objects that this server cannot hold. */
function expectedContent(
  manifest: AnyManifest | null,
  lines: readonly string[] | null,
  omission: Omission | undefined,
): Pick<DrillDatabase, "manifest" | "fingerprintLines"> {
  if (!manifest || !isProving(manifest) || !lines) return { manifest, fingerprintLines: lines };
  const { lines: fingerprintLines, ...content } = contentWithout(omission, manifest, lines);
  return { manifest: { ...manifest, ...content }, fingerprintLines };
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
    prepared = await preparePlatform(context, backup, throwaway, async (session, owner) => {
      await offerIndexCheck(session, owner);
      await grantDefaults(session);
      await makeStandIns(session);
    });
    const missing = await readMissing(context, throwaway, backup);
    const omission = omissionFor(backup.toc.entries, prepared, missing);
    const order = { ...options, omission };
    const restored = await restoreFetched({ ...context, connection: throwaway.owner }, order, backup);
    const { tables, rows } = restored.verified;
    const omitted = omission === undefined ? "" : `; not tried: ${omittedText(omission)}`;
    verdicts.set("restored", pass(`${tables} tables, ${rows} rows, in one transaction${omitted}`), elapsed());
    const leftOut = [...prepared.leftOut, ...ofStandIns(backup.manifest)];
    return { ...restored, ...prepared, leftOut, omission };
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

/** Objects of the platform that the backup needs and the prepared server lacks. */
async function readMissing(
  { signal }: DrillContext,
  { superuser }: OwnDatabase,
  { manifest }: FetchedBackup,
): Promise<ReadonlySet<string>> {
  const session = await Session.open({ connection: superuser, signal });
  try {
    await session.run("set search_path = '';");
    return await readMissingObjects(session, manifest);
  } finally {
    await session.close();
  }
}

function omittedText({ objects }: Omission): string {
  const shown = objects.slice(0, 5).map(({ name, why }) => `${name} (${why})`);
  return shown.join("; ") + (objects.length > 5 ? `; and ${objects.length - 5} more` : "");
}

/** Finds a truncated archive before part of a statement is sent to the database. */
async function decompressAll(
  { gzip, progress, signal }: DrillContext,
  { archive, key }: FetchedBackup,
): Promise<void> {
  progress.phase("read");
  const stages = [gzip.decompress];
  const reading = startPipeline(stages, { input: archive.open(), outputFile: "/dev/null", signal });
  for await (const _ of reading.stdout);
  const failure = describeFailure(stages, await reading.ended);
  if (failure !== null) throw new BackupError("archive_corrupt", `Cannot uncompress ${key}: ${failure}`);
}
