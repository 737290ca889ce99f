/** The emergency mode: what can be brought is there afterwards, and everything else is listed. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Connection } from "../lib/postgres/connection.ts";
import { restoreSummary } from "../lib/restore/summary.ts";
import {
  backUp,
  createProject,
  restore,
  sql,
  startPlace,
  startServer,
  stateOf,
  type TestPlace,
  type TestServer,
} from "./engine_fixture.ts";

/** What the platform of the source has and that of the target lacks; an extension that no server here has. */
const PLATFORM = `
  create schema vault; create table vault.secrets (id int primary key); grant usage on schema vault to postgres;
  grant all on vault.secrets to postgres; insert into vault.secrets values (5);
  create schema supabase_functions; grant usage on schema supabase_functions to postgres;
  create function supabase_functions.http_request() returns trigger language plpgsql as 'begin return new; end';
  grant create on schema auth to postgres;
  create type extensions.vetor as (x float8[]);
  insert into pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
    values (99992, 'vetores', 'supabase_admin'::regrole, 'extensions'::regnamespace, true, '1.0');
  alter extension vetores add type extensions.vetor;`;

const PROJECT = `
  create table public.clientes (id int primary key, nome text not null);
  insert into public.clientes select g, 'cliente ' || g from generate_series(1, 20) g;
  create index clientes_nome on public.clientes (nome);
  create table public.pedidos (id serial primary key, cliente int constraint do_cliente references public.clientes);
  insert into public.pedidos (cliente) select 1 + g % 20 from generate_series(1, 50) g;
  create table public.itens (id int primary key, pedido int constraint do_pedido references public.pedidos);
  insert into public.itens select g, g from generate_series(1, 50) g;
  create table public.parcelas (id int, cliente int constraint da_parcela references public.clientes) partition by range (id);
  create table public.parcelas_1 partition of public.parcelas for values from (1) to (100);
  create table public.parcelas_2 partition of public.parcelas for values from (100) to (200);
  insert into public.parcelas values (1, 1);
  set session_replication_role = replica;
  insert into public.parcelas values (101, 99);
  insert into public.pedidos (cliente) values (99);
  reset session_replication_role;
  create function public.cpf_ok(text) returns boolean language sql immutable as 'select true';
  create domain public.cpf as text constraint cpf_valido check (public.cpf_ok(value));
  create table public.pessoas (id int primary key, cpf public.cpf, idade int constraint adulta check (public.cpf_ok(idade::text)));
  insert into public.pessoas values (1, '111', 30), (2, '222', 10);
  create or replace function public.cpf_ok(text) returns boolean language sql immutable as 'select $1 not in (''111'', ''10'')';
  create table public.documentos (id int primary key, vetor extensions.vetor);
  insert into public.documentos values (1, row(array[0.5])); 
  create table public.boatos (id int primary key, texto text, vetor extensions.vetor);
  insert into public.boatos values (1, 'x); drop table public.clientes; --', null);
  create view public.titulos as select id from public.documentos;
  create table public.chaves (id int primary key, segredo int constraint do_cofre references vault.secrets);
  insert into public.chaves values (1, 5);
  create view public.segredos as select id from vault.secrets;
  create trigger avisa after insert on public.clientes for each row
    execute function supabase_functions.http_request('https://exemplo.invalid/chave-secreta', 'POST');
  create function auth.empresa() returns int language sql stable as 'select 1';
  alter table public.clientes enable row level security;
  create policy da_empresa on public.clientes using (id = auth.empresa());
  create policy todos on public.clientes for select using (true);
  create policy "só da empresa" on public.clientes as restrictive for select using (id = auth.empresa());
  create policy pares on public.clientes as restrictive for select using (id % 2 = 0);
  grant select on public.clientes to authenticated;
  comment on constraint adulta on public.pessoas is 'maior de idade';`;

let place: TestPlace;
let other: TestServer;
let key: string;
let target: Connection;

beforeAll(async () => {
  [place, other] = await Promise.all([startPlace(), startServer()]);
  const source = await createProject(place.server, "loja");
  await sql(place.server.connection("supabase_admin", "loja"), PLATFORM);
  await sql(source, PROJECT);
  key = (await backUp(place.store.vault, source)).keys.archive;
  target = await createProject(other.server, "destino");
  await sql(target, "create table public.antiga (id int primary key); insert into public.antiga values (1);");
});

