/** Facts about the repository, parsed from GitHub's answers. */
import { z } from "zod";
import { BackupError, toBackupError } from "../errors.ts";
import { ENVIRONMENTS, REQUIRED_SECRETS } from "./environments.ts";

/** A workflow file of the repository. */
export interface WorkflowFact {
  file: string;
  /** `active`, or why it does not run. */
  state: string;
  /** When GitHub first listed it, or its state last changed. */
  since: Date;
}

/** The last scheduled run of a workflow. */
export interface ScheduledRun {
  createdAt: Date;
  url: string;
  status: string | null;
  conclusion: string | null;
}

/** Reads facts about the repository; every call may fail with `github_*`. */
export interface Repository {
  /** Reaches it with the requester's token; returns when that token expires, `null` when GitHub does not state it. */
  readTokenExpiry(): Promise<Date | null>;
  listWorkflows(): Promise<WorkflowFact[]>;
  /** The newest run that the schedule started and whose job was not skipped, `null` for none among the last. */
  lastScheduledRun(file: string): Promise<ScheduledRun | null>;
  /**
   * Names of the secrets that the jobs have: the repository's, and those of the environments of the jobs that use them; GitHub
   * never returns values.
   */
  listSecretNames(): Promise<string[]>;
}

/** The used parts of GitHub's response. */
export interface GitHubAnswer {
  data: unknown;
  headers: Record<string, unknown>;
}

/**
 * A call that only reads. @param route method and path after the repository, with `{…}` for the parameters.
 * @throws {BackupError} `github_*`
 */
export type GitHubRead = (route: string, parameters?: Record<string, unknown>) => Promise<GitHubAnswer>;

/** `2026-12-24 10:00:00 UTC`, or with an offset: `2026-12-24 10:00:00 -0300`. */
const EXPIRY = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) (UTC|[+-]\d\d\d\d)$/;
const EXPIRY_HEADER = "github-authentication-token-expiration";

/** The watchdog's hourly schedule is skipped up to five times between two starts of its other schedule. */
const SCHEDULED_RUNS = 10;

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

/** Reads the repository with one credential; no call changes anything. */
export class RepositoryReader implements Repository {
  constructor(private readonly read: GitHubRead) {}

  async readTokenExpiry(): Promise<Date | null> {
    const { headers } = await this.read("GET ");
    return parseExpiry(headers[EXPIRY_HEADER]);
  }

  async listWorkflows(): Promise<WorkflowFact[]> {
    const { data } = await this.read("GET /actions/workflows", { per_page: 100 });
    return understood(workflowsAnswer, data).workflows.map((workflow) => ({
      file: workflow.path.split("/").at(-1) ?? "",
      state: workflow.state,
      since: workflow.updated_at > workflow.created_at ? workflow.updated_at : workflow.created_at,
    }));
  }

  async lastScheduledRun(file: string): Promise<ScheduledRun | null> {
    const { data } = await this.read("GET /actions/workflows/{workflow_id}/runs", {
      workflow_id: file,
      event: "schedule",
      per_page: SCHEDULED_RUNS,
    });
    const run = understood(scheduledAnswer, data).workflow_runs.find(({ conclusion }) =>
      conclusion !== "skipped"
    );
    return run === undefined ? null : {
      createdAt: run.created_at,
      url: run.html_url,
      status: run.status,
      conclusion: run.conclusion,
    };
  }

  async listSecretNames(): Promise<string[]> {
    const common = await this.#namesAt("GET /actions/secrets");
    const isComplete = REQUIRED_SECRETS.every((name) => common.includes(name));
    const own = await Promise.all(ENVIRONMENTS.map((name) => this.#namesOf(name, isComplete)));
    // what every job needs has to be in every environment
    const required = REQUIRED_SECRETS.filter((name) => own.every((names) => names.includes(name)));
    const others = own.flat().filter((name) => !REQUIRED_SECRETS.includes(name));
    return [...new Set([...common, ...required, ...others])];
  }

  /** @param isOptional whether a token that may not read them is no reason to fail */
  async #namesOf(environment: string, isOptional: boolean): Promise<string[]> {
    try {
      return await this.#namesAt("GET /environments/{environment_name}/secrets", {
        environment_name: environment,
      });
    } catch (thrown) {
      const { code } = toBackupError(thrown);
      if (code === "github_not_found" || code === "github_forbidden" && isOptional) return [];
      throw thrown;
    }
  }

  async #namesAt(route: string, parameters: Record<string, unknown> = {}): Promise<string[]> {
    const { data } = await this.read(route, { ...parameters, per_page: 100 });
    return understood(secretsAnswer, data).secrets.map(({ name }) => name);
  }
}

/** GitHub's response, parsed. @throws {BackupError} `github_error` */
export function understood<Schema extends z.ZodType>(schema: Schema, data: unknown): z.output<Schema> {
  const result = schema.safeParse(data);
  if (result.success) return result.data;
  throw new BackupError("github_error", "GitHub answered in a form that is not known", {
    cause: result.error,
  });
}

/** The expiry in the header; `null` for none and for an unknown format. */
export function parseExpiry(header: unknown): Date | null {
  const [, day, clock, zone = ""] = EXPIRY.exec(String(header ?? "")) ?? [];
  if (day === undefined) return null;
  return new Date(`${day}T${clock}${zone === "UTC" ? "Z" : `${zone.slice(0, 3)}:${zone.slice(3)}`}`);
}
