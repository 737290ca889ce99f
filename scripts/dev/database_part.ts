/** The part of the stack in place of Supabase's databases: one server, a database per target. */
import type { PostgresBinaries } from "../lib/postgres/binaries.ts";
import { SupabaseServer } from "../lib/server/supabase.ts";
import { migrate, readMigrations } from "./migrate.ts";
import type { RunFolder } from "./run_folder.ts";
import { type DatabaseName, DATABASES } from "./stack_types.ts";
import { createAuthTables } from "./supabase/auth_schema.ts";

/** Databases with the project's migrations; `verify` is empty until something is restored into it. */
const MIGRATED: readonly DatabaseName[] = ["prod", "dev"];

export interface DatabasePartOptions {
  run: RunFolder;
  port: number;
  binaries: PostgresBinaries;
  onUnexpectedEnd: (said: string) => void;
}

/** A running server with all databases, auth's tables and the migrations. @throws {BackupError} `database_error`. */
export async function startDatabases(options: DatabasePartOptions): Promise<SupabaseServer> {
  const { run, port, binaries, onUnexpectedEnd } = options;
  const server = await SupabaseServer.create({
    binaries,
    folder: run.path,
    port,
    ownGroup: true,
    onProcess: (pid) => run.ownServer(pid),
    onUnexpectedEnd,
  });
  await Promise.all(DATABASES.map((name) => server.createDatabase(name)));
  const psql = binaries.path("psql");
  await createAuthTables(psql, DATABASES.map((name) => server.connection("supabase_auth_admin", name)));
  const migrations = await readMigrations();
  await Promise.all(
    MIGRATED.map((name) => migrate(psql, server.connection("postgres", name), migrations)),
  );
  return server;
}
