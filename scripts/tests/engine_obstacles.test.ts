/** Obstacles to a backup or a restore are named, and the target is unchanged. */
import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseManifest, sealManifest } from "@backup/vault/manifest.ts";
import { siblingKeys } from "@backup/vault/object_key.ts";
import type { Connection } from "../lib/postgres/connection.ts";
import type { SupabaseServer } from "../lib/server/supabase.ts";
import { sqlNow } from "./engine_breakage.ts";
import { PsqlSession } from "../lib/postgres/psql.ts";
import { throughRelay } from "./broken_links.ts";
import {
  backUp,
  binaries,
  createProject,
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

test.each([
  ["auth.users", "lock"],
  ["public.clientes", "move_aside"],
])("a restore names the session that holds %s", async (table, phase) => {
  await whileLocked(target, `select from ${table}`, async (pid) => {
    await expect(restore(store.vault, target, key, { lockTimeoutMs: 300 })).rejects.toMatchObject({
      code: "target_locked",
      phase,
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
  const safety = {
    requestedBy: "test",
    requestId: "00000000-0000-4000-8000-000000000003",
    run: null,
    gitSha: null,
  };
  let first: Promise<unknown> = Promise.resolve();
  await whileLocked(shared, "lock table public.so_aqui in access exclusive mode", async () => {
    first = restore(store.vault, shared, key, { safety });
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
