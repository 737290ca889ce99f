/** The engine on real servers: a restore reproduces the backup, whatever the target contained. */
import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { compareDatabases } from "../dev/compare.ts";
import type { Connection } from "../lib/postgres/connection.ts";
import { PsqlSession } from "../lib/postgres/psql.ts";
import type { SupabaseServer } from "../lib/server/supabase.ts";
import type { Vault } from "../lib/vault/vault.ts";
import {
  backUp,
  binaries,
  contentOf,
  createProject,
  type EnginePlace,
  type EngineVault,
  fixture,
  oldArchive,
  restore,
  sql,
  startEnginePlace,
  stateOf,
  tools,
} from "./engine_fixture.ts";
import { restoreSummary } from "../lib/restore/summary.ts";
import { sized } from "./sizes.ts";

let place: EnginePlace;
let server: SupabaseServer;
let store: EngineVault;
let prod: Connection;
let key: string;

const url = (name: string) => server.url("postgres", name);

beforeAll(async () => {
  place = await startEnginePlace();
  ({ server, store } = place);
  prod = await createProject(server, "prod");
  await sql(prod, await fixture("every_kind.sql"));
  key = (await backUp(store.vault, prod, { verify: true })).keys.archive;
});

afterAll(() => place?.stop());

test("restores into a fresh project with equal content, twice", async () => {
  const fresh = await createProject(server, "fresh");
  const { verified, warnings } = await restore(store.vault, fresh, key);
  expect(warnings).toEqual([]);
  expect(verified.notChecked).toEqual([]);
  expect(await compareDatabases(url("prod"), url("fresh"))).toMatchObject({ equal: true, differences: [] });
  expect((await restore(store.vault, fresh, key)).warnings).toEqual([]);
  expect(await compareDatabases(url("prod"), url("fresh"))).toMatchObject({ equal: true, differences: [] });
  expect(await sql(fresh, "select nspname from pg_namespace where nspname like 'restore_old%';")).toEqual([]);
});

test("restores over older and newer content with equal content, and updates the planner's statistics", async () => {
  const other = await createProject(server, "other");
  await sql(other, await fixture("other_content.sql"));
  await restore(store.vault, other, key, { statistics: true });
  expect(await compareDatabases(url("prod"), url("other"))).toMatchObject({ equal: true, differences: [] });
  expect(await sql(other, "select count(*) > 0 from pg_stats where schemaname = 'public';")).toEqual(["t"]);
});

test("restore, undo and redo: each safety copy restores the previous state", async () => {
  const target = await createProject(server, "undo");
  await sql(target, await fixture("other_content.sql"));
  await sql(target, "refresh materialized view public.mv;"); // a restore fills it by its query
  const safety = { requestedBy: "test", requestId: randomUUID(), run: null, gitSha: null };
  const before = await contentOf(target);
  const restored = await restore(store.vault, target, key, { safety });
  const after = await contentOf(target);
  expect(after).not.toBe(before);
  const undone = await restore(store.vault, target, restored.safety?.keys.archive ?? "", { safety });
  expect(await contentOf(target)).toBe(before);
  await restore(store.vault, target, undone.safety?.keys.archive ?? "", { safety });
  expect(await contentOf(target)).toBe(after);
  expect([restored.kept, undone.kept]).toEqual([null, null]);
});

test("reads the safety copy back: a damaged one stops the restore before any change", async () => {
  const target = await createProject(server, "copia_estragada");
  await sql(target, await fixture("other_content.sql"));
  const safety = { requestedBy: "test", requestId: randomUUID(), run: null, gitSha: null };
  const before = await stateOf(target);
  const stopped = restore(damagingVault(store), target, key, { safety });
  await expect(stopped).rejects.toMatchObject({
    code: "safety_backup_failed",
    message: expect.stringContaining("read back"),
  });
  expect(await stateOf(target)).toBe(before);
});

