/** Edge Function `ops-backups`: starts backups and restores for signed-in admins of Revo. Wiring only. */
import { connectCallers } from "./database.ts";
import { type EnvName, readServiceAccess } from "./env.ts";
import { createGitHub } from "./github.ts";
import { createRepository } from "./github_repository.ts";
import { createHandler } from "./handler.ts";
import { formatFailure } from "./failure_log.ts";
import { connectOwnName } from "./own_name.ts";
import { connectWatchCatalog } from "./watch_access.ts";

const now = () => new Date();
const env = (name: EnvName) => Deno.env.get(name);

const inOwnName = connectOwnName(readServiceAccess(env), fetch);

Deno.serve(createHandler({
  env,
  connect: (config) => connectCallers(config, fetch),
  github: (config) => createGitHub(config, { fetch, now }),
  repository: (config) => createRepository(config, { fetch, now }),
  refusals: inOwnName,
  silentRuns: inOwnName,
  watchCatalog: connectWatchCatalog(readServiceAccess(env), fetch),
  fetch,
  newId: () => crypto.randomUUID(),
  now,
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  // deno-lint-ignore no-console -- the function's log is its standard error
  logFailure: (error) => console.error(formatFailure(error)),
}));
