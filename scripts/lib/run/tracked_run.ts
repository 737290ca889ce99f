/** A run that the catalog tracks: its start, its progress and, in every case, its end. */
import { type BackupError, toBackupError } from "@backup/errors.ts";
import type { RunKind } from "@backup/runs/run.ts";
import { TARGETS } from "@backup/target.ts";
import { recordRefusal } from "../catalog/refusal.ts";
import { Catalog, type RunFinish, type RunStart, type StartedRun } from "../catalog/catalog.ts";
import { type Admission, admittedAs, unverifiedRequest, withWayOn } from "./admission.ts";
import { type Requester } from "./requester.ts";
import { connectionOf } from "../postgres/target_connection.ts";
import { tlsWarning } from "../postgres/tls.ts";
import type { Environment } from "../process/environment.ts";
import { removeLeftovers } from "../process/leftovers.ts";
import { cancelledOr, END_LIMITS, orAborted, settledAfter } from "./interruption.ts";
import { processOutput } from "./output.ts";
import { RunReporter } from "./run_reporter.ts";

const CLOSE_LIMIT_MS = 200;

export interface TrackedRun {
  catalog: Catalog;
  reporter: RunReporter;
  /** With the name in the run's row, if it has one. */
  requester: Requester;
  admission: Admission;
}

export interface RunSpec {
  kind: RunKind;
  requester: Requester;
  about: Pick<RunStart, "target" | "mode" | "label" | "r2_key" | "reason" | "options">;
  admission?: Admission;
  /**
   * Copies the catalog's audit into the vault; called before the work and after it. A failure is a warning. A drill does
   * not: the next other command copies its records.
   */
  copyAudit?(catalog: Catalog, reporter: RunReporter): Promise<void>;
}

/** Reports to the log and GitHub, and from `start` on to the catalog. */
export function reporterFor(
  catalog: Catalog,
  environment: Environment,
  output = processOutput,
): RunReporter {
  return new RunReporter({
    catalog,
    now: () => Date.now(),
    print: (line) => output.print(line),
    showBytes: (...progress) => output.showBytes(...progress),
    onEnd: (run) => output.addRun(run),
    summaryFile: environment.GITHUB_STEP_SUMMARY || undefined,
    onGitHub: environment.GITHUB_ACTIONS === "true",
  });
}

/** What a run that did its work writes into the catalog. */
export interface Outcome extends Pick<RunFinish, "r2_key" | "result"> {
  /** The work completed with a negative verdict: the run fails and keeps its result. */
  failure?: BackupError;
}

/**
 * Does the work of a run. The catalog is in prod; when it cannot be reached the work goes on with a warning,
 * since prod must be restorable while it is down. After the signal every step has a limit
 * ({@link END_LIMITS}).
 * @throws {BackupError} the work's error, after the run's end was written to the catalog.
 */
export async function trackRun(
  spec: RunSpec,
  environment: Environment,
  signal: AbortSignal,
  work: (run: TrackedRun) => Promise<Outcome>,
): Promise<void> {
  const catalog = new Catalog({ connection: connectionOf("prod", environment) });
  const reporter = reporterFor(catalog, environment);
  const { requester, admission = "open" } = spec;
  const run = { catalog, reporter, requester, admission };
  try {
    const started = await begin(spec, run, signal);
    const tracked = started !== null;
    if (!tracked && admission === "requested") throw unverifiedRequest();
    if (tracked) {
      run.requester = { ...requester, requestedBy: started.requestedBy ?? requester.requestedBy };
      run.admission = admittedAs(admission, started.breakGlass);
    }
    // records that are not copied because of the signal are copied by the next run
    const copyAudit = async () => {
      if (tracked && spec.copyAudit && !signal.aborted) {
        await orAborted(signal, spec.copyAudit(catalog, reporter)).catch(() => {});
      }
    };
    // before the work: a restore may replace the database that holds the audit
    await copyAudit();
    for (const line of await removeLeftovers()) reporter.log(line);
    try {
      await workAndReport(spec, run, signal, (tracked) => {
        logUnverified(spec, environment, reporter);
        return work(tracked);
      });
    } finally {
      if (!tracked) await recordBreakGlass(spec, run);
      await copyAudit();
    }
  } finally {
    await settledAfter(signal, CLOSE_LIMIT_MS, catalog.close()).catch(() => {}); // the process ends, and with it the session
  }
}