/** A vault in which an object loses its last byte before it is read back. */
function damagingVault(store: EngineVault): Vault {
  const damage: Vault["hash"] = async (key, options) => {
    await store.replace(key, (await store.vault.bytes(key)).subarray(0, -1));
    return await store.vault.hash(key, options);
  };
  return new Proxy(store.vault, {
    get: (vault, name) => {
      if (name === "hash") return damage;
      const found: unknown = Reflect.get(vault, name);
      return typeof found === "function" ? found.bind(vault) : found;
    },
  });
}

test("a backup of the restored copy has the same manifest facts as the first", async () => {
  const copy = await createProject(server, "copy");
  const first = await restore(store.vault, copy, key);
  const { keys, manifest } = await backUp(store.vault, copy);
  expect(first.manifest).toMatchObject({
    rows: manifest.rows,
    fingerprint: manifest.fingerprint,
    sequences: manifest.sequences,
  });
  const [before, after] = [await scriptOf(key), await scriptOf(keys.archive)];
  expect(after).toEqual(before);
});

/** An archive as the SQL that pg_restore prints, without the random tokens that it contains. */
async function scriptOf(archive: string): Promise<string[]> {
  const text = plainTools("gunzip | pg_restore --file=-", { input: await store.vault.bytes(archive) });
  return text.split("\n").filter((line) => !/^\\(un)?restrict /.test(line));
}

interface PlainOptions {
  /** Default: none. */
  database?: string;
  input?: Uint8Array;
  cwd?: string;
}

/** Runs a script without any code of the product, as the server's superuser; returns its output. */
function plainTools(script: string, { database, ...options }: PlainOptions): string {
  const PATH = `${binaries.folder}:${process.env.PATH}`;
  const access = database === undefined ? {} : server.connection("supabase_admin", database).env;
  return execFileSync("bash", ["--norc", "-eo", "pipefail", "-c", script], {
    ...options,
    env: { PATH, ...access },
    encoding: "utf8",
    maxBuffer: 2 ** 26,
    stdio: "pipe",
  });
}

test("pg_restore alone lists the archive and restores it into an empty database", async () => {
  const cwd = await mkdtemp(join(tmpdir(), "revo-plain-"));
  try {
    const run = (script: string) => plainTools(script, { cwd, database: "plain" });
    await writeFile(join(cwd, "plain.dump.gz"), await store.vault.bytes(key));
    // pg_restore reads the table of contents only, which ends gunzip by SIGPIPE
    expect(run("set +o pipefail; gunzip -c plain.dump.gz | pg_restore -l")).toMatch(
      /TABLE DATA public clientes postgres/,
    );
    run("createdb --template template0 plain");
    run("gunzip -c plain.dump.gz > plain.dump; pg_restore --exit-on-error --no-owner -d plain plain.dump");
    expect(run("psql -Atc 'select count(*) from public.clientes'").trim())
      .toBe((await sql(prod, "select count(*) from public.clientes;"))[0]);
  } finally {
    await rm(cwd, { recursive: true, force: true });
  }
});

test("an archive of an older format restores privileges per object, and grants none that it does not contain", async () => {
  const target = await createProject(server, "antigo");
  await restore(store.vault, target, key);
  await sql(
    prod,
    "create function public.so_no_backup() returns int language sql as 'select 1'; create table public.nova (id int);",
  );
  try {
    const old = await oldArchive(store, prod);
    const restored = await restore(store.vault, target, old);
    const { verified } = restored;
    expect(verified.closed).toEqual(["routine public.so_no_backup()", "table public.nova"]);
    expect(restoreSummary(restored, old, "dev")).toMatch(
      /Restauração concluída com ressalvas[^]*2 ficaram fechados.*`table public\.nova`/,
    );
    expect(verified.notChecked).toHaveLength(3);
    const open = await sql(
      target,
      `select has_function_privilege('anon', 'public.so_no_backup()', 'execute')::text,
      has_table_privilege('anon', 'public.nova', 'select')::text, has_function_privilege('anon', 'public.segredo()', 'execute')::text,
      has_function_privilege('anon', 'public.visivel()', 'execute')::text, has_column_privilege('anon', 'public.clientes', 'id', 'select')::text;`,
    );
    expect(open).toEqual(["false|false|false|true|true"]);
  } finally {
    await sql(prod, "drop function public.so_no_backup(); drop table public.nova;");
  }
  const { differences } = await compareDatabases(url("prod"), url("antigo"));
  expect(differences.filter((line) => !/so_no_backup|nova/.test(line))).toEqual([]);
});

