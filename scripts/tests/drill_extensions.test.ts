/** Drills of projects with extensions and schemas that only the platform's own server has. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type CheckResult } from "@backup/vault/receipt.ts";
import { type CompletedDrill } from "../lib/drill/drill.ts";
import { drillOf, namesWith } from "./drill_fixture.ts";
import { backUp, createProject, type EnginePlace, restore, sql, startEnginePlace } from "./engine_fixture.ts";

/** These projects are not Revo's. */
const NOT_REVO = ["permission_functions_exist"];

let place: EnginePlace;

beforeAll(async () => void (place = await startEnginePlace()));
afterAll(() => place?.stop());

/** Backs up and drills a project. @param admin SQL of the platform's superuser, which runs first */
async function drillProject(name: string, admin: string, project: string): Promise<CompletedDrill> {
  return await drillOf(place, await backUpProject(name, admin, project));
}

async function backUpProject(name: string, admin: string, project: string): Promise<string> {
  const owner = await createProject(place.server, name);
  await sql(place.server.connection("supabase_admin", name), admin);
  await sql(owner, `create table public.t (id int primary key); insert into public.t values (1); ${project}`);
  return (await backUp(place.store.vault, owner)).keys.archive;
}

function restoredOf({ receipt }: CompletedDrill): CheckResult | undefined {
  return receipt.checks.find(({ name }) => name === "restored");
}

test("a project comes with the extensions of a hosted one, and its backup is proven and restored", async () => {
  const key = await backUpProject("hospedado", "", "");
  const source = place.server.connection("postgres", "hospedado");
  expect(
    await sql(source, "select extname from pg_extension where extnamespace = 'extensions'::regnamespace;"),
  )
    .toEqual(expect.arrayContaining(["pgcrypto", "pg_stat_statements", "uuid-ossp"]));
  const { receipt } = await drillOf(place, key);
  expect(namesWith(receipt, "FAIL")).toEqual(NOT_REVO);
  expect(receipt.not_proven.filter(({ name }) => name.startsWith("extension "))).toEqual([]);
  const dev = await createProject(place.server, "hospedado_dev");
  expect((await restore(place.store.vault, dev, key)).verified.rows).toBeGreaterThan(0);
});

test("untrusted extensions are created in the schema that the archive gives", async () => {
  const drilled = await drillProject(
    "publico",
    `drop extension pg_stat_statements; create extension pg_stat_statements schema public;
     drop extension pgcrypto; create extension pgcrypto schema public;
     create extension postgres_fdw schema public; create extension pageinspect schema extensions;`,
    "create view public.comandos as select query from public.pg_stat_statements;",
  );
  expect(namesWith(drilled.receipt, "FAIL")).toEqual(NOT_REVO);
  expect(restoredOf(drilled)).toMatchObject({ verdict: "PASS" });
});

test("an untrusted extension in a schema of the project is created there, and the backup is proven", async () => {
  const drilled = await drillProject(
    "proprio",
    "create schema ferramentas authorization postgres; create extension pageinspect schema ferramentas;",
    "create view public.pagina as select ferramentas.page_header('\\x00'::bytea) is null as vazia where false;",
  );
  expect(namesWith(drilled.receipt, "FAIL")).toEqual(NOT_REVO);
  expect(restoredOf(drilled)).toMatchObject({ verdict: "PASS" });
});

/** An extension that no server here has, as its catalogs show it to pg_dump. */
const FOREIGN_EXTENSION = `
  create type extensions.vetor as (x float8[]);
  create function extensions.distancia(extensions.vetor, extensions.vetor) returns float8 language sql immutable as 'select 0::float8';
  insert into pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
    values (99991, 'vetores', 'supabase_admin'::regrole, 'extensions'::regnamespace, true, '1.0');
  alter extension vetores add type extensions.vetor;
  alter extension vetores add function extensions.distancia(extensions.vetor, extensions.vetor);`;

test("objects of a missing extension are left out by name with what depends on them, the rest is proven", async () => {
  const key = await backUpProject(
    "vetorial",
    FOREIGN_EXTENSION,
    `create table public."Peças" (id int generated always as identity primary key, forma extensions.vetor, t int references public.t);
     insert into public."Peças" (forma, t) values (row(array[1.0]), 1);
     create index pecas_t on public."Peças" (t);
     alter table public."Peças" enable row level security;
     create policy todas on public."Peças" using (true);
     create view public.formas as select id from public."Peças";
     create function public.compara(a extensions.vetor) returns float8 language sql as 'select 0::float8';
     create publication pecas for table public."Peças";
     create table public.lotes (id serial primary key, peso numeric default 1);
     create function public.longe() returns trigger language plpgsql as 'begin return new; end';
     create trigger longe before insert on public.lotes for each row
       when (extensions.distancia(null, null) > 1) execute function public.longe();
     insert into public.lotes (peso) values (2), (3);
     comment on view public.formas is 'sem vetor';
     grant select on public."Peças" to anon;`,
  );
  const drilled = await drillOf(place, key);
  const { receipt } = drilled;
  expect(namesWith(receipt, "FAIL")).toEqual(NOT_REVO);
  expect(restoredOf(drilled)).toMatchObject({
    verdict: "PASS",
    detail: expect.stringContaining("extension vetores is not available"),
  });
  const left = receipt.not_proven.map(({ name }) => name);
  expect(
    left.slice(0, left.indexOf("files of Storage")).filter((name) =>
      / /.test(name) && !/^extension/.test(name)
    ).sort(),
  )
    .toEqual([
      "function public.compara(extensions.vetor)",
      "index public.pecas_t",
      "sequence public.Peças_id_seq",
      "table public.Peças",
      "trigger public.lotes longe",
      "view public.formas",
    ]);
  expect(left).toContain("extension vetores");
  const fresh = await createProject(place.server, "vetorial_novo");
  await expect(restore(place.store.vault, fresh, key)).rejects.toThrow(
    "Cannot restore here: the server has no extension vetores",
  );
});

