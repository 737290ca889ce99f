/** A failed restore leaves the target unchanged, and the error states where and why. */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseManifest } from "@backup/vault/manifest.ts";
import { type BackupKeys, buildKeys, siblingKeys } from "@backup/vault/object_key.ts";
import { compareDatabases } from "../dev/compare.ts";
import type { Connection } from "../lib/postgres/connection.ts";
import { fingerprintOf } from "../lib/postgres/database_facts.ts";
import { chooseGzip } from "../lib/process/gzip.ts";
import type { SupabaseServer } from "../lib/server/supabase.ts";
import type { Progress } from "../lib/run/progress.ts";
import { identifier, literal } from "../lib/postgres/sql_text.ts";
import { MemoryStore } from "../lib/vault/memory_store.ts";
import type { Vault } from "../lib/vault/vault.ts";
import { type Break, refusing, startWire, throughRelay, type VaultRelay } from "./broken_links.ts";
import { replaceArchive, rewriteManifest } from "./drill_fixture.ts";
import { dyingProgram, sqlNow } from "./engine_breakage.ts";
import {
  backUp,
  createProject,
  type EnginePlace,
  type EngineVault,
  fixture,
  progressWith,
  restore,
  signingStore,
  sql,
  startServer,
  startVault,
  stateOf,
  type TestVault,
  tools,
} from "./engine_fixture.ts";

/** A comment of the archive that a test replaces by statements. */
const ROOM = "x".repeat(400);

let place: EnginePlace;
let server: SupabaseServer;
let store: EngineVault;
let prod: Connection;
let target: Connection;
let before: string;
let good: BackupKeys;

beforeAll(async () => {
  place = { ...await startServer(), store: await signingStore(new MemoryStore()) };
  ({ server, store } = place);
  prod = await createProject(server, "prod");
  await sql(prod, await fixture("every_kind.sql"));
  target = await createProject(server, "alvo");
  await sql(target, await fixture("other_content.sql"));
  before = await stateOf(target);
  await sql(prod, `comment on table public.sem_chave is '${ROOM}';`);
  good = (await backUp(store.vault, prod)).keys;
});

afterAll(() => place?.stop());

const bytesOf = (key: string) => store.vault.bytes(key);

let copies = 0;

/**
 * A copy of the backup for each test, changed by `change` before it is restored. It is signed, as by a job whose key was
 * stolen: planted_archive.test.ts has the archives that are refused because they are not.
 */
async function brokenBackup(change: (key: string) => Promise<void>): Promise<string> {
  const createdAtUtc = new Date(Date.UTC(2025, 0, 1) + 1000 * copies++).toISOString();
  const copy = buildKeys({ target: "prod", createdAtUtc, label: "copia" });
  for (const part of ["archive", "manifest", "fingerprint"] as const) {
    await store.vault.put(copy[part], await bytesOf(good[part]), "application/octet-stream");
  }
  await rewriteManifest(store, copy.archive, {}); // signed for its new key
  await change(copy.archive);
  return copy.archive;
}

/** Replaces a comment of an archive by statements. */
async function plant(key: string, statements: string): Promise<void> {
  const text = `COMMENT ON TABLE public.sem_chave IS '${ROOM}';`;
  const raw = gunzipSync(await bytesOf(key)).toString("latin1");
  expect(raw).toContain(text);
  await replaceArchive(
    store,
    key,
    gzipSync(Buffer.from(raw.replace(text, () => statements.padEnd(text.length)), "latin1")),
  );
}

async function expectRefusal(
  key: string,
  error: object,
  options: Parameters<typeof restore>[3] = {},
): Promise<void> {
  await expect(restore(store.vault, target, key, options)).rejects.toMatchObject(error);
  expect(await stateOf(target)).toBe(before);
}

