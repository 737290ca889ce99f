/** When to stop believing a run: decided from the row, from GitHub's word and from the clock. */
import type { Run } from "@backup/runs/run.ts";
import type { GitHubRun, RunEnd } from "./ports.ts";

/** After GitHub called a run finished, its script's own last report may still be on the way. */
export const REPORT_GRACE_MS = 5_000;
/** A script reports every 15 seconds: one that was silent for so long is gone. So is a run that GitHub does not know. */
export const SILENCE_LIMIT_MS = 10 * 60_000;

/**
 * How an active run has ended without saying so; `null` while it may still be alive.
 * @param github `null` when GitHub does not know the run.
 * @param failedStep name of the step that failed, where one did.
 */
export function decideSettlement(
  run: Run,
  github: GitHubRun | null,
  failedStep: string | null,
  now: Date,
): RunEnd | null {
  const silent = now.getTime() - lastNews(run) > SILENCE_LIMIT_MS;
  if (github === null) {
    return silent ? lost(`GitHub does not know this run, and nothing was heard of it${inPhase(run)}`) : null;
  }
  if (github.status === "completed") {
    if (!silent && now.getTime() - Date.parse(github.updatedAt) < REPORT_GRACE_MS) return null;
    return endOf(run, github.conclusion, failedStep);
  }
  // GitHub takes a dead machine for a working one for a long time
  return silent && run.status === "running"
    ? lost(`The script gave no sign of life for 10 minutes${inPhase(run)}, GitHub calls it ${github.status}`)
    : null;
}

function endOf(run: Run, conclusion: string | null, failedStep: string | null): RunEnd {
  switch (conclusion) {
    case "cancelled":
      return {
        status: "cancelled",
        errorCode: "run_cancelled",
        errorMessage: "The run was cancelled on GitHub",
      };
    case "failure":
    case "timed_out":
    case "startup_failure":
    case "action_required":
      return {
        status: "failed",
        errorCode: "workflow_failed",
        errorMessage: `GitHub ended the run with ${conclusion}, step: ${failedStep ?? "none ran"}${
          inPhase(run)
        }`,
      };
    default:
      return lost(
        `GitHub ended the run with ${conclusion ?? "no conclusion"}, its script never reported${
          inPhase(run)
        }`,
      );
  }
}

/** The last phase that the script told, where it told one. */
function inPhase({ phase }: Run): string {
  return phase === null ? "" : ` (last phase: ${phase})`;
}

function lost(errorMessage: string): RunEnd {
  return { status: "lost", errorCode: "run_lost", errorMessage };
}

function lastNews(run: Run): number {
  return Date.parse(run.heartbeat_at ?? run.started_at ?? run.created_at);
}
