/** When to stop believing a run: decided from the row, from GitHub's word and from the clock. */
import type { Run } from "../_shared/backup/run.ts";
import type { GitHubRun, RunEnd } from "./ports.ts";

/** After GitHub called a run finished, its script's own last report may still be on the way. */
export const REPORT_GRACE_MS = 5_000;
/** A run that neither reported nor is known to GitHub for so long is gone. */
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
  if (github === null) {
    return now.getTime() - lastNews(run) > SILENCE_LIMIT_MS
      ? lost("GitHub does not know this run, and nothing was heard of it")
      : null;
  }
  if (github.status !== "completed") return null;
  if (now.getTime() - Date.parse(github.updatedAt) < REPORT_GRACE_MS) return null;
  return endOf(github.conclusion, failedStep);
}

function endOf(conclusion: string | null, failedStep: string | null): RunEnd {
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
        errorMessage: `GitHub ended the run with ${conclusion}, step: ${failedStep ?? "none ran"}`,
      };
    default:
      return lost(`GitHub ended the run with ${conclusion ?? "no conclusion"}, its script never reported`);
  }
}

function lost(errorMessage: string): RunEnd {
  return { status: "lost", errorCode: "run_lost", errorMessage };
}

function lastNews(run: Run): number {
  return Date.parse(run.heartbeat_at ?? run.started_at ?? run.created_at);
}
