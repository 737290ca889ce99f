/** Starts a run: writes its row, dispatches the workflow once, records GitHub's answer. */
import type { Dispatched, PlanRequest, RestoreRequest, StartRequest } from "@backup/api.ts";
import { BackupError, toBackupError } from "@backup/errors.ts";
import { ERROR_CODES } from "@backup/messages.ts";
import { isActive, type Run } from "@backup/runs/run.ts";
import type { CallerDatabase, GitHub, GitHubRun, RunOrder, StartedKind } from "./ports.ts";
import { RequestError } from "./responses.ts";
import type { PassOffice } from "./run_pass.ts";

export interface StartDependencies {
  database: CallerDatabase;
  github: GitHub;
  newId: () => string;
  now: () => Date;
  sleep: (ms: number) => Promise<void>;
  passes: Pick<PassOffice, "issue">;
}

/** Pauses before each search for a run that an older GitHub did not return; a new run can be missing for seconds. */
const SEARCH_PAUSES_MS = [500, 1000, 1500, 2000, 2500, 2500];

const NOT_RECORDED =
  "O GitHub aceitou o pedido, mas o catálogo não registrou a execução. Ela aparecerá quando der notícias.";

/**
 * Starts the requested run, at most once per request id; a repeated request gets the first one's answer.
 * @throws {BackupError} the catalog's refusals and GitHub's (`github_*`).
 */
export async function startRun(request: StartRequest, deps: StartDependencies): Promise<Dispatched> {
  const { created, run } = await deps.database.requestRun(orderOf(request, deps.newId));
  if (!created) return earlierAnswer(run, request.action, deps);
  const accepted = await dispatchOnce(run, inputsOf(run, request), deps) ?? await findAccepted(run, deps);
  const { id = null, url = null } = accepted ?? {};
  try {
    return answerOf(await deps.database.markDispatched(run.request_id, id, url), request.action, deps);
  } catch (thrown) {
    // GitHub runs it: the row is updated when the script reports or the status is read
    const unrecorded = answerOf({ ...run, github_run_id: id, run_url: url }, request.action, deps);
    return { ...unrecorded, warnings: [`${NOT_RECORDED} (${toBackupError(thrown).code})`] };
  }
}

function orderOf(request: StartRequest, newId: () => string): RunOrder {
  return {
    kind: request.action,
    target: request.target,
    mode: request.action === "backup" ? request.mode : null,
    label: request.action === "backup" ? request.label : null,
    r2Key: request.action === "backup" ? null : request.r2_key ?? null,
    reason: request.reason || null,
    requestId: request.request_id ?? newId(),
    planRequestId: request.action === "restore" ? request.plan_request_id ?? null : null,
    options: request.action === "restore" ? optionsOf(request) : {},
  };
}

/** What a restore was requested with, under the names and with the values of the workflow's inputs. */
function optionsOf({ confirm_source, allow_unsigned, end_sessions }: RestoreRequest): RunOrder["options"] {
  return {
    ...(confirm_source ? { confirm_source } : {}),
    ...(allow_unsigned ? { allow_unsigned } : {}),
    ...(end_sessions ? { end_sessions: true } : {}),
  };
}

/** The workflow's inputs, from the row: GitHub runs what the history shows. */
function inputsOf(run: Run, request: StartRequest): Record<string, string> {
  const common = {
    target: run.target,
    request_id: run.request_id,
  };
  const reason = run.reason ?? "";
  const key = run.r2_key ?? "";
  switch (request.action) {
    case "backup":
      return { ...common, reason, mode: run.mode ?? "full", label: run.label ?? "" };
    case "restore":
      return {
        ...common,
        ...(run.plan_request_id === null ? {} : { plan_request_id: run.plan_request_id }),
        reason,
        r2_key: key,
        confirm: request.confirm ?? "",
        ...(request.confirm_source ? { confirm_source: request.confirm_source } : {}),
        ...choices(request),
        ...(request.end_sessions ? { end_sessions: "true" } : {}),
      };
    case "plan":
      return { ...common, reason, r2_key: key, plan: "true", ...choices(request) };
    case "drill":
      return { ...common, r2_key: key };
  }
}

/** Only where they are given: an older workflow has no such inputs. */
function choices({ allow_unsigned, privileges_from }: RestoreRequest | PlanRequest): Record<string, string> {
  return {
    ...(allow_unsigned ? { allow_unsigned } : {}),
    ...(privileges_from ? { privileges_from } : {}),
  };
}

async function dispatchOnce(run: Run, inputs: Record<string, string>, deps: StartDependencies) {
  try {
    return await deps.github.dispatch(run.kind, inputs);
  } catch (thrown) {
    throw await recordRefusal(toBackupError(thrown), run, deps.database);
  }
}

/** Searches a few times. Finding nothing, or a failure, does not affect the accepted run. */
async function findAccepted(run: Run, deps: StartDependencies): Promise<GitHubRun | null> {
  const since = new Date(deps.now().getTime() - 60_000);
  for (const pause of SEARCH_PAUSES_MS) {
    await deps.sleep(pause);
    const found = await deps.github.findByRequestId(run.kind, run.request_id, since).catch(() => null);
    if (found !== null) return found;
  }
  return null;
}

async function recordRefusal(refusal: BackupError, run: Run, database: CallerDatabase): Promise<BackupError> {
  const unclear = refusal.code === "github_unclear";
  try {
    await database.markNotDispatched(run.request_id, refusal.code, refusal.message, unclear);
    return withRequestId(refusal, run);
  } catch (thrown) {
    return withRequestId(
      refusal,
      run,
      `O catálogo também não registrou isto (${toBackupError(thrown).code}).`,
    );
  }
}

/** Adds the request id, by which the caller can follow the run. */
function withRequestId(refusal: BackupError, run: Run, extra?: string): RequestError {
  const answer = refusal instanceof RequestError ? refusal.answer : {};
  return new RequestError(refusal.code, refusal.message, {
    ...answer,
    sentence: [answer.sentence, extra].filter(Boolean).join(" ") || undefined,
    details: { ...answer.details, request_id: run.request_id },
  }, refusal);
}

/** The requester has `ops:manage`: the pass permits to cancel. */
function answerOf(run: Run, kind: StartedKind, { passes }: StartDependencies): Dispatched {
  const answer: Dispatched = { ok: true, kind, request_id: run.request_id, run_url: run.run_url, run };
  return isActive(run.status) ? { ...answer, run_pass: passes.issue(run, true) } : answer;
}

/** The answer to a repeated request: GitHub's refusal again, or the run as it is now. */
function earlierAnswer(run: Run, kind: StartedKind, deps: StartDependencies): Dispatched {
  const refused = run.github_run_id === null && run.error_code?.startsWith("github_");
  const code = refused ? ERROR_CODES.find((known) => known === run.error_code) : undefined;
  if (code === undefined) return answerOf(run, kind, deps);
  throw new RequestError(code, "This request was refused before", {
    details: { request_id: run.request_id },
  });
}
