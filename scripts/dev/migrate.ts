/** Applies the project's migrations as `supabase db push` does, with the same records. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Connection } from "../lib/postgres/connection.ts";
import { PsqlSession } from "../lib/postgres/psql.ts";
import { literal } from "../lib/postgres/sql_text.ts";
import { ROOT } from "./root.ts";

/** `20260101000000_name.sql`; the CLI ignores files with other names. */
const FILE_NAME = /^(?<version>\d+)_(?<name>.*)\.sql$/;

const HISTORY = `
create schema if not exists supabase_migrations;
create table if not exists supabase_migrations.schema_migrations (
  version text not null primary key, statements text[], name text);`;

export interface Migration {
  version: string;
  name: string;
  sql: string;
}

/** The project's migrations, oldest first. */
export async function readMigrations(folder = join(ROOT, "supabase", "migrations")): Promise<Migration[]> {
  const files = (await readdir(folder)).sort();
  const migrations = await Promise.all(files.map(async (file) => {
    const { version, name } = FILE_NAME.exec(file)?.groups ?? {};
    if (version === undefined || name === undefined) return [];
    return [{ version, name, sql: await readFile(join(folder, file), "utf8") }];
  }));
  return migrations.flat();
}

/**
 * Applies the missing migrations, each in a transaction with its record.
 * @returns the versions that were applied
 * @throws {BackupError} `database_error` at the first one that fails; those before it stay.
 */
export async function migrate(
  psql: string,
  owner: Connection,
  migrations: readonly Migration[],
): Promise<string[]> {
  const session = await PsqlSession.open({ psql, connection: owner });
  try {
    await session.run(`set client_min_messages = warning;\n${HISTORY}`);
    const applied = z.array(z.string()).parse(
      await session.rows("select to_json(version) from supabase_migrations.schema_migrations;"),
    );
    const missing = migrations.filter(({ version }) => !applied.includes(version));
    for (const migration of missing) await session.run(transactionOf(migration));
    return missing.map(({ version }) => version);
  } finally {
    await session.close();
  }
}

function transactionOf({ version, name, sql }: Migration): string {
  return `begin;\n${sql}\n;
    insert into supabase_migrations.schema_migrations (version, name, statements)
    values (${literal(version)}, ${literal(name)}, array[${literal(sql)}]);
    commit;`;
}
