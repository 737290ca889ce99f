/** Calls to GitHub's REST API for one repository, with the function's own credential. Calls are not retried. */
import { Octokit } from "@octokit/rest";
import { BackupError } from "@backup/errors.ts";
import type { GitHubAnswer } from "@backup/github/facts.ts";
import type { Config } from "./env.ts";
import { toGitHubError } from "./github_errors.ts";
import { timedFetch } from "./timed_fetch.ts";

const TIMEOUT_MS = 10_000;
const API_VERSION = "2022-11-28";

export interface GitHubOptions {
  fetch: typeof fetch;
  now: () => Date;
}

export class GitHubClient {
  readonly ref: string;
  readonly #octokit: Octokit;
  readonly #repository: { owner: string; repo: string };
  readonly #now: () => Date;

  constructor(config: Config, options: GitHubOptions) {
    const silent = () => {};
    this.#octokit = new Octokit({
      auth: config.githubToken,
      baseUrl: config.githubApiUrl,
      userAgent: "revo-backups",
      request: { fetch: timedFetch(options.fetch, TIMEOUT_MS) },
      // Octokit would print each failure; ours are thrown.
      log: { debug: silent, info: silent, warn: silent, error: silent },
    });
    this.#repository = { owner: config.githubOwner, repo: config.githubRepo };
    this.ref = config.githubRef;
    this.#now = options.now;
  }

  /**
   * A call that changes something: `github_unclear` unless it certainly had no effect.
   * @param route method and path after the repository, with `{…}` for the parameters.
   * @throws {BackupError} `github_*`
   */
  async send(route: string, parameters: Record<string, unknown> = {}): Promise<GitHubAnswer> {
    const [method, path = ""] = route.split(" ");
    try {
      return await this.#octokit.request(`${method} /repos/{owner}/{repo}${path}`, {
        ...this.#repository,
        ...parameters,
        headers: { "x-github-api-version": API_VERSION },
      });
    } catch (thrown) {
      throw toGitHubError(thrown, this.#now());
    }
  }

  /** A call that only reads. @throws {BackupError} `github_*` */
  async read(route: string, parameters: Record<string, unknown> = {}): Promise<GitHubAnswer> {
    try {
      return await this.send(route, parameters);
    } catch (thrown) {
      if (!(thrown instanceof BackupError) || thrown.code !== "github_unclear") throw thrown;
      throw new BackupError("github_error", thrown.message, { cause: thrown });
    }
  }
}
