/** The measures of the business: read in any session, in a backup's snapshot, and compared in a plan. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Connection } from "../lib/postgres/connection.ts";
import { applySettings } from "../lib/postgres/database_facts.ts";
import { measureDefinitions } from "../lib/postgres/measure_definitions.ts";
import { type MeasureOptions, readMeasures } from "../lib/postgres/measures.ts";
import { Session } from "../lib/postgres/session.ts";
import { planRestore } from "../lib/restore/plan.ts";
import { planSummary } from "../lib/restore/plan_summary.ts";
import {
  backUp,
  createProject,
  engine,
  type EnginePlace,
  progressWith,
  sql,
  startEnginePlace,
} from "./engine_fixture.ts";

const A = "11111111-1111-4111-8111-111111111111";
const B = "22222222-2222-4222-8222-222222222222";
const CONTENT = `
create table public.pedidos (id bigint primary key, empresa_id uuid, total numeric(14, 2) not null, em timestamptz not null,
  obs text not null default 'segredo');
insert into public.pedidos select n, case when n % 2 = 0 then '${A}'::uuid else '${B}'::uuid end, 0.01 * n,
  '2026-01-01 12:00:00Z'::timestamptz + n * interval '1 minute' from generate_series(1, 100) n;
alter table public.pedidos enable row level security;
alter table public.pedidos force row level security;
create table public.prazos (empresa_id uuid, quando date, sem_fuso timestamp);
insert into public.prazos values ('${A}', '2026-05-31', '2026-05-31 23:30:00');
`;
const ORDERS = `-- medida: pedidos
select empresa_id, count(*), sum(total), max(em) from public.pedidos group by 1;
`;

let place: EnginePlace;
let prod: Connection;

beforeAll(async () => {
  place = await startEnginePlace();
  prod = await createProject(place.server, "prod");
  await sql(prod, CONTENT);
});

afterAll(() => place?.stop());

/** Measures in a transaction that may write, and returns what its settings are afterwards. */
async function measure(text: string, options: MeasureOptions = {}, connection = prod) {
  const session = await Session.open({ connection });
  try {
    await session.run("begin;");
    await applySettings(session);
    const measured = await readMeasures(session, measureDefinitions(text), options);
    const [after] = await session.run(
      `select concat_ws(' ', current_setting('transaction_read_only'), current_setting('statement_timeout'),
         current_setting('row_security'), current_setting('lock_timeout'));`,
    );
    const locks = await session.run(
      "select relation::regclass from pg_locks where pid = pg_backend_pid() and relation >= 16384 order by 1;",
    );
    await session.run("create temp table still_writes (); rollback;");
    return { ...measured, after, locks };
  } finally {
    await session.kill();
  }
}

test("a measure has the exact total and each company, and leaves no setting and no lock behind", async () => {
  const { measures, failed, after, locks } = await measure(ORDERS);
  expect(failed).toEqual([]);
  expect(measures).toEqual([{
    name: "pedidos",
    sql_sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    n: 100,
    sum: "50.50",
    newest: "2026-01-01T13:40:00+00:00",
    companies: [
      { company: A, n: 50, sum: "25.50", newest: "2026-01-01T13:40:00+00:00" },
      { company: B, n: 50, sum: "25.00", newest: "2026-01-01T13:39:00+00:00" },
    ],
  }]);
  expect({ after, locks }).toEqual({ after: "off 0 on 0", locks: [] });
});

test("dates, times without a zone, no sum, no company, no rows and ungrouped rows are values", async () => {
  const { measures, failed } = await measure(`
-- medida: datas
select empresa_id, count(*), null, max(quando) from public.prazos group by 1;
-- medida: sem fuso
select empresa_id, count(*), null, max(sem_fuso) from public.prazos group by 1;
-- medida: sem linhas
select empresa_id, count(*), sum(total), max(em) from public.pedidos where id < 0 group by 1;
-- medida: sem empresa
select null, 1, total, em from public.pedidos where id <= 2 -- o fim
`);
  expect(failed).toEqual([]);
  expect(measures.map(({ name, n, sum, newest, companies }) => [name, n, sum, newest, companies?.length]))
    .toEqual([
      ["datas", 1, null, "2026-05-31", 1],
      ["sem fuso", 1, null, "2026-05-31T23:30:00", 1],
      ["sem linhas", 0, null, null, 0],
      ["sem empresa", 2, "0.03", "2026-01-01T12:02:00+00:00", 1],
    ]);
  expect(measures.at(-1)?.companies).toMatchObject([{ company: null }]);
});

