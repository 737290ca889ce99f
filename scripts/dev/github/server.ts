/**
 * A GitHub server for one repository on one machine: the REST endpoints that Octokit calls, with GitHub's status
 * codes and bodies, and a runner that runs the repository's own workflow files. Everything is in memory.
 */
import { createServer, type Server, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { ActionsService } from "./actions.ts";
import { Faults } from "./faults.ts";
import { IssueTracker } from "./issues.ts";
import { type Grant, Tokens } from "./rest/access.ts";
import type { Site } from "./rest/repository.ts";
import type { RestContext } from "./rest/call.ts";
import { answer } from "./rest/handler.ts";
import { HttpError, send } from "./rest/http.ts";
import { LogLinks } from "./rest/logs.ts";
import { ConcurrencyGroups } from "./runner/concurrency.ts";
import { ProcessGroups } from "./runner/processes.ts";

export interface GitHubOptions {
  /** On 127.0.0.1; 0 selects a free one. */
  port: number;
  /** Absolute path of the checked-out repository: source of `.github/workflows` and working folder of the runs. */
  workspace: string;
  /** `owner/name` */
  repository: string;
  /** The only branch, default `main`. */
  branch?: string;
  /** A token with every permission. */
  token: string;
  /** Further tokens with fewer permissions. */
  otherTokens?: Readonly<Record<string, Grant>>;
  /** Of tokens that expire: the time in GitHub's format, `2026-12-24 10:00:00 UTC`. */
  tokenExpiries?: Readonly<Record<string, string>>;
  secrets: Readonly<Record<string, string>>;
  /** Secrets of environments, by the environment's name. */
  environments?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  variables?: Readonly<Record<string, string>>;
  /** Added to the environment of every step; its `PATH` precedes the machine's. */
  env?: Readonly<Record<string, string>>;
  /**
   * Where the folders of jobs are created and removed, default the system's. Those of a killed process remain there.
   */
  tempFolder?: string;
  log: (line: string) => void;
}

/** A request and its response. */
export interface JournalEntry {
  method: string;
  path: string;
  /** 0: never answered. */
  status: number;
}

export interface LocalGitHub {
  /** Of the REST API and of the pages, without a trailing slash. */
  url: string;
  faults: Faults;
  /** The newest requests, oldest first. */
  journal: readonly JournalEntry[];
  /** Leaders of the process groups that currently run. */
  pids(): number[];
  /** Ends all runs and their processes, then the server. */
  stop(): Promise<void>;
}

const DEFAULT_BRANCH = "main";
const MAX_JOURNAL = 10_000;

/** Starts it; it answers when the promise resolves. @throws {Error} when the port is in use. */
export async function startGitHub(options: GitHubOptions): Promise<LocalGitHub> {
  const server = createServer();
  const url = await listen(server, options.port);
  const tokens = new Tokens({ ...options.otherTokens, [options.token]: "write" }, options.tokenExpiries);
  const processes = new ProcessGroups();
  const actions = makeActions(options, url, tokens, processes);
  const faults = new Faults();
  const branch = options.branch ?? DEFAULT_BRANCH;
  const site: Site = { url, repository: options.repository, branch, startedAt: new Date() };
  const context: RestContext = {
    site,
    actions,
    issues: new IssueTracker(() => actions.store.nextId()),
    faults,
    logs: new LogLinks(url, actions.store),
  };
  const journal: JournalEntry[] = [];
  serve(server, context, tokens, journal, options.log);
  return {
    url,
    faults,
    journal,
    pids: () => processes.pids(),
    async stop() {
      await actions.stop();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

function makeActions(
  options: GitHubOptions,
  url: string,
  tokens: Tokens,
  processes: ProcessGroups,
): ActionsService {
  return new ActionsService({
    url,
    workspace: options.workspace,
    repository: options.repository,
    secrets: options.secrets,
    environments: options.environments ?? {},
    variables: options.variables ?? {},
    env: options.env ?? {},
    tempFolder: options.tempFolder ?? tmpdir(),
    processes,
    concurrency: new ConcurrencyGroups(),
    issueToken: (permissions) => tokens.issue(permissions),
    log: options.log,
  }, options.branch ?? DEFAULT_BRANCH);
}

function serve(
  server: Server,
  context: RestContext,
  tokens: Tokens,
  journal: JournalEntry[],
  log: (line: string) => void,
): void {
  server.on("request", (request, response) => {
    const entry = { method: request.method ?? "", path: request.url ?? "", status: 0 };
    journal.push(entry);
    if (journal.length > MAX_JOURNAL) journal.shift();
    answer(context, tokens, request).then((answer) => {
      entry.status = answer?.status ?? 0;
      if (answer !== null) send(response, answer);
    }).catch((error: unknown) => fail(log, response, error));
  });
}

async function listen(server: Server, port: number): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server has no port");
  return `http://127.0.0.1:${address.port}`;
}

function fail(log: (line: string) => void, response: ServerResponse, error: unknown): void {
  log(`local GitHub failed: ${error instanceof Error ? error.stack : String(error)}`);
  if (response.headersSent) response.destroy();
  else send(response, new HttpError(500, "Server Error").answer());
}
