/** Reads the watchdog's facts from GitHub: enabled workflows, the last start of each schedule, the expiry of tokens. */
import type { TokenFacts, WorkflowFacts } from "@backup/watch/conditions.ts";
import { WATCHED_WORKFLOWS } from "@backup/watch/workflows.ts";
import { BackupError } from "@backup/errors.ts";
import { callGitHub, type GitHubRepository } from "../alerts/github.ts";

/** @throws {BackupError} `github_*`. */
export async function readWorkflowFacts(github: GitHubRepository): Promise<WorkflowFacts[]> {
  const facts: WorkflowFacts[] = [];
  for (const { file, scheduleHours } of WATCHED_WORKFLOWS) {
    facts.push({ file, scheduleHours, ...await readWorkflow(github, file) });
  }
  return facts;
}

async function readWorkflow(
  { octokit, where }: GitHubRepository,
  workflow_id: string,
): Promise<Pick<WorkflowFacts, "state" | "lastFiredAt">> {
  const actions = octokit.rest.actions;
  try {
    const { data: workflow } = await callGitHub(
      `Cannot read the workflow ${workflow_id}`,
      () => actions.getWorkflow({ ...where, workflow_id }),
    );
    const { data: { workflow_runs: [newest] } } = await callGitHub(
      `Cannot list the runs of ${workflow_id}`,
      () => actions.listWorkflowRuns({ ...where, workflow_id, event: "schedule", per_page: 1 }),
    );
    return { state: workflow.state, lastFiredAt: newest?.created_at ?? workflow.created_at };
  } catch (error) {
    if (!(error instanceof BackupError) || error.code !== "github_not_found") throw error;
    return { state: null, lastFiredAt: new Date(0).toISOString() };
  }
}

const EXPIRY_HEADER = "github-authentication-token-expiration";

/** A token's expiry, from the header of a response to a request made with it. `[]` when it does not expire. */
export async function readTokenFacts({ octokit }: GitHubRepository, name: string): Promise<TokenFacts[]> {
  try {
    const { headers } = await callGitHub(`Cannot ask with ${name}`, () => octokit.rest.rateLimit.get());
    const end = Date.parse(String(headers[EXPIRY_HEADER]));
    return Number.isNaN(end) ? [] : [{ name, expiresAt: new Date(end).toISOString() }];
  } catch (error) {
    if (!(error instanceof BackupError) || error.code !== "github_bad_token") throw error;
    return [{ name, expiresAt: null }];
  }
}