describe("before the target is touched", () => {
  test("one flipped byte: the error has both hashes", async () => {
    let was = "";
    let is = "";
    const key = await brokenBackup(async (key) => {
      const bytes = await bytesOf(key);
      was = createHash("sha256").update(bytes).digest("hex");
      bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
      is = createHash("sha256").update(bytes).digest("hex");
      await store.replace(key, bytes);
    });
    const phases: string[] = [];
    const progress: Progress = { phase: (name) => phases.push(name), bytes: () => {}, log: () => {} };
    await expectRefusal(key, { code: "archive_corrupt", message: expect.stringContaining(was) }, {
      progress,
    });
    await expectRefusal(key, { code: "archive_corrupt", message: expect.stringContaining(is) });
    expect(phases).toEqual(["download"]);
  });

  test("a truncated object", async () => {
    const key = await brokenBackup(async (key) => {
      const bytes = await bytesOf(key);
      await store.replace(key, bytes.subarray(0, bytes.length * 0.6));
    });
    await expectRefusal(key, { code: "archive_corrupt" });
  });

  test("a missing object, an invalid key, a changed manifest, a newer manifest version, prod without confirmation", async () => {
    await expectRefusal("revo/prod/2020/01/01/supabase_prod_20200101_000000.dump.gz", {
      code: "vault_object_missing",
    });
    await expectRefusal("../../etc/passwd", { code: "invalid_r2_key" });
    const changed = await brokenBackup(async (key) => {
      const { manifest } = siblingKeys(key);
      const text = await store.vault.text(manifest);
      await store.replace(manifest, text.replace('"requested_by": "test"', '"requested_by": "else"'));
    });
    await expectRefusal(changed, {
      code: "manifest_invalid",
      message: expect.stringContaining("manifest_sha256"),
    });
    const newer = await brokenBackup((key) => rewriteManifest(store, key, { version: 3 }));
    await expectRefusal(newer, { code: "manifest_too_new" });
    await expectRefusal(newer, { code: "confirmation_required" }, {
      target: "prod",
      confirm: "restore_prod",
    });
    const ofDev = "revo/dev/2026/01/15/supabase_dev_20260115_031022.dump.gz";
    const intoProd = { target: "prod", confirm: "RESTORE_PROD" } as const;
    for (const confirmSource of [null, "prod", "DEV"]) {
      await expectRefusal(ofDev, {
        code: "source_confirmation_required",
        hint: expect.stringContaining("CONFIRM_SOURCE=dev"),
      }, { ...intoProd, confirmSource });
    }
    await expectRefusal(ofDev, { code: "vault_object_missing" }, { ...intoProd, confirmSource: "dev" });
  });
});

