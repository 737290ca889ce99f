/**
 * `look`, `look_answer`, `look_withdraw`: pass sealed messages between a tab and the job that reads a backup. The function can
 * open neither.
 */
import type {
  LookAnswerRequest,
  LookRequest,
  LookStarted,
  LookState,
  LookWithdrawn,
  LookWithdrawRequest,
} from "@backup/api.ts";
import { toBackupError } from "@backup/errors.ts";
import { isLookPublicKey } from "@backup/look/seal.ts";
import { isErrorCode } from "@backup/messages.ts";
import type { ReadEnv } from "./env.ts";
import type { CallerDatabase, GitHub, LookResult } from "./ports.ts";
import { RequestError } from "./responses.ts";

export interface LookDependencies {
  env: ReadEnv;
  database: Pick<CallerDatabase, "requestLook" | "takeLookAnswer" | "withdrawLook">;
  github: Pick<GitHub, "dispatch" | "readRun">;
}

/** Whether the installation has a pair of keys for looks: the function knows the public half. */
export function offersLooks(env: ReadEnv): boolean {
  return isLookPublicKey(env("LOOK_PUBLIC_KEY")?.trim() ?? "");
}

/**
 * Keeps the sealed request and dispatches the workflow, once per request id. GitHub is given the id alone.
 * @throws {BackupError} `looks_off`, the catalog's refusals, GitHub's (`github_*`), after which the request is withdrawn
 */
export async function startLook(request: LookRequest, deps: LookDependencies): Promise<LookStarted> {
  requireLooks(deps.env);
  const { request_id: requestId, r2_key: r2Key, reason = "", sealed } = request;
  const { created, expiresAt } = await deps.database.requestLook({ requestId, r2Key, reason, sealed });
  const run = created ? await dispatchOnce(requestId, deps) : null;
  return {
    ok: true,
    kind: "look",
    request_id: requestId,
    expires_at: expiresAt,
    github_run_id: run?.id ?? null,
    run_url: run?.url ?? null,
  };
}

/** @returns `null` where GitHub's answer was unclear: the job may take the request, which otherwise expires */
async function dispatchOnce(requestId: string, { database, github }: LookDependencies) {
  try {
    return await github.dispatch("look", { request_id: requestId });
  } catch (thrown) {
    const error = toBackupError(thrown);
    if (error.code === "github_unclear") return null;
    await database.withdrawLook(requestId).catch(() => {}); // it expires; GitHub's refusal is reported
    throw error;
  }
}

/**
 * The answer is given once, to its requester.
 * @throws {BackupError} `look_expired`; the code with which the job failed; `look_failed` when GitHub ended it without one
 */
export async function takeAnswer(request: LookAnswerRequest, deps: LookDependencies): Promise<LookState> {
  requireLooks(deps.env);
  const first = await deps.database.takeLookAnswer(request.request_id);
  if (isOver(first) || !await hasEnded(request.github_run_id, deps.github)) return stateOf(first);
  const last = await deps.database.takeLookAnswer(request.request_id); // it may have come since
  if (isOver(last)) return stateOf(last);
  await deps.database.withdrawLook(request.request_id);
  throw new RequestError("look_failed", "GitHub ended the job of the look without an answer");
}

function isOver({ state }: LookResult): boolean {
  return state === "answered" || state === "failed";
}

function stateOf({ state, sealed, errorCode }: LookResult): LookState {
  if (state !== "failed") return { ok: true, kind: "look_answer", state, sealed };
  throw new RequestError(isErrorCode(errorCode) ? errorCode : "look_failed", `The look failed: ${errorCode}`);
}

/** A GitHub that does not answer ends no look. */
async function hasEnded(runId: number | undefined, github: LookDependencies["github"]): Promise<boolean> {
  if (runId === undefined) return false;
  const run = await github.readRun(runId).catch(() => null);
  return run?.status === "completed";
}

/** The answer, wherever it is, is then read by no one. */
export async function withdrawLook(
  { request_id }: LookWithdrawRequest,
  { database }: Pick<LookDependencies, "database">,
): Promise<LookWithdrawn> {
  return { ok: true, kind: "look_withdraw", withdrawn: await database.withdrawLook(request_id) };
}

function requireLooks(env: ReadEnv): void {
  if (!offersLooks(env)) throw new RequestError("looks_off", "Cannot look: LOOK_PUBLIC_KEY is not set");
}
