/** Obstacles to a backup or a restore are named, and the target is unchanged. */
import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseManifest, sealManifest } from "@backup/vault/manifest.ts";
import { siblingKeys } from "@backup/vault/object_key.ts";
import type { Connection } from "../lib/postgres/connection.ts";
import type { SupabaseServer } from "../lib/server/supabase.ts";
import { restoreSql } from "../lib/restore/restore_sql.ts";
import { atPhase, sqlNow } from "./engine_breakage.ts";
import { PsqlSession } from "../lib/postgres/psql.ts";
import { throughRelay } from "./broken_links.ts";
import {
  backUp,
  binaries,
  createProject,
  progressWith,
  restore,
  type RestoreScene,
  sql,
  startRestoreScene,
  stateOf,
  type TestVault,
} from "./engine_fixture.ts";

let place: RestoreScene;
let server: SupabaseServer;
let store: TestVault;
let prod: Connection;
let target: Connection;
let before: string;
let key: string;

beforeAll(async () => {
  place = await startRestoreScene("every_kind.sql");
  ({ server, store, prod, target, before, key } = place);
});

afterAll(() => place?.stop());

/** Another session, with its own name, that holds a lock while `work` runs. */
async function whileLocked<T>(
  connection: Connection,
  lock: string,
  work: (pid: string) => Promise<T>,
): Promise<T> {
  const named = { ...connection, env: { ...connection.env, PGAPPNAME: "migracao" } };
  const session = await PsqlSession.open({ psql: binaries.path("psql"), connection: named });
  try {
    const said = await session.run(`begin; ${lock}; select pg_backend_pid();`);
    return await work(said.at(-1) ?? "");
  } finally {
    await session.kill();
  }
}

test("a dump names the blocking session and leaves nothing in the vault", async () => {
  await whileLocked(prod, "lock table public.notas in access exclusive mode", async (pid) => {
    const label = "travado";
    await expect(backUp(store.vault, prod, { lockTimeoutMs: 500, label })).rejects.toMatchObject({
      code: "dump_failed",
      message: expect.stringMatching(
        new RegExp(
          `pid ${pid} \\(application 'migracao', user postgres, since 20\\S+\\) holds .*\\bnotas\\b`,
        ),
      ),
    });
  });
  for await (const object of store.vault.list("revo/")) expect(object.key).not.toContain("travado");
});

test.each(["auth.users", "public.clientes"])("a restore names the session that holds %s", async (table) => {
  await whileLocked(target, `select from ${table}`, async (pid) => {
    await expect(restore(store.vault, target, key, { lockTimeoutMs: 300 })).rejects.toMatchObject({
      code: "target_locked",
      phase: "lock",
      message: expect.stringMatching(
        new RegExp(
          `pid ${pid} \\(application 'migracao', user postgres, since 20\\S+\\) holds .*${
            table.split(".")[1]
          }`,
        ),
      ),
    });
  });
  expect(await stateOf(target)).toBe(before);
});

test("a lock that is released between two attempts is granted to the next one, and nothing is loaded again", async () => {
  const busy = await createProject(server, "insistente");
  await sql(busy, "create table public.ocupada (id int);");
  const phases: string[] = [];
  await whileLocked(busy, "select from public.ocupada", async (pid) => {
    const log = (line: string) => {
      if (!line.startsWith("lock: attempt 1 of 3: canceling statement due to lock timeout; pid ")) return;
      sqlNow(busy, `select pg_terminate_backend(${pid})`);
    };
    const progress = progressWith({ phase: (name) => phases.push(name), log });
    await restore(store.vault, busy, key, { lockTimeoutMs: 300, progress });
  });
  expect(phases.filter((name) => name === "stage" || name === "lock")).toEqual(["stage", "lock"]);
});

const SAFETY = {
  requestedBy: "test",
  requestId: "00000000-0000-4000-8000-000000000003",
  run: null,
  gitSha: null,
};

test("what is written after the safety copy was read is reported, and stays in the database for a day", async () => {
  const living = await createProject(server, "escrito");
  await sql(
    living,
    `create table public.fica (id int primary key, n int); insert into public.fica select g, 0 from generate_series(1, 5) g;
     create schema outro; create table outro.intocada as select 1 as id;`,
  );
  const admin = server.connection("supabase_admin", "escrito");
  const progress = atPhase("lock", () =>
    sqlNow(
      admin,
      `insert into public.fica values (6, 0); update public.fica set n = 1 where id = 1;
       delete from public.fica where id in (2, 3);
       insert into auth.users (id, email) values ('00000000-0000-4000-8000-000000000009', 'tarde@exemplo.com.br')`,
    ));
  const { kept } = await restore(store.vault, living, key, { progress, safety: SAFETY });
  expect(kept?.tables).toEqual([
    { table: "auth.users", written: 1, gone: 0 },
    { table: "public.fica", written: 2, gone: 3 },
  ]);
  const old = `"${kept?.prefix}public"`;
  const read = () =>
    sql(
      living,
      `select string_agg(id || '=' || n, ' ' order by id) from ${old}.fica; select email from ${old}."auth.users";`,
    );
  expect(await read()).toEqual(["1=1 4=0 5=0 6=0", "tarde@exemplo.com.br"]);
  expect(sqlNow(living, `select has_schema_privilege('anon', '${kept?.prefix}public', 'usage')`)).toBe("f");

  const cleanup = await restoreSql("cleanup.sql");
  await sql(living, cleanup);
  expect(await read()).toHaveLength(2);
  await sql(
    living,
    `do $$ declare s text; begin for s in select nspname from pg_namespace where starts_with(nspname, '${kept?.prefix}') loop
       execute format('comment on schema %I is %L', s, 'revo-backups: kept until 2026-01-01T00:00:00Z'); end loop; end $$;
     ${cleanup}`,
  );
  expect(sqlNow(living, "select count(*) from pg_namespace where nspname like 'restore%'")).toBe("0");
});

