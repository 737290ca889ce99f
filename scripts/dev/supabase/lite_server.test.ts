/**
 * The embedded API against hosted Supabase's behaviour that the product relies on: privileges, status codes, formats
 * of values, and a database that restarts.
 */
import { createHmac } from "node:crypto";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { type Stack, startStack } from "../stack.ts";

const USER = { email: "ana@exemplo.br", password: "senha-bem-longa" };
const SCHEMA = `
  create table public.closed (id int);
  revoke all on public.closed from anon, authenticated;
  insert into public.closed values (1);
  create table public.owned (id int, owner uuid);
  alter table public.owned enable row level security;
  create policy own on public.owned for select to authenticated using (owner = (select auth.uid()));
  create table public.opened (id int primary key, at timestamptz, local timestamp);
  insert into public.opened values (1, '2026-01-02 03:04:06.678901+00', '2026-01-02 03:04:06');
  create function public.who() returns jsonb language sql stable set search_path = '' as
    $$ select jsonb_build_object('role', current_user, 'session', session_user, 'uid', auth.uid(), 'email', auth.email()) $$;
  create function public.fail(code text) returns void language plpgsql set search_path = '' as
    $$ begin raise exception using errcode = code, message = 'm', detail = 'd', hint = 'h'; end $$;
  create function public.kind_of(p jsonb) returns text language sql stable set search_path = '' as
    $$ select pg_catalog.jsonb_typeof(p) || ' ' || coalesce(pg_catalog.jsonb_typeof(p -> 'inner'), '-') $$;
  create function public.moment() returns table (at timestamptz) language sql stable set search_path = '' as
    $$ select '2026-01-02 03:04:06.678901+00'::timestamptz $$;
  create function public.signed_in_only() returns int language sql set search_path = '' as $$ select 1 $$;
  revoke execute on function public.signed_in_only() from public, anon;`;

let stack: Stack;
let sql: postgres.Sql;
let token = "";

beforeAll(async () => {
  stack = await startStack({ seed: false, web: "none", log: () => {} });
  sql = postgres(stack.databases.prod, { max: 1, onnotice: () => {} });
  await sql.unsafe(SCHEMA);
  token = await signUp();
});
afterAll(async () => {
  await sql?.end();
  await stack?.stop();
});

interface Answer {
  status: number;
  body: unknown;
}

const ANSWER_LIMIT_MS = 8_000;

async function call(
  path: string,
  options: { token?: string; apikey?: string | null; body?: unknown } = {},
): Promise<Answer> {
  const { token: bearer, apikey = stack.keys.publishable, body } = options;
  const response = await fetch(`${stack.urls.supabase}${path}`, {
    method: body === undefined ? "GET" : "POST",
    headers: {
      "content-type": "application/json",
      ...(apikey === null ? {} : { apikey }),
      ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
    },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
  });
  const text = await response.text();
  return { status: response.status, body: text === "" ? null : JSON.parse(text) };
}

const rpc = (name: string, args: object = {}, bearer?: string) =>
  call(`/rest/v1/rpc/${name}`, { body: args, token: bearer });

async function signUp(): Promise<string> {
  const { body } = await call("/auth/v1/signup", { body: USER });
  return z.object({ access_token: z.string() }).parse(body).access_token;
}

function forge(claims: object, secret: string): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const text = `${part({ alg: "HS256", typ: "JWT" })}.${part(claims)}`;
  return `${text}.${createHmac("sha256", secret).update(text).digest("base64url")}`;
}

/** Every privilege of the database, from the catalogue. */
const privileges = () =>
  sql`select 'class' as kind, oid::regclass::text as name, relacl::text as acl from pg_class where relnamespace::regnamespace::text !~ '^pg_'
      union all select 'proc', oid::regprocedure::text, proacl::text from pg_proc where pronamespace::regnamespace::text !~ '^pg_'
      union all select 'namespace', nspname, nspacl::text from pg_namespace
      union all select 'default', concat(defaclrole::regrole, defaclnamespace::regnamespace, defaclobjtype), defaclacl::text from pg_default_acl
      order by 1, 2`;

