/** `cancel`: ends a run that has no permanent effect, and returns its row. */
import type { CancelAnswer, CancelRequest } from "@backup/api.ts";
import { toBackupError } from "@backup/errors.ts";
import { cancellability, isActive, type Run } from "@backup/runs/run.ts";
import type { CallerDatabase, GitHub, RunEnd } from "./ports.ts";
import { RequestError } from "./responses.ts";
import { findRun, readStatus, searchStart, type StatusDependencies } from "./run_status.ts";

export interface CancelDependencies extends StatusDependencies {
  sleep: (ms: number) => Promise<void>;
}

/** Pauses before each reading of the row: the script rolls back and reports within seconds. */
const POLL_PAUSES_MS = [250, 500, 750, 1000, 1500, 2000, 2000];

const BEFORE_IT_BEGAN: RunEnd = {
  status: "cancelled",
  errorCode: "run_cancelled",
  errorMessage: "Cancelled before its script began",
};

const NOT_WITHDRAWN =
  "A execução foi cancelada, mas o GitHub não confirmou que a retirou. Se ela começar, será recusada.";

const WHY_NOT = {
  ended: "Ela já terminou.",
  committed: "Ela já passou do ponto sem volta: o que fez está gravado.",
  not_a_run_of_github: "Ela não foi iniciada pelo GitHub; encerre-a onde ela roda.",
} as const;

/**
 * @throws {BackupError} `run_not_found`; `not_cancellable` when it has ended or its effect is permanent, also when
 * that happened during the call; GitHub's (`github_*`).
 */
export async function cancelRun(request: CancelRequest, deps: CancelDependencies): Promise<CancelAnswer> {
  const found = await findRun(request.request_id, deps.database);
  requireCancellable(found);
  const run = await endBeforeItBegins(found, deps.database);
  if (!isActive(run.status)) return await withdraw(run, deps.github);
  requireCancellable(run);
  const githubRunId = await findAtGitHub(run, deps.github);
  const isUnderWay = githubRunId !== null && await deps.github.cancel(githubRunId);
  return answerOf(isUnderWay ? await waitForEnd(run, deps) : await endOfCompleted(run, deps));
}

function requireCancellable(run: Run): void {
  const answer = cancellability(run);
  if (answer.allowed) return;
  throw refusal(run, answer.why);
}

function refusal(run: Run, why: keyof typeof WHY_NOT): RequestError {
  return new RequestError("not_cancellable", `Cannot cancel a run that is ${run.status}: ${why}`, {
    sentence: WHY_NOT[why],
    details: { why, status: run.status, phase: run.phase },
  });
}

/** Ends the row of a run that has not begun: its script is then refused when it starts. */
async function endBeforeItBegins(run: Run, database: CallerDatabase): Promise<Run> {
  return run.status === "running" ? run : await database.settleRun(run.request_id, BEFORE_IT_BEGAN);
}

/** Cancels it at GitHub too. The row has ended already, so a failure of GitHub is a warning. */
async function withdraw(run: Run, github: GitHub): Promise<CancelAnswer> {
  const answer = answerOf(run);
  try {
    const githubRunId = await findAtGitHub(run, github);
    if (githubRunId !== null) await github.cancel(githubRunId);
    return answer;
  } catch (thrown) {
    return { ...answer, warnings: [`${NOT_WITHDRAWN} (${toBackupError(thrown).code})`] };
  }
}

async function findAtGitHub(run: Run, github: GitHub): Promise<number | null> {
  if (run.github_run_id !== null) return run.github_run_id;
  return (await github.findByRequestId(run.kind, run.request_id, searchStart(run)))?.id ?? null;
}

/** Waits for the script to roll back and report. A run that is still active after that needs longer. */
async function waitForEnd(run: Run, { database, sleep }: CancelDependencies): Promise<Run> {
  let current = run;
  for (const pause of POLL_PAUSES_MS) {
    await sleep(pause);
    current = await findRun(run.request_id, database);
    if (!isActive(current.status)) break;
  }
  return current;
}

/** The row of a run that GitHub has ended already, settled when its script is silent. */
async function endOfCompleted(run: Run, deps: CancelDependencies): Promise<Run> {
  const status = await readStatus({ action: "status", request_id: run.request_id }, deps);
  return status.run;
}

function answerOf(run: Run): CancelAnswer {
  if (!isActive(run.status) && run.status !== "cancelled") throw refusal(run, "ended");
  return { ok: true, kind: "cancel", request_id: run.request_id, run };
}