test("objects that need schemas of the platform are left out by name, the rest is proven", async () => {
  const drilled = await drillProject(
    "plataforma",
    `create schema cron; create table cron.job (id int); grant usage on schema cron to postgres; grant select on cron.job to postgres;
     create schema vault; create table vault.secrets (id int primary key); insert into vault.secrets values (5);
     grant usage on schema vault to postgres; grant all on vault.secrets to postgres;
     create function vault.ler(text) returns text language sql as 'select $1'; grant execute on function vault.ler(text) to postgres;`,
    `create view public.agendamentos as select * from cron.job;
     create materialized view public.copia as select count(*) from public.agendamentos;
     create table public.chaves (id int primary key, segredo int constraint do_cofre references vault.secrets (id));
     insert into public.chaves values (1, 5);
     create function public.le(nome text) returns text begin atomic select vault.ler(nome); end;
     create table public.notas (id int primary key, empresa_id int);
     insert into public.notas values (1, 1);
     alter table public.notas enable row level security;
     create policy todas on public.notas using (true);
     create policy com_segredo on public.notas as restrictive using (vault.ler('x') = 'y');
     grant select on public.notas to anon;
     create function public.le_depois() returns text language plpgsql as 'begin return vault.ler(''x''); end';`,
  );
  expect(namesWith(drilled.receipt, "FAIL")).toEqual(NOT_REVO);
  expect(restoredOf(drilled)).toMatchObject({ verdict: "PASS" });
  const left = drilled.receipt.not_proven.filter(({ why }) => why.includes("is missing on this server"));
  expect(left.map(({ name }) => name).sort()).toEqual([
    "fk constraint public.chaves do_cofre",
    "function public.le(text)",
    "materialized view public.copia",
    "policy public.notas com_segredo",
    "view public.agendamentos",
  ]);
  expect(drilled.receipt.checks.find(({ name }) => name === "anon_reads")).toMatchObject({
    verdict: "SKIPPED",
    detail: "not on this server: policy public.notas com_segredo",
  });
  expect(left.map(({ why }) => why).join()).toContain(
    "cron.job is missing on this server: needs the extension pg_cron",
  );
});

test("what the platform lets a project's owner create, and this server a superuser alone, is left out by name", async () => {
  const owner = await createProject(place.server, "gatilhos");
  await sql(
    owner,
    `create table public.t (id int primary key); insert into public.t values (1); create schema outro;
     create table public.u (id int primary key); create publication uma for table public.u;
     create function public.ao_criar() returns event_trigger language plpgsql as $$ begin null; end $$;`,
  );
  // as supautils makes them on the platform
  await sql(
    place.server.connection("supabase_admin", "gatilhos"),
    `create event trigger ao_criar on ddl_command_end execute function public.ao_criar();
     comment on event trigger ao_criar is 'da loja';
     create publication tudo for all tables; create publication esquema for tables in schema outro;
     update pg_event_trigger set evtowner = 'postgres'::regrole where evtname = 'ao_criar';
     update pg_publication set pubowner = 'postgres'::regrole;`,
  );
  const drilled = await drillOf(place, (await backUp(place.store.vault, owner)).keys.archive);
  expect(namesWith(drilled.receipt, "FAIL")).toEqual(NOT_REVO);
  expect(restoredOf(drilled)).toMatchObject({ verdict: "PASS" });
  const left = drilled.receipt.not_proven.filter(({ why }) => why.includes("only a superuser"));
  expect(left.map(({ name }) => name).sort()).toEqual([
    "event trigger ao_criar",
    "publication tables in schema outro.esquema outro",
    "publication tudo",
  ]);
});

test("a webhook's trigger is proven with a function that stands in for the platform's", async () => {
  const drilled = await drillProject(
    "webhook",
    `create schema supabase_functions; grant usage on schema supabase_functions to postgres;
     create function supabase_functions.http_request() returns trigger language plpgsql as 'begin return new; end';`,
    `create trigger avisa after insert on public.t for each row
       execute function supabase_functions.http_request('https://exemplo.invalid', 'POST');`,
  );
  expect(namesWith(drilled.receipt, "FAIL")).toEqual(NOT_REVO);
  expect(restoredOf(drilled)).toMatchObject({ verdict: "PASS" });
  expect(drilled.receipt.not_proven).toContainEqual({
    name: "supabase_functions.http_request()",
    why: expect.stringContaining("Database Webhooks"),
  });
});

test("functions of the project in schema auth fail the drill: a new project lacks them", async () => {
  const drilled = await drillProject(
    "funcoes",
    "grant create on schema auth to postgres;",
    `create function auth.empresa_id() returns int language sql stable as 'select 1';
     alter table public.t enable row level security;
     create policy p on public.t using (id = auth.empresa_id());`,
  );
  expect(namesWith(drilled.receipt, "FAIL")).toEqual(["restored"]);
  expect(restoredOf(drilled)?.detail).toContain("FUNCTION auth.empresa_id() is a function of the project");
});
