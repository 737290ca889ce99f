/** `backup` and `restore`: the run's row first, then one dispatch, then what GitHub said. */
import type { BackupRequest, Dispatched, RestoreRequest } from "../_shared/backup/api.ts";
import { BackupError, toBackupError } from "../_shared/backup/errors.ts";
import { ERROR_CODES } from "../_shared/backup/messages.ts";
import type { Run } from "../_shared/backup/run.ts";
import type { CallerDatabase, GitHub, GitHubRun, RunOrder } from "./ports.ts";
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
export async function startRun(
  asked: BackupRequest | RestoreRequest,
  deps: StartDependencies,
): Promise<Dispatched> {
  const { created, run } = await deps.database.requestRun(orderOf(asked, deps.newId));
  if (!created) return earlierAnswer(run);
  const accepted = await dispatchOnce(run, confirmOf(asked), deps) ?? await lookFor(run, deps);
  const { id = null, url = null } = accepted ?? {};
  try {
    return answerOf(await deps.database.markDispatched(run.request_id, id, url));
  } catch (thrown) {
    // GitHub is running it: the row catches up when the script reports or the status is asked for.
    const unrecorded = answerOf({ ...run, github_run_id: id, run_url: url });
    return { ...unrecorded, warnings: [`${NOT_RECORDED} (${toBackupError(thrown).code})`] };
  }
}

function orderOf(asked: BackupRequest | RestoreRequest, newId: () => string): RunOrder {
  const common = {
    target: asked.target,
    reason: asked.reason || null,
    requestId: asked.request_id ?? newId(),
  };
  return asked.action === "backup"
    ? { ...common, kind: "backup", mode: asked.mode, label: asked.label, r2Key: null }
    : { ...common, kind: "restore", mode: null, label: null, r2Key: asked.r2_key };
}

function confirmOf(asked: BackupRequest | RestoreRequest): string | null {
  return asked.action === "restore" ? asked.confirm ?? "" : null;
}

/** Only the row's own values are sent: GitHub is asked for exactly what the history says was asked. */
function inputsOf(run: Run, confirm: string | null): Record<string, string> {
  const common = {
    target: run.target,
    request_id: run.request_id,
    reason: run.reason ?? "",
    requested_by: run.requested_by ?? "",
  };
  return confirm === null
    ? { ...common, mode: run.mode ?? "full", label: run.label ?? "" }
    : { ...common, r2_key: run.r2_key ?? "", confirm };
}

async function dispatchOnce(run: Run, confirm: string | null, deps: StartDependencies) {
  try {
    return await deps.github.dispatch(run.kind, inputsOf(run, confirm));
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

function answerOf(run: Run): Dispatched {
  const kind = run.kind === "restore" ? "restore" : "backup";
  return { ok: true, kind, request_id: run.request_id, run_url: run.run_url, run };
}

/** What the first request was told: GitHub's refusal again, or the run as it stands now. */
function earlierAnswer(run: Run): Dispatched {
  const refused = run.github_run_id === null && run.error_code?.startsWith("github_");
  const code = refused ? ERROR_CODES.find((known) => known === run.error_code) : undefined;
  if (code === undefined) return answerOf(run);
  throw new RequestError(code, "This request was refused before", {
    details: { request_id: run.request_id },
  });
}
