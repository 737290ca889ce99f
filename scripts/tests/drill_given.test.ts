/** Drills in a database that is given in place of a server of their own (`DRILL_DB_URL`). */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ROOT } from "../dev/root.ts";
import { openGivenDatabase } from "../lib/drill/given_database.ts";
import {
  backUp,
  commandEnvironment,
  createProject,
  sql,
  startPlace,
  startServer,
  type TestPlace,
  type TestServer,
} from "./engine_fixture.ts";

const BASE = "create table public.t (id int primary key); insert into public.t values (1);";

let place: TestPlace;
/**
 * Its databases are like those of the platform's image: the platform's schemas with the rows of its own migrations, its event
 * triggers, no accounts, and a `postgres` in no admin role.
 */
let given: TestServer;
let key: string;

beforeAll(async () => {
  [place, given] = await Promise.all([startPlace(), startServer()]);
  await sql(
    given.server.connection("supabase_admin", "postgres"),
    "revoke supabase_auth_admin, supabase_storage_admin, supabase_realtime_admin from postgres;",
  );
  const source = await createProject(place.server, "loja");
  await sql(
    source,
    `${BASE} create function public.require_permission_for_current_user(text, text) returns void language sql as '';
     create function public.has_permission_for_current_user(text, text) returns boolean language sql as 'select true';
     create function public.current_empresa_id() returns uuid language sql as 'select null::uuid';
     create function public.conta() returns trigger language plpgsql as $$ begin return new; end $$;
     create type public.faixa as range (subtype = int);
     create policy anexos on storage.objects for select to authenticated using (bucket_id = 'anexos');
     create trigger conta after insert on auth.users for each row execute function public.conta();
     insert into auth.users (id) values ('00000000-0000-4000-8000-00000000000d');
     create index on public.t ((id % 3));`,
  );
  key = (await backUp(place.store.vault, source)).keys.archive;
});

afterAll(async () => {
  await place?.stop();
  await given?.stop();
});

const urlOf = (database: string) => given.server.url("supabase_admin", database);
const signal = new AbortController().signal;

test("the command drills in the given database, and only once in the same one", async () => {
  await createProject(given.server, "ensaio");
  const drillCommand = () =>
    promisify(execFile)(join(ROOT, "node_modules/.bin/deno"), ["task", "drill"], {
      cwd: ROOT,
      env: {
        ...commandEnvironment(place),
        R2_KEY: key,
        FRESH_HOURS: "1000000",
        SUPABASE_DB_URL_PROD: place.server.url("postgres", "loja"),
        DRILL_DB_URL: urlOf("ensaio"),
        // an installation without the programs of a server suffices
        REVO_PG_BIN: undefined,
      },
    }).then(({ stdout, stderr }) => stdout + stderr, ({ stdout, stderr }) => `${stdout}${stderr}`);
  const printed = await drillCommand();
  expect(printed).toContain("PASS restored: ");
  expect(printed).not.toContain("FAIL ");
  const superuser = given.server.connection("supabase_admin", "ensaio");
  expect(await sql(superuser, "select count(*) from public.t;")).toEqual(["1"]);
  expect(await drillCommand()).toMatch(
    /target_not_empty .*holds 1 tables and views, t/,
  );
});

test.each([
  ["with a table", BASE, /holds 1 tables and views, (public\.)?t/],
  [
    "with the catalog of backups",
    "create table public.ops_db_backups (id int);",
    /holds the catalog of backups/,
  ],
  [
    "with an account",
    "create table auth.users (id int); insert into auth.users values (1);",
    /holds accounts in auth\.users/,
  ],
])("a database %s is refused before it is changed", async (name, content, reason) => {
  const database = name.replaceAll(" ", "_");
  await given.server.createDatabase(database);
  const superuser = given.server.connection("supabase_admin", database);
  await sql(superuser, content);
  await expect(openGivenDatabase(urlOf(database), {}, signal)).rejects.toMatchObject({
    code: "target_not_empty",
    message: expect.stringMatching(reason),
  });
});

test("a database of the environment is refused, under any user", async () => {
  await given.server.createDatabase("producao");
  const environment = { SUPABASE_DB_URL_DEV: given.server.url("postgres", "producao") };
  await expect(openGivenDatabase(urlOf("producao"), environment, signal)).rejects.toMatchObject({
    code: "target_not_empty",
    message: expect.stringContaining("it is the database of SUPABASE_DB_URL_DEV"),
  });
});

test("an ordinary user is refused", async () => {
  await given.server.createDatabase("comum");
  const url = given.server.url("supabase_auth_admin", "comum");
  await expect(openGivenDatabase(url, {}, signal)).rejects.toMatchObject({
    code: "missing_environment",
    message: expect.stringContaining("the user is no superuser"),
  });
});
