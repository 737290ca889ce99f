/** What becomes a run: its row first, then one dispatch, then what GitHub said. */
import type { Dispatched, StartRequest } from "@backup/api.ts";
import { BackupError, toBackupError } from "@backup/errors.ts";
import { ERROR_CODES } from "@backup/messages.ts";
import type { Run } from "@backup/runs/run.ts";
import type { CallerDatabase, GitHub, GitHubRun, RunOrder, StartedKind } from "./ports.ts";
import { RequestError } from "./responses.ts";

export interface StartDependencies {
  database: CallerDatabase;
  github: GitHub;
  newId: () => string;
  now: () => Date;
  sleep: (ms: number) => Promise<void>;
}

/** Pauses before each look for a run that an older GitHub did not name; a fresh run can be missing for seconds. */
const LOOK_PAUSES_MS = [500, 1000, 1500, 2000, 2500, 2500];

const NOT_RECORDED =
  "O GitHub aceitou o pedido, mas o catálogo não registrou a execução. Ela aparecerá quando der notícias.";

/**
 * Starts what is asked, at most once per request id; a repeated request gets the first one's answer.
 * @throws {BackupError} the catalog's refusals and GitHub's (`github_*`).
 */
export async function startRun(asked: StartRequest, deps: StartDependencies): Promise<Dispatched> {
  const { created, run } = await deps.database.requestRun(orderOf(asked, deps.newId));
  if (!created) return earlierAnswer(run, asked.action);
  const accepted = await dispatchOnce(run, inputsOf(run, asked), deps) ?? await lookFor(run, deps);
  const { id = null, url = null } = accepted ?? {};
  try {
    return answerOf(await deps.database.markDispatched(run.request_id, id, url), asked.action);
  } catch (thrown) {
    // GitHub is running it: the row catches up when the script reports or the status is asked for.
    const unrecorded = answerOf({ ...run, github_run_id: id, run_url: url }, asked.action);
    return { ...unrecorded, warnings: [`${NOT_RECORDED} (${toBackupError(thrown).code})`] };
  }
}

function orderOf(asked: StartRequest, newId: () => string): RunOrder {
  return {
    kind: asked.action,
    target: asked.target,
    mode: asked.action === "backup" ? asked.mode : null,
    label: asked.action === "backup" ? asked.label : null,
    r2Key: asked.action === "backup" ? null : asked.r2_key ?? null,
    reason: asked.reason || null,
    requestId: asked.request_id ?? newId(),
    planRequestId: asked.action === "restore" ? asked.plan_request_id ?? null : null,
  };
}

/** Only the row's own values are sent: GitHub is asked for exactly what the history says was asked. */
function inputsOf(run: Run, asked: StartRequest): Record<string, string> {
  const common = {
    target: run.target,
    request_id: run.request_id,
    requested_by: run.requested_by ?? "",
  };
  const reason = run.reason ?? "";
  const key = run.r2_key ?? "";
  switch (asked.action) {
    case "backup":
      return { ...common, reason, mode: run.mode ?? "full", label: run.label ?? "" };
    case "restore":
      return {
        ...common,
        ...(run.plan_request_id === null ? {} : { plan_request_id: run.plan_request_id }),
        reason,
        r2_key: key,
        confirm: asked.confirm ?? "",
      };
    case "plan":
      return { ...common, reason, r2_key: key, plan: "true" };
    case "drill":
      return { ...common, r2_key: key };
  }
}

async function dispatchOnce(run: Run, inputs: Record<string, string>, deps: StartDependencies) {
  try {
    return await deps.github.dispatch(run.kind, inputs);
  } catch (thrown) {
    throw await recordRefusal(toBackupError(thrown), run, deps.database);
  }
}

/** Looks a few times; not finding it, or not being able to look, changes nothing about the accepted run. */
async function lookFor(run: Run, deps: StartDependencies): Promise<GitHubRun | null> {
  const since = new Date(deps.now().getTime() - 60_000);
  for (const pause of LOOK_PAUSES_MS) {
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

/** The request's id lets the caller follow what became of it. */
function withRequestId(refusal: BackupError, run: Run, extra?: string): RequestError {
  const answer = refusal instanceof RequestError ? refusal.answer : {};
  return new RequestError(refusal.code, refusal.message, {
    ...answer,
    sentence: [answer.sentence, extra].filter(Boolean).join(" ") || undefined,
    details: { ...answer.details, request_id: run.request_id },
  }, refusal);
}

function answerOf(run: Run, kind: StartedKind): Dispatched {
  return { ok: true, kind, request_id: run.request_id, run_url: run.run_url, run };
}

/** What the first request was told: GitHub's refusal again, or the run as it stands now. */
function earlierAnswer(run: Run, kind: StartedKind): Dispatched {
  const refused = run.github_run_id === null && run.error_code?.startsWith("github_");
  const code = refused ? ERROR_CODES.find((known) => known === run.error_code) : undefined;
  if (code === undefined) return answerOf(run, kind);
  throw new RequestError(code, "This request was refused before", {
    details: { request_id: run.request_id },
  });
}
