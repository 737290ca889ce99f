/**
 * Proves that a backup restores: into a throwaway server, by the code of a real restore, followed by every check of
 * docs/drill.md. The receipt is stored beside the backup, whatever the verdict.
 *
 *     TARGET=prod deno task drill                      # the newest backup of prod
 *     R2_KEY=revo/prod/2026/01/15/… deno task drill
 *
 * Environment: docs/environment.md. Exit codes: docs/exit-codes.md.
 */
import { randomUUID } from "node:crypto";
import { BackupError, toBackupError } from "@backup/errors.ts";
import { parseArchiveKey } from "@backup/vault/object_key.ts";
import { failedChecks, isTried, proofOf, type Receipt, rulingOf } from "@backup/vault/receipt.ts";
import { findToolsFor } from "./lib/postgres/client_tools.ts";
import { type CompletedDrill, drill, type DrillSpec } from "./lib/drill/drill.ts";
import { freshHoursOf, newestBackup, wantedServer } from "./lib/vault/newest_backup.ts";
import { requireDrillRoom } from "./lib/drill/disk_room.ts";
import { openGivenDatabase } from "./lib/drill/given_database.ts";
import { PhaseTimes } from "./lib/drill/phase_times.ts";
import { measureDefinitions } from "./lib/postgres/measure_definitions.ts";
import { requesterOf } from "./lib/run/requester.ts";
import { drillEnvironment } from "./lib/drill/environment.ts";
import { ownEnvironment, readEnvironment } from "./lib/process/environment.ts";
import { vaultOf } from "./lib/vault/environment.ts";
import { chooseGzip } from "./lib/process/gzip.ts";
import { runMain } from "./lib/run/main.ts";
import { findPostgres } from "./lib/postgres/binaries.ts";
import { aptGetOf, installExtensions, settingsOf } from "./lib/server/extension_packages.ts";
import { serverUser } from "./lib/server/server_user.ts";
import { SERVER_PROGRAMS } from "./lib/server/supabase.ts";
import type { OwnDatabase } from "./lib/server/prepare_platform.ts";
import { withSupabaseServer } from "./lib/server/throwaway_server.ts";
import type { RunReporter } from "./lib/run/run_reporter.ts";
import { drillSummary } from "./lib/drill/summary.ts";
import { type Outcome, type TrackedRun, trackRun } from "./lib/run/tracked_run.ts";
import type { Vault } from "./lib/vault/vault.ts";

const DATABASE = "drill";
/** A restore is one transaction: the throwaway server has locks for a large one. */
const LOCK_SETTINGS = { max_locks_per_transaction: "1024" };

await runMain(async (signal) => {
  const env = readEnvironment(drillEnvironment, ownEnvironment());
  const requester = requesterOf(env, randomUUID);
  const vault = vaultOf(env, { signal });
  const target = env.R2_KEY === undefined ? env.TARGET : parseArchiveKey(env.R2_KEY).target;
  const about = { target, mode: null, label: null, r2_key: env.R2_KEY ?? null, reason: env.REASON ?? null };
  await trackRun(
    { kind: "drill", requester, about },
    ownEnvironment(),
    signal,
    async (run) => {
      const key = env.R2_KEY ?? await newestBackup(vault, target);
      run.reporter.log(`drilling ${key}`);
      const freshHours = freshHoursOf(target, env.FRESH_HOURS);
      const request = {
        key,
        requester,
        freshHours,
        allowUnsigned: env.ALLOW_UNSIGNED ?? null,
        anonReads: env.ANON_READS,
        sharedReads: env.SHARED_READS,
        projectAsserts: env.PROJECT_ASSERTS ?? null,
        measures: measureDefinitions(),
      };
      const place = { vault, reporter: run.reporter, jobs: env.RESTORE_JOBS, signal };
      const drilled = env.DRILL_DB_URL === undefined
        ? await drillOnNewServer(place, request)
        : await drillOnGivenServer(place, request, env.DRILL_DB_URL);
      return await conclude(run, vault, drilled);
    },
  );
});

interface Place {
  vault: Vault;
  reporter: RunReporter;
  jobs: number | undefined;
  signal: AbortSignal;
}

