/** The database of a target, as the environment names it. */
import { BackupError } from "@backup/errors.ts";
import type { Target } from "@backup/target.ts";
import type { Environment } from "../process/environment.ts";
import { type Connection, parseDatabaseUrl } from "./connection.ts";

/** The connection of a target. @throws {BackupError} `missing_environment`, `transaction_pooler`. */
export function connectionOf(target: Target, environment: Environment): Connection {
  const name = `SUPABASE_DB_URL_${target.toUpperCase()}`;
  const url = environment[name];
  if (!url) throw new BackupError("missing_environment", `Cannot start: ${name} is missing`);
  return parseDatabaseUrl(url, name, environment);
}
