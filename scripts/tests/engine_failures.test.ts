/** Whatever breaks a restore, the target is as it was, and the error says where and why. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseManifest, sealManifest } from "../../supabase/functions/_shared/backup/manifest.ts";
import { siblingKeys } from "../../supabase/functions/_shared/backup/object_key.ts";
import type { Connection } from "../lib/connection.ts";
import { fingerprintOf } from "../lib/database_facts.ts";
import type { SupabaseServer } from "../lib/postgres/supabase.ts";
import type { Progress } from "../lib/progress.ts";
import {
  backUp,
  createProject,
  fixture,
  restore,
  sql,
  startPlace,
  stateOf,
  type TestPlace,
  type TestVault,
} from "./engine_fixture.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

let place: TestPlace;
let server: SupabaseServer;
let store: TestVault;
let prod: Connection;
let target: Connection;
let before: string;

beforeAll(async () => {
  place = await startPlace();
  ({ server, store } = place);
  prod = await createProject(server, "prod");
  await sql(prod, await fixture("every_kind.sql"));
  target = await createProject(server, "alvo");
  await sql(target, await fixture("other_content.sql"));
  before = await stateOf(target);
});

afterAll(() => place?.stop());

const bytesOf = (key: string) => store.vault.bytes(key);

/** A backup of its own for each test, changed by `change` before it is restored. */
async function brokenBackup(change: (key: string) => Promise<void>): Promise<string> {
  const { keys } = await backUp(store.vault, prod);
  await change(keys.archive);
  return keys.archive;
}

async function rewriteManifest(
  key: string,
  change: (manifest: Record<string, unknown>) => object,
): Promise<void> {
  const { manifest } = siblingKeys(key);
  const read = { ...await parseManifest(await store.vault.text(manifest)) };
  await store.replace(manifest, await sealManifest({ ...read, ...change(read) }));
}

