/** `log`: the end of the failed step of a run, from GitHub. */
import type { LogAnswer, LogRequest } from "@backup/api.ts";
import { withoutSecrets } from "./failure_log.ts";
import { excerptOf } from "./log_excerpt.ts";
import type { CallerDatabase, GitHub } from "./ports.ts";
import { RequestError } from "./responses.ts";
import { findRun } from "./run_status.ts";

export interface LogDependencies {
  database: CallerDatabase;
  github: Pick<GitHub, "readFailedLog">;
}

/** @throws {BackupError} `run_not_found`, `log_not_found`, `github_*` */
export async function readLog(
  request: LogRequest,
  { database, github }: LogDependencies,
): Promise<LogAnswer> {
  const run = await findRun(request.request_id, database);
  const found = run.github_run_id === null ? null : await github.readFailedLog(run.github_run_id);
  if (found === null) {
    throw new RequestError("log_not_found", "GitHub has no log of a failed step of this run");
  }
  // GitHub has masked the secrets it knows; these are what else looks like one, before a line is cut within it
  const excerpt = excerptOf(withoutSecrets(found.text), found.endedAt);
  return { ok: true, kind: "log", request_id: run.request_id, step: found.step, ...excerpt };
}
