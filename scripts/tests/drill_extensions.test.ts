/** Drills of projects with extensions and schemas that only the platform's own server has. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type CheckResult, isTried } from "@backup/vault/receipt.ts";
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

test("an untrusted extension in a schema of the project is named, and is no fault of the backup", async () => {
  const drilled = await drillProject(
    "proprio",
    "create schema ferramentas authorization postgres; create extension pageinspect schema ferramentas;",
    "",
  );
  expect(namesWith(drilled.receipt, "FAIL")).toEqual([]);
  expect(restoredOf(drilled)).toMatchObject({
    verdict: "SKIPPED",
    detail: expect.stringContaining("pageinspect is in schema ferramentas"),
  });
  expect(drilled.receipt.not_proven.map(({ name }) => name)).toContain("rows_per_table");
  expect(isTried(drilled.receipt.checks)).toBe(false);
});

test.each([
  [
    "cron",
    "create schema cron; create table cron.job (id int); grant usage on schema cron to postgres; grant select on cron.job to postgres;",
    "create view public.agendamentos as select * from cron.job;",
    "needs the extension pg_cron",
  ],
  [
    "supabase_functions",
    `create schema supabase_functions; grant usage on schema supabase_functions to postgres;
     create function supabase_functions.http_request() returns trigger language plpgsql as 'begin return new; end';`,
    `create trigger avisa after insert on public.t for each row
       execute function supabase_functions.http_request('https://exemplo.invalid', 'POST');`,
    "needs Database Webhooks",
  ],
])("objects of schema %s are no fault of the backup", async (name, admin, project, reason) => {
  const drilled = await drillProject(name, admin, project);
  expect(namesWith(drilled.receipt, "FAIL")).toEqual([]);
  expect(restoredOf(drilled)).toMatchObject({ verdict: "SKIPPED", detail: expect.stringContaining(reason) });
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
