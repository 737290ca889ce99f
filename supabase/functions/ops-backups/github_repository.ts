/** The repository whose workflows do the work, read with the function's own credential. */
import { type Repository, RepositoryReader } from "@backup/github/facts.ts";
import type { Config } from "./env.ts";
import { GitHubClient, type GitHubOptions } from "./github_client.ts";

export function createRepository(config: Config, options: GitHubOptions): Repository {
  const client = new GitHubClient(config, options);
  return new RepositoryReader((route, parameters) => client.read(route, parameters));
}