test("a measure that is wrong, writes or is slow is named, and costs the others nothing", async () => {
  await sql(
    prod,
    "create function public.grava() returns int language plpgsql as $$ begin delete from public.pedidos; return 1; end $$;",
  );
  const text = `-- medida: sem tabela
select empresa_id, 1, 1, now() from public.nao_existe;
-- medida: sintaxe
selec;
-- medida: apaga
with d as (delete from public.pedidos returning 1) select null, count(*), null, null from d;
-- medida: apaga por função
select null, public.grava(), null, null;
-- medida: sai
select 1, 1, 1, null) x(e, n, s, m); commit; delete from public.pedidos; select (select 1
-- medida: conteúdo
select null, obs::int, null, null from public.pedidos;
-- medida: infinita
select null, 1, 'NaN'::numeric, null;
-- medida: colunas
select 1, 2;
-- medida: lenta
select null, 1, null, null from pg_sleep(30);
-- medida: vazia
-- medida: pedidos
select 1, 2, 3, null;
${ORDERS}`;
  const { measures, failed } = await measure(text, { timeoutMs: 300 });
  expect(measures.map(({ name }) => name)).toEqual(["pedidos"]);
  const details = Object.fromEntries(failed.map(({ name, detail }) => [name, detail]));
  expect(details).toMatchObject({
    "sem tabela": expect.stringMatching(/^42P01: .*nao_existe/),
    sintaxe: expect.stringMatching(/^42601: /),
    apaga: expect.stringMatching(/^0A000|^42|^SQLSTATE 0A000/),
    "apaga por função": expect.stringMatching(/^25006: /),
    sai: expect.stringMatching(/^(42|SQLSTATE)/),
    conteúdo: "SQLSTATE 22P02",
    infinita: "a number, a sum or a time of it is not a finite value",
    colunas: expect.stringMatching(/^42P10|^42/),
    lenta: "57014: it takes too long",
    vazia: "it has no query",
    "pedidos (12)": 'the name "pedidos" is taken',
  });
  expect(await sql(prod, "select count(*) from public.pedidos;")).toEqual(["100"]);
});

test("a table that is locked exclusively is not waited for", async () => {
  const migration = await Session.open({ connection: prod });
  try {
    await migration.run("begin; lock table public.pedidos in access exclusive mode;");
    const dates = "-- medida: datas\nselect empresa_id, 1, null, quando from public.prazos;";
    const { measures, failed } = await measure(`${ORDERS}${dates}`);
    expect(failed).toEqual([{ name: "pedidos", detail: "55P03: a table is locked" }]);
    expect(measures.map(({ name }) => name)).toEqual(["datas"]);
  } finally {
    await migration.kill();
  }
});

test("of more than 500 companies only the total is kept", async () => {
  const companies = (count: number) =>
    `-- medida: muitas
select n, 1, 0.10, null from generate_series(1, ${count}) n;`;
  expect((await measure(companies(501))).measures).toMatchObject([{ n: 501, sum: "50.10", companies: null }]);
  expect((await measure(companies(500))).measures[0]?.companies).toHaveLength(500);
});

test("a role that row level security limits measures nothing instead of less", async () => {
  await sql(
    prod,
    "create role limitada login; grant limitada to postgres; grant select on public.pedidos to limitada;",
  );
  const session = await Session.open({ connection: prod });
  await session.run("begin; set local role limitada;");
  const { measures, failed } = await readMeasures(session, measureDefinitions(ORDERS));
  await session.kill();
  expect({ measures, failed }).toEqual({
    measures: [],
    failed: [{ name: "pedidos", detail: expect.stringMatching(/^42501: /) }],
  });
});

