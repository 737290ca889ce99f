/** A backup equals the database at its snapshot under concurrent changes. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Connection } from "../lib/postgres/connection.ts";
import { Session } from "../lib/postgres/session.ts";
import type { SupabaseServer } from "../lib/server/supabase.ts";
import { atPhase, sqlNow } from "./engine_breakage.ts";
import { backUp, createProject, type EnginePlace, restore, sql, startEnginePlace } from "./engine_fixture.ts";

const ROWS = 5000;
const CONTENT = `
create table public.notas (id int primary key, valor numeric(12,2) not null, texto text);
create index notas_valor on public.notas (valor);
create table public.itens (id int primary key, nota int references public.notas (id), preco numeric(12,2) default 1);
create function public.dobro(v numeric) returns numeric language sql immutable as 'select v * 2';
create function public.avulsa() returns int language sql as 'select 1';
create materialized view public.resumo as select count(*) as notas, sum(valor) as total from public.notas;
create view public.caras as select id, valor from public.notas where valor > 100;
insert into public.notas select n, n, 'nota ' || n from generate_series(1, ${ROWS}) n;
insert into public.itens (id, nota) select n, n from generate_series(1, ${ROWS}) n;
refresh materialized view public.resumo;
insert into auth.users (id, email) select gen_random_uuid(), n || '@exemplo' from generate_series(1, 50) n;
`;

let place: EnginePlace;
let server: SupabaseServer;
let databases = 0;
let prod: Connection;

beforeAll(async () => {
  place = await startEnginePlace();
  ({ server } = place);
});

beforeEach(async () => {
  prod = await createProject(server, `prod_${++databases}`);
  await sql(prod, CONTENT);
});

afterAll(() => place?.stop());

/** Runs `work` while another session has executed `statements` in a transaction that it ends after the given ms. */
async function besideTransaction<T>(statements: string, ms: number, work: () => Promise<T>): Promise<T> {
  const other = await Session.open({ connection: prod });
  try {
    await other.run(`begin; ${statements};`);
    const end = other.run(`select pg_sleep(${ms / 1000}); commit;`);
    const [result] = await Promise.all([work(), end]);
    return result;
  } finally {
    await other.kill();
  }
}

/** Restores a backup into its own database and counts rows there. */
async function restoredCount(key: string, table: string): Promise<number> {
  const target = await createProject(server, `alvo_${databases}`);
  await restore(place.store.vault, target, key);
  return Number(sqlNow(target, `select count(*) from ${table}`));
}

test.each([
  ["ALTER COLUMN TYPE", "alter table public.itens alter column preco type numeric(14,4)", "public.itens"],
  [
    "TRUNCATE and reload",
    `truncate public.itens; insert into public.itens (id, nota) select n, n from generate_series(1, ${ROWS}) n`,
    "public.itens",
  ],
  [
    "ADD COLUMN with a volatile default",
    "alter table public.itens add column codigo uuid default gen_random_uuid()",
    "public.itens",
  ],
])("stores a table with its rows when %s runs while the backup begins", async (_, statements, table) => {
  const { keys, manifest } = await besideTransaction(
    statements,
    1500,
    () => backUp(place.store.vault, prod),
  );
  expect(manifest.rows[table]).toBe(ROWS);
  expect(await restoredCount(keys.archive, table)).toBe(ROWS);
});

test("the safety copy of a restore contains the rows of a table that is rewritten while it begins", async () => {
  const { keys } = await backUp(place.store.vault, prod);
  const safety = {
    requestedBy: "test",
    requestId: "00000000-0000-4000-8000-000000000002",
    run: null,
    gitSha: null,
  };
  const restored = await besideTransaction(
    "alter table public.itens alter column preco type numeric(14,4)",
    1500,
    () => restore(place.store.vault, prod, keys.archive, { safety }),
  );
  expect(restored.safety?.manifest.rows["public.itens"]).toBe(ROWS);
});

test.each([
  [
    "CREATE OR REPLACE FUNCTION",
    "create or replace function public.dobro(v numeric) returns numeric language sql immutable as 'select v + v'",
  ],
  ["ALTER INDEX RENAME", "alter index public.notas_valor rename to notas_por_valor"],
  ["DROP FUNCTION", "drop function public.avulsa()"],
  ["CREATE OR REPLACE VIEW", "create or replace view public.caras as select id, valor from public.notas"],
  ["ALTER TABLE RENAME", "alter table public.itens rename to itens_da_nota"],
])("a backup taken concurrently with %s restores", async (_, statement) => {
  let done = false;
  const progress = atPhase("dump", () => {
    if (!done) sqlNow(prod, statement);
    done = true;
  });
  const { keys } = await backUp(place.store.vault, prod, { progress });
  expect(done).toBe(true);
  expect(await restoredCount(keys.archive, "public.notas")).toBe(ROWS);
});

test("a backup of a database with an invalid index restores", async () => {
  const duplicates = "insert into public.itens (id, nota) values (0, 1)";
  const build = "create unique index concurrently itens_nota on public.itens (nota)";
  sqlNow(prod, duplicates);
  expect(() => sqlNow(prod, build)).toThrow();
  expect(sqlNow(prod, "select indisvalid from pg_index where indexrelid = 'public.itens_nota'::regclass"))
    .toBe("f");
  const { keys } = await backUp(place.store.vault, prod);
  expect(await restoredCount(keys.archive, "public.itens")).toBe(ROWS + 1);
});
