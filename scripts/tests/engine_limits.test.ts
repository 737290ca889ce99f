/** The engine's limits: an empty database, a very large one, and one far smaller than its previous backup. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { toBackupError } from "@backup/errors.ts";
import { compareDatabases } from "../dev/compare.ts";
import type { Connection } from "../lib/postgres/connection.ts";
import type { SupabaseServer } from "../lib/server/supabase.ts";
import { planRestore } from "../lib/restore/plan.ts";
import { readTargetNow } from "../lib/restore/read_target.ts";
import {
  backUp,
  binaries,
  createProject,
  engine,
  type EnginePlace,
  type EngineVault,
  fixture,
  progressWith,
  restore,
  sql,
  startEnginePlace,
  startServer,
  stateOf,
  type TestServer,
  tools,
} from "./engine_fixture.ts";
import { countLocks } from "./engine_locks.ts";
import { sized } from "./sizes.ts";

let place: EnginePlace;
let server: SupabaseServer;
let store: EngineVault;

const url = (name: string) => server.url("postgres", name);

beforeAll(async () => {
  place = await startEnginePlace();
  ({ server, store } = place);
});

afterAll(() => place?.stop());

test("an empty database is backed up, and restoring the backup empties another database", async () => {
  const empty = await createProject(server, "vazio");
  const { keys, manifest } = await backUp(store.vault, empty);
  expect(manifest).toMatchObject({ rows_total: 0, migration_head: null });
  const full = await createProject(server, "cheio");
  await sql(full, await fixture("other_content.sql"));
  await restore(store.vault, full, keys.archive);
  expect(await compareDatabases(url("vazio"), url("cheio"))).toMatchObject({ equal: true, differences: [] });
});

test("the manifest has the newest migration", async () => {
  const migrated = await createProject(server, "migrado");
  await sql(
    migrated,
    `create schema supabase_migrations; create table supabase_migrations.schema_migrations (version text primary key);
     insert into supabase_migrations.schema_migrations values ('20260203040506'), ('20260101000000');`,
  );
  const { manifest } = await backUp(store.vault, migrated);
  expect(manifest.migration_head).toBe("20260203040506");
});

/** Half of them with a primary key; far more locks than the server has with {@link TOO_FEW_LOCKS}. */
const MANY = sized(1_000, 5_000);
const TOO_FEW_LOCKS = sized(10, 64);

test(`${MANY} tables restore over themselves with the recommended lock table`, async () => {
  const many = await createProject(server, "muitas");
  await createTables(many, MANY / 2, 500, "id int primary key");
  await createTables(many, MANY / 2, 500, "id int", MANY / 2 + 1);
  await sql(
    many,
    `insert into public.t1 select generate_series(1, 10); insert into public.t${MANY} values (1);`,
  );
  const { keys, manifest } = await backUp(store.vault, many);
  let enough = "";
  await withLockTable(String(TOO_FEW_LOCKS), async () => {
    enough = await recommendedSetting(restore(store.vault, many, keys.archive));
  });
  await withLockTable(enough, async () => {
    const { verified, warnings } = await restore(store.vault, many, keys.archive);
    expect({ tables: verified.tables, warnings }).toEqual({ tables: manifest.tables_total, warnings: [] });
    const rows =
      "select count(*) from public.t1; select count(*) from pg_tables where tablename ~ '^t[0-9]+$';";
    expect(await sql(many, rows)).toEqual(["10", String(MANY)]);
  });
}, 300_000);

/** The value of `max_locks_per_transaction` that the error of a refused restore names. */
async function recommendedSetting(refused: Promise<unknown>): Promise<string> {
  const hint = await refused.then(() => "", (thrown: unknown) => toBackupError(thrown).hint ?? "");
  const setting = /Raise max_locks_per_transaction there from \d+ to (\d+) and restart it/.exec(hint)?.[1];
  if (setting === undefined) throw new Error(`the restore was not refused: ${hint}`);
  return setting;
}