/** Replaces an archive and makes its manifest agree: what somebody with the bucket's keys could do. */
async function replaceArchive(key: string, bytes: Buffer): Promise<void> {
  await store.replace(key, bytes);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  await rewriteManifest(key, () => ({ sha256, bytes: bytes.length }));
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
  test("one flipped byte: both hashes are named", async () => {
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

  test("a cut object", async () => {
    const key = await brokenBackup(async (key) => {
      const bytes = await bytesOf(key);
      await store.replace(key, bytes.subarray(0, bytes.length * 0.6));
    });
    await expectRefusal(key, { code: "archive_corrupt" });
  });

  test("no such object, a foreign key, a changed manifest, one of the future, prod without the word", async () => {
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
    const newer = await brokenBackup((key) => rewriteManifest(key, () => ({ version: 3 })));
    await expectRefusal(newer, { code: "manifest_too_new" });
    await expectRefusal(newer, { code: "confirmation_required" }, {
      target: "prod",
      confirm: "restore_prod",
    });
  });
});

describe("in the transaction", () => {
  test("a row count that differs is named", async () => {
    const key = await brokenBackup((key) =>
      rewriteManifest(key, ({ rows }) => ({ rows: { ...(rows as object), "public.sem_chave": 54 } }))
    );
    await expectRefusal(key, {
      code: "verification_failed",
      phase: "check",
      message: /public\.sem_chave has 53, expected 54/,
    });
  });

  test("a privilege that differs is named", async () => {
    const key = await brokenBackup(async (key) => {
      const { fingerprint } = siblingKeys(key);
      const lines = gunzipSync(await bytesOf(fingerprint)).toString().split("\n").slice(0, -1)
        .map((line) => line.includes('"public.segredo()"') ? line.replace("service_role=", "anon=") : line);
      await store.replace(fingerprint, gzipSync(lines.join("\n") + "\n"));
      await rewriteManifest(key, () => ({ fingerprint: fingerprintOf(lines).areas }));
    });
    await expectRefusal(key, {
      code: "verification_failed",
      message: expect.stringMatching(
        /acl of function public\.public\.segredo\(\) is .*service_role=EXECUTE.*expected .*anon=EXECUTE/,
      ),
    });
  });

  test("an archive that ends early, though its manifest agrees", async () => {
    const key = await brokenBackup(async (key) => {
      const raw = gunzipSync(await bytesOf(key));
      await replaceArchive(key, gzipSync(raw.subarray(0, raw.length * 0.7)));
    });
    await expectRefusal(key, { phase: expect.stringMatching(/load|check/) });
  });

  test.each([
    ["COMMIT; BEGIN;", /commit refused/],
    ["SET LOCAL revo.release = 'x'; COMMIT;", /commit refused/],
    ["SET CONSTRAINTS ALL IMMEDIATE; COMMIT;", /commit refused/],
    ["ALTER TABLE pg_temp.restore_gate DISABLE TRIGGER ALL; COMMIT;", /pending trigger events|cannot ALTER/],
    ["DROP TABLE pg_temp.restore_gate CASCADE; COMMIT;", /pending trigger events|cannot DROP/],
    ["DELETE FROM pg_temp.restore_gate; COMMIT;", /commit refused/],
    ["SELECT 1/0;", /division by zero/],
    ["ROLLBACK;", /./],
  ])("an archive that says %s", async (statement, reason) => {
    const room = "x".repeat(100);
    await sql(prod, `comment on table public.sem_chave is '${room}';`);
    const key = await brokenBackup(async (key) => {
      const text = `COMMENT ON TABLE public.sem_chave IS '${room}';`;
      const raw = gunzipSync(await bytesOf(key)).toString("latin1");
      expect(raw).toContain(text);
      await replaceArchive(
        key,
        gzipSync(Buffer.from(raw.replace(text, statement.padEnd(text.length)), "latin1")),
      );
    });
    await expectRefusal(key, { message: expect.stringMatching(reason) });
  });

  test.each(["move_aside", "load", "check"])(
    "the backend is terminated in phase %s",
    async (wanted) => {
      const { keys } = await backUp(store.vault, prod);
      const superuser = server.connection("supabase_admin", "postgres");
      const terminate = `select pg_terminate_backend(pid) from pg_stat_activity
      where datname = 'alvo' and application_name = 'revo-backups';`;
      await expectRefusal(keys.archive, { code: expect.any(String) }, {
        progress: inPhase(wanted, () => sql(superuser, terminate)),
      });
    },
  );

  test.each(["move_aside", "load", "check"])("a cancelled run in phase %s", async (wanted) => {
    const { keys } = await backUp(store.vault, prod);
    const cancel = new AbortController();
    const progress = inPhase(wanted, () => Promise.resolve(cancel.abort()));
    await expectRefusal(keys.archive, { code: expect.any(String) }, { progress, signal: cancel.signal });
  });

  test("the restore command is killed with SIGKILL while it loads", async () => {
    const { keys } = await backUp(store.vault, prod);
    const command = spawn(join(ROOT, "node_modules", ".bin", "deno"), [
      "run",
      "-A",
      "--cached-only",
      "scripts/restore.ts",
    ], {
      cwd: ROOT,
      env: {
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        TMPDIR: place.folder, // what a killed command leaves goes with the server's folder
        ...(process.env.DENO_DIR === undefined ? {} : { DENO_DIR: process.env.DENO_DIR }),
        ...store.secrets,
        TARGET: "dev",
        R2_KEY: keys.archive,
        SUPABASE_DB_URL_PROD: server.url("postgres", "prod"),
        SUPABASE_DB_URL_DEV: server.url("postgres", "alvo"),
      },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = new Promise<string | null>((resolve) =>
      command.on("exit", (_code, signal) => resolve(signal))
    );
    for await (const chunk of command.stdout) if (String(chunk).includes("load")) command.kill("SIGKILL");
    expect(await ended).toBe("SIGKILL");
    const sessions =
      `select count(*) from pg_stat_activity where datname = 'alvo' and application_name = 'revo-backups';`;
    const superuser = server.connection("supabase_admin", "postgres");
    await expect.poll(() => sql(superuser, sessions)).toEqual(["0"]);
    expect(await stateOf(target)).toBe(before);
  });

  test("an archive whose functions write to the catalog", async () => {
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
    const { keys } = await backUp(store.vault, source);
    const victim = await createProject(server, "vitima");
    await sql(
      victim,
      "create table public.ops_db_backups (id int); insert into public.ops_db_backups values (1);",
    );
    await expect(restore(store.vault, victim, keys.archive)).rejects.toMatchObject({
      code: "archive_rejected",
      message: expect.stringContaining("catalog"),
    });
    expect(await sql(victim, "select id from public.ops_db_backups;")).toEqual(["1"]);
  });

  /** Does something when a phase begins, and waits for it where the engine next reports. */
  function inPhase(wanted: string, act: () => Promise<unknown>): Progress {
    return { phase: (name) => void (name === wanted && act()), bytes: () => {}, log: () => {} };
  }
});

test("after all that, the same backup restores", async () => {
  const { keys } = await backUp(store.vault, prod);
  const { warnings } = await restore(store.vault, target, keys.archive);
  expect(warnings).toEqual([]);
});

describe("a backup that fails leaves nothing", () => {
  const objects = async () => {
    const keys: string[] = [];
    for await (const { key } of store.vault.list("revo/")) keys.push(key);
    return keys;
  };

  test("pg_dump is killed in the middle", async () => {
    await sql(
      prod,
      "create table public.grande as select g, repeat(md5(g::text), 20) as x from generate_series(1, 100000) g;",
    );
    const had = await objects();
    const superuser = server.connection("supabase_admin", "postgres");
    const kill =
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'revo-backups'
      and query like 'COPY public.grande%';`;
    let killed = false;
    const killer = (async () => {
      while (!killed) killed = (await sql(superuser, kill)).includes("t");
    })();
    await expect(backUp(store.vault, prod)).rejects.toMatchObject({
      code: "dump_failed",
      message: expect.stringContaining("pg_dump"),
    });
    await killer;
    expect(await objects()).toEqual(had);
    await sql(prod, "drop table public.grande;");
  });

  test("a role that may not read", async () => {
    const had = await objects();
    const secret = server.connection("authenticator", "prod");
    await expect(backUp(store.vault, secret)).rejects.toMatchObject({
      code: expect.stringMatching(/dump_failed|database_error/),
    });
    expect(await objects()).toEqual(had);
  });

  test("a wrong password and a server that is not there are told apart", async () => {
    const wrong = { ...prod, env: { ...prod.env, PGPASSWORD: "wrong" } };
    await expect(backUp(store.vault, wrong)).rejects.toMatchObject({ code: "database_auth_failed" });
    const nowhere = { ...prod, env: { ...prod.env, PGPORT: "1" } };
    await expect(backUp(store.vault, nowhere)).rejects.toMatchObject({ code: "database_unreachable" });
  });

  test("a taken name is not overwritten", async () => {
    const { keys } = await backUp(store.vault, prod);
    await expect(store.vault.put(keys.archive, "x", "text/plain")).rejects.toMatchObject({
      code: "vault_object_exists",
    });
  });
});
