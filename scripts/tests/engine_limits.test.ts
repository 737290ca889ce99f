/** The engine at the edges: nothing at all, very much, and far less than yesterday. */
import { rm } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { compareDatabases } from "../dev/compare.ts";
import type { Connection } from "../lib/connection.ts";
import { makeServerFolder } from "../lib/postgres/server_user.ts";
import { SupabaseServer } from "../lib/postgres/supabase.ts";
import {
  backUp,
  binaries,
  createProject,
  fixture,
  restore,
  sql,
  startPlace,
  stateOf,
  type TestPlace,
  type TestVault,
} from "./engine_fixture.ts";

let place: TestPlace;
let server: SupabaseServer;
let store: TestVault;

const url = (name: string) => server.url("postgres", name);

beforeAll(async () => {
  place = await startPlace();
  ({ server, store } = place);
});

afterAll(() => place?.stop());

test("an empty database is backed up, and restoring it empties another", async () => {
  const empty = await createProject(server, "vazio");
  const { keys, manifest } = await backUp(store.vault, empty);
  expect(manifest).toMatchObject({ rows_total: 0, migration_head: null });
  const full = await createProject(server, "cheio");
  await sql(full, await fixture("other_content.sql"));
  await restore(store.vault, full, keys.archive);
  expect(await compareDatabases(url("vazio"), url("cheio"))).toMatchObject({ equal: true, differences: [] });
});

test("the manifest tells the newest migration", async () => {
  const migrated = await createProject(server, "migrado");
  await sql(
    migrated,
    `create schema supabase_migrations; create table supabase_migrations.schema_migrations (version text primary key);
     insert into supabase_migrations.schema_migrations values ('20260203040506'), ('20260101000000');`,
  );
  const { manifest } = await backUp(store.vault, migrated);
  expect(manifest.migration_head).toBe("20260203040506");
});

test("3,000 tables restore over themselves on the default lock table", async () => {
  const many = await createProject(server, "muitas");
  await createTables(many, 3000, 500);
  await sql(
    many,
    "insert into public.t1 select generate_series(1, 10); insert into public.t3000 values (1);",
  );
  const { keys, manifest } = await backUp(store.vault, many);
  const { verified, warnings } = await restore(store.vault, many, keys.archive);
  expect({ tables: verified.tables, warnings }).toEqual({ tables: manifest.tables_total, warnings: [] });
  expect(
    await sql(
      many,
      "select count(*) from public.t1; select count(*) from pg_tables where tablename ~ '^t[0-9]+$';",
    ),
  )
    .toEqual(["10", "3000"]);
}, 120_000);

test("more objects than the lock table holds: nothing is changed, and the setting is named", async () => {
  const place = await makeServerFolder("revo-test-");
  const settings = { max_locks_per_transaction: "10", max_connections: "20" };
  const tight = await SupabaseServer.create({ binaries, folder: place, settings });
  try {
    const source = await createProject(server, "grande_demais");
    await createTables(source, 500, 500);
    const { keys } = await backUp(store.vault, source);
    const target = await createProject(tight, "alvo");
    const before = await stateOf(target);
    await expect(restore(store.vault, target, keys.archive)).rejects.toMatchObject({
      code: "restore_failed",
      phase: "load",
      hint: expect.stringContaining("max_locks_per_transaction"),
    });
    expect(await stateOf(target)).toBe(before);
  } finally {
    await tight.stop("immediate");
    await rm(place, { recursive: true, force: true });
  }
});

/** Tables t1, t2, … in transactions of few, so that making them needs few locks at a time. */
async function createTables(connection: Connection, count: number, batch: number): Promise<void> {
  for (let first = 1; first <= count; first += batch) {
    await sql(
      connection,
      `do $$ begin for i in ${first}..${first + batch - 1} loop
         execute format('create table public.t%s (id int primary key)', i);
       end loop; end $$;`,
    );
  }
}

test("a full backup far smaller than the one before is none, unless that is wanted", async () => {
  const small = await createProject(server, "encolhido");
  await sql(small, "create table public.resto (id int); insert into public.resto values (1);");
  const before = await stateOf(small);
  const previous = { bytes: 100_000_000, rowsTotal: 4_000_000 };
  await expect(backUp(store.vault, small, { previous, label: "encolhido" })).rejects.toMatchObject({
    code: "dump_empty",
    message: expect.stringMatching(/\d+ bytes with 1 rows, .* before had 100000000 bytes with 4000000 rows/),
  });
  const left: string[] = [];
  for await (const { key } of store.vault.list("revo/")) if (key.includes("encolhido")) left.push(key);
  expect(left).toEqual([]);
  const wanted = await backUp(store.vault, small, { previous, allowShrink: true });
  const plausible = { bytes: wanted.manifest.bytes * 4, rowsTotal: null };
  await backUp(store.vault, small, { previous: plausible });
  await backUp(store.vault, small, { previous, mode: "schema-only" });
  expect(await stateOf(small)).toBe(before);
});
