/** GitHub's REST API for the scripts; failures are thrown with the product's error codes. */
import { Octokit } from "@octokit/rest";
import { z } from "zod";
import { BackupError } from "@backup/errors.ts";
import { RepositoryReader } from "@backup/github/facts.ts";
import { gitHubFailureCode } from "@backup/github/failures.ts";

export interface GitHubRepository {
  octokit: Octokit;
  /** Parameters of every call. */
  where: { owner: string; repo: string; headers: Record<string, string> };
}

const API_VERSION = "2022-11-28";
const TIMEOUT_MS = 15_000;

/** @param options.repository `owner/name` */
export function connectGitHub(
  options: { token: string; apiUrl: string; repository: string },
): GitHubRepository {
  const [owner = "", repo = ""] = options.repository.split("/");
  const silent = () => {};
  const octokit = new Octokit({
    auth: options.token,
    baseUrl: options.apiUrl,
    userAgent: "revo-backups",
    request: {
      fetch: (url: string, init: RequestInit) =>
        fetch(url, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) }),
    },
    // Octokit would print each failure; ours are thrown.
    log: { debug: silent, info: silent, warn: silent, error: silent },
  });
  return { octokit, where: { owner, repo, headers: { "x-github-api-version": API_VERSION } } };
}

const answered = z.object({
  status: z.number(),
  response: z.object({
    headers: z.record(z.string(), z.unknown()).default({}),
    data: z.object({ message: z.string() }).optional(),
  }),
});

/** Makes a call. @param what "Cannot …". @throws {BackupError} `github_*`. */
export async function callGitHub<T>(what: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    const { success, data } = answered.safeParse(cause);
    if (!success) throw new BackupError("github_error", `${what}: GitHub did not answer`, { cause });
    const { status, response: { headers, data: said } } = data;
    const message = said?.message.slice(0, 300) ?? "";
    const code = gitHubFailureCode({ status, headers, message });
    throw new BackupError(
      code === "github_unclear" ? "github_error" : code, // no request is repeated here
      `${what}: GitHub answered ${status}: ${message || "no reason given"}`,
      { cause },
    );
  }
}

/** Reads facts about the repository, with the token of this connection. */
export function readerOf({ octokit, where }: GitHubRepository): RepositoryReader {
  return new RepositoryReader((route, parameters) => {
    const [method, path = ""] = route.split(" ");
    return callGitHub(
      `Cannot read ${path || "the repository"}`,
      () => octokit.request(`${method} /repos/{owner}/{repo}${path}`, { ...where, ...parameters }),
    );
  });
}
