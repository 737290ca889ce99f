/** A run as the catalog tracks it: begun, told while it goes, ended in every case. */
import { type BackupError, toBackupError } from "@backup/errors.ts";
import type { RunKind } from "@backup/runs/run.ts";
import { recordRefusal } from "../catalog/refusal.ts";
import { Catalog, type RunEnd, type RunStart } from "../catalog/catalog.ts";
import { findPsql } from "../postgres/client_tools.ts";
import { type Requester } from "./requester.ts";
import { connectionOf } from "../postgres/target_connection.ts";
import type { Environment } from "../process/environment.ts";
import { cancelledOr } from "./main.ts";
import { processOutput } from "./output.ts";
import { RunReporter } from "./run_reporter.ts";

export interface TrackedRun {
  catalog: Catalog;
  reporter: RunReporter;
}

export interface RunSpec {
  kind: RunKind;
  requester: Requester;
  about: Pick<RunStart, "target" | "mode" | "label" | "r2_key" | "reason">;
  /** Copies the catalog's audit into the vault; called before the work and after it. What fails there is a warning. */
  copyAudit(catalog: Catalog, reporter: RunReporter): Promise<void>;
}

/** Tells the log and GitHub; the catalog too, from `start` on. */
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

/** What a run that did its work leaves in the catalog. */
export interface Outcome extends Pick<RunEnd, "r2_key" | "result"> {
  /** The work was done and its verdict is bad: the run has failed, with its result. */
  failure?: BackupError;
}

/**
 * Does the work of a run. The catalog is in prod; when it cannot be reached the work goes on with a warning,
 * since a restore of prod is wanted most when prod is down.
 * @throws what the work throws, after the catalog was told.
 */
export async function trackRun(
  spec: RunSpec,
  environment: Environment,
  signal: AbortSignal,
  work: (run: TrackedRun) => Promise<Outcome>,
): Promise<void> {
  const catalog = new Catalog({ psql: findPsql(), connection: connectionOf("prod", environment) });
  const reporter = reporterFor(catalog, environment);
  try {
    const tracked = await begin(spec, catalog, reporter);
    // before anything is done: a restore may be about to replace the database that holds the audit
    if (tracked) await spec.copyAudit(catalog, reporter);
    try {
      await workAndTell(spec, { catalog, reporter }, signal, work);
    } finally {
      if (tracked) await spec.copyAudit(catalog, reporter);
    }
  } finally {
    await catalog.close();
  }
}

/** A run that the catalog refuses has no row that would show it: its refusal stands in the audit. */
async function begin(
  { about, requester, kind }: RunSpec,
  catalog: Catalog,
  reporter: RunReporter,
): Promise<boolean> {
  const run: RunStart = {
    ...about,
    kind,
    request_id: requester.requestId,
    requested_by: requester.requestedBy,
    github_run_id: requester.run ? Number(requester.run.id) : null,
    run_url: requester.run?.url ?? null,
    attempt: requester.run?.attempt ?? 1,
  };
  try {
    return await reporter.start(run);
  } catch (thrown) {
    await recordRefusal(catalog, run, toBackupError(thrown)).catch((error) =>
      reporter.warn(`the refusal is not in the audit: ${toBackupError(error).message}`)
    );
    throw thrown;
  }
}

async function workAndTell(
  { about }: RunSpec,
  run: TrackedRun,
  signal: AbortSignal,
  work: (run: TrackedRun) => Promise<Outcome>,
): Promise<void> {
  const { reporter } = run;
  let outcome: Outcome | null = null;
  try {
    outcome = await work(run);
    if (outcome.failure) throw outcome.failure;
    const result = { ...outcome.result, warnings: reporter.warnings };
    const none = { error_code: null, error_message: null };
    await reporter.finish({ status: "succeeded", ...none, r2_key: outcome.r2_key, result });
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
    });
    throw error;
  }
}
