/** For tests: a local GitHub with a repository of a few files, and an Octokit connected to it. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { RequestError } from "@octokit/request-error";
import { Octokit } from "@octokit/rest";
import { afterEach } from "vitest";
import { contractFaults } from "./openapi/contract.ts";
import { type GitHubOptions, type LocalGitHub, startGitHub } from "./server.ts";

export { contractFaults, describedPath } from "./openapi/contract.ts";

export const OWNER = "revo";
export const REPO = "erp";
export const TOKEN = "ghp_test";

export interface TestGitHub {
  github: LocalGitHub;
  workspace: string;
  /** Where its runs have their folders. */
  tempFolder: string;
  octokit: Octokit;
  /** An Octokit with another token, or none. */
  as(token: string | undefined): Octokit;
  stop(): Promise<void>;
}

/** Starts it. @param files workflows by their name, other files by their path. */
export async function startTestGitHub(
  files: Readonly<Record<string, string>>,
  options: Partial<GitHubOptions> = {},
): Promise<TestGitHub> {
  const workspace = await mkdtemp(join(tmpdir(), "workspace-"));
  for (const [name, text] of Object.entries(files)) {
    const path = join(
      workspace,
      name.includes("/") || !name.endsWith(".yml") ? name : `.github/workflows/${name}`,
    );
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }
  const tempFolder = await mkdtemp(join(tmpdir(), "runs-"));
  const github = await startGitHub({
    port: 0,
    workspace,
    tempFolder,
    repository: `${OWNER}/${REPO}`,
    token: TOKEN,
    secrets: {},
    log: () => {},
    ...options,
  });
  const as = (auth: string | undefined) => checked(new Octokit({ baseUrl: github.url, auth, log: silent }));
  return {
    github,
    workspace,
    tempFolder,
    octokit: as(TOKEN),
    as,
    async stop() {
      await github.stop();
      for (const folder of [workspace, tempFolder]) await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A function that starts one for the current test, and stops it after that test. */
export function startForTest(): typeof startTestGitHub {
  const started: TestGitHub[] = [];
  afterEach(async () => {
    for (const test of started.splice(0)) await test.stop();
  });
  return async (...args) => {
    const test = await startTestGitHub(...args);
    started.push(test);
    return test;
  };
}

/** Makes every response that violates GitHub's description an error. */
function checked(octokit: Octokit): Octokit {
  const check = (method: string, path: string, status: number, body: unknown) => {
    const faults = contractFaults(method, path.split("?")[0] ?? "", status, body);
    if (faults.length > 0) {
      throw new Error(`${method} ${path} ${status} breaks the contract: ${faults.join("; ")}`);
    }
  };
  octokit.hook.wrap("request", async (request, { method, url, ...rest }) => {
    try {
      const response = await request({ method, url, ...rest });
      if (!response.url.includes("/_logs/")) check(method, url, response.status, response.data);
      return response;
    } catch (error) {
      if (error instanceof RequestError) check(method, url, error.status, error.response?.data);
      throw error;
    }
  });
  return octokit;
}

const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** A workflow of one job, started by hand, with the given steps (YAML, a list). */
export function workflowOf(steps: string, more = ""): string {
  const indented = steps.trim().split("\n").map((line) => `      ${line}`).join("\n");
  return `on: workflow_dispatch\n${more}\njobs:\n  job:\n    runs-on: local\n    steps:\n${indented}\n`;
}

/** Sends a dispatch to the main branch with the given additional body. */
export function requestDispatch(octokit: Octokit, file: string, body: Record<string, unknown>) {
  const path = "/repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches";
  return octokit.request(`POST ${path}`, {
    owner: OWNER,
    repo: REPO,
    workflow_id: file,
    ref: "main",
    ...body,
  });
}

/** Starts a workflow and returns its run's id. */
export async function dispatch(
  { octokit }: TestGitHub,
  file: string,
  inputs: Record<string, string> = {},
): Promise<number> {
  const { data } = await requestDispatch(octokit, file, { inputs, return_run_details: true });
  return Number(data.workflow_run_id);
}

/** How a run and its only job ended. */
export interface EndedRun {
  conclusion: string | null;
  title: string;
  log: string;
  /** Conclusions of the steps by name, without those that set up and complete the job. */
  steps: Record<string, string | null>;
}

/** Waits for the end of a run. */
export async function waitForRun({ octokit }: TestGitHub, run_id: number): Promise<EndedRun> {
  const where = { owner: OWNER, repo: REPO, run_id };
  for (;;) {
    const { data: run } = await octokit.rest.actions.getWorkflowRun(where);
    if (run.status === "completed") {
      const { data: { jobs: [job] } } = await octokit.rest.actions.listJobsForWorkflowRun(where);
      if (job === undefined) throw new Error("the run has no job");
      const log = await octokit.rest.actions.downloadJobLogsForWorkflowRun({ ...where, job_id: job.id });
      const steps = Object.fromEntries(
        (job.steps ?? []).slice(1, -1).map((step) => [step.name, step.conclusion]),
      );
      return { conclusion: run.conclusion, title: run.display_title, log: String(log.data), steps };
    }
    await sleep(20);
  }
}

/** Starts a workflow and waits for its end. */
export async function runWorkflow(
  test: TestGitHub,
  file: string,
  inputs: Record<string, string> = {},
): Promise<EndedRun> {
  return await waitForRun(test, await dispatch(test, file, inputs));
}

/** Waits until a condition holds. @throws {Error} after ten seconds. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 10_000; Date.now() < end; await sleep(20)) {
    if (await holds()) return;
  }
  throw new Error(`Waited in vain for ${holds}`);
}

/** Status and message of a refused request. */
export async function refusal(request: Promise<unknown>): Promise<[number, string]> {
  const error = await request.then(() => null, (thrown: unknown) => thrown);
  if (!(error instanceof RequestError)) throw error ?? new Error("The request was not refused");
  const data: unknown = error.response?.data;
  const message = typeof data === "object" && data !== null && "message" in data ? data.message : data;
  return [error.status, String(message)];
}
