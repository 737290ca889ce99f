/** The ERP's schema: migrations of a fictional company on top of Revo's tables, recorded as the CLI records them. */
import { readdir, readFile } from "node:fs/promises";
import type { Sql } from "postgres";

const FOLDER = new URL("./erp/", import.meta.url);

/** The version of a database's schema: `older` lacks the newest migration. */
export type SchemaState = "newest" | "older";

/**
 * Applies the ERP's migrations, each in a transaction of its own.
 * @throws the server's error, also when a migration was applied before.
 */
export async function applyErpSchema(sql: Sql, state: SchemaState): Promise<void> {
  const files = (await readdir(FOLDER)).filter((name) => name.endsWith(".sql")).sort();
  await createHistory(sql);
  for (const file of state === "newest" ? files : files.slice(0, -1)) {
    await applyMigration(sql, file, await readFile(new URL(file, FOLDER), "utf8"));
  }
}

async function createHistory(sql: Sql): Promise<void> {
  await sql.unsafe(`
    create schema if not exists supabase_migrations;
    create table if not exists supabase_migrations.schema_migrations (
      version text primary key, statements text[], name text
    );`);
}

async function applyMigration(sql: Sql, file: string, text: string): Promise<void> {
  const [, version = "", name = ""] = /^(\d+)_(.+)\.sql$/.exec(file) ?? [];
  await sql.begin(async (tx) => {
    await tx.unsafe(
      "insert into supabase_migrations.schema_migrations (version, name, statements) values ($1, $2, array[$3])",
      [version, name, text],
    );
    await tx.unsafe(text);
  });
}
