/**
 * Rows of any table of the sample ERP go back after any mistakes: what was asked for equals the backup, nothing else changes, no
 * row is left without its parent, the reverse patch brings back the moment before, and a refused take changes nothing.
 */
import process from "node:process";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { BackupError } from "@backup/errors.ts";
import type { Connection } from "../lib/postgres/connection.ts";
import { createErp } from "./drill_fixture.ts";
import { backUp, type EnginePlace, sql, startEnginePlace } from "./engine_fixture.ts";
import {
  type Asked,
  differentTables,
  orphansOf,
  reviewRows,
  reviewUndo,
  rowsOf,
  take,
  type TakePlace,
} from "./take_fixture.ts";

/** The nightly workflow sets a higher number. */
const RUNS = Number(process.env.PROPERTY_RUNS ?? 3);

let place: EnginePlace;
let takes: TakePlace;
let key: string;
let stored: Map<string, string>;

beforeAll(async () => {
  place = await startEnginePlace();
  takes = { vault: place.store.vault, folder: place.folder };
  await createErp(place, "erp");
  await sql(place.server.connection("postgres", "erp"), "create index on public.itens_pedido (pedido_id);");
  key = (await backUp(takes.vault, place.server.connection("postgres", "erp"))).keys.archive;
  stored = await rowsOf(place.server.connection("supabase_admin", "erp"));
});

afterAll(() => place?.stop());

const weird = fc.constantFrom(
  ...'a\tb|linha1\nlinha2|barra \\ e \\N|\\N|NULL|{}|\'; drop table x; --|ação 😀|"aspas"|\r\n| espaço |%s $1'
    .split("|"),
);
const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;
const some = (key: string, salt: number, of: number) => `hashtext(${key}::text || '${salt}') % ${of} = 0`;

/** Mistakes and ordinary work; one that a constraint refuses is left out. */
const MISTAKES: readonly ((n: number, text: string) => string)[] = [
  (n, text) => `update clientes set nome = nome || ${quoted(text)} where ${some("id", n, 20)}`,
  (n) => `update clientes set observacoes = jsonb_build_object('x', ${n}) where ${some("id", n, 9)}`,
  (n) =>
    `with p as (select id from pedidos where ${some("id", n, 40)}),
       t as (delete from titulos_financeiros where pedido_id in (select id from p)),
       m as (delete from movimentos_estoque where pedido_id in (select id from p)) select 1;
     update pedidos set nota_fiscal_id = null, nota_emitida_em = null where ${some("id", n, 40)};
     delete from notas_fiscais where pedido_id in (select id from pedidos where ${some("id", n, 40)});
     delete from pedidos where ${some("id", n, 40)}`,
  (n) => `delete from itens_pedido where ${some("id", n, 30)}`,
  (n) => `delete from documentos where ${some("id", n, 4)}`,
  (n) => `update produtos set preco_venda = preco_venda * 2 where ${some("id", n, 5)}`,
  (n) => `delete from auth.users where id = md5('vendedor ${1 + n % 8}')::uuid`,
  (n) =>
    `with d as (delete from clientes c where not exists (select from pedidos p where p.cliente_id = c.id)
                     and ${some("id", n, 3)} returning *)
     insert into clientes (empresa_id, nome, documento, cidade, uf) select empresa_id, 'de novo', documento, cidade, uf from d`,
  (n) =>
    `delete from clientes c where not exists (select from pedidos p where p.cliente_id = c.id) and ${
      some("c.id", n, 2)
    }`,
  (n) =>
    `create temp table par as select id, sku, row_number() over (order by id) as n from produtos
            where empresa_id = (select min(empresa_id::text)::uuid from produtos) order by hashtext(id::text || '${n}') limit 2;
     update produtos p set sku = 'tmp' from par where p.id = par.id and par.n = 1;
     update produtos p set sku = (select sku from par where n = 1) from par where p.id = par.id and par.n = 2;
     update produtos p set sku = (select sku from par where n = 2) from par where p.id = par.id and par.n = 1; drop table par`,
  (n) =>
    `insert into categorias (empresa_id, nome, categoria_pai_id) select empresa_id, 'sub ${n}', id from categorias order by id limit 1`,
  (n) =>
    `update titulos_financeiros set pago_em = current_date where pago_em is null and ${some("id", n, 2)}`,
  (n) =>
    `update notas_fiscais set emitida_em = make_date(2022 + ${n % 8}, 3, 1)
           where id = (select f.id from notas_fiscais f join pedidos p on p.id = f.pedido_id and p.nota_fiscal_id is null limit 1)`,
  (n) =>
    `update anexos set conteudo = conteudo || '\\x00ff0a5c'::bytea where ${some("id", n, 2)};
     insert into anexos (documento_id, nome, tipo, conteudo) select id, 'n', 't', '' from documentos limit 1`,
  (n) => `alter table clientes add column nova_${n} text default 'x'`,
];

