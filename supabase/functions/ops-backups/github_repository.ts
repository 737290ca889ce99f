/** What GitHub tells about the repository that does the work. */
import { z } from "zod";
import type { Config } from "./env.ts";
import { GitHubClient, type GitHubOptions, understood } from "./github_client.ts";
import type { Repository, ScheduledRun, WorkflowFact } from "./ports.ts";

/** `2026-12-24 10:00:00 UTC`, or with an offset: `2026-12-24 10:00:00 -0300`. */
const EXPIRY = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) (UTC|[+-]\d\d\d\d)$/;
const EXPIRY_HEADER = "github-authentication-token-expiration";

const time = z.coerce.date();
const workflowsAnswer = z.object({
  workflows: z.array(z.object({ path: z.string(), state: z.string(), created_at: time, updated_at: time })),
});
const scheduledAnswer = z.object({
  workflow_runs: z.array(z.object({
    created_at: time,
    html_url: z.string(),
    status: z.string().nullable(),
    conclusion: z.string().nullable(),
  })),
});
const secretsAnswer = z.object({ secrets: z.array(z.object({ name: z.string() })) });

/** GitHub with the function's own credential; these calls only read. */
export function createRepository(config: Config, options: GitHubOptions): Repository {
  return new OctokitRepository(new GitHubClient(config, options));
}

class OctokitRepository implements Repository {
  constructor(private readonly client: GitHubClient) {}

  async readTokenExpiry(): Promise<Date | null> {
    const { headers } = await this.client.read("GET ");
    return parseExpiry(headers[EXPIRY_HEADER]);
  }

  async listWorkflows(): Promise<WorkflowFact[]> {
    const { data } = await this.client.read("GET /actions/workflows", { per_page: 100 });
    return understood(workflowsAnswer, data).workflows.map((workflow) => ({
      file: workflow.path.split("/").at(-1) ?? "",
      state: workflow.state,
      since: workflow.updated_at > workflow.created_at ? workflow.updated_at : workflow.created_at,
    }));
  }

  async lastScheduledRun(file: string): Promise<ScheduledRun | null> {
    const { data } = await this.client.read("GET /actions/workflows/{workflow_id}/runs", {
      workflow_id: file,
      event: "schedule",
      per_page: 1,
    });
    const [run] = understood(scheduledAnswer, data).workflow_runs;
    return run === undefined ? null : {
      createdAt: run.created_at,
      url: run.html_url,
      status: run.status,
      conclusion: run.conclusion,
    };
  }

  async listSecretNames(): Promise<string[]> {
    const { data } = await this.client.read("GET /actions/secrets", { per_page: 100 });
    return understood(secretsAnswer, data).secrets.map(({ name }) => name);
  }
}

/** What the header says; `null` for none and for a form that is not known. */
export function parseExpiry(header: unknown): Date | null {
  const [, day, clock, zone = ""] = EXPIRY.exec(String(header ?? "")) ?? [];
  if (day === undefined) return null;
  return new Date(`${day}T${clock}${zone === "UTC" ? "Z" : `${zone.slice(0, 3)}:${zone.slice(3)}`}`);
}
