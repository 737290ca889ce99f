/**
 * The sample ERP: its size, its two versions, sums that no constraint checks. That its foreign keys hold and its rows are
 * closed to other companies is checked wherever it is restored and drilled (scripts/tests/drill.test.ts).
 */
import type { Sql } from "postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { migrate, TestCluster } from "../../../supabase/tests/cluster.ts";
import { compareDatabases } from "../compare.ts";
import { loadErpData } from "./data.ts";
import { createStory, seedHistory } from "./history.ts";
import { applyErpSchema, type SchemaState } from "./schema.ts";
import { seedErp } from "./seed.ts";

const ROWS = 20_000;

let cluster: TestCluster;
let prod: Sql;

async function makeErp(name: string, state: SchemaState, rows: number): Promise<Sql> {
  const sql = await cluster.createDatabase(name);
  await migrate(sql);
  await applyErpSchema(sql, state);
  await loadErpData(sql, state, rows);
  return sql;
}

beforeAll(async () => {
  cluster = await TestCluster.start();
  [prod] = await Promise.all([makeErp("prod", "newest", ROWS), makeErp("dev", "older", ROWS / 2)]);
});
afterAll(() => cluster.stop());

describe("the data", () => {
  it("has about the requested number of rows", async () => {
    const { rows, tables } = await compareDatabases(cluster.url("prod"), cluster.url("prod"));
    expect(rows).toBeGreaterThan(ROWS * 0.9);
    expect(rows).toBeLessThan(ROWS * 1.1);
    expect(tables).toBeGreaterThan(25);
  });

  it("is equal for the same number of rows", async () => {
    await makeErp("again", "newest", ROWS);
    expect((await compareDatabases(cluster.url("prod"), cluster.url("again"))).differences).toEqual([]);
  });

  it("is consistent: orders are the sum of their items, balances the sum of their movements", async () => {
    const [sums] = await prod.unsafe(`
      select (select count(*)::int from public.pedidos p
               where p.total <> (select sum(i.total) from public.itens_pedido i where i.pedido_id = p.id)) as orders,
             (select count(*)::int from public.saldos_estoque s where s.quantidade <> (
                select sum(case m.tipo when 'saida' then -m.quantidade else m.quantidade end)
                  from public.movimentos_estoque m
                 where m.produto_id = s.produto_id and m.deposito_id = s.deposito_id)) as balances,
             (select count(*)::int from public.notas_fiscais_demais) as outside`);
    expect(sums).toEqual({ orders: 0, balances: 0, outside: 0 });
  });

  it("leaves sequences at a free number", async () => {
    const next = await prod.begin(async (tx) => {
      const [row] = await tx.unsafe(`
        insert into public.pedidos (empresa_id, cliente_id) select empresa_id, id from public.clientes limit 1
        returning id > (select max(id) from public.pedidos) as ahead`);
      await tx.unsafe(
        "delete from public.pedidos where nota_fiscal_id is null and total = 0 and status = 'rascunho'",
      );
      return row?.ahead;
    });
    expect(next).toBe(true);
  });
});

describe("the schema", () => {
  it("of dev is older: it lacks what prod added and has what prod dropped", async () => {
    const { equal, differences } = await compareDatabases(cluster.url("prod"), cluster.url("dev"));
    expect(equal).toBe(false);
    expect(differences).toEqual(expect.arrayContaining([
      "relation public.contas_bancarias: only in the first",
      "relation public.orcamentos_legados: only in the second",
      "grant on routine public.faturar_pedido(p_pedido_id bigint) to authenticated: only in the second",
    ]));
  });
});

it("adds a sample history if requested, marked as sample data, and only to an empty catalog", async () => {
  const now = new Date("2026-11-24T12:00:00Z");
  await seedHistory(prod, now);
  const [found] = await prod.unsafe(`
    select (select count(*)::int from public.ops_db_backups) as backups,
           (select count(*)::int from public.ops_db_backups where r2_bucket <> 'amostra') as unmarked,
           (select count(*)::int from public.ops_db_backups where proven_at is not null) as proven,
           (select count(*)::int from public.ops_db_backups where (manifest ->> 'rows_total')::int = rows_total) as counted,
           (select count(*)::int from public.ops_db_backup_runs) as runs,
           (select count(*)::int from public.ops_db_backup_runs where reason is distinct from 'Dado de amostra') as unnamed,
           (select error_code from public.ops_db_backup_runs where status = 'failed') as failure`);
  const runs = createStory(now);
  const backups = runs.filter(({ kind, key }) => kind === "backup" && key !== null).length;
  expect(found).toEqual({
    backups,
    unmarked: 0,
    proven: 9,
    counted: backups,
    runs: runs.length,
    unnamed: 0,
    failure: "database_unreachable",
  });
  await expect(seedHistory(prod, now)).rejects.toThrow("the catalog is not empty");
});

it("refuses an invalid number of rows", async () => {
  const options = {
    prodUrl: "",
    devUrl: "",
    supabaseUrl: "",
    publishableKey: "",
    history: false,
    authReady: Promise.resolve(),
    log: () => {},
  };
  for (const rows of [0, 999, 1.5, Number.NaN]) {
    await expect(seedErp({ ...options, rows })).rejects.toThrow(RangeError);
  }
});
