/** Decides how an active run has ended, from its row, from GitHub's state of it and from the time. */
import type { Run } from "@backup/runs/run.ts";
import {
  minutes,
  RUN_SILENT_AFTER_MS,
  RUN_UNCONFIRMED_AFTER_MS,
  SETTLE_AFTER_SILENCE_MS,
} from "@backup/service_levels.ts";
import type { GitHubRun, RunEnd } from "./ports.ts";

/** The script's last report may arrive this long after GitHub has ended the run. */
export const REPORT_GRACE_MS = 5_000;

/**
 * How an active run has ended without a report of its script; `null` while the script may be alive: GitHub also ends
 * runs whose machine only lost its connection, so a script that reported within the service level keeps its row.
 * @param github `null` when GitHub does not know the run.
 * @param failedStep name of the step that failed, where one did.
 */
export function decideSettlement(
  run: Run,
  github: GitHubRun | null,
  failedStep: string | null,
  now: Date,
): RunEnd | null {
  const silence = now.getTime() - lastNews(run);
  const silent = silence > (run.status === "running" ? RUN_SILENT_AFTER_MS : RUN_UNCONFIRMED_AFTER_MS);
  if (github === null) {
    return silent ? lost(`GitHub does not know this run, and nothing was heard of it${inPhase(run)}`) : null;
  }
  if (github.status === "completed") {
    if (run.status === "running" && silence <= SETTLE_AFTER_SILENCE_MS) return null;
    if (!silent && now.getTime() - Date.parse(github.updatedAt) < REPORT_GRACE_MS) return null;
    return endOf(run, github.conclusion, failedStep);
  }
  // GitHub reports a run on a machine that was lost as in progress for a long time
  return silent && run.status === "running"
    ? lost(
      `The script gave no sign of life for ${minutes(RUN_SILENT_AFTER_MS)} minutes${inPhase(run)}, ` +
        `GitHub calls it ${github.status}`,
    )
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

/** The last phase that the script reported, where there is one. */
function inPhase({ phase }: Run): string {
  return phase === null ? "" : ` (last phase: ${phase})`;
}

function lost(errorMessage: string): RunEnd {
  return { status: "lost", errorCode: "run_lost", errorMessage };
}

/** The last sign of life, milliseconds since 1970. */
function lastNews(run: Run): number {
  return Date.parse(run.heartbeat_at ?? run.started_at ?? run.created_at);
}
