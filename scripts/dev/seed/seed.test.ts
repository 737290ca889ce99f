/**
 * The sample ERP: consistent although its keys were not checked while loading, plausible, and closed to other users.
 */
import { randomUUID } from "node:crypto";
import type { Sql, TransactionSql } from "postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { asCaller, migrate, TestCluster } from "../../../supabase/tests/cluster.ts";
import { compareDatabases } from "../compare.ts";
import { loadErpData } from "./data.ts";
import { createStory, seedHistory } from "./history.ts";
import { applyErpSchema, type SchemaState } from "./schema.ts";
import { seedErp } from "./seed.ts";

const ROWS = 20_000;

let cluster: TestCluster;
let prod: Sql;
let dev: Sql;

async function makeErp(name: string, state: SchemaState, rows: number): Promise<Sql> {
  const sql = await cluster.createDatabase(name);
  await migrate(sql);
  await applyErpSchema(sql, state);
  await loadErpData(sql, state, rows);
  return sql;
}

beforeAll(async () => {
  cluster = await TestCluster.start();
  [prod, dev] = await Promise.all([makeErp("prod", "newest", ROWS), makeErp("dev", "older", ROWS / 2)]);
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

  it.each(["prod", "dev"])("satisfies every foreign key of %s", async (name) => {
    const sql = name === "prod" ? prod : dev;
    const keys = await sql.unsafe<{ name: string; orphans: string }[]>(`
      select k.conname as name, format('select count(*)::int as n from %s a where (%s) is not null and not exists (select from %s b where (%s) = (%s))',
               k.conrelid::regclass, c.own, k.confrelid::regclass, c.own, c.other) as orphans
        from pg_constraint k, lateral (
          select string_agg(format('a.%I', x.attname), ', ' order by p.i) as own, string_agg(format('b.%I', y.attname), ', ' order by p.i) as other
            from unnest(k.conkey, k.confkey) with ordinality p (own, other, i)
            join pg_attribute x on x.attrelid = k.conrelid and x.attnum = p.own
            join pg_attribute y on y.attrelid = k.confrelid and y.attnum = p.other) c
       where k.contype = 'f' and k.conparentid = 0 and k.connamespace in ('public'::regnamespace, 'storage'::regnamespace)`);
    expect(keys.length).toBeGreaterThan(25);
    for (const key of keys) {
      const [found] = await sql.unsafe(key.orphans);
      expect([key.name, found?.n]).toEqual([key.name, 0]);
    }
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

  it("is recorded as migrations", async () => {
    const versions = (sql: Sql) => sql.unsafe("select version from supabase_migrations.schema_migrations");
    expect((await versions(prod)).length - (await versions(dev)).length).toBe(1);
  });

  it("gives each new user a profile", async () => {
    const id = randomUUID();
    const [profile] = await asCaller(prod, "owner", async (tx) => {
      await tx.unsafe(
        `insert into auth.users (id, email, raw_user_meta_data) values ($1, 'novo@exemplo.br', '{"nome": "Novo"}')`,
        [id],
      );
      return await tx.unsafe("select nome from public.perfis where id = $1", [id]);
    });
    expect(profile).toEqual({ nome: "Novo" });
  });

  it("maintains stock and order totals by triggers, and writes the audit trail", async () => {
    const [sums] = await asCaller(prod, "owner", async (tx) => {
      await tx.unsafe(
        "insert into public.pedidos (id, empresa_id, cliente_id) select -1, empresa_id, id from public.clientes limit 1",
      );
      await tx.unsafe(
        "insert into public.itens_pedido (pedido_id, produto_id, quantidade, preco_unitario) select -1, min(id), 3, 2.50 from public.produtos",
      );
      return await tx.unsafe(
        `select p.total::text, (select count(*)::int from auditoria.eventos where registro = '-1') as events
                                from public.pedidos p where id = -1`,
      );
    });
    expect(sums).toEqual({ total: "7.50", events: 2 });
  });
});

describe("a company's rows", () => {
  async function asSeller(tx: TransactionSql, seller: number): Promise<void> {
    await tx.unsafe(
      `insert into public.usuario_empresa_ativa (user_id, empresa_id)
       select user_id, empresa_id from public.empresa_usuarios where user_id = md5('vendedor ' || $1)::uuid`,
      [String(seller)],
    );
    await tx.unsafe(
      `select set_config('request.jwt.claims', json_build_object('sub', md5('vendedor ' || $1)::uuid)::text, true),
                            set_config('role', 'authenticated', true)`,
      [String(seller)],
    );
  }

  it.each([1, 3])("are visible to its seller %i; those of other companies are not", async (seller) => {
    const [visible] = await asCaller(prod, "owner", async (tx) => {
      await asSeller(tx, seller);
      return await tx.unsafe(`
        select (select count(distinct empresa_id)::int from public.clientes) as customers_of,
               (select count(distinct empresa_id)::int from public.pedidos) as orders_of,
               (select count(*) > 0 from public.itens_pedido) as items,
               (select count(*) > 0 from relatorios.vendas_por_mes) as report,
               (select count(*) > 0 from storage.objects) as files`);
    });
    expect(visible).toEqual({ customers_of: 1, orders_of: 1, items: true, report: true, files: true });
  });

  it("are closed to anonymous callers", async () => {
    const open = await asCaller(
      prod,
      "owner",
      (tx) =>
        tx.unsafe(
          `select c.relname from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
                    and has_table_privilege('anon', c.oid, 'select')`,
        ),
    );
    expect(open).toEqual([]);
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