const TABLES = [
  "clientes",
  "produtos",
  "categorias",
  "pedidos",
  "itens_pedido",
  "notas_fiscais",
  "documentos",
  "anexos",
  "titulos_financeiros",
  "movimentos_estoque",
  "perfis",
].map((name) => `public.${name}`);

const asked = fc.record({
  /** Which of the tables that the mistakes changed. */
  table: fc.nat(100),
  missing: fc.boolean(),
  changed: fc.boolean(),
  new: fc.boolean(),
  /** Of a hundred rows, how many are asked for by their key; `null`: the whole table. */
  share: fc.option(fc.integer({ min: 1, max: 100 })),
});
const mistake = fc.record({ kind: fc.nat(MISTAKES.length - 1), n: fc.nat(1_000_000), text: weird });

const seen = { applied: 0, refused: 0, nothing: 0 };

test("rows go back, and back again", async () => {
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(mistake, { minLength: 1, maxLength: 6 }), asked, async (mistakes, ask) => {
      const name = `caso_${++run}`;
      await place.server.copyDatabase("erp", name);
      const db = place.server.connection("postgres", name);
      const all = place.server.connection("supabase_admin", name);
      for (const { kind, n, text } of mistakes) {
        await sql(all, `set search_path = public; begin; ${MISTAKES[kind]?.(n, text)}; commit;`).catch(
          () => {},
        );
      }
      const changed = differentTables(stored, await rowsOf(all)).filter((table) => TABLES.includes(table));
      const tables = changed.length > 0 ? changed : TABLES;
      await checkTake(db, all, await askFor({ ...ask, table: tables[ask.table % tables.length] ?? "" }));
      await sql(place.server.connection("supabase_admin", "postgres"), `drop database ${name} with (force);`);
    }),
    { numRuns: RUNS, endOnFailure: true },
  );
  expect(seen.applied, JSON.stringify(seen)).toBeGreaterThan(0);
}, 120_000 + RUNS * 30_000);

type Ask = Omit<typeof asked extends fc.Arbitrary<infer T> ? T : never, "table"> & { table: string };

async function askFor({ table, share, ...choices }: Ask): Promise<Asked> {
  if (share === null) return { table, ...choices };
  const [column = ""] = await sql(place.server.connection("postgres", "erp"), keyColumns(table));
  const keys = await sql(
    place.server.connection("supabase_admin", "erp"),
    `set timezone = 'UTC'; select json_build_array(${column})::text from ${table} where hashtext(${
      table.slice(7)
    }::text) % 100 < ${share};`,
  );
  return keys.length === 0
    ? { table, ...choices }
    : { table, ...choices, new: false, keys: `[${keys.join(",")}]` };
}

const keyColumns = (table: string) =>
  `select string_agg(format('%I::text', a.attname), ', ' order by k.n)
     from pg_index i, unnest(i.indkey::int2[]) with ordinality k (num, n), pg_attribute a
    where i.indrelid = '${table}'::regclass and i.indisprimary and a.attrelid = i.indrelid and a.attnum = k.num;`;

async function checkTake(db: Connection, all: Connection, ask: Asked): Promise<void> {
  const before = await rowsOf(all);
  const review = await reviewRows(takes, db, key, ask);
  const touched = Object.keys(review.counts);
  const outcome = await take(takes, db, review).catch((error: unknown) => error);
  const after = await rowsOf(all);
  if (outcome instanceof BackupError) {
    seen.refused++;
    // what is refused is named by the review, not found by the server
    if (review.obstacles.length === 0) throw outcome;
    expect(differentTables(before, after), "a refused take").toEqual([]);
    return;
  }
  if (outcome instanceof Error) throw outcome;
  const { undo } = outcome as Awaited<ReturnType<typeof take>>;
  expect(await orphansOf(all)).toEqual([]);
  const partitions = /^public\.notas_fiscais/;
  const others = differentTables(before, after).filter((table) =>
    !touched.includes(table) && !(touched.includes("public.notas_fiscais") && partitions.test(table))
  );
  expect(others, "tables that are not part of the patch").toEqual([]);
  expect((await reviewRows(takes, db, key, ask)).counts, "what was asked for").toEqual({});
  seen[touched.length > 0 ? "applied" : "nothing"]++;
  const back = await reviewUndo(takes, db, undo);
  expect(back.obstacles).toEqual([]);
  await take(takes, db, back);
  expect(differentTables(before, await rowsOf(all)), "the reverse").toEqual([]);
}