test("what runs after the load waits for a lock no longer than what runs before it", async () => {
  await whileLocked(target, "select pg_advisory_xact_lock(77)", async () => {
    const quarantine = "select pg_advisory_xact_lock(77);";
    await expect(restore(store.vault, target, key, { lockTimeoutMs: 300, quarantine })).rejects.toMatchObject(
      {
        code: "target_locked",
        phase: "quarantine",
      },
    );
  });
  expect(await stateOf(target)).toBe(before);
});

const LOCK_HOLDER = "select pid from pg_locks where locktype = 'advisory' and granted";

test("a second restore is refused while the first one only takes its safety copy, and names it", async () => {
  const shared = await createProject(server, "disputado");
  await sql(shared, "create table public.so_aqui (id int);");
  const content = await stateOf(shared);
  let first: Promise<unknown> = Promise.resolve();
  await whileLocked(shared, "lock table public.so_aqui in access exclusive mode", async () => {
    first = restore(store.vault, shared, key, { safety: SAFETY });
    first.catch(() => {}); // awaited below
    await expect.poll(() => sqlNow(shared, LOCK_HOLDER), { timeout: 20_000 }).not.toBe("");
    const pid = sqlNow(shared, LOCK_HOLDER);
    await expect(restore(store.vault, shared, key, { lockTimeoutMs: 300 })).rejects.toMatchObject({
      code: "busy",
      phase: "lock",
      message: expect.stringMatching(
        new RegExp(`another restore .* pid ${pid} \\(application 'revo-backups', user postgres, since 20`),
      ),
    });
    sqlNow(shared, `select pg_terminate_backend(${pid})`);
  });
  // its lock ended with its session: it must not commit any more
  await expect(first).rejects.toMatchObject({ code: expect.stringMatching(/^(restore_failed|database_)/) });
  expect(await stateOf(shared)).toBe(content);
  await restore(store.vault, shared, key);
});

test("a role without privileges on the target is refused", async () => {
  const reader = server.connection("authenticator", "alvo");
  await expect(restore(store.vault, reader, key)).rejects.toMatchObject({
    code: "restore_failed",
    phase: "inspect",
    message: expect.stringMatching(/ belongs to postgres/),
  });
  expect(await stateOf(target)).toBe(before);
});

test("a row of the archive that violates a constraint: the constraint is named", async () => {
  const { keys } = await backUp(store.vault, prod);
  const raw = gunzipSync(await bytesOf(keys.archive)).toString("latin1");
  const changed = raw.replace("\x0023\tCliente ", "\x0021\tCliente ");
  expect(changed).not.toBe(raw);
  const bytes = gzipSync(Buffer.from(changed, "latin1"));
  await store.replace(keys.archive, bytes);
  const { manifest } = siblingKeys(keys.archive);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const read = await parseManifest(await store.vault.text(manifest));
  await store.replace(manifest, await sealManifest({ ...read, sha256, bytes: bytes.length }));
  await expect(restore(store.vault, target, keys.archive)).rejects.toMatchObject({
    code: "restore_failed",
    phase: "load",
    message: expect.stringMatching(/could not create unique index "clientes_pkey"/),
  });
  expect(await stateOf(target)).toBe(before);
});

const bytesOf = (key: string) => store.vault.bytes(key);

test("the vault becomes unreachable during a download", async () => {
  const stored = await store.vault.head(key);
  const after = Math.floor((stored?.bytes ?? 0) * 0.7);
  const breaks = ({ headers, url = "" }: IncomingMessage) =>
    url.includes(".dump.gz?x-id=GetObject")
      ? { after: headers.range === undefined ? after : 0, how: "cut" } as const
      : null;
  await throughRelay(store, { breaks }, async (vault) => {
    await expect(restore(vault, target, key)).rejects.toMatchObject({
      code: "vault_unreachable",
      message: expect.stringContaining(`Cannot read ${key} to its end`),
    });
  });
  expect(await stateOf(target)).toBe(before);
});