describe("in the transaction", () => {
  test("a different row count is named", async () => {
    const read: Record<string, unknown> = {
      ...await parseManifest(await store.vault.text(good.manifest)),
    };
    const rows = { ...(read.rows as object), "public.sem_chave": 54 };
    const key = await brokenBackup((key) => rewriteManifest(store, key, { rows }));
    await expectRefusal(key, {
      code: "verification_failed",
      phase: "check",
      message: expect.stringMatching(/public\.sem_chave has 53, expected 54/),
    });
  });

  test("a different privilege is named", async () => {
    const key = await brokenBackup(async (key) => {
      const { fingerprint } = siblingKeys(key);
      const lines = gunzipSync(await bytesOf(fingerprint)).toString().split("\n").slice(0, -1)
        .map((line) => line.includes('"public.segredo()"') ? line.replace("service_role=", "anon=") : line);
      await store.replace(fingerprint, gzipSync(lines.join("\n") + "\n"));
      await rewriteManifest(store, key, { fingerprint: fingerprintOf(lines).areas });
    });
    await expectRefusal(key, {
      code: "verification_failed",
      message: expect.stringMatching(
        /acl of function public\.segredo\(\) is .*service_role=EXECUTE.*expected .*anon=EXECUTE/,
      ),
    });
  });

  test.each([0.02, 0.4, 0.7, 0.999])(
    "an archive truncated after %d of its content, with a matching manifest",
    async (part) => {
      const key = await brokenBackup(async (key) => {
        const raw = gunzipSync(await bytesOf(key));
        await replaceArchive(store, key, gzipSync(raw.subarray(0, raw.length * part)));
      });
      await expectRefusal(key, {
        code: expect.stringMatching(
          /^(archive_rejected|archive_corrupt|restore_failed|verification_failed)$/,
        ),
      });
    },
  );

  test.each([["in the header", 0], ["early", 0.3], ["late", 0.9], ["in the checksum", 1]])(
    "one flipped bit %s of the compressed archive, with a matching manifest",
    async (_where, part) => {
      const key = await brokenBackup(async (key) => {
        const bytes = Buffer.from(await bytesOf(key));
        // the last eight bytes are checksum and length
        const at = Math.max(2, Math.floor((bytes.length - 8) * part));
        bytes[at] = (bytes[at] ?? 0) ^ 4;
        await replaceArchive(store, key, bytes);
      });
      await expectRefusal(key, {
        code: expect.stringMatching(/^(archive_rejected|archive_corrupt|restore_failed)$/),
      });
    },
  );

  test.each([
    ["COMMIT; BEGIN;", /commit refused/],
    ["SET LOCAL revo.release = 'x'; COMMIT;", /commit refused/],
    ["SET CONSTRAINTS ALL IMMEDIATE; COMMIT;", /commit refused/],
    ["ALTER TABLE pg_temp.restore_gate DISABLE TRIGGER ALL; COMMIT;", /pending trigger events|cannot ALTER/],
    ["DROP TABLE pg_temp.restore_gate CASCADE; COMMIT;", /pending trigger events|cannot DROP/],
    ["DELETE FROM pg_temp.restore_gate; COMMIT;", /commit refused/],
    ["SELECT 1/0;", /division by zero/],
    ["ROLLBACK;", /./],
  ])("an archive with %s", async (statement, reason) => {
    const key = await brokenBackup((key) => plant(key, statement));
    await expectRefusal(key, { message: expect.stringMatching(reason) });
  });

  test.each([
    ["a row", "INSERT INTO loja.rascunho VALUES (99, 'plantada');", /loja\.rascunho has 2, expected 1/],
    ["a table", "CREATE TABLE public.plantada (id int);", /public\.plantada has 0, expected no table/],
    [
      "a privilege",
      "GRANT SELECT ON loja.rascunho TO anon;",
      /acl of relation loja\.rascunho is .*anon=SELECT/,
    ],
    [
      "a policy",
      "CREATE POLICY aberta ON public.sem_chave USING (true);",
      /policy public\.sem_chave\.aberta is not in the backup/,
    ],
    [
      "another body of a function",
      "CREATE OR REPLACE FUNCTION public.soma(a integer, b integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'select a';",
      /definition of function public\.soma\(integer,integer\) is .*select a/,
    ],
    [
      "a default privilege",
      "ALTER DEFAULT PRIVILEGES IN SCHEMA loja GRANT SELECT ON TABLES TO anon;",
      /default privileges postgres loja r is .*anon=SELECT/,
    ],
  ])("%s that the source did not have, planted into the archive", async (_what, statement, reason) => {
    const key = await brokenBackup((key) => plant(key, statement));
    await expectRefusal(key, {
      code: "verification_failed",
      phase: "check",
      message: expect.stringMatching(reason),
    });
  });

  test("an archive whose functions write to the catalog, from a view or from an ALWAYS trigger", async () => {
    const source = await createProject(server, "ataque");
    await sql(
      source,
      `create function public.mal() returns integer language plpgsql as $$
      begin
        if to_regclass('public.ops_db_backups') is not null then execute 'delete from public.ops_db_backups'; end if;
        return 1;
      end $$;
      create materialized view public.inocente as select public.mal() as x;`,
    );
    const { keys: view } = await backUp(store.vault, source);
    const trigger = await brokenBackup((key) =>
      plant(
        key,
        `CREATE FUNCTION public.m() RETURNS trigger LANGUAGE plpgsql AS 'begin delete from public.ops_db_backups;
         return new; end'; CREATE TRIGGER t BEFORE INSERT ON loja.rascunho FOR EACH ROW EXECUTE FUNCTION public.m();
         ALTER TABLE loja.rascunho ENABLE ALWAYS TRIGGER t; INSERT INTO loja.rascunho VALUES (99, 'x');`,
      )
    );
    const victim = await createProject(server, "vitima");
    await sql(
      victim,
      "create table public.ops_db_backups (id int); insert into public.ops_db_backups values (1);",
    );
    for (const key of [view.archive, trigger]) {
      await expect(restore(store.vault, victim, key)).rejects.toMatchObject({
        code: "archive_rejected",
        message: expect.stringContaining("catalog"),
      });
      expect(await sql(victim, "select id from public.ops_db_backups;")).toEqual(["1"]);
    }
  });
});

