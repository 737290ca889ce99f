/** Reads what a watch examines at GitHub: enabled workflows, the last start of each schedule, the expiry of the token. */
import { BackupError } from "../errors.ts";
import type { Repository } from "../github/facts.ts";
import type { TokenFacts, WorkflowFacts } from "./conditions.ts";
import { WATCHED_WORKFLOWS } from "./workflows.ts";

/** @throws {BackupError} `github_*` */
export async function readWorkflowFacts(repository: Repository): Promise<WorkflowFacts[]> {
  const known = await repository.listWorkflows();
  return await Promise.all(WATCHED_WORKFLOWS.map(async ({ file, scheduleHours }) => {
    const workflow = known.find((it) => it.file === file);
    if (workflow === undefined) {
      return { file, scheduleHours, state: null, lastFiredAt: new Date(0).toISOString() };
    }
    const run = scheduleHours === null ? null : await repository.lastScheduledRun(file);
    const lastFiredAt = (run?.createdAt ?? workflow.since).toISOString();
    return { file, scheduleHours, state: workflow.state, lastFiredAt };
  }));
}

/** The function's token by its name for the admin; `[]` when it does not expire. @throws {BackupError} `github_*` */
export async function readTokenFacts(repository: Repository): Promise<TokenFacts[]> {
  const name = "GITHUB_TOKEN da função";
  try {
    const end = await repository.readTokenExpiry();
    return end === null ? [] : [{ name, expiresAt: end.toISOString() }];
  } catch (error) {
    if (!(error instanceof BackupError) || error.code !== "github_bad_token") throw error;
    return [{ name, expiresAt: null }];
  }
}
