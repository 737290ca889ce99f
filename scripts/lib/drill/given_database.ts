/**
 * A database that is given to the drill, in place of a server of its own: for example of the platform's own image, which
 * has all of its extensions. It keeps what the drill restores: the machine that runs it is discarded afterwards.
 */
import { BackupError } from "@backup/errors.ts";
import { TARGETS } from "@backup/target.ts";
import { type Connection, parseDatabaseUrl } from "../postgres/connection.ts";
import type { Environment } from "../process/environment.ts";
import { readEmptiness } from "../server/empty_database.ts";
import type { OwnDatabase } from "../server/prepare_platform.ts";
import { makeProjectOwner } from "../server/project_owner.ts";

const NAME = "DRILL_DB_URL";

/**
 * Makes the given database ready for a drill: its role `postgres` owns it and has a new password.
 * @param environment with the databases that no drill may use, `SUPABASE_DB_URL_…`
 * @throws {BackupError} `target_not_empty` for a database of the environment or one with content, `missing_environment`
 * when the user is no superuser; nothing was changed.
 */
export async function openGivenDatabase(
  url: string,
  environment: Environment,
  signal: AbortSignal,
): Promise<OwnDatabase> {
  const superuser = parseDatabaseUrl(url, NAME);
  requireOther(superuser, environment);
  const { relations, isSuperuser, hasCatalog, hasUsers } = await readEmptiness({
    connection: superuser,
    signal,
  });
  if (relations.length > 0 || hasCatalog || hasUsers) {
    const content = relations.length > 0
      ? `${relations.length} tables and views, ${relations.slice(0, 5).join(", ")}`
      : hasCatalog
      ? "the catalog of backups"
      : "accounts in auth.users";
    throw new BackupError("target_not_empty", `Cannot drill in ${superuser}: it holds ${content}`, {
      hint:
        `A drill replaces what is there. Let ${NAME} be an empty database of a server that is discarded afterwards.`,
    });
  }
  if (!isSuperuser) {
    throw new BackupError("missing_environment", `Cannot drill in ${superuser}: the user is no superuser`, {
      hint:
        `Extensions and the platform's schemas have to be made first. In the platform's image it is supabase_admin.`,
    });
  }
  return { superuser, owner: await makeProjectOwner(superuser, signal) };
}

/** @throws {BackupError} `target_not_empty` when it is a database of the environment. */
function requireOther(given: Connection, environment: Environment): void {
  for (const target of TARGETS) {
    const name = `SUPABASE_DB_URL_${target.toUpperCase()}`;
    const url = environment[name];
    if (!url) continue;
    const known = parseDatabaseUrl(url, name);
    const isSame = known.host === given.host && known.env.PGPORT === given.env.PGPORT &&
      known.database === given.database;
    const isSameProject = given.projectRef !== null && known.projectRef === given.projectRef;
    if (!isSame && !isSameProject) continue;
    throw new BackupError("target_not_empty", `Cannot drill in ${given}: it is the database of ${name}`, {
      hint: `A drill replaces what is there. Let ${NAME} be another, empty database.`,
    });
  }
}