async function drillOnNewServer(place: Place, request: DrillSpec): Promise<CompletedDrill> {
  const { vault, signal } = place;
  const progress = startClock(place);
  await requireDrillRoom(vault, request.key);
  const { major, extensions } = await wantedServer(vault, request.key);
  const binaries = findPostgres(SERVER_PROGRAMS, { major });
  const aptGet = aptGetOf(ownEnvironment(), signal);
  if (aptGet !== null) await installExtensions(extensions, binaries.major, progress, aptGet);
  const settings = { ...LOCK_SETTINGS, ...settingsOf(extensions, binaries, DATABASE) };
  const options = { binaries, databases: [DATABASE], settings, signal };
  return await withSupabaseServer(options, async (server) => {
    const owner = server.connection("postgres", DATABASE);
    const superuser = server.connection("supabase_admin", DATABASE);
    const sharesUser = serverUser() === null;
    return await drillIn(place, progress, { ...request, sharesUser }, { owner, superuser });
  });
}

/** @param url of an empty database, as a superuser of its server */
async function drillOnGivenServer(place: Place, request: DrillSpec, url: string): Promise<CompletedDrill> {
  const progress = startClock(place);
  return await drillIn(
    place,
    progress,
    request,
    await openGivenDatabase(url, ownEnvironment(), place.signal),
  );
}

function clock(): number {
  return performance.now();
}

function startClock({ reporter }: Place): PhaseTimes {
  const progress = new PhaseTimes(reporter, clock);
  progress.phase("server");
  return progress;
}

async function drillIn(
  { vault, jobs, signal }: Place,
  progress: PhaseTimes,
  request: DrillSpec,
  database: OwnDatabase,
): Promise<CompletedDrill> {
  const tools = await findToolsFor(database.owner, signal);
  const context = { vault, tools, gzip: chooseGzip(), progress, jobs, clock, now: () => new Date(), signal };
  return await drill(context, request, database);
}

/** Reports the verdict to the log, the summary and the catalog. */
async function conclude(
  { catalog, reporter }: TrackedRun,
  vault: Vault,
  drilled: CompletedDrill,
): Promise<Outcome> {
  const { receipt, receiptKey } = drilled;
  for (const { verdict, name, detail } of receipt.checks) reporter.log(`${verdict} ${name}: ${detail}`);
  reporter.log(`receipt: ${receiptKey}`);
  await reporter.summary(drillSummary(drilled));
  const { r2_key, checks, not_proven, seconds } = receipt;
  const result = { receipt_key: receiptKey, checks, not_proven, seconds };
  await markRuling(catalog, reporter, vault, drilled);
  const failed = failedChecks(checks);
  const failure = failed.length > 0 ? verdictOf(receipt, failed) : untriedOf(receipt);
  return failure === null ? { r2_key, result } : { r2_key, result, failure };
}

/** The error of a drill whose own server lacks something: no verdict on the backup, and no proof. */
function untriedOf({ r2_key, checks }: Receipt): BackupError | null {
  if (isTried(checks)) return null;
  const why = checks.find(({ name }) => name === "restored")?.detail ?? "it was not tried";
  return new BackupError("missing_tool", `Cannot drill ${r2_key}: ${why}`, {
    phase: "assert",
    hint: "This says nothing about the backup. Install what is missing on the machine of the drill.",
  });
}

/** Writes into the backup's row what the drill says of it. */
async function markRuling(
  catalog: TrackedRun["catalog"],
  reporter: RunReporter,
  vault: Vault,
  { receipt, receiptKey }: CompletedDrill,
): Promise<void> {
  const ruling = rulingOf(receipt.checks);
  if (ruling === null) return;
  const proof = proofOf(receipt, receiptKey);
  const marked = ruling === "proven"
    ? catalog.markProven(vault.bucket, receipt.r2_key, proof)
    : catalog.markRejected(vault.bucket, receipt.r2_key, proof);
  await marked.catch((error) =>
    reporter.warn(`the backup is ${ruling}, but its row does not say so: ${toBackupError(error).message}`)
  );
}

function verdictOf({ r2_key, checks }: Receipt, failed: readonly string[]): BackupError {
  const found = checks.filter(({ name }) => failed.includes(name)).map(({ name, detail }) =>
    `${name} (${detail})`
  );
  return new BackupError("drill_failed", `${r2_key} failed ${found.join(", ")}`, {
    phase: "assert",
    hint: "The receipt beside the backup says what each check found.",
  });
}