test("SQL and psql commands in names and comments are restored as text", async () => {
  const source = await createProject(server, "nomes");
  const file = join(place.folder, "feito");
  const evil = `x"; COMMIT; --\n\\! touch ${file}\n\\q\nCOMMIT;\n`;
  const quoted = identifier(evil.slice(0, 60));
  await sql(
    source,
    `create schema ${quoted}; create table ${quoted}.${quoted} (${quoted} text);
     insert into ${quoted}.${quoted} values (${literal(evil)}), (E'\\\\.'), ('\\.');
     comment on table ${quoted}.${quoted} is ${literal(`'; COMMIT; ${evil}`)};
     create policy ${quoted} on ${quoted}.${quoted} using (${quoted} <> ${literal(evil)});`,
  );
  const { keys } = await backUp(store.vault, source);
  await restore(store.vault, await createProject(server, "nomes_alvo"), keys.archive);
  const urls = ["nomes", "nomes_alvo"].map((name) => server.url("postgres", name));
  expect(await compareDatabases(urls[0] ?? "", urls[1] ?? "")).toMatchObject({
    equal: true,
    differences: [],
  });
  expect(existsSync(file)).toBe(false);
});

test("the same backup restores after all these failures", async () => {
  const { keys } = await backUp(store.vault, prod);
  const { warnings } = await restore(store.vault, target, keys.archive);
  expect(warnings).toEqual([]);
});

describe("a failed backup leaves nothing behind", () => {
  let store: TestVault;
  beforeAll(async () => void (store = await startVault()));
  afterAll(() => store?.stop());

  const through = <T>(relay: VaultRelay, work: (vault: Vault) => Promise<T>) =>
    throughRelay(store, relay, work);
  const objects = async () => {
    const keys: string[] = [];
    for await (const { key } of store.vault.list("revo/")) keys.push(key);
    return keys;
  };

  async function expectNothingLeft(
    attempt: () => Promise<unknown>,
    error: { code: unknown; message?: unknown },
  ): Promise<void> {
    const had = await objects();
    await expect(attempt()).rejects.toMatchObject(error);
    expect(await objects()).toEqual(had);
  }

  test.each([0, 5000, Infinity])("pg_dump is killed after %d bytes", async (bytes) => {
    const pgDump = await dyingProgram(place.folder, tools.pgDump, bytes);
    await expectNothingLeft(() => backUp(store.vault, prod, { tools: { ...tools, pgDump } }), {
      code: "dump_failed",
      message: expect.stringContaining("pg_dump was ended by signal 9"),
    });
  });

  test.each([0, 5000, Infinity])("the compressing program is killed after %d bytes", async (bytes) => {
    const gzip = chooseGzip();
    const [program, ...args] = gzip.compress;
    const compress = [await dyingProgram(place.folder, program, bytes), ...args] as const;
    await expectNothingLeft(() => backUp(store.vault, prod, { gzip: { ...gzip, compress } }), {
      code: "dump_failed",
      message: expect.stringMatching(/was ended by signal 9/),
    });
  });

  test("the server terminates the session of the dump, or the connection breaks", async () => {
    const superuser = server.connection("supabase_admin", "postgres");
    const terminate = `select pg_terminate_backend(pid) from pg_stat_activity
      where datname = 'prod' and application_name = 'revo-backups' and usename = 'postgres';`;
    const ended = progressWith({ phase: (name) => name === "dump" && sqlNow(superuser, terminate) });
    await expectNothingLeft(() => backUp(store.vault, prod, { progress: ended }), {
      code: expect.stringMatching(/^(dump_failed|database_error)$/),
    });
    const wire = await startWire(server.port);
    const through = { ...prod, env: { ...prod.env, PGPORT: String(wire.port) } };
    const cut = progressWith({ phase: (name) => name === "dump" && wire.cut() });
    await expectNothingLeft(() => backUp(store.vault, through, { progress: cut }), {
      code: expect.stringMatching(/^(dump_failed|database_unreachable)$/),
    });
    wire.server.close();
  });

  test.each([["GET", "archive"], ["PUT", "fingerprint"], ["PUT", "manifest"]] as const)(
    "the vault does not answer %s of the %s",
    async (method, part) => {
      const ending =
        { archive: ".dump.gz", fingerprint: ".fingerprint.gz", manifest: ".manifest.json" }[part];
      const isRefused = ({ method: asked, url = "" }: IncomingMessage) =>
        asked === method && url.split("?")[0]?.endsWith(ending) === true;
      await through(refusing(isRefused), async (vault) => {
        await expectNothingLeft(() => backUp(vault, prod, { verify: true }), {
          code: expect.stringMatching(/^vault_/),
        });
      });
    },
  );

  const LOST: Break = { after: 0, how: "cut" };

  test("continues with what the vault holds when the first reply to each write is lost", async () => {
    const lost = new Set<string>();
    const breaks = ({ method, url = "" }: IncomingMessage) => {
      if (method !== "PUT" || lost.has(url)) return null;
      lost.add(url);
      return LOST;
    };
    const { keys } = await through({ breaks }, (vault) => backUp(vault, prod));
    expect(await objects()).toEqual(expect.arrayContaining(Object.values(keys)));
    expect([...lost].filter((url) => url.includes(".manifest.json"))).toHaveLength(1);
  });

  test("continues with what the vault holds when the reply to the manifest's write is lost", async () => {
    const breaks = ({ method, url = "" }: IncomingMessage) =>
      method === "PUT" && url.includes(".manifest.json") ? LOST : null;
    const { keys } = await through({ breaks }, (vault) => backUp(vault, prod));
    expect(await objects()).toEqual(expect.arrayContaining(Object.values(keys)));
  });

  test("a role without SELECT privileges", async () => {
    await expectNothingLeft(() => backUp(store.vault, server.connection("authenticator", "prod")), {
      code: expect.stringMatching(/^(dump_failed|database_error)$/),
    });
  });

  test("a wrong password and an unreachable server have different errors", async () => {
    const wrong = { ...prod, env: { ...prod.env, PGPASSWORD: "wrong" } };
    await expect(backUp(store.vault, wrong)).rejects.toMatchObject({ code: "database_auth_failed" });
    const nowhere = { ...prod, env: { ...prod.env, PGPORT: "1" } };
    await expect(backUp(store.vault, nowhere)).rejects.toMatchObject({ code: "database_unreachable" });
  });

  test("an existing key is not overwritten", async () => {
    const { keys } = await backUp(store.vault, prod);
    await expect(store.vault.put(keys.archive, "x", "text/plain")).rejects.toMatchObject({
      code: "vault_object_exists",
    });
  });
});
