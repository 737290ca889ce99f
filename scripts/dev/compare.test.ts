/** The comparison finds each single change, and no difference between equal databases. */
import type { Sql } from "postgres";
import { afterAll, beforeAll, expect, it } from "vitest";
import { migrate, TestCluster } from "../../supabase/tests/cluster.ts";
import { compareSnapshots, type Snapshot, takeSnapshot } from "./compare.ts";
import { loadErpData } from "./seed/data.ts";
import { applyErpSchema } from "./seed/schema.ts";

let cluster: TestCluster;
let changed: Sql;
let original: Snapshot;

async function makeErp(name: string): Promise<Sql> {
  const sql = await cluster.createDatabase(name);
  await migrate(sql);
  await applyErpSchema(sql, "newest");
  await loadErpData(sql, "newest", 2000);
  return sql;
}

beforeAll(async () => {
  cluster = await TestCluster.start();
  [, changed] = await Promise.all([makeErp("original"), makeErp("changed")]);
  original = await takeSnapshot(cluster.url("original"));
});
afterAll(() => cluster.stop());

const compare = async () => compareSnapshots(original, await takeSnapshot(cluster.url("changed")));

/** What changes | the change | its reversal, by default the value of the sequence | the start of the reported difference */
const CHANGES = `
one value | update public.fornecedores set contato = contato || 'x' where id = md5('fornecedor 1')::uuid | update public.fornecedores set contato = rtrim(contato, 'x') where id = md5('fornecedor 1')::uuid | content of public.fornecedores
one more row | insert into public.depositos (id, empresa_id, nome) overriding system value select 99, id, 'Novo' from public.empresas limit 1 | delete from public.depositos where id = 99 | content of public.depositos
a user's e-mail | update auth.users set email = 'y' || email where email like 'vendas1@%' | update auth.users set email = 'vendas1@revo.exemplo.br' where email like 'yvendas1@%' | content of auth.users
a file's metadata | update storage.buckets set public = true where id = 'anexos' | update storage.buckets set public = false where id = 'anexos' | content of storage.buckets
a grant on a table | grant select on public.clientes to anon | revoke select on public.clientes from anon | grant on relation public.clientes to anon
a grant on a column | grant update (nome) on public.clientes to authenticated | revoke update (nome) on public.clientes from authenticated | grant on column public.clientes.nome
a grant on a function | grant execute on function public.faturar_pedido(bigint) to anon | revoke execute on function public.faturar_pedido(bigint) from anon | grant on routine public.faturar_pedido
a default privilege | alter default privileges in schema relatorios grant insert on tables to anon | alter default privileges in schema relatorios revoke insert on tables from anon | grant on default postgres in relatorios
a schema's grant | grant usage on schema auditoria to anon | revoke usage on schema auditoria from anon | grant on schema auditoria
row security off | alter table public.pedidos disable row level security | alter table public.pedidos enable row level security | relation public.pedidos
a policy | alter policy perfis_leitura on public.perfis using (false) | alter policy perfis_leitura on public.perfis using (true) | policy public.perfis perfis_leitura
a policy on the platform's table | alter policy arquivos_da_empresa on storage.objects to anon | alter policy arquivos_da_empresa on storage.objects to authenticated | policy storage.objects arquivos_da_empresa
a trigger switched off | alter table public.pedidos disable trigger pedidos_auditoria | alter table public.pedidos enable trigger pedidos_auditoria | trigger public.pedidos pedidos_auditoria
a function's property | alter function public.sem_acentos(text) cost 99 | alter function public.sem_acentos(text) cost 100 | routine public.sem_acentos
a default | alter table public.pedidos alter total set default 1 | alter table public.pedidos alter total set default 0 | column public.pedidos #7
a constraint | alter table public.anexos add constraint curto check (length(nome) < 999) | alter table public.anexos drop constraint curto | constraint public.anexos curto
an index | create index extra on public.anexos (nome) | drop index public.extra | index public.anexos public.extra
a sequence's value | select setval('public.numero_nota_seq', 900000) |  | sequence public.numero_nota_seq
a comment | comment on table public.clientes is 'x' | comment on table public.clientes is null | relation public.clientes
a domain's rule | alter domain public.dinheiro add constraint teto check (value < 1e12) | alter domain public.dinheiro drop constraint teto | constraint public.dinheiro teto
a publication | alter publication supabase_realtime drop table public.pedidos | alter publication supabase_realtime add table public.pedidos | publication supabase_realtime
a view's option | alter view relatorios.vendas_por_mes set (security_invoker = false) | alter view relatorios.vendas_por_mes set (security_invoker = true) | relation relatorios.vendas_por_mes
`.trim().split("\n").map((line) => line.split(" | "));

it("finds no difference between equal databases", async () => {
  const comparison = await compare();
  expect(comparison).toMatchObject({ equal: true, differences: [] });
  expect(comparison.rows).toBeGreaterThan(1500);
});

it.each(CHANGES)("finds %s", async (_what, change, undo, beginning) => {
  const [kept] = await changed.unsafe("select last_value::text as at from public.numero_nota_seq");
  await changed.unsafe(change);
  const { equal, differences } = await compare();
  await changed.unsafe(undo || `select setval('public.numero_nota_seq', ${kept?.at})`);
  expect(equal).toBe(false);
  expect(differences).not.toEqual([]);
  expect(differences.filter((difference) => !difference.startsWith(beginning))).toEqual([]);
});

it("ignores the catalog of backups", async () => {
  await changed.unsafe(
    "insert into public.ops_db_backup_runs (kind, target, request_id) values ('drill', 'prod', gen_random_uuid())",
  );
  expect((await compare()).equal).toBe(true);
});
