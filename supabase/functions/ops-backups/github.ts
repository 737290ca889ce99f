/** Runs of the repository's workflows. */
import { z } from "zod";
import { type GitHubStep, githubStepSchema } from "@backup/api.ts";
import { BackupError } from "@backup/errors.ts";
import { understood } from "@backup/github/facts.ts";
import type { RunKind } from "@backup/runs/run.ts";
import type { Config } from "./env.ts";
import { GitHubClient, type GitHubOptions } from "./github_client.ts";
import { isConflict, isGone } from "./github_errors.ts";
import type { DispatchedKind, FailedLog, GitHub, GitHubRun } from "./ports.ts";
import { fetchTail } from "./tail.ts";

/** The workflow file of each kind of run, and of a look. */
export const WORKFLOWS: Readonly<Record<DispatchedKind, string>> = {
  backup: "db-backup.yml",
  restore: "db-restore-from-r2.yml",
  drill: "db-backup-restore-drill.yml",
  plan: "db-restore-from-r2.yml",
  prune: "db-backup-prune.yml",
  look: "db-backup-look.yml",
};
/** How many of the newest runs are searched for a request id; the lock keeps their number per minute small. */
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
const stepAnswer = githubStepSchema.extend({ completed_at: z.string().nullish() });
const jobsAnswer = z.object({
  jobs: z.array(z.object({ id: z.number(), steps: z.array(stepAnswer).default([]) })),
});
const redirectAnswer = z.object({ location: z.url() });
/** Bytes of a log's end, far more than an excerpt needs. */
const LOG_TAIL_BYTES = 64 * 1024;
const LOG_LIMIT_MS = 10_000;
const FAILED_CONCLUSIONS = new Set(["failure", "timed_out", "startup_failure"]);

/** The first step that failed. */
export function failedStepOf<Step extends GitHubStep>(steps: readonly Step[]): Step | null {
  return steps.find((step) => FAILED_CONCLUSIONS.has(step.conclusion ?? "")) ?? null;
}

/** GitHub with the function's own credential. Calls are not retried. */
export function createGitHub(config: Config, options: GitHubOptions): GitHub {
  return new OctokitGitHub(new GitHubClient(config, options), options.fetch);
}

class OctokitGitHub implements GitHub {
  constructor(private readonly client: GitHubClient, private readonly fetch: GitHubOptions["fetch"]) {}

  async dispatch(
    kind: DispatchedKind,
    inputs: Record<string, string>,
  ): Promise<Pick<GitHubRun, "id" | "url"> | null> {
    const { data } = await this.client.send("POST /actions/workflows/{workflow_id}/dispatches", {
      workflow_id: WORKFLOWS[kind],
      ref: this.client.ref,
      inputs,
      return_run_details: true,
    });
    const run = dispatchAnswer.safeParse(data);
    return run.success ? { id: run.data.workflow_run_id, url: run.data.html_url } : null;
  }

  async findByRequestId(kind: RunKind, requestId: string, since: Date): Promise<GitHubRun | null> {
    const { data } = await this.client.read("GET /actions/workflows/{workflow_id}/runs", {
      workflow_id: WORKFLOWS[kind],
      event: "workflow_dispatch",
      created: `>=${since.toISOString().slice(0, 19)}Z`,
      per_page: SEARCHED_RUNS,
    });
    const runs = understood(runsAnswer, data).workflow_runs;
    return runs.find((run) => run.names.includes(requestId.toLowerCase())) ?? null;
  }

  async readRun(id: number): Promise<GitHubRun | null> {
    try {
      const { data } = await this.client.read("GET /actions/runs/{run_id}", { run_id: id });
      return understood(runAnswer, data);
    } catch (thrown) {
      if (thrown instanceof BackupError && thrown.code === "github_not_found") return null;
      throw thrown;
    }
  }

  async readSteps(id: number): Promise<GitHubStep[]> {
    return (await this.#readJobs(id)).flatMap((job) => job.steps);
  }

  async readFailedLog(id: number): Promise<FailedLog | null> {
    for (const job of await this.#readJobs(id)) {
      const step = failedStepOf(job.steps);
      if (step === null) continue;
      const text = await this.#readLogTail(job.id);
      return text === null ? null : { step: step.name, endedAt: step.completed_at ?? null, text };
    }
    return null;
  }

  async #readJobs(id: number) {
    const { data } = await this.client.read("GET /actions/runs/{run_id}/jobs", {
      run_id: id,
      filter: "latest",
      per_page: 100,
    });
    return understood(jobsAnswer, data).jobs;
  }

  /** GitHub answers with a link that needs no token, and the token is not sent there. */
  async #readLogTail(jobId: number): Promise<string | null> {
    const link = await this.#logLink(jobId);
    if (link === null) return null;
    const most = { most: LOG_TAIL_BYTES, limitMs: LOG_LIMIT_MS };
    const { status, text } = await fetchTail(this.fetch, link, most).catch((cause) => {
      throw new BackupError("github_error", "Cannot read the log that GitHub named", { cause });
    });
    return status === 200 ? text : null;
  }

  async #logLink(jobId: number): Promise<string | null> {
    const request = { job_id: jobId, request: { redirect: "manual" } };
    try {
      const { headers } = await this.client.read("GET /actions/jobs/{job_id}/logs", request);
      return understood(redirectAnswer, headers).location;
    } catch (thrown) {
      if (isGone(thrown)) return null;
      throw thrown;
    }
  }

  async cancel(id: number): Promise<boolean> {
    try {
      await this.client.send("POST /actions/runs/{run_id}/cancel", { run_id: id });
      return true;
    } catch (thrown) {
      if (isConflict(thrown)) return false;
      throw thrown;
    }
  }
}