afterAll(async () => {
  await place?.stop();
  await other?.stop();
});

test("without it the restore is refused, and the target is as it was", async () => {
  const before = await stateOf(target);
  await expect(restore(place.store.vault, target, key)).rejects.toMatchObject({ code: "restore_failed" });
  expect(await stateOf(target)).toBe(before);
});

test("into prod it needs a confirmation of its own", async () => {
  const order = { target: "prod", confirm: "RESTORE_PROD", salvage: true } as const;
  await expect(restore(place.store.vault, target, key, order)).rejects.toMatchObject({
    code: "confirmation_required",
    message: expect.stringContaining("the confirmation of the losses"),
  });
});

test("every row that can be brought is there, unvalidated where it breaks a constraint, and the rest is listed", async () => {
  const restored = await restore(place.store.vault, target, key, { salvage: true });
  const counts = await sql(
    target,
    `select t || ' ' || (xpath('/row/n/text()', query_to_xml('select count(*) as n from public.' || t, true, true, '')))[1]
       from unnest(array['clientes', 'pedidos', 'itens', 'pessoas', 'chaves', 'parcelas_1', 'parcelas_2']) t;`,
  );
  expect(counts).toEqual([
    "clientes 20",
    "pedidos 51",
    "itens 50",
    "pessoas 2",
    "chaves 1",
    "parcelas_1 1",
    "parcelas_2 1",
  ]);
  expect(await sql(target, "select to_regclass('public.antiga') is null;")).toEqual(["t"]);
  expect(
    await sql(
      target,
      `select conname || ' ' || convalidated from pg_constraint
        where conname in ('do_cliente', 'do_pedido', 'do_cofre', 'cpf_valido', 'adulta') order by 1;`,
    ),
  ).toEqual(["adulta false", "cpf_valido false", "do_cliente false", "do_pedido true"]);
  expect(
    await sql(
      target,
      "select polname from pg_policy where polrelid = 'public.clientes'::regclass order by 1;",
    ),
  ).toEqual(["pares", "só da empresa", "todos"]);
  expect(await sql(target, "set role authenticated; select count(*) from public.clientes;")).toEqual(["0"]);
  const { salvaged } = restored.verified;
  const listed = salvaged?.join("\n");
  for (
    const loss of [
      /^foreign key do_cliente of public\.pedidos: restored NOT VALID/m,
      /^foreign key da_parcela of public\.parcelas, public\.parcelas_1: restored on this partition$/m,
      /^foreign key da_parcela of public\.parcelas, public\.parcelas_2: restored on this partition NOT VALID/m,
      /^foreign key do_cofre of public\.chaves: left out/m,
      /^check cpf_valido of public\.cpf: restored NOT VALID/m,
      /^check adulta of public\.pessoas: restored NOT VALID/m,
      /^CREATE TABLE public\.documentos: .*extensions\.vetor/m,
      /^COPY public\.documentos: /m,
      /^CREATE VIEW public\.titulos: /m,
      /^CREATE VIEW public\.segredos: /m,
      /^CREATE TRIGGER avisa AFTER INSERT ON public\.clientes FOR EACH ROW: /m,
      /^CREATE POLICY da_empresa ON public\.clientes USING: /m,
      /^policy "só da empresa" of public\.clientes: replaced by one that admits no row$/m,
      /^rows: public\.documentos has no table, expected 1/m,
      /^schema and privileges: policy public\.clientes\.da_empresa is missing/m,
    ]
  ) expect(listed).toMatch(loss);
  expect(listed).not.toContain("chave-secreta");
  expect(listed).not.toMatch(/^policy pares/m);
  expect(restoreSummary(restored, key, "dev")).toMatch(
    /SALVAGED: recuperado com perdas[^]*Disco do servidor[^]*do_cofre/,
  );
});

test("a backup without obstacles is salvaged without a loss", async () => {
  const source = await createProject(place.server, "boa");
  await sql(
    source,
    "create table public.t (id int primary key, x int check (x > 0)); insert into public.t values (1, 2);",
  );
  const good = (await backUp(place.store.vault, source)).keys.archive;
  const { verified } = await restore(place.store.vault, target, good, { salvage: true });
  expect(verified.salvaged).toEqual([]);
  expect(
    await sql(target, "select conname from pg_constraint where conrelid = 'public.t'::regclass order by 1;"),
  )
    .toEqual(["t_pkey", "t_x_check"]);
});