describe("privileges", () => {
  test("a REVOKE is effective: no caller reads the table, anonymous callers get 401", async () => {
    expect(await call("/rest/v1/closed")).toMatchObject({ status: 401, body: { code: "42501" } });
    expect(await call("/rest/v1/closed", { token })).toMatchObject({ status: 403, body: { code: "42501" } });
  });

  test("a revoked EXECUTE is effective for anonymous callers only", async () => {
    expect(await rpc("signed_in_only")).toMatchObject({ status: 401, body: { code: "42501" } });
    expect(await rpc("signed_in_only", {}, token)).toEqual({ status: 200, body: 1 });
  });

  test("each request runs in the role of its token, with authenticator as session user", async () => {
    expect((await rpc("who")).body).toMatchObject({ role: "anon", session: "authenticator", uid: null });
    const { body } = await rpc("who", {}, token);
    expect(body).toMatchObject({ role: "authenticated", session: "authenticator", email: USER.email });
    expect((await call("/rest/v1/rpc/who", { body: {}, apikey: stack.keys.secret })).body)
      .toMatchObject({ role: "service_role" });
  });

  test("row-level security returns to each user its own rows", async () => {
    const { body } = await rpc("who", {}, token);
    const { uid } = z.object({ uid: z.uuid() }).parse(body);
    await sql`insert into public.owned values (1, ${uid}), (2, gen_random_uuid())`;
    expect((await call("/rest/v1/owned?select=id", { token })).body).toEqual([{ id: 1 }]);
    expect((await call("/rest/v1/owned?select=id")).body).toEqual([]);
  });

  test("no key, a wrong key, a wrong signature and a forbidden role are refused", async () => {
    expect((await call("/rest/v1/opened", { apikey: null })).status).toBe(401);
    expect((await call("/rest/v1/opened", { apikey: "sb_publishable_other" })).status).toBe(401);
    const exp = Math.floor(Date.now() / 1000) + 60;
    const claims = { sub: crypto.randomUUID(), role: "authenticated", exp };
    expect((await rpc("who", {}, forge(claims, "another secret"))).status).toBe(401);
    expect((await rpc("who", {}, forge({ ...claims, exp: exp - 600 }, stack.keys.jwtSecret))).status).toBe(
      401,
    );
    expect((await rpc("who", {}, forge({ ...claims, role: "postgres" }, stack.keys.jwtSecret))).status).toBe(
      403,
    );
    expect((await rpc("who", {}, forge(claims, stack.keys.jwtSecret))).status).toBe(200);
  });

  test("a start and its requests change no privileges", async () => {
    const before = [...await privileges()];
    expect(before.length).toBeGreaterThan(30);
    await stack.restartPart("supabase");
    await rpc("who");
    await call("/rest/v1/owned", { token });
    await call("/auth/v1/user", { token });
    expect([...await privileges()]).toEqual(before);
  });

  test("auth's tables are owned by its admin, and sign-in works with what sign-up stored", async () => {
    const [owner] =
      await sql`select tableowner from pg_tables where schemaname = 'auth' and tablename = 'users'`;
    expect(owner).toEqual({ tableowner: "supabase_auth_admin" });
    const signIn = (password: string) =>
      call("/auth/v1/token?grant_type=password", { body: { email: USER.email, password } });
    expect((await signIn(USER.password)).status).toBe(200);
    expect((await signIn("wrong")).status).toBe(400);
  });
});

describe("errors", () => {
  test.each([
    ["P0001", 400, 400],
    ["42501", 401, 403],
    ["PT409", 409, 409],
    ["57014", 500, 500],
    ["P0002", 500, 500],
    ["23505", 409, 409],
    ["22023", 400, 400],
    ["55P03", 500, 500],
  ])(
    "%s is %i for anonymous callers and %i for users, with all fields of the error",
    async (code, anonymous, user) => {
      expect(await rpc("fail", { code })).toMatchObject({ status: anonymous, body: { code, message: "m" } });
      expect((await rpc("fail", { code }, token)).status).toBe(user);
    },
  );

  test("detail and hint are returned", async () => {
    for (const code of ["P0001", "PT409", "42501"]) {
      expect((await rpc("fail", { code })).body).toEqual({ code, message: "m", details: "d", hint: "h" });
    }
  });

  test("a missing object is a 404", async () => {
    expect(await rpc("nothing")).toMatchObject({ status: 404, body: { code: "PGRST202" } });
    expect(await call("/rest/v1/nothing")).toMatchObject({ status: 404, body: { code: "PGRST205" } });
    expect((await call("/elsewhere")).status).toBe(404);
  });
});

describe("values", () => {
  test("jsonb arguments keep their types", async () => {
    expect((await rpc("kind_of", { p: { inner: [1] } })).body).toBe("object array");
    expect((await rpc("kind_of", { p: [1] })).body).toBe("array -");
  });

  test("timestamps have PostgREST's format", async () => {
    const at = "2026-01-02T03:04:06.678901+00:00";
    expect((await rpc("moment")).body).toEqual([{ at }]);
    expect((await call("/rest/v1/opened?select=at,local")).body).toEqual([{
      at,
      local: "2026-01-02T03:04:06",
    }]);
  });
});

describe("lifecycle", () => {
  test("a changed schema is used without a restart, once the database notifies", async () => {
    expect((await call("/rest/v1/later")).status).toBe(404);
    await sql`create table public.later (id int)`;
    await expect.poll(async () => (await call("/rest/v1/later")).status).toBe(200);
    await sql`alter table public.later add column note text`;
    await expect.poll(async () => (await call("/rest/v1/later?select=note")).status).toBe(
      200,
    );
    await sql`drop table public.later`;
    await expect.poll(async () => (await call("/rest/v1/later")).status).toBe(404);
  });

  test("answers 503 without the database, and recovers with it", async () => {
    await stack.stopPart("postgres");
    // a request that was active when the server stopped may get no response: the next one has the error
    await expect.poll(() => rpc("who").catch(() => null), { timeout: 20_000 })
      .toMatchObject({ status: 503, body: { code: "PGRST001" } });
    await stack.startPart("postgres");
    await expect.poll(async () => (await rpc("who")).status).toBe(200);
  });

  test("the function is served at the same address, and answers 503 while it is down", async () => {
    const options = { body: {} };
    expect(await call("/functions/v1/ops-backups", options)).toMatchObject({
      status: 401,
      body: { ok: false, error: "not_signed_in" },
    });
    await stack.stopPart("function");
    expect((await call("/functions/v1/ops-backups", options)).status).toBe(503);
    await stack.startPart("function");
    expect((await call("/functions/v1/ops-backups", options)).status).toBe(401);
  });
});
