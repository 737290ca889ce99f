/** The engine at the edges: nothing at all, very much, and far less than yesterday. */
import { rm } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { compareDatabases } from "../dev/compare.ts";
import { readStoredToc } from "../lib/vault/stored_toc.ts";
import type { Connection } from "../lib/postgres/connection.ts";
import { makeServerFolder } from "../lib/server/server_user.ts";
import { SupabaseServer } from "../lib/server/supabase.ts";
import { locksOfLoad } from "../lib/restore/lock_table.ts";
import { planRestore } from "../lib/restore/plan.ts";
import { readTargetNow } from "../lib/restore/read_target.ts";
import { selectEntries } from "../lib/archive/select_entries.ts";
import { atPhase, sqlNow } from "./engine_breakage.ts";
import {
  backUp,
  binaries,
  createProject,
  engine,
  fixture,
  progressWith,
  restore,
  sql,
  startPlace,
  stateOf,
  type TestPlace,
  type TestVault,
  tools,
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

test("5,000 tables restore over themselves on the default lock table", async () => {
  const many = await createProject(server, "muitas");
  await createTables(many, 1500, 500, "id int primary key");
  await createTables(many, 3500, 500, "id int", 1501);
  await sql(
    many,
    "insert into public.t1 select generate_series(1, 10); insert into public.t5000 values (1);",
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
    .toEqual(["10", "5000"]);
}, 120_000);

test("more objects than the lock table holds: refused before anything is done, with the setting that is enough", async () => {
  const place = await makeServerFolder("revo-test-");
  const settings = { max_locks_per_transaction: "10", max_connections: "20" };
  const tight = await SupabaseServer.create({ binaries, folder: place, settings });
  try {
    const source = await createProject(server, "grande_demais");
    await createTables(source, 500, 500, "id int primary key");
    const { keys } = await backUp(store.vault, source);
    const target = await createProject(tight, "alvo");
    const before = await stateOf(target);
    const phases: string[] = [];
    const progress = progressWith({ phase: (name) => phases.push(name) });
    await expect(restore(store.vault, target, keys.archive, { progress })).rejects.toMatchObject({
      code: "too_many_objects",
      message: expect.stringMatching(/it takes 10\d\d locks or more, the server has room for \d{3} at most/),
      hint: "Raise max_locks_per_transaction there from 10 to 64 and restart it.",
    });
    expect(phases).toEqual(["download", "inspect"]);
    expect(await stateOf(target)).toBe(before);
    const planned = await planRestore(
      { ...engine(store.vault, target), pastRestores: () => Promise.resolve([]) },
      { target: "dev", key: keys.archive, allowSchemaOnly: false },
    );
    expect(planned.obstacles).toEqual([
      {
        kind: "lock_table",
        needed: expect.any(Number),
        capacity: expect.any(Number),
        setting: 10,
        enough: 64,
      },
    ]);
  } finally {
    await tight.stop("immediate");
    await rm(place, { recursive: true, force: true });
  }
});

test("a restore takes at least the locks that were counted before it, and few more", async () => {
  const source = await createProject(server, "trancas");
  await sql(source, await fixture("every_kind.sql"));
  const { keys } = await backUp(store.vault, source);
  const { facts } = await readTargetNow({ connection: source, tools }, null);
  const toc = await readStoredToc(store.vault, keys.archive);
  const counted = facts.lockTable.moved + locksOfLoad(toc, selectEntries(toc.entries, facts));
  let taken = 0;
  const progress = atPhase("check", () => {
    // those on the system's own tables are the same few for every restore
    const query = `select count(distinct (relation, classid, objid)) from pg_locks where pid in
        (select pid from pg_stat_activity where datname = 'trancas' and application_name = 'revo-backups')
        and (relation >= 16384 or classid in ('pg_proc'::regclass, 'pg_largeobject'::regclass))`;
    taken = Number(sqlNow(server.connection("supabase_admin", "postgres"), query));
  });
  await restore(store.vault, source, keys.archive, { progress });
  expect(counted).toBeLessThanOrEqual(taken);
  expect(counted).toBeGreaterThan(taken * 0.6);
});

/** Tables t1, t2, … in transactions of few, so that making them needs few locks at a time. */
async function createTables(
  connection: Connection,
  count: number,
  batch: number,
  columns: string,
  from = 1,
): Promise<void> {
  for (let first = from; first < from + count; first += batch) {
    await sql(
      connection,
      `do $$ begin for i in ${first}..${first + batch - 1} loop
         execute format('create table public.t%s (${columns})', i);
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