/** Runs that connect to their target; the others read the catalog alone, which is in prod. */
const ON_TARGET: readonly RunKind[] = ["backup", "restore", "plan"];

/**
 * In the log alone: it is the same in each run, and the doctor says what to do.
 * @throws {BackupError} as the run itself for a URL that cannot be used
 */
function logUnverified({ kind, about }: RunSpec, environment: Environment, reporter: RunReporter): void {
  const used = TARGETS.filter((each) => each === "prod" || each === about.target && ON_TARGET.includes(kind));
  for (const each of used) {
    if (!environment[`SUPABASE_DB_URL_${each.toUpperCase()}`]) continue; // the work says so
    const warning = tlsWarning(connectionOf(each, environment));
    if (warning !== null) reporter.log(`warning: ${warning}`);
  }
}

/** The catalog did not answer at the start: it may answer after the restore. */
async function recordBreakGlass({ about, admission, requester }: RunSpec, run: TrackedRun): Promise<void> {
  if (admission !== "break_glass") return;
  const record = {
    event: "break_glass",
    actor: requester.requestedBy,
    target: about.target,
    request_id: requester.requestId,
    r2_key: about.r2_key,
    detail: { reason: about.reason, run_url: requester.run?.url ?? null },
  };
  await run.catalog.appendAudit(record).catch((error) =>
    run.reporter.warn(`the break-glass is not in the audit: ${toBackupError(error).message}`)
  );
}

/**
 * @returns the answer for a run that the catalog tracks, else `null`. When the signal comes before its answer, the run
 * may be tracked: its end is written as well, since the run would otherwise hold its target.
 */
async function begin(
  spec: RunSpec,
  { catalog, reporter }: TrackedRun,
  signal: AbortSignal,
): Promise<StartedRun | null> {
  try {
    return await orAborted(signal, requestStart(spec, catalog, reporter));
  } catch (thrown) {
    if (signal.aborted) return { requestedBy: null, breakGlass: null };
    throw thrown;
  }
}

/** A run that the catalog refuses has no row: its refusal is written to the audit. */
async function requestStart(
  { about, admission, requester, kind }: RunSpec,
  catalog: Catalog,
  reporter: RunReporter,
): Promise<StartedRun | null> {
  const run: RunStart = {
    ...about,
    kind,
    request_id: requester.requestId,
    requested_by: requester.requestedBy,
    github_run_id: requester.run ? Number(requester.run.id) : null,
    run_url: requester.run?.url ?? null,
    attempt: requester.run?.attempt ?? 1,
    ...(admission === "break_glass" ? { break_glass: true } : {}),
  };
  try {
    return await reporter.start(run);
  } catch (thrown) {
    await recordRefusal(catalog, run, toBackupError(thrown)).catch((error) =>
      reporter.warn(`the refusal is not in the audit: ${toBackupError(error).message}`)
    );
    throw withWayOn(thrown);
  }
}

async function workAndReport(
  { about }: RunSpec,
  run: TrackedRun,
  signal: AbortSignal,
  work: (run: TrackedRun) => Promise<Outcome>,
): Promise<void> {
  const { reporter } = run;
  let outcome: Outcome | null = null;
  try {
    signal.throwIfAborted();
    outcome = await settledAfter(signal, END_LIMITS.rollback, work(run));
    if (outcome.failure) throw outcome.failure;
    const result = { ...outcome.result, warnings: reporter.warnings };
    const none = { error_code: null, error_message: null };
    await reporter.finish({ status: "succeeded", ...none, r2_key: outcome.r2_key, result }, signal);
  } catch (thrown) {
    const error = cancelledOr(thrown, signal).inPhase(reporter.currentPhase);
    await reporter.finish({
      status: error.code === "run_cancelled" ? "cancelled" : "failed",
      r2_key: outcome?.r2_key ?? about.r2_key,
      error_code: error.code,
      error_message: error.hint === null ? error.message : `${error.message}. ${error.hint}`,
      result: {
        ...outcome?.result,
        phase: error.phase,
        warnings: reporter.warnings,
        details: toBackupError(thrown).details,
      },
    }, signal);
    throw error;
  }
}
