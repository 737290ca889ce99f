/** Edge Function `ops-backups`: starts backups and restores for signed-in admins of Revo. Wiring only. */
import { connectAsCaller } from "./database.ts";
import { createGitHub } from "./github.ts";
import { createHandler } from "./handler.ts";
import { formatFailure } from "./failure_log.ts";

const now = () => new Date();

Deno.serve(createHandler({
  env: (name) => Deno.env.get(name),
  connect: (config, jwt) => connectAsCaller(config, jwt, fetch),
  github: (config) => createGitHub(config, { fetch, now }),
  newId: () => crypto.randomUUID(),
  now,
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  // deno-lint-ignore no-console -- the function's log is its standard error
  logFailure: (error) => console.error(formatFailure(error)),
}));
