/** The engine on PostgreSQL 17, the version of hosted projects, and between major versions. */
import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { compareDatabases } from "../dev/compare.ts";
import { carvePostgres } from "../dev/postgres_carve.ts";
import { POSTGRES_PROGRAMS } from "../dev/system_packages.ts";
import type { ClientTools } from "../lib/postgres/client_tools.ts";
import type { Connection } from "../lib/postgres/connection.ts";
import type { SupabaseServer } from "../lib/server/supabase.ts";
import {
  backUp,
  binaries,
  commandEnvironment,
  createProject,
  fixture,
  restore,
  sql,
  startPlace,
  startServer,
  type TestPlace,
  type TestVault,
  toolsOf,
} from "./engine_fixture.ts";
import { countLocks } from "./engine_locks.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

let place: TestPlace;
let server: SupabaseServer;
let store: TestVault;
let tools: ClientTools;
let prod: Connection;

/** Every kind of object; the collation uses libc, since this build of 17 has no ICU. */
async function everyKind(): Promise<string> {
  return (await fixture("every_kind.sql"))
    .replace(
      "provider = icu, locale = 'pt-BR-u-kn-true', deterministic = false",
      "provider = libc, locale = 'POSIX'",
    );
}

const url = (name: string) => server.url("postgres", name);

beforeAll(async () => {
  const installation = await carvePostgres(POSTGRES_PROGRAMS);
  tools = toolsOf(installation);
  place = await startPlace(installation);
  ({ server, store } = place);
  prod = await createProject(server, "prod");
  await sql(prod, await everyKind());
});

afterAll(() => place?.stop());

test("PostgreSQL 17: a time limit of the target's transactions does not end a restore", async () => {
  const { keys } = await backUp(store.vault, prod, { tools, label: "limite" });
  const target = await createProject(server, "limite");
  await sql(target, "alter database limite set transaction_timeout = '20ms';");
  const { warnings } = await restore(store.vault, target, keys.archive, { tools });
  expect(warnings).toEqual([]);
});

test("PostgreSQL 17: restores into a fresh project and over other content with equal content", async () => {
  const { keys, manifest } = await backUp(store.vault, prod, { tools });
  expect(manifest).toMatchObject({ server_version: tools.version, client_version: tools.version });
  const fresh = await createProject(server, "fresh");
  const other = await createProject(server, "other");
  await sql(other, await fixture("other_content.sql"));
  for (const [name, target] of [["fresh", fresh], ["other", other]] as const) {
    const { verified, warnings } = await restore(store.vault, target, keys.archive, { tools });
    expect({ warnings, notChecked: verified.notChecked }).toEqual({ warnings: [], notChecked: [] });
    expect(await compareDatabases(url("prod"), url(name))).toMatchObject({ equal: true, differences: [] });
  }
});

test("PostgreSQL 17: the estimate of a restore's locks covers them all and exceeds them only slightly", async () => {
  const source = await createProject(server, "trancas");
  await sql(source, await fixture("many_of_each_kind.sql"));
  const { counted, taken } = await countLocks(place, source, tools);
  expect(counted).toBeGreaterThanOrEqual(taken);
  expect(counted).toBeLessThan(taken * 1.3);
});

// These tests need an older major version installed beside the newest.
if (binaries.major < 17) {
  test("an archive of the older major version restores into 17; facts that the versions print differently are reported as not compared", async () => {
    const { server: older, stop } = await startServer();
    try {
      const source = await createProject(older, "prod");
      // the library of this extension is not on every machine
      await sql(older.connection("supabase_admin", "prod"), `drop extension if exists "uuid-ossp";`);
      await sql(source, await everyKind());
      const { keys } = await backUp(store.vault, source);
      const target = await createProject(server, "de_antes");
      const { verified } = await restore(store.vault, target, keys.archive, { tools });
      expect(verified.notChecked).toEqual([
        `view texts, identity of partitions: they differ between PostgreSQL ${binaries.major} and 17`,
      ]);
      const { differences } = await compareDatabases(older.url("postgres", "prod"), url("de_antes"));
      // 17 has one more privilege and NOT NULL constraints of domains, prints views differently,
      // and its partitions inherit identity columns
      const ofVersions =
        /MAINTAIN by |^relation \S+: [vm] \/|^column loja\.movimentos_\w+ #1:|dinheiro_not_null: only in the second/;
      expect(differences.filter((line) => !ofVersions.test(line))).toEqual([]);

      // what the other version cannot hold is named before anything is locked
      const path = await createProject(older, "caminho");
      await sql(path, await readFile(new URL("./cases/expression_index.sql", import.meta.url), "utf8"));
      const unsafe = (await backUp(store.vault, path)).keys.archive;
      await expect(restore(store.vault, target, unsafe, { tools })).rejects.toThrow(
        "Cannot restore here: index public.pessoas_documento cannot be built on PostgreSQL 17 or later: " +
          "function digitos(text) does not exist",
      );
      const newer = (await backUp(store.vault, prod, { tools, label: "novo" })).keys.archive;
      await expect(restore(store.vault, path, newer)).rejects.toThrow(
        `Cannot restore here: the archive is of PostgreSQL 17, the target of ${binaries.major}`,
      );
    } finally {
      await stop();
    }
  });

  test("the backup command refuses a server newer than its client, with both versions", async () => {
    const command = spawn("node_modules/.bin/deno", ["run", "-A", "--cached-only", "scripts/backup.ts"], {
      cwd: ROOT,
      env: {
        ...commandEnvironment(place),
        REVO_PG_BIN: binaries.folder,
        TARGET: "prod",
        SUPABASE_DB_URL_PROD: url("prod"),
      },
      stdio: ["ignore", "ignore", "pipe"],
    });
    const ended = new Promise<number | null>((resolve) => command.once("close", resolve));
    let said = "";
    for await (const chunk of command.stderr) said += String(chunk);
    expect(await ended).toBe(1);
    expect(said).toMatch(
      new RegExp(`version_mismatch.*client ${binaries.version} with server ${tools.version}`),
    );
  });
}
