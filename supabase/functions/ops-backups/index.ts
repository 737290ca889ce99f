/** Edge Function `ops-backups`: starts backups and restores for signed-in admins of Revo. Wiring only. */
import { connectAsCaller } from "./database.ts";
import { type EnvName, readAuditAccess } from "./env.ts";
import { createGitHub } from "./github.ts";
import { createRepository } from "./github_repository.ts";
import { createHandler } from "./handler.ts";
import { formatFailure } from "./failure_log.ts";
import { connectRefusalLog } from "./refusal_log.ts";

const now = () => new Date();
const env = (name: EnvName) => Deno.env.get(name);

Deno.serve(createHandler({
  env,
  connect: (config, jwt) => connectAsCaller(config, jwt, fetch),
  github: (config) => createGitHub(config, { fetch, now }),
  repository: (config) => createRepository(config, { fetch, now }),
  refusals: connectRefusalLog(readAuditAccess(env), fetch),
  newId: () => crypto.randomUUID(),
  now,
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  // deno-lint-ignore no-console -- the function's log is its standard error
  logFailure: (error) => console.error(formatFailure(error)),
}));
