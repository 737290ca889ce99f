import postgres from "postgres";
import { expect, test } from "vitest";
import { findPostgres } from "../lib/postgres/binaries.ts";
import { SERVER_PROGRAMS } from "../lib/server/supabase.ts";
import { withSupabaseServer } from "../lib/server/throwaway_server.ts";
import { migrate } from "./migrate.ts";

const FIRST = {
  version: "1",
  name: "first",
  sql: "create table public.one (it text default 'it''s; -- no end');",
};
const BROKEN = { version: "2", name: "broken", sql: "create table public.two (id int); select 1/0;" };
const THIRD = { version: "3", name: "third", sql: "create table public.three (id int) -- no semicolon" };

test("each migration is applied once and recorded; a failed one is rolled back", async () => {
  const binaries = findPostgres(SERVER_PROGRAMS);
  await withSupabaseServer({ binaries, databases: ["app"] }, async (server) => {
    const apply = (migrations: typeof FIRST[]) =>
      migrate(binaries.path("psql"), server.connection("postgres", "app"), migrations);
    expect(await apply([FIRST])).toEqual(["1"]);
    await expect(apply([FIRST, BROKEN, THIRD])).rejects.toMatchObject({
      code: "database_error",
      message: "division by zero",
    });
    expect(await apply([FIRST, THIRD])).toEqual(["3"]);
    expect(await apply([FIRST, THIRD])).toEqual([]);

    const sql = postgres(server.url("postgres", "app"), { max: 1 });
    const tables =
      await sql`select tablename, tableowner from pg_tables where schemaname = 'public' order by 1`;
    const history = await sql`select * from supabase_migrations.schema_migrations order by version`;
    await sql.end();
    expect([...tables]).toEqual([
      { tablename: "one", tableowner: "postgres" },
      { tablename: "three", tableowner: "postgres" },
    ]);
    expect([...history]).toEqual([
      { version: "1", name: "first", statements: [FIRST.sql] },
      { version: "3", name: "third", statements: [THIRD.sql] },
    ]);
  });
});