test("an archive without privileges takes those of a newer backup, in a fresh project too", async () => {
  const old = await oldArchive(store, prod);
  await sql(prod, "create schema outro; create table public.so_depois (id int);");
  const source = (await backUp(store.vault, prod)).keys.archive;
  await sql(prod, "drop schema outro; drop table public.so_depois;");
  const [fresh, open] = await Promise.all([
    createProject(server, "sem_nada"),
    createProject(server, "aberto"),
  ]);
  const { verified, privilegesFrom, warnings } = await restore(store.vault, fresh, old, {
    privilegesFrom: source,
  });
  expect({ closed: verified.closed, privilegesFrom, warnings }).toEqual({
    closed: [],
    privilegesFrom: source,
    warnings: [],
  });
  const { differences } = await compareDatabases(url("prod"), url("sem_nada"));
  // 17 has this privilege, and a fingerprint does not: docs/storage-format.md
  expect(differences.filter((line) => !/MAINTAIN by/.test(line))).toEqual([]);

  // a target that was more open than the backup is closed again
  await restore(store.vault, open, key);
  await sql(
    open,
    "grant execute on function public.segredo() to anon; grant update (id) on public.clientes to anon;",
  );
  await restore(store.vault, open, old, { privilegesFrom: "newest" });
  expect(await sql(open, ACCESS)).toEqual(await sql(prod, ACCESS));
  expect(restoreSummary({ ...await restore(store.vault, open, old, { privilegesFrom: source }) }, old, "dev"))
    .toContain(`valem as do backup \`${source}\`; objetos abertos agora: anon`);
});

const ACCESS = `select has_function_privilege('anon', 'public.segredo()', 'execute'),
  has_function_privilege('anon', 'public.visivel()', 'execute'),
  has_column_privilege('anon', 'public.clientes', 'id', 'update'),
  has_column_privilege('anon', 'public.clientes', 'id', 'select');`;

test("a backup of the old format is no source of privileges, and the target stays as it was", async () => {
  const target = await createProject(server, "sem_fonte");
  await sql(target, await fixture("other_content.sql"));
  const before = await stateOf(target);
  const old = await oldArchive(store, prod);
  await expect(restore(store.vault, target, old, { privilegesFrom: old })).rejects.toMatchObject({
    code: "archive_rejected",
    message: expect.stringContaining("old format"),
  });
  expect(await stateOf(target)).toBe(before);
});

const ROUNDS = sized(4, 20);

test(
  `the manifest's counts equal the restored rows under concurrent writes, in ${ROUNDS} of ${ROUNDS} backups`,
  async () => {
    const busy = await createProject(server, "busy");
    await sql(
      busy,
      `do $$ begin for i in 1..20 loop execute format('create table public.t%s (id bigserial primary key, x text)', i); end loop; end $$;`,
    );
    let writing = true;
    const writers = [0, 1].map((w) => keepWriting(busy, w, () => writing));
    const totals = new Set<number>();
    try {
      for (let round = 0; round < ROUNDS; round++) {
        const { keys, manifest } = await backUp(store.vault, busy);
        totals.add(manifest.rows_total);
        // counted by pg_restore: the engine counts too, and would refuse its own error
        expect(rowsIn(await store.vault.bytes(keys.archive))).toEqual(manifest.rows);
      }
    } finally {
      writing = false;
      await Promise.all(writers);
    }
    // precondition: rows were written between the rounds
    expect(totals.size).toBeGreaterThan(ROUNDS * 0.7);
  },
  180_000,
);

