/** `status` and `cancel` with a run's pass: GitHub alone is asked, nothing of the project. */
import type { CancelRequest, PassAnswer, StatusRequest } from "@backup/api.ts";
import { toBackupError } from "@backup/errors.ts";
import type { GitHub } from "./ports.ts";
import { readActionRequest } from "./request.ts";
import { RequestError } from "./responses.ts";
import { type PassContent, type PassOffice, RUN_PASS_HEADER } from "./run_pass.ts";
import { observe, viewOf } from "./run_status.ts";

export interface PassDependencies {
  passes: Pick<PassOffice, "verify">;
  github: GitHub;
  sleep: (ms: number) => Promise<void>;
}

/** Pauses before each reading after a cancellation: a job ends about eight seconds after it. */
const POLL_PAUSES_MS = [1000, 2000, 3000, 4000];

/**
 * The pass is verified before the body is read.
 * @throws {RequestError} `run_pass_invalid`, also for another run than the pass's; `invalid_action` for other actions;
 * `forbidden` for a cancellation that the pass does not permit; GitHub's (`github_*`) for a cancellation.
 */
export async function answerWithPass(request: Request, deps: PassDependencies): Promise<PassAnswer> {
  const pass = deps.passes.verify(request.headers.get(RUN_PASS_HEADER) ?? "");
  const asked = await readPassRequest(request);
  if (asked.request_id !== pass.request_id) {
    throw new RequestError("run_pass_invalid", "Cannot use the pass of another run");
  }
  if (asked.action === "status") return await follow(pass, deps.github);
  if (!pass.may_cancel) {
    throw new RequestError("forbidden", "Cannot cancel with a pass that only permits to follow", {
      sentence:
        "Enquanto o histórico não responde, só quem pediu a execução pode cancelá-la daqui; no GitHub, quem tem acesso a ele.",
    });
  }
  return await cancel(pass, deps);
}

async function readPassRequest(request: Request): Promise<StatusRequest | CancelRequest> {
  const asked = await readActionRequest(request);
  if (asked.action === "status" || asked.action === "cancel") return asked;
  throw new RequestError("invalid_action", `Cannot ${asked.action} with a run's pass`);
}

/** GitHub's failures are part of the answer. */
async function follow(pass: PassContent, github: GitHub): Promise<PassAnswer> {
  try {
    return answerOf(pass, null, viewOf(await observe(pass, github)));
  } catch (thrown) {
    return answerOf(pass, null, { error: toBackupError(thrown).code });
  }
}

/** What had become permanent before is not known here: the answer has GitHub's state alone. */
async function cancel(pass: PassContent, deps: PassDependencies): Promise<PassAnswer> {
  const { run } = await observe(pass, deps.github);
  if (run === null) return answerOf(pass, "not_found", { known: false });
  const accepted = await deps.github.cancel(run.id);
  return {
    ...await waitForEnd(pass, accepted ? POLL_PAUSES_MS : [], deps),
    cancel: accepted ? "requested" : "ended",
  };
}

/** GitHub's view as soon as the run has ended, at the latest after the pauses. */
async function waitForEnd(
  pass: PassContent,
  pauses: readonly number[],
  { github, sleep }: PassDependencies,
): Promise<PassAnswer> {
  let answer = await follow(pass, github);
  for (const pause of pauses) {
    if ("known" in answer.github && answer.github.known && answer.github.status === "completed") break;
    await sleep(pause);
    answer = await follow(pass, github);
  }
  return answer;
}

function answerOf(pass: PassContent, cancel: PassAnswer["cancel"], github: PassAnswer["github"]): PassAnswer {
  return { ok: true, kind: "github", request_id: pass.request_id, cancel, github };
}
