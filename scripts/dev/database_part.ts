/** The part of the stack in place of Supabase's databases: one server, a database per target. */
import type { PostgresBinaries } from "../lib/postgres/binaries.ts";
import { SupabaseServer } from "../lib/server/supabase.ts";
import { migrate, readMigrations } from "./migrate.ts";
import type { RunFolder } from "./run_folder.ts";
import { createAuthTables } from "./supabase/auth_schema.ts";

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
    folder: await run.serverFolder(),
    port,
    ownGroup: true,
    onProcess: (pid) => run.ownServer(pid),
    onUnexpectedEnd,
  });
  const psql = binaries.path("psql");
  // verify is empty until something is restored into it; a copy takes a fraction of the time of the original
  await server.createDatabase("verify");
  await createAuthTables(psql, [server.connection("supabase_auth_admin", "verify")]);
  await server.copyDatabase("verify", "prod");
  await migrate(psql, server.connection("postgres", "prod"), await readMigrations());
  await server.copyDatabase("prod", "dev");
  return server;
}
