/**
 * Archives that were changed in the vault: none of their SQL runs a program on the machine that restores them. They are signed as by
 * a job whose key was stolen; unsigned ones are refused before, and where that is confirmed, looked through.
 */
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { access, chmod, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { compareDatabases } from "../dev/compare.ts";
import { ROOT } from "../dev/root.ts";
import { siblingKeys } from "@backup/vault/object_key.ts";
import { makeKeyPair } from "@backup/vault/signature.ts";
import { parseDatabaseUrl } from "../lib/postgres/connection.ts";
import { planRestore } from "../lib/restore/plan.ts";
import { restoreIntoEmpty } from "../lib/recover/recover.ts";
import { PostgresServer } from "../lib/server/server.ts";
import { makeServerFolder } from "../lib/server/server_user.ts";
import { MemoryStore } from "../lib/vault/memory_store.ts";
import { StoredVault } from "../lib/vault/stored_vault.ts";
import type { Vault } from "../lib/vault/vault.ts";
import { awaitedLater } from "./awaited_later.ts";
import { drillOf, namesWith, replaceArchive, rewriteManifest } from "./drill_fixture.ts";
import {
  backUp,
  binaries,
  createProject,
  engine,
  type EnginePlace,
  fixture,
  restore,
  signingStore,
  sql,
  startServer,
  stateOf,
} from "./engine_fixture.ts";

let place: EnginePlace;
/** The same bucket for an installation without keys. */
let keyless: Vault;
let good: string;
/** Where a program that ran leaves its environment: the server's user may write here. */
let canaries: string;

/** A function of the platform and one of the project, long enough for what replaces them. */
const PUBLIC_FUNCTION = `create function public.alvo() returns integer language sql as $$
  select 1 /* ${"x".repeat(900)} */ $$;`;

const LONG_ROW = "y".repeat(300);

/** In the environment of this process, as production's URL is in that of a drill. */
const SECRET = `canary-${randomUUID()}`;

beforeAll(async () => {
  vi.stubEnv("SUPABASE_DB_URL_PROD", SECRET);
  canaries = await mkdtemp(join(tmpdir(), "revo-canaries-"));
  await chmod(canaries, 0o777);
  const objects = new MemoryStore();
  keyless = new StoredVault(objects);
  place = { ...await startServer(), store: await signingStore(objects) };
  const prod = await createProject(place.server, "prod");
  await sql(prod, await fixture("other_content.sql"));
  await sql(prod, PUBLIC_FUNCTION);
  await sql(prod, `create table public.longa (linha text); insert into public.longa values ('${LONG_ROW}');`);
  await sql(
    place.server.connection("supabase_auth_admin", "prod"),
    PUBLIC_FUNCTION.replace("public.", "auth."),
  );
  good = (await backUp(place.store.vault, prod)).keys.archive;
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await place?.stop();
  if (canaries) await rm(canaries, { recursive: true, force: true });
});

let plants = 0;

/** The bytes of a text, in the form in which archives are changed here. */
const utf8 = (text: string) => Buffer.from(text).toString("latin1");

/** A copy of the backup in which the definition of `schema.alvo()` is followed by `planted`. */
async function plant(schema: "auth" | "public", planted: string): Promise<string> {
  const key = good.replace(".dump.gz", `_planted${++plants}.dump.gz`);
  const [from, to] = [siblingKeys(good), siblingKeys(key)];
  for (const part of ["archive", "manifest", "fingerprint"] as const) {
    await place.store.vault.put(
      to[part],
      await place.store.vault.bytes(from[part]),
      "application/octet-stream",
    );
  }
  await rewriteManifest(place.store, key, { file: key.split("/").at(-1) });
  const archive = gunzipSync(await place.store.vault.bytes(key)).toString("latin1");
  const [definition = ""] =
    new RegExp(`CREATE FUNCTION ${schema}\\.alvo\\(\\)[^]*?\\$\\$;\n`).exec(archive) ?? [];
  const replacement =
    `CREATE FUNCTION ${schema}.alvo() RETURNS integer LANGUAGE sql AS 'select 1';\n${planted}\n`;
  expect(replacement.length).toBeLessThan(definition.length);
  const changed = archive.replace(definition, () => replacement.padEnd(definition.length));
  await replaceArchive(place.store, key, gzipSync(Buffer.from(changed, "latin1")));
  return key;
}

async function exists(file: string): Promise<boolean> {
  return await access(file).then(() => true, () => false);
}

describe.each(["auth", "public"] as const)("a program planted in a definition of schema %s", (schema) => {
  const program = (canary: string) => `copy (select 1) to program 'env > ${canary}; true'`;

  test.each<[string, (canary: string) => string]>([
    ["as it stands", (canary) => `${program(canary)};`],
    ["after the end of the role", (canary) => `reset role; reset session authorization; ${program(canary)};`],
    [
      "after a grant of the right to run programs",
      (canary) =>
        `grant pg_execute_server_program to postgres; set role pg_execute_server_program; ${
          program(canary)
        };`,
    ],
    [
      "as another role that creates roles",
      (canary) =>
        `set role supabase_auth_admin; grant pg_execute_server_program to postgres; reset role; ${
          program(canary)
        };`,
    ],
    ["as a command of psql", (canary) => `\\! env > ${canary}`],
  ])("%s is refused by the drill", async (_how, planted) => {
    const canary = join(canaries, String(plants));
    const { receipt } = await drillOf(place, await plant(schema, planted(canary)));
    expect(await exists(canary)).toBe(false);
    expect(namesWith(receipt, "FAIL")).toEqual(["restored"]);
  });
});

test("a program planted in the platform's structure does not run where a plain server is restored from the vault", async () => {
  const canary = join(canaries, "recover");
  const folder = await makeServerFolder("revo-planted-");
  const superuser = { name: "supabase_admin", password: randomUUID() };
  const server = await PostgresServer.create({
    binaries,
    folder,
    superuser,
    settings: { wal_level: "logical" },
  });
  try {
    await server.start();
    const url = `postgres://supabase_admin:${superuser.password}@127.0.0.1:${server.port}/postgres`;
    const connection = parseDatabaseUrl(url, "plain server");
    const key = await plant(
      "auth",
      `grant pg_execute_server_program to postgres; copy (select 1) to program 'env > ${canary}';`,
    );
    const { vault, progress } = engine(place.store.vault, connection);
    const deps = { vault, progress, connection, signal: new AbortController().signal };
    const wanted = { key, allowUnsigned: null };
    await expect(restoreIntoEmpty(deps, wanted, { allowSchemaOnly: false })).rejects.toMatchObject({
      code: "restore_failed",
    });
    expect(await exists(canary)).toBe(false);
  } finally {
    await server.stop("immediate");
    await rm(folder, { recursive: true, force: true });
  }
});

test("restore_db_local.sh runs no program that was planted in an archive without a signature", async () => {
  const canary = join(canaries, "local");
  const key = await plant("public", `copy (select 1) to program 'env > ${canary}';`);
  const folder = await mkdtemp(join(tmpdir(), "revo-local-"));
  try {
    const file = join(folder, key.split("/").at(-1) ?? "");
    await writeFile(file, await place.store.vault.bytes(key));
    const manifest = JSON.parse(await place.store.vault.text(siblingKeys(key).manifest));
    const text = JSON.stringify({ ...manifest, signature: undefined });
    await writeFile(file.replace(".dump.gz", ".manifest.json"), text);
    const { env } = place.server.connection("supabase_admin", "postgres");
    const PATH = `${binaries.folder}:${process.env.PATH}`;
    const restored = (more: Record<string, string>) => {
      const child = spawn("bash", [join(ROOT, "scripts/restore_db_local.sh"), file, "exame_plantado"], {
        env: { ...env, PATH, ...more },
        stdio: "ignore",
      });
      return new Promise<number | null>((resolve) => child.once("close", resolve));
    };
    const BACKUP_PUBLIC_KEYS = (await makeKeyPair()).publicKey;
    expect(await restored({ BACKUP_PUBLIC_KEYS })).toBe(2);
    expect(await exists(canary)).toBe(false);
    // what is refused: confirmed, it runs as the user that it was given
    await restored({ BACKUP_PUBLIC_KEYS, ALLOW_UNSIGNED: file.split("/").at(-1) ?? "" });
    expect(await exists(canary)).toBe(true);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test("the archive without what was planted passes", async () => {
  const { receipt } = await drillOf(place, good);
  expect(receipt.checks.find(({ name }) => name === "restored")?.verdict).toBe("PASS");
});

test("code that runs while indexes are built and checked has no right to run programs", async () => {
  const canary = join(canaries, "index");
  const source = await createProject(place.server, "plantado");
  await sql(
    source,
    `create table public.t (id int primary key); insert into public.t values (1), (2);
     create function public.planta(n int) returns int language plpgsql immutable as $$ begin return n; end $$;
     create index i on public.t (public.planta(id));
     alter table public.t enable row level security;
     create policy p on public.t for select using (public.planta(id) > 0);
     grant select on public.t to anon;
     create or replace function public.planta(n int) returns int language plpgsql immutable as $$ begin
       begin execute 'reset role'; exception when others then null; end;
       begin execute 'grant pg_execute_server_program to postgres'; exception when others then null; end;
       begin execute 'copy (select 1) to program ''env > ${canary}'''; exception when others then null; end;
       return n;
     end $$;`,
  );
  const { keys } = await backUp(place.store.vault, source);
  const { receipt } = await drillOf(place, keys.archive);
  expect(await exists(canary)).toBe(false);
  expect(receipt.checks.find(({ name }) => name === "restored")?.verdict).toBe("PASS");
});

test("no program that runs while an archive is loaded has a secret of the drill in its environment", async () => {
  const source = await createProject(place.server, "lento");
  await sql(
    source,
    `create table public.t (id int primary key); insert into public.t values (1);
     create function public.lenta(n int) returns int language plpgsql immutable as
       $$ begin perform pg_catalog.pg_sleep(1); return n; end $$;
     create index i on public.t (public.lenta(id));`,
  );
  const { keys } = await backUp(place.store.vault, source);
  const [seen, leaks] = [new Set<string>(), new Set<string>()];
  let isRunning = true;
  const drilled = awaitedLater(drillOf(place, keys.archive).finally(() => isRunning = false));
  while (isRunning) {
    for (const { name, environment } of await otherProcesses()) {
      if (environment.includes(`PGPORT=${place.server.port}\0`)) seen.add(name);
      if (environment.includes(SECRET)) leaks.add(name);
    }
  }
  await drilled;
  expect([...seen]).toEqual(expect.arrayContaining(["psql"]));
  expect([...leaks]).toEqual([]);
});

/** Every process of this machine but those of the test runner and of the simulated vault. */
async function otherProcesses(): Promise<{ name: string; environment: string }[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const read = (pid: string, file: string) => readFile(`/proc/${pid}/${file}`, "utf8").catch(() => "");
  const found = await Promise.all(pids.map(async (pid) => ({
    name: (await read(pid, "comm")).trim(),
    environment: await read(pid, "environ"),
  })));
  return found.filter(({ name }) => !/^(node|workerd|esbuild|MainThread)/.test(name));
}

test.each([
  ["ROLLBACK", "rollback;"],
  ["ROLLBACK and statements after it", "rollback; create table public.fora (id integer);"],
  [
    "ROLLBACK behind a comment that a carriage return ends",
    "-- x\rrollback; create table public.fora (id integer);",
  ],
  [
    "ROLLBACK between names that look like strings",
    utf8("select 1 as \u{1d4b3}$a$; rollback; create table public.fora (id int); select 2 as \u{1d4b3}$a$;"),
  ],
  ["ROLLBACK, statements and COMMIT", "rollback; create table public.fora (id integer); commit;"],
  [
    "ROLLBACK behind a function named begin",
    "create function public.begin() returns int language sql as 'select 1'; rollback; create table public.fora (id integer); commit;",
  ],
])("%s planted in an archive leaves the target as it was", async (_what, planted) => {
  const key = await plant("public", planted);
  const target = await createProject(place.server, `ended_${plants}`);
  await sql(target, "create table public.minha (id integer); insert into public.minha values (7);");
  const before = await stateOf(target);
  await expect(restore(keyless, target, key, { allowUnsigned: key })).rejects.toMatchObject({
    code: "archive_rejected",
  });
  expect(await stateOf(target)).toBe(before);
});

test("statements planted behind the end of a table's rows leave the target as it was", async () => {
  const key = await plant("public", "select 1;");
  const planted = "\\.\nrollback; create table public.fora (id integer); commit; --";
  const archive = gunzipSync(await place.store.vault.bytes(key)).toString("latin1");
  expect(archive).toContain(`${LONG_ROW}\n`);
  const changed = archive.replace(LONG_ROW, () => planted.padEnd(LONG_ROW.length, "y"));
  await replaceArchive(place.store, key, gzipSync(Buffer.from(changed, "latin1")));
  const target = await createProject(place.server, `rows_${plants}`);
  const before = await stateOf(target);
  await expect(restore(keyless, target, key, { allowUnsigned: key })).rejects.toMatchObject({
    code: "archive_rejected",
  });
  expect(await stateOf(target)).toBe(before);
});

test("code that changes the encoding while rows are loaded opens no string", async () => {
  const source = await createProject(place.server, "codifica");
  await sql(
    source,
    `create function public.codifica(n int) returns boolean language plpgsql as $$ begin
       perform pg_catalog.set_config('client_encoding', 'SJIS', false); return true; end $$;
     create table public.t (n int check (public.codifica(n)), d text);
     reset client_encoding;
     insert into public.t values (1, 'x');
     create index alvo_idx on public.t (n) where d <> '${"x".repeat(300)}';`,
  );
  const { keys } = await backUp(place.store.vault, source);
  const archive = gunzipSync(await place.store.vault.bytes(keys.archive)).toString("latin1");
  const [definition = ""] = /CREATE INDEX alvo_idx [^]*?;\n/.exec(archive) ?? [];
  const planted = String.raw`CREATE INDEX alvo_idx ON public.t (n) WHERE d <> E'Á\'; rollback;
    create table public.fora (id integer); commit; --';`;
  const changed = archive.replace(definition, () => utf8(planted).padEnd(definition.length));
  await replaceArchive(place.store, keys.archive, gzipSync(Buffer.from(changed, "latin1")));
  const target = await createProject(place.server, "codificado");
  const before = await stateOf(target);
  await expect(restore(keyless, target, keys.archive, { allowUnsigned: keys.archive })).rejects.toMatchObject(
    {
      code: "archive_rejected",
    },
  );
  expect(await stateOf(target)).toBe(before);
});

test("texts with a backslash before a quote are restored, also where code of the archive changes how strings are read", async () => {
  const source = await createProject(place.server, "barras");
  await sql(
    source,
    String.raw`create type public.rotulo as enum ('a\', 'b');
     create sequence public."s\'1"; select nextval('public."s\''1"');
     create function public.muda(n int) returns boolean language plpgsql as $$ begin
       perform pg_catalog.set_config('standard_conforming_strings', 'off', false); return true; end $$;
     create table public.t (n int check (public.muda(n)), r public.rotulo default 'b');
     insert into public.t values (1, 'b');
     set standard_conforming_strings = on;
     comment on table public.t is 'x\''; rollback; create table public.fora (id integer); commit; --';
     comment on column public.t.n is 'C:\';`,
  );
  const { keys } = await backUp(place.store.vault, source);
  const target = await createProject(place.server, "barrado");
  await restore(keyless, target, keys.archive, { allowUnsigned: keys.archive });
  const url = (name: string) => place.server.url("postgres", name);
  expect((await compareDatabases(url("barras"), url("barrado"))).differences).toEqual([]);
  expect(
    await sql(
      target,
      String.raw`select obj_description('public.t'::regclass, 'pg_class'),
    enum_first(null::public.rotulo), to_regclass('public.fora') is null;`,
    ),
  )
    .toEqual([String.raw`x\'; rollback; create table public.fora (id integer); commit; --|a\|t`]);
});

test("the plan of an unsigned archive looks through it as the restore does", async () => {
  const key = await plant("public", "rollback;");
  const target = await createProject(place.server, `plan_${plants}`);
  const { vault, progress, ...rest } = engine(keyless, target);
  const context = { ...rest, vault, progress, pastRestores: () => Promise.resolve([]) };
  const order = { target: "dev", key, allowSchemaOnly: false } as const;
  await expect(planRestore(context, { ...order, allowUnsigned: key })).rejects.toMatchObject({
    code: "archive_rejected",
  });
  await expect(planRestore(context, { ...order, key: good, allowUnsigned: good })).resolves.toMatchObject({
    backup: { reading: "equal" },
  });
});

test("ROLLBACK planted in an archive is refused where the target's content equals the backup's", async () => {
  const key = await plant("public", "rollback;");
  const target = await createProject(place.server, `equal_${plants}`);
  await restore(place.store.vault, target, good);
  await expect(restore(place.store.vault, target, key)).rejects.toThrow();
});
