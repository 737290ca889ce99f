/** What keeps the owner of a database, and what an archive runs as the owner, from becoming more than that. */
import { z } from "zod";
import { BackupError } from "@backup/errors.ts";
import type { SqlSession } from "../postgres/sql_session.ts";
import { identifier, literal } from "../postgres/sql_text.ts";

/** Roles with which SQL reads and writes files of the server's machine and runs programs there. */
const SERVER_ROLES = ["pg_execute_server_program", "pg_read_server_files", "pg_write_server_files"];

const stateSchema = z.object({ isSuperuser: z.boolean(), creators: z.array(z.string()) });

/**
 * Takes CREATEROLE from every ordinary role that the owner can become: before PostgreSQL 16 it is the right to join
 * `pg_execute_server_program`.
 * @throws {BackupError} `archive_rejected` when the owner is or can become a superuser, or has those rights anyway.
 */
export async function forbidEscalation(session: SqlSession, owner: string): Promise<void> {
  const { isSuperuser, creators } = stateSchema.parse(
    await session.value(
      `select json_build_object(
         'isSuperuser', coalesce(bool_or(r.rolsuper or r.rolname in (${
        SERVER_ROLES.map(literal).join(", ")
      })), true),
         'creators', coalesce(json_agg(r.rolname) filter (where r.rolcreaterole), '[]'))
         from pg_catalog.pg_roles r where pg_catalog.pg_has_role(${literal(owner)}, r.oid, 'member');`,
    ),
  );
  if (isSuperuser) {
    throw new BackupError(
      "archive_rejected",
      `Cannot load an archive as ${owner}: this role is a superuser or can become one`,
      {
        hint: "What an archive holds runs with the rights of this role: it has to be an ordinary one.",
      },
    );
  }
  for (const role of creators) await session.run(`alter role ${identifier(role)} nocreaterole;`);
}