test("a backup's measures are those of its snapshot while others write, and a broken one is a warning", async () => {
  const text = `${ORDERS}-- medida: quebrada\nselect 1 from public.nao_existe`;
  const progress = progressWith({
    phase: (name) => name === "dump" ? writing ??= keepWriting() : undefined,
  });
  let writing: Promise<void> | undefined;
  let isOver = false;
  const keepWriting = async () => {
    for (let n = 1000; !isOver; n++) {
      await sql(prod, `insert into public.pedidos values (${n}, '${A}', 7.77, now());`);
    }
  };
  const { keys, manifest } = await backUp(place.store.vault, prod, {
    measures: measureDefinitions(text),
    progress,
  });
  isOver = true;
  await writing;
  expect(manifest.warnings).toContainEqual({
    kind: "measure",
    name: "quebrada",
    detail: expect.stringMatching(/^42P01: /),
    rows: null,
  });
  const [measured] = manifest.measures ?? [];
  expect(measured).toMatchObject({ name: "pedidos", n: manifest.rows["public.pedidos"] });
  const more = (measured?.n ?? 0) - 100;
  expect(measured?.sum).toBe((50.5 + 7.77 * more).toFixed(2));
  expect(JSON.parse(await place.store.vault.text(keys.manifest) ?? "").measures).toEqual(manifest.measures);
  await sql(prod, "delete from public.pedidos where id >= 1000;");
});

test("a backup without rows, and one without definitions, has no measures", async () => {
  const measures = measureDefinitions(ORDERS);
  const { manifest } = await backUp(place.store.vault, prod, { measures, mode: "schema-only" });
  expect("measures" in manifest).toBe(false);
  expect("measures" in (await backUp(place.store.vault, prod)).manifest).toBe(false);
});

test("a plan states to the cent what the living database would lose, and what cannot be compared", async () => {
  const target = await createProject(place.server, "alvo");
  await sql(target, CONTENT);
  const orders = measureDefinitions(ORDERS);
  const { keys } = await backUp(place.store.vault, target, {
    measures: [...orders, ...measureDefinitions("-- medida: antiga\nselect null, 1, null, null")],
  });
  await sql(
    target,
    `insert into public.pedidos select n, '${A}', 1302.97, '2026-03-03 14:02:00Z' from generate_series(201, 237) n;
     update public.pedidos set total = total - 0.01 where id = 1; alter table public.prazos rename to outra;`,
  );
  const plan = (key: string, text: string) =>
    planRestore({
      ...engine(place.store.vault, target),
      measures: measureDefinitions(text),
      pastRestores: () => Promise.resolve([]),
    }, { target: "dev", key, allowSchemaOnly: false });
  const more = "-- medida: nova\nselect null, 1, null, null;\n";
  const planned = await plan(keys.archive, ORDERS + more);
  const { business } = planned;
  expect(planSummary(planned).replaceAll("\u00a0", " ")).toContain(`#### O que a restauração muda no negócio

- pedidos: −37, R$ −48.209,88, o mais novo que se perde é de 03/03/2026, 11:02 (horário de Brasília)
- pedidos, empresa ${A}: −37, R$ −48.209,89
- pedidos, empresa ${B}: 0, R$ +0,01
- nova: este backup não a tem
- antiga: não está mais em business.sql
`);
  expect(business).toEqual({
    compared: [{
      name: "pedidos",
      backup: { n: 100, sum: "50.50", newest: "2026-01-01T13:40:00+00:00" },
      target: { n: 137, sum: "48260.38", newest: "2026-03-03T14:02:00+00:00" },
      n: -37,
      sum: "-48209.88",
      companies: {
        total: 2,
        listed: [{ company: A, n: -37, sum: "-48209.89" }, { company: B, n: 0, sum: "0.01" }],
      },
    }],
    notCompared: [
      { name: "nova", why: "not_in_backup", detail: null },
      { name: "antiga", why: "not_defined", detail: null },
    ],
  });
  const changed = ORDERS.replace("sum(total)", "sum(total + 0)");
  expect((await plan(keys.archive, changed)).business?.notCompared).toContainEqual(
    { name: "pedidos", why: "changed", detail: null },
  );
  const old = await backUp(place.store.vault, target);
  expect((await plan(old.keys.archive, ORDERS)).business).toEqual({
    compared: [],
    notCompared: [{ name: "pedidos", why: "not_in_backup", detail: null }],
  });
  expect((await plan(old.keys.archive, "")).business).toBeNull();
  await sql(target, "alter table public.pedidos rename to encomendas;");
  expect((await plan(keys.archive, ORDERS)).business?.notCompared).toContainEqual(
    { name: "pedidos", why: "failed", detail: expect.stringMatching(/^42P01: /) },
  );
});