/** Inserts and deletes in the tables t1 to t20, one table after another, each in its own transaction. */
async function keepWriting(connection: Connection, writer: number, isWanted: () => boolean): Promise<void> {
  const session = await PsqlSession.open({ psql: tools.psql, connection });
  for (let n = 0; isWanted(); n++) {
    const table = `public.t${1 + (n * 7 + writer) % 20}`;
    await session.run(
      `insert into ${table} (x) select md5(g::text) from generate_series(1, 10) g;
       delete from ${table} where id % 20 = ${n % 20};`,
    );
    await sleep(20);
  }
  await session.close();
}

/** Rows of each table in an archive: the lines of its COPY blocks. */
function rowsIn(archive: Uint8Array): Record<string, number> {
  const script = plainTools("gunzip | pg_restore --data-only --file -", { input: archive });
  const blocks = script.matchAll(/^COPY (\S+) .*\n((?:.*\n)*?)\\\.$/gm);
  return Object.fromEntries(
    [...blocks].map(([, table = "", lines = ""]) => [table, lines.split("\n").length - 1]),
  );
}

test("a schema-only backup empties a target only with an explicit confirmation", async () => {
  const { keys, manifest } = await backUp(store.vault, prod, { mode: "schema-only" });
  expect(manifest).toMatchObject({ tables_total: 0, rows_total: 0 });
  const target = await createProject(server, "so_estrutura");
  const before = await stateOf(target);
  await expect(restore(store.vault, target, keys.archive)).rejects.toMatchObject({
    code: "archive_rejected",
  });
  expect(await stateOf(target)).toBe(before);
  await restore(store.vault, target, keys.archive, { allowSchemaOnly: true });
  expect(await sql(target, "select count(*) from public.clientes;")).toEqual(["0"]);
});

test("a definition that PostgreSQL prints differently after a restore is not a difference", async () => {
  const source = await createProject(server, "reimpresso");
  await sql(
    source,
    `create table public.t (uf varchar(2) check (uf in ('SP', 'RJ')), a int, b int);
    create function public.f() returns trigger language plpgsql as $$ begin return new; end $$;
    create trigger muda before update on public.t for each row
      when ((old.a, old.b, old.uf) is distinct from (new.a, new.b, new.uf)) execute function public.f();`,
  );
  const { keys, manifest } = await backUp(store.vault, source);
  const target = await createProject(server, "reimpresso_alvo");
  await restore(store.vault, target, keys.archive);
  const again = await backUp(store.vault, target);
  // precondition: the text did change
  expect(again.manifest.fingerprint.public).not.toBe(manifest.fingerprint.public);
});

test("a restore leaves the catalog's objects and rows unchanged", async () => {
  const target = await createProject(server, "com_catalogo");
  await sql(
    target,
    "create table public.ops_db_backups (id int primary key, nota text); insert into public.ops_db_backups values (1, 'fica');",
  );
  await restore(store.vault, target, key);
  expect(await sql(target, "select id, nota from public.ops_db_backups;")).toEqual(["1|fica"]);
});

test("incompatible versions are refused, with both version numbers", async () => {
  const { requireMatchingVersions } = await import("../lib/postgres/client_tools.ts");
  const server17 = { versionNumber: 170008, version: "17.8", databaseBytes: 0, user: "postgres" };
  expect(() => requireMatchingVersions({ ...tools, version: "15.18" }, server17)).toThrow(/15\.18.*17\.8/);
  expect(() => requireMatchingVersions({ ...tools, version: "17.7" }, server17)).toThrow(
    /minor version is older/,
  );
  expect(() => requireMatchingVersions({ ...tools, version: "17.8" }, server17)).not.toThrow();
});
