/** `status`: the row of a run, GitHub's view of it, and the end of a run whose script did not report one. */
import type { GitHubStep, GitHubView, StatusAnswer, StatusRequest } from "@backup/api.ts";
import { type BackupError, toBackupError } from "@backup/errors.ts";
import { isActive, type Run } from "@backup/runs/run.ts";
import { failedStepOf } from "./github.ts";
import type { CallerDatabase, GitHub, GitHubRun, SilentRuns } from "./ports.ts";
import { RequestError } from "./responses.ts";
import type { PassOffice } from "./run_pass.ts";
import { decideSettlement } from "./settlement.ts";

export interface StatusDependencies {
  database: CallerDatabase;
  github: GitHub;
  silentRuns: SilentRuns;
  now: () => Date;
  logFailure: (error: BackupError) => void;
  passes: Pick<PassOffice, "issue">;
}

/** GitHub's side of a run. */
export interface Observation {
  run: GitHubRun | null;
  steps: GitHubStep[];
}

/** @throws {BackupError} `run_not_found`, `catalog_unavailable`, … GitHub's failures are part of the answer. */
export async function readStatus(request: StatusRequest, deps: StatusDependencies): Promise<StatusAnswer> {
  const run = await findRun(request.request_id, deps.database);
  if (!isActive(run.status)) return { ok: true, kind: "status", run, github: null };
  try {
    const observation = await observe(run, deps.github);
    const current = await catchUp(run, observation, deps);
    return answerOf(current, viewOf(observation), deps);
  } catch (thrown) {
    const { code } = toBackupError(thrown);
    if (!code.startsWith("github_")) throw thrown;
    return answerOf(run, { error: code }, deps);
  }
}

/** An active run's answer has a pass to follow it: the list of runs requires `ops:view`, which the caller has. */
function answerOf(run: Run, github: GitHubView, { passes }: StatusDependencies): StatusAnswer {
  const answer: StatusAnswer = { ok: true, kind: "status", run, github };
  return isActive(run.status) ? { ...answer, run_pass: passes.issue(run, false) } : answer;
}

/** @throws {RequestError} `run_not_found` */
export async function findRun(requestId: string, database: CallerDatabase): Promise<Run> {
  const run = await database.findRun(requestId);
  if (run !== null) return run;
  throw new RequestError("run_not_found", "No run has this request id");
}

/** A run as GitHub knows it. */
export type KnownRun = Pick<Run, "request_id" | "kind" | "created_at" | "github_run_id">;

/** @throws {BackupError} `github_*` */
export async function observe(run: KnownRun, github: GitHub): Promise<Observation> {
  const found = run.github_run_id === null
    ? await github.findByRequestId(run.kind, run.request_id, searchStart(run))
    : await github.readRun(run.github_run_id);
  return { run: found, steps: found === null ? [] : await github.readSteps(found.id) };
}

/** Start of the search for a run at GitHub; the two clocks may differ by a minute. */
export function searchStart(run: KnownRun): Date {
  return new Date(Date.parse(run.created_at) - 60_000);
}

/** Writes what GitHub knows and the row does not, when the caller may. */
async function catchUp(run: Run, observation: Observation, deps: StatusDependencies): Promise<Run> {
  const unnamed = run.github_run_id === null && observation.run !== null ? observation.run : null;
  const end = decideSettlement(
    run,
    observation.run,
    failedStepOf(observation.steps)?.name ?? null,
    deps.now(),
  );
  if (unnamed === null && end === null) return run;
  if (!await deps.database.mayAct()) return end === null ? run : await giveUpSilent(run, deps);
  const named = unnamed === null
    ? run
    : await deps.database.markDispatched(run.request_id, unnamed.id, unnamed.url);
  return end === null ? named : await deps.database.settleRun(run.request_id, end);
}

/** A viewer may not settle a run by GitHub's state; runs beyond their service level are expired for every caller. */
async function giveUpSilent(
  run: Run,
  { database, silentRuns, logFailure }: StatusDependencies,
): Promise<Run> {
  try {
    await silentRuns.giveUp();
  } catch (thrown) {
    logFailure(toBackupError(thrown));
    return run;
  }
  return await findRun(run.request_id, database);
}

/** The part of an observation that the caller reads. */
export function viewOf({ run, steps }: Observation): GitHubView {
  if (run === null) return { known: false };
  return {
    known: true,
    run_id: run.id,
    run_url: run.url,
    status: run.status,
    conclusion: run.conclusion,
    failed_step: failedStepOf(steps)?.name ?? null,
    steps,
  };
}
