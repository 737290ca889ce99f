/** The role model of a hosted project, as each role finds it. */
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import postgres from "postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findPostgres } from "../postgres/binaries.ts";
import { makeServerFolder } from "./server_user.ts";
import { type LoginRole, SERVER_PROGRAMS, SupabaseServer } from "./supabase.ts";
import { withSupabaseServer } from "./throwaway_server.ts";

const binaries = findPostgres(SERVER_PROGRAMS);
let folder = "";
let server: SupabaseServer;

beforeAll(async () => {
  folder = await makeServerFolder("revo-server-test-");
  server = await SupabaseServer.create({ binaries, folder });
  await server.createDatabase("app");
});
afterAll(async () => {
  await server.stop("immediate");
  await rm(folder, { recursive: true });
});

async function as<T>(role: LoginRole, work: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  const sql = postgres(server.url(role, "app"), { max: 1, onnotice: () => {} });
  try {
    return await work(sql);
  } finally {
    await sql.end();
  }
}

/** SQLSTATE of a statement's refusal, `null` when it is allowed. */
async function refusal(role: LoginRole, statement: string): Promise<string | null> {
  return await as(role, async (sql) => {
    try {
      await sql.unsafe(statement);
      return null;
    } catch (error) {
      if (error instanceof postgres.PostgresError) return error.code;
      throw error;
    }
  });
}

test("postgres owns the project and is not a superuser", async () => {
  const [row] = await as(
    "postgres",
    (sql) =>
      sql`select rolsuper, rolbypassrls, rolcreaterole, rolreplication,
               (select datdba::regrole::text from pg_database where datname = 'app') as owner
          from pg_roles where rolname = current_user`,
  );
  expect(row).toEqual({
    rolsuper: false,
    rolbypassrls: true,
    rolcreaterole: true,
    rolreplication: true,
    owner: "postgres",
  });
  expect(await refusal("postgres", "create table public.ours (id int)")).toBeNull();
  expect(await refusal("postgres", "set session_replication_role = replica")).toBeNull();
  expect(
    await refusal(
      "postgres",
      "create event trigger t on ddl_command_end execute function extensions.pgrst_ddl_watch()",
    ),
  )
    .toBe("42501");
  expect(
    await refusal(
      "postgres",
      "alter default privileges for role supabase_admin in schema public grant select on tables to anon",
    ),
  )
    .toBe("42501");
  expect(await refusal("postgres", "alter system set work_mem = '1GB'")).toBe("42501");
});

test("what postgres makes in public is opened to the API's roles, as on hosted projects", async () => {
  await as("postgres", (sql) => sql`create table public.opened (id int)`);
  const [row] = await as(
    "postgres",
    (sql) =>
      sql`select has_table_privilege('anon', 'public.opened', 'insert') as anon,
               has_table_privilege('authenticated', 'public.opened', 'delete') as authenticated`,
  );
  expect(row).toEqual({ anon: true, authenticated: true });
});

test("authenticator inherits nothing and may become only the API's roles", async () => {
  await as("postgres", (sql) => sql`create table public.private (id int)`);
  expect(await refusal("authenticator", "select * from public.private")).toBe("42501");
  expect(await refusal("authenticator", "set role anon; select * from public.private")).toBeNull();
  expect(await refusal("authenticator", "set role postgres")).toBe("42501");
});

test("auth and storage belong to their admins; rows of storage are not deleted by accident", async () => {
  const owners = await as(
    "postgres",
    (sql) =>
      sql`select nspname, nspowner::regrole::text as owner from pg_namespace
         where nspname in ('auth', 'storage', 'public') order by nspname`,
  );
  expect([...owners]).toEqual([
    { nspname: "auth", owner: "supabase_auth_admin" },
    { nspname: "public", owner: "pg_database_owner" },
    { nspname: "storage", owner: "supabase_storage_admin" },
  ]);
  expect(await refusal("postgres", "insert into storage.buckets (id, name) values ('a', 'a')")).toBeNull();
  expect(await refusal("postgres", "delete from storage.buckets")).toBe("42501");
  expect(await refusal("postgres", "set storage.allow_delete_query = 'true'; delete from storage.buckets"))
    .toBeNull();
});

test("the caller's identity is read from either form of the request's claims", async () => {
  const id = "0190f0a0-0000-7000-8000-000000000001";
  const read = (settings: string) =>
    as("postgres", (sql) => sql.unsafe(`${settings}; select auth.uid(), auth.role(), auth.email()`).simple());
  const claims = JSON.stringify({ sub: id, role: "authenticated", email: "a@b.c" });
  expect(JSON.stringify(await read(`set request.jwt.claims = '${claims}'`)))
    .toContain(`{"uid":"${id}","role":"authenticated","email":"a@b.c"}`);
  expect(
    JSON.stringify(await read(`set request.jwt.claim.sub = '${id}'; set request.jwt.claim.role = 'anon'`)),
  )
    .toContain(`{"uid":"${id}","role":"anon","email":null}`);
  expect(JSON.stringify(await read("select 1"))).toContain(`{"uid":null,"role":null,"email":null}`);
});

test("a wrong password is refused, also from this machine", async () => {
  const url = new URL(server.url("postgres", "app"));
  url.password = "wrong";
  const sql = postgres(url.href, { max: 1 });
  await expect(sql`select 1`).rejects.toMatchObject({ code: "28P01" });
  await sql.end();
});

test("it comes back under the same port after a crash, with its data", async () => {
  await as("postgres", (sql) => sql`create table public.survivor as select 1 as id`);
  const { port } = server;
  await server.stop("immediate");
  expect(server.pid).toBeUndefined();
  await server.start();
  expect(server.port).toBe(port);
  expect((await as("postgres", (sql) => sql`select id from public.survivor`))[0]).toEqual({ id: 1 });
});

test("a server that cannot start says why", async () => {
  const other = await makeServerFolder("revo-server-test-");
  try {
    await expect(SupabaseServer.create({ binaries, folder: other, port: server.port }))
      .rejects.toThrow(/Address already in use/);
  } finally {
    await rm(other, { recursive: true });
  }
});

test("a throwaway server is gone afterwards, also when the work fails", async () => {
  let pid: number | undefined;
  const work = withSupabaseServer({ binaries, databases: ["drill"] }, (throwaway) => {
    pid = throwaway.pid;
    throw new Error("the work failed");
  });
  await expect(work).rejects.toThrow("the work failed");
  expect(pid).toBeTypeOf("number");
  expect(existsSync(`/proc/${pid}`)).toBe(false);
});