/** Runs `work` while the server has that `max_locks_per_transaction`. */
async function withLockTable(setting: string, work: () => Promise<void>): Promise<void> {
  const admin = server.connection("supabase_admin", "postgres");
  const restartAfter = async (statement: string) => {
    await sql(admin, statement);
    await server.stop();
    await server.start();
  };
  await restartAfter(`alter system set max_locks_per_transaction = ${setting};`);
  try {
    await work();
  } finally {
    await restartAfter("alter system reset max_locks_per_transaction;");
  }
}

describe("a server with a small lock table", () => {
  let small: TestServer;
  let tight: SupabaseServer;

  beforeAll(async () => {
    small = await startServer(binaries, { max_locks_per_transaction: "10", max_connections: "20" });
    tight = small.server;
  });

  afterAll(() => small?.stop());

  const plan = (target: Connection, key: string, allowTightLockTable: boolean) =>
    planRestore(
      { ...engine(store.vault, target), pastRestores: () => Promise.resolve([]) },
      { target: "dev", key, allowSchemaOnly: false, allowTightLockTable },
    );

  test("refuses more objects than it can hold before any change, and names the setting", async () => {
    const source = await createProject(server, "grande_demais");
    await createTables(source, 500, 500, "id int primary key");
    const { keys } = await backUp(store.vault, source);
    const target = await createProject(tight, "alvo");
    const before = await stateOf(target);
    for (const allowTightLockTable of [false, true]) {
      const phases: string[] = [];
      const progress = progressWith({ phase: (name) => phases.push(name) });
      const options = { progress, allowTightLockTable };
      await expect(restore(store.vault, target, keys.archive, options)).rejects.toMatchObject({
        code: "too_many_objects",
        message: expect.stringMatching(/it takes [12]\d{3} locks, the server is sure to have room for 588$/),
        hint: "Raise max_locks_per_transaction there from 10 to 64 and restart it.",
      });
      expect(phases).toEqual(["download", "inspect"]);
      expect((await plan(target, keys.archive, allowTightLockTable)).obstacles).toEqual([
        { kind: "lock_table", needed: expect.any(Number), capacity: 588, setting: 10, enough: 64 },
      ]);
    }
    expect(await stateOf(target)).toBe(before);
  });

  test("accepts objects that may not fit only with a confirmation", async () => {
    const target = await createProject(tight, "apertado");
    const { facts } = await readTargetNow({ connection: target, tools }, null);
    const { moved, locksDependencies } = facts.lockTable;
    const tables = Math.ceil((600 - moved) / (locksDependencies ? 4 : 2));
    const source = await createProject(server, "justo");
    await createTables(source, tables, tables, "id int primary key");
    const { keys } = await backUp(store.vault, source);
    await expect(restore(store.vault, target, keys.archive)).rejects.toMatchObject({
      code: "too_many_objects",
      hint: expect.stringContaining("or pass ALLOW_TIGHT_LOCK_TABLE=yes to try"),
    });
    expect((await plan(target, keys.archive, false)).obstacles).toMatchObject([{ kind: "lock_table" }]);
    expect((await plan(target, keys.archive, true)).obstacles).toEqual([]);
    const { verified } = await restore(store.vault, target, keys.archive, { allowTightLockTable: true });
    expect(verified.tables).toBeGreaterThanOrEqual(tables);
  });
});

test("the estimate of a restore's locks covers them all and exceeds them only slightly", async () => {
  const source = await createProject(server, "trancas");
  await sql(source, await fixture("many_of_each_kind.sql"));
  const { counted, taken } = await countLocks(place, source);
  expect(counted).toBeGreaterThanOrEqual(taken);
  expect(counted).toBeLessThan(taken * 1.3);
});

test("the estimate covers the locks of every kind of object", async () => {
  const source = await createProject(server, "todo_tipo");
  await sql(source, await fixture("every_kind.sql"));
  const { counted, taken } = await countLocks(place, source);
  expect(counted).toBeGreaterThanOrEqual(taken);
});

/** Tables t1, t2, … in small transactions, so that their creation needs few locks at a time. */
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

test("a full backup far smaller than the previous one is refused, unless it is permitted", async () => {
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
