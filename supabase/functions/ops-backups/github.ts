/** The repository's workflows through GitHub's REST API. */
import { Octokit } from "@octokit/rest";
import { z } from "zod";
import { BackupError } from "../_shared/backup/errors.ts";
import type { RunKind } from "../_shared/backup/run.ts";
import type { Config } from "./env.ts";
import { toGitHubError } from "./github_errors.ts";
import type { GitHub, GitHubRun, GitHubStep } from "./ports.ts";

const WORKFLOWS: Readonly<Record<RunKind, string>> = {
  backup: "db-backup.yml",
  restore: "db-restore-from-r2.yml",
  drill: "db-backup-restore-drill.yml",
  plan: "db-restore-from-r2.yml",
  prune: "db-backup-prune.yml",
};
const TIMEOUT_MS = 10_000;
const API_VERSION = "2022-11-28";
/** The newest runs that are searched for a request's id; the lock keeps them few per minute. */
const SEARCHED_RUNS = 100;

const dispatchAnswer = z.object({ workflow_run_id: z.number().int().positive(), html_url: z.url() });
const runAnswer = z.object({
  id: z.number(),
  html_url: z.string(),
  status: z.string().nullable(),
  conclusion: z.string().nullable(),
  updated_at: z.string(),
  name: z.string().nullish(),
  display_title: z.string().nullish(),
}).transform((run) => ({
  id: run.id,
  url: run.html_url,
  status: run.status,
  conclusion: run.conclusion,
  updatedAt: run.updated_at,
  names: `${run.display_title ?? ""} ${run.name ?? ""}`.toLowerCase(),
}));
const runsAnswer = z.object({ workflow_runs: z.array(runAnswer) });
const jobsAnswer = z.object({
  jobs: z.array(z.object({
    steps: z.array(z.object({ name: z.string(), status: z.string(), conclusion: z.string().nullable() }))
      .optional(),
  })),
});

export interface GitHubOptions {
  fetch: typeof fetch;
  now: () => Date;
}

/** GitHub with the function's own credential. No call is ever repeated by itself. */
export function createGitHub(config: Config, options: GitHubOptions): GitHub {
  return new OctokitGitHub(config, options);
}

class OctokitGitHub implements GitHub {
  readonly #octokit: Octokit;
  readonly #repository: { owner: string; repo: string };
  readonly #ref: string;
  readonly #now: () => Date;

  constructor(config: Config, options: GitHubOptions) {
    const silent = () => {};
    this.#octokit = new Octokit({
      auth: config.githubToken,
      baseUrl: config.githubApiUrl,
      userAgent: "revo-backups",
      request: { fetch: options.fetch },
      // Octokit would print each failure; ours are thrown.
      log: { debug: silent, info: silent, warn: silent, error: silent },
    });
    this.#repository = { owner: config.githubOwner, repo: config.githubRepo };
    this.#ref = config.githubRef;
    this.#now = options.now;
  }

  async dispatch(
    kind: RunKind,
    inputs: Record<string, string>,
  ): Promise<Pick<GitHubRun, "id" | "url"> | null> {
    const data = await this.#send(() =>
      this.#octokit.request("POST /repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches", {
        ...this.#common(),
        workflow_id: WORKFLOWS[kind],
        ref: this.#ref,
        inputs,
        return_run_details: true,
      })
    );
    const run = dispatchAnswer.safeParse(data);
    return run.success ? { id: run.data.workflow_run_id, url: run.data.html_url } : null;
  }

  async findByRequestId(kind: RunKind, requestId: string, since: Date): Promise<GitHubRun | null> {
    const data = await this.#read(() =>
      this.#octokit.request("GET /repos/{owner}/{repo}/actions/workflows/{workflow_id}/runs", {
        ...this.#common(),
        workflow_id: WORKFLOWS[kind],
        event: "workflow_dispatch",
        created: `>=${since.toISOString().slice(0, 19)}Z`,
        per_page: SEARCHED_RUNS,
      })
    );
    const runs = understood(runsAnswer, data).workflow_runs;
    return runs.find((run) => run.names.includes(requestId.toLowerCase())) ?? null;
  }

  async readRun(id: number): Promise<GitHubRun | null> {
    try {
      const data = await this.#read(() =>
        this.#octokit.request("GET /repos/{owner}/{repo}/actions/runs/{run_id}", {
          ...this.#common(),
          run_id: id,
        })
      );
      return understood(runAnswer, data);
    } catch (thrown) {
      if (thrown instanceof BackupError && thrown.code === "github_not_found") return null;
      throw thrown;
    }
  }

  async readSteps(id: number): Promise<GitHubStep[]> {
    const data = await this.#read(() =>
      this.#octokit.request("GET /repos/{owner}/{repo}/actions/runs/{run_id}/jobs", {
        ...this.#common(),
        run_id: id,
        filter: "latest",
        per_page: 100,
      })
    );
    return understood(jobsAnswer, data).jobs.flatMap((job) => job.steps ?? []);
  }

  #common() {
    return {
      ...this.#repository,
      headers: { "x-github-api-version": API_VERSION },
      request: { signal: AbortSignal.timeout(TIMEOUT_MS) },
    };
  }

  /** A call that changes something: every doubt about its effect stays a doubt. */
  async #send(call: () => Promise<{ data: unknown }>): Promise<unknown> {
    try {
      return (await call()).data;
    } catch (thrown) {
      throw toGitHubError(thrown, this.#now());
    }
  }

  /** A call that only reads: there is nothing to be in doubt about. */
  async #read(call: () => Promise<{ data: unknown }>): Promise<unknown> {
    try {
      return await this.#send(call);
    } catch (thrown) {
      if (!(thrown instanceof BackupError) || thrown.code !== "github_unclear") throw thrown;
      throw new BackupError("github_error", thrown.message, { cause: thrown });
    }
  }
}

function understood<Schema extends z.ZodType>(schema: Schema, data: unknown): z.output<Schema> {
  const result = schema.safeParse(data);
  if (result.success) return result.data;
  throw new BackupError("github_error", "GitHub answered in a form that is not known", {
    cause: result.error,
  });
}
