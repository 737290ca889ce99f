/**
 * The owner of a project on a plain PostgreSQL server: an ordinary role, as a hosted project has it. What an archive
 * holds runs as this role, and never as the superuser that created it.
 */
import { randomBytes } from "node:crypto";
import { z } from "zod";
import { BackupError } from "@backup/errors.ts";
import { EXTENSIONS_SCHEMA } from "@backup/vault/platform.ts";
import type { Connection } from "../postgres/connection.ts";
import { Session } from "../postgres/session.ts";
import type { SqlSession } from "../postgres/sql_session.ts";
import { identifier, literal } from "../postgres/sql_text.ts";

/** Owns the objects of every project. */
const PROJECT_OWNER = "postgres";

/**
 * Makes the role `postgres` the owner of the database, creates it where it is missing and gives it a new password.
 * @param superuser of another name
 * @returns a connection as the owner
 * @throws {BackupError} `archive_rejected` when `postgres` is a superuser of this server.
 */
export async function makeProjectOwner(superuser: Connection, signal: AbortSignal): Promise<Connection> {
  const password = randomBytes(18).toString("hex");
  const session = await Session.open({ connection: superuser, signal });
  try {
    await session.run(
      "set client_min_messages = warning; set search_path = pg_catalog; set log_statement = 'none';",
    );
    const isSuperuser = await session.value(
      `select coalesce((select to_json(rolsuper) from pg_catalog.pg_roles where rolname = ${
        literal(PROJECT_OWNER)
      }), 'null');`,
    );
    if (isSuperuser === true) throw ownerIsSuperuser(superuser);
    const verb = isSuperuser === null ? "create" : "alter";
    await session.run(`
      ${verb} role ${PROJECT_OWNER} login bypassrls nocreaterole password ${literal(password)};
      grant set on parameter session_replication_role to ${PROJECT_OWNER};
      alter database ${identifier(superuser.database)} owner to ${PROJECT_OWNER};
      create schema if not exists ${EXTENSIONS_SCHEMA} authorization ${PROJECT_OWNER};`);
  } finally {
    await session.close();
  }
  const { host, env, database } = superuser;
  return {
    ...superuser,
    user: PROJECT_OWNER,
    env: { ...env, PGUSER: PROJECT_OWNER, PGPASSWORD: password },
    toString: () => `${PROJECT_OWNER}@${host}:${env.PGPORT}/${database}`,
  };
}

/**
 * The default privileges that the superuser of a project has in schema public: the functions of range types, which the
 * server creates as this superuser, get their privileges from them.
 */
export async function grantDefaults(session: SqlSession): Promise<void> {
  const roles = z.array(z.string()).parse(
    await session.rows(
      `select to_json(rolname) from pg_catalog.pg_roles
        where rolname in ('postgres', 'anon', 'authenticated', 'service_role');`,
    ),
  );
  await session.run(
    `alter default privileges in schema public grant all on functions to ${
      roles.map(identifier).join(", ")
    };`,
  );
}

function ownerIsSuperuser(connection: Connection): BackupError {
  return new BackupError(
    "archive_rejected",
    `Cannot restore into ${connection}: ${PROJECT_OWNER} is a superuser there, and what an archive holds would run as one`,
    {
      hint:
        "Use a server whose superuser has another name: initdb -U supabase_admin, then a DATABASE_URL of supabase_admin.",
    },
  );
}
