/** The state that the steps of a job share, and their contexts. */
import { delimiter } from "node:path";
import process from "node:process";
import type { Value } from "../workflow/expressions.ts";
import type { JobRecord, RunRecord } from "../store.ts";
import type { Permissions, Workflow } from "../workflow/model.ts";
import type { Cancellation } from "./cancellation.ts";
import type { ConcurrencyGroups } from "./concurrency.ts";
import type { Masker } from "./masker.ts";
import type { ProcessGroups } from "./processes.ts";

/** Shared by all runs. */
export interface RunnerSettings {
  /** Address of the local GitHub, without a trailing slash. */
  url: string;
  /** Absolute path of the checked-out repository; every job works in it. */
  workspace: string;
  /** `owner/name` */
  repository: string;
  secrets: Readonly<Record<string, string>>;
  /** Secrets of environments, by the environment's name: a job that names one has them, too. */
  environments: Readonly<Record<string, Readonly<Record<string, string>>>>;
  variables: Readonly<Record<string, string>>;
  /** Added to the environment of every step; its `PATH` precedes the machine's. */
  env: Readonly<Record<string, string>>;
  /** Where the folders of jobs are created. */
  tempFolder: string;
  processes: ProcessGroups;
  concurrency: ConcurrencyGroups;
  nextId(): number;
  /** A token for one job, `secrets.GITHUB_TOKEN`, with the permissions that the workflow names. */
  issueToken(permissions: Permissions | undefined): { token: string; revoke(): void };
  log(line: string): void;
}

/** A run and its inputs. */
export interface RunRequest {
  settings: RunnerSettings;
  workflow: Workflow;
  record: RunRecord;
  /** `github.event` */
  payload: { readonly [key: string]: Value };
  /** The context `inputs`. */
  inputs: { readonly [key: string]: Value };
}

export interface JobSession {
  request: RunRequest;
  key: string;
  record: JobRecord;
  cancellation: Cancellation;
  masker: Masker;
  /** `RUNNER_TEMP`, removed when the job ends. */
  folder: string;
  token: string;
  /** Of workflow and job, and additions of steps through `GITHUB_ENV`. */
  env: Record<string, string>;
  /** Additions of steps through `GITHUB_PATH`, newest first. */
  path: string[];
  /** Contexts of every step of the job. */
  contexts: Readonly<Record<string, Value>>;
}

/** The context `github` of a run; {@link jobContexts} adds the facts of a job. */
export function githubContext(request: RunRequest): { readonly [key: string]: Value } {
  const { settings, record, payload } = request;
  const owner = settings.repository.split("/")[0] ?? "";
  return {
    actor: owner,
    api_url: settings.url,
    event: payload,
    event_name: record.event,
    ref: `refs/heads/${record.branch}`,
    ref_name: record.branch,
    ref_type: "branch",
    repository: settings.repository,
    repository_owner: owner,
    run_attempt: "1",
    run_id: String(record.id),
    run_number: String(record.number),
    server_url: settings.url,
    sha: record.headSha,
    triggering_actor: owner,
    workflow: record.workflowName,
    workspace: settings.workspace,
  };
}

/** The contexts that exist before there is a job: for `run-name`, `concurrency` and a job's `if`. */
export function runContexts(request: RunRequest): Record<string, Value> {
  return { github: githubContext(request), inputs: request.inputs, vars: request.settings.variables };
}

/** The contexts of every step of a job. */
export function jobContexts(
  request: RunRequest,
  job: {
    key: string;
    environment: string;
    token: string;
    folder: string;
    needs: { readonly [key: string]: Value };
  },
): Record<string, Value> {
  return {
    ...runContexts(request),
    github: { ...githubContext(request), job: job.key, token: job.token },
    needs: job.needs,
    runner: { arch: "X64", environment: "self-hosted", name: "local", os: "Linux", temp: job.folder },
    secrets: {
      ...request.settings.secrets,
      ...request.settings.environments[job.environment],
      GITHUB_TOKEN: job.token,
    },
    job: { status: "success" },
  };
}

/** The variables that GitHub's runner sets in every step; a workflow cannot change them. */
export function runnerVariables(session: JobSession): Record<string, string> {
  const variables: Record<string, string> = {
    CI: "true",
    GITHUB_ACTIONS: "true",
    GITHUB_JOB: session.key,
    RUNNER_ARCH: "X64",
    RUNNER_ENVIRONMENT: "self-hosted",
    RUNNER_NAME: "local",
    RUNNER_OS: "Linux",
    RUNNER_TEMP: session.folder,
  };
  for (const [name, value] of Object.entries(githubContext(session.request))) {
    if (typeof value === "string") variables[`GITHUB_${name.toUpperCase()}`] = value;
  }
  return variables;
}

/**
 * The machine's part of a step's environment: what locates programs and home folders, and nothing else of this
 * process.
 */
export function machineVariables(session: JobSession): Record<string, string> {
  const kept: Record<string, string> = { LANG: "C.UTF-8" };
  for (const name of ["HOME", "LANG", "TMPDIR"]) {
    const value = process.env[name];
    if (value !== undefined) kept[name] = value;
  }
  const { PATH: first, ...given } = session.request.settings.env;
  const path = [...session.path, first ?? "", process.env.PATH ?? ""].filter((part) => part !== "");
  return { ...kept, ...given, PATH: path.join(delimiter) };
}
