/** The drill: a valid backup passes every check, and each planted fault fails its own check. */
import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { SAFETY_LABEL } from "@backup/label.ts";
import { parseManifest } from "@backup/vault/manifest.ts";
import { buildKeys, siblingKeys } from "@backup/vault/object_key.ts";
import {
  DRILL_CHECK_NAMES,
  type DrillCheck,
  drillResultSchema,
  proofSchema,
  receiptSchema,
} from "@backup/vault/receipt.ts";
import { Catalog } from "../lib/catalog/catalog.ts";
import type { CheckGroup, DrillDatabase } from "../lib/drill/check.ts";
import { type CompletedDrill } from "../lib/drill/drill.ts";
import { requireDrillRoom } from "../lib/drill/disk_room.ts";
import { indexCheck } from "../lib/drill/index_check.ts";
import type { Connection } from "../lib/postgres/connection.ts";
import { newestBackup } from "../lib/vault/newest_backup.ts";
import { anonCheck } from "../lib/drill/anon_check.ts";
import { companyCheck } from "../lib/drill/company_check.ts";
import { DATABASE_CHECKS } from "../lib/drill/database_checks.ts";
import { migrationCheck } from "../lib/drill/migration_check.ts";
import { rowChecks, sequenceCheck } from "../lib/drill/row_checks.ts";
import { readStored } from "../lib/drill/stored_checks.ts";
import { catalogAccessCheck } from "../lib/drill/catalog_access_check.ts";
import { measureDefinitions } from "../lib/postgres/measure_definitions.ts";
import { measuresCheck } from "../lib/drill/measures_check.ts";
import { projectAssertsCheck } from "../lib/drill/project_asserts.ts";
import { rg03Checks } from "../lib/drill/rg03.ts";
import { runChecks } from "../lib/drill/run_checks.ts";
import type { LoginRole } from "../lib/server/supabase.ts";
import { readFingerprintLines } from "../lib/vault/fetch_backup.ts";
import {
  copyErp,
  createErp,
  drillOf,
  makeThrowaway,
  namesWith,
  replaceArchive,
  rewriteManifest,
} from "./drill_fixture.ts";
import {
  backUp,
  commandEnvironment,
  createProject,
  oldArchive,
  sql,
  startPlace,
  type TestPlace,
  type TestVault,
  tools,
} from "./engine_fixture.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

let place: TestPlace;
let store: TestVault;
let good: string;
let drilled: CompletedDrill;
let database: DrillDatabase;
let superuser: Connection;

beforeAll(async () => {
  place = await startPlace();
  ({ store } = place);
  await createErp(place, "prod");
  const measures = measureDefinitions();
  const taken = await backUp(store.vault, place.server.connection("postgres", "prod"), { measures });
  good = taken.keys.archive;
  const throwaway = await makeThrowaway(place);
  drilled = await drillOf(place, good, { throwaway });
  const { manifest } = taken;
  const fingerprintLines = await readFingerprintLines(store.vault, good, manifest);
  superuser = throwaway.superuser;
  database = {
    owner: throwaway.owner,
    tools,
    manifest,
    fingerprintLines,
    anonReads: [],
    sharedReads: [],
    projectAsserts: null,
    measures,
  };
});

afterAll(() => place?.stop());

let copies = 0;

/** A copy of the valid backup under another key, changed in the vault. */
async function changedBackup(change: (key: string, bytes: Uint8Array) => Promise<void>): Promise<string> {
  const copy = good.replace(".dump.gz", `_copia${++copies}.dump.gz`);
  const [from, to] = [siblingKeys(good), siblingKeys(copy)];
  for (const part of ["archive", "manifest", "fingerprint"] as const) {
    await store.vault.put(to[part], await store.vault.bytes(from[part]), "application/octet-stream");
  }
  await rewriteManifest(store, copy, { file: copy.split("/").at(-1) });
  await change(copy, await store.vault.bytes(copy));
  return copy;
}

/** A backup of a copy of the ERP that has the fault itself. */
async function backupOfFaulty(name: string, fault: string): Promise<string> {
  await copyErp(place, "prod", name, fault);
  return (await backUp(store.vault, place.server.connection("postgres", name))).keys.archive;
}

describe("a valid backup", () => {
  test("passes every check but that of its signature, for which this vault has no keys", () => {
    expect(drilled.receipt.checks.map(({ name }) => name)).toEqual(DRILL_CHECK_NAMES);
    const others = drilled.receipt.checks.filter(({ verdict }) => verdict !== "PASS");
    expect(others.map(({ name, verdict }) => `${name} ${verdict}`)).toEqual(["signature SKIPPED"]);
  });

  test("stores a receipt beside the archive, with the time of each phase and what was not proven", async () => {
    const { receipt, receiptKey } = drilled;
    expect(receiptKey).toMatch(/\.drill\.\d{8}_\d{6}\.json$/);
    expect(receiptSchema.parse(JSON.parse(await store.vault.text(receiptKey)))).toEqual(receipt);
    expect(Object.keys(receipt.seconds)).toEqual(
      expect.arrayContaining(["download", "prepare", "load", "check", "commit", "assert"]),
    );
    const sum = Object.values(receipt.seconds).reduce((total, seconds) => total + seconds, 0);
    expect(receipt.total_seconds).toBeCloseTo(sum, 1);
    expect(receipt.not_proven.map(({ name }) => name)).toContain("files of Storage");
    expect(receipt.freshness).toMatchObject({ newest_key: good });
  });

  test("counts the rows that users of each company can read", () => {
    const detail = drilled.receipt.checks.find(({ name }) => name === "company_reads")?.detail;
    expect(detail).toMatch(
      /^read by users of one company each \(2\): [1-9]\d* rows of their own, none of another/,
    );
  });
});

test("the newest backup is the newest one with rows, and an unreadable one is not skipped", async () => {
  const keys = siblingKeys(good.replaceAll("01/01", "01/05").replace("20260101", "20260105"));
  await store.vault.put(keys.archive, "", "application/octet-stream");
  await store.vault.put(
    keys.manifest,
    await store.vault.bytes(siblingKeys(good).manifest),
    "application/json",
  );
  await rewriteManifest(store, keys.archive, { mode: "schema-only" });
  expect(await newestBackup(store.vault, "prod")).toBe(good);
  await store.replace(keys.manifest, "{");
  expect(await newestBackup(store.vault, "prod")).toBe(keys.archive);
  await store.vault.delete(keys.archive);
  expect(await newestBackup(store.vault, "prod")).toBe(good);
  await store.vault.delete(keys.manifest);
  await expect(newestBackup(store.vault, "dev")).rejects.toMatchObject({ code: "no_backup_found" });
});

test("a safety copy is not the newest backup, and is named where there is no other", async () => {
  const copies = (["prod", "dev"] as const).map((target) =>
    buildKeys({ target, createdAtUtc: "2026-01-06T03:10:00Z", label: SAFETY_LABEL })
  );
  const manifest = await store.vault.bytes(siblingKeys(good).manifest);
  for (const keys of copies) {
    await store.vault.put(keys.archive, "", "application/octet-stream");
    await store.vault.put(keys.manifest, manifest, "application/json");
  }
  expect(await newestBackup(store.vault, "prod")).toBe(good);
  await expect(newestBackup(store.vault, "dev")).rejects.toMatchObject({
    code: "no_backup_found",
    hint: expect.stringContaining(`${copies[1]?.archive}`),
  });
  for (const { archive, manifest } of copies) {
    for (const key of [archive, manifest]) await store.vault.delete(key);
  }
});

describe("a fault in the vault", () => {
  test.each<[string, DrillCheck, (key: string, bytes: Uint8Array) => Promise<void>]>([
    ["a flipped byte", "stored_hash", async (key, bytes) => {
      bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
      await store.replace(key, bytes);
    }],
    [
      "a truncated file",
      "stored_size",
      (key, bytes) => store.replace(key, bytes.subarray(0, bytes.length >> 1)),
    ],
    [
      "a truncated file whose manifest agrees",
      "archive_readable",
      (key, bytes) => replaceArchive(store, key, bytes.subarray(0, bytes.length * 0.8)),
    ],
    [
      "an empty file whose manifest agrees",
      "archive_readable",
      (key) => replaceArchive(store, key, gzipSync("")),
    ],
    ["a missing archive", "stored_size", (key) => store.vault.delete(key)],
    ["a manifest that was changed", "manifest", async (key) => {
      const { manifest } = siblingKeys(key);
      const text = await store.vault.text(manifest);
      await store.replace(manifest, text.replace('"requested_by": "test"', '"requested_by": "else"'));
    }],
    [
      "a missing fingerprint",
      "stored_fingerprint",
      (key) => store.vault.delete(siblingKeys(key).fingerprint),
    ],
    [
      "a damaged fingerprint",
      "stored_fingerprint",
      (key) => store.replace(siblingKeys(key).fingerprint, "x"),
    ],
    [
      "the manifest of another backup",
      "manifest",
      (key) => rewriteManifest(store, key, { file: "outro.dump.gz" }),
    ],
    ["one row missing", "rows_per_table", (key) => oneRowMore(key)],
  ])("%s fails %s and no other check", async (_fault, check, change) => {
    const { receipt } = await drillOf(place, await changedBackup(change));
    expect(namesWith(receipt, "FAIL")).toEqual([check]);
    const [cause] = receipt.checks.filter(({ name }) => name === "company_reads");
    expect(cause).toMatchObject({ verdict: "SKIPPED", detail: `not restored: ${check} failed` });
    expect(receipt.not_proven.map(({ name }) => name)).toContain("company_reads");
  });

  /** The manifest counts one row more than the archive has. */
  async function oneRowMore(key: string): Promise<void> {
    const rows = database.manifest?.version === 2 ? database.manifest.rows : {};
    await rewriteManifest(store, key, {
      rows: { ...rows, "public.pedidos": (rows["public.pedidos"] ?? 0) + 1 },
    });
  }
});

describe("a fault of the database that is in the backup", () => {
  const orphan = `
    set session_replication_role = replica;
    update public.itens_pedido set produto_id = -1 where id = (select min(id) from public.itens_pedido);`;

  test.each<[string, DrillCheck, string]>([
    ["an orphan", "foreign_keys_without_orphans", orphan],
    [
      "a sequence behind",
      "sequences_ahead_of_their_columns",
      "alter sequence public.itens_pedido_id_seq restart;",
    ],
    [
      "a table readable for anon",
      "anon_reads",
      "grant select on public.clientes to anon; create policy aberta on public.clientes for select to anon using (true);",
    ],
  ])("%s fails %s and no other check", async (fault, check, change) => {
    const { receipt } = await drillOf(place, await backupOfFaulty(fault, change));
    expect(namesWith(receipt, "FAIL")).toEqual([check]);
  });

  test("an empty dump fails not_empty, and checks without data are skipped", async () => {
    const { keys } = await backUp(store.vault, await createProject(place.server, "vazio"));
    const { receipt } = await drillOf(place, keys.archive);
    expect(namesWith(receipt, "FAIL")).toEqual(["not_empty"]);
    expect(namesWith(receipt, "SKIPPED")).toEqual(
      expect.arrayContaining(["rows_per_table", "schema_and_privileges", "permission_functions_exist"]),
    );
  });
});

describe("a backup with fewer proofs", () => {
  const WITHOUT_CATALOG = `
    select format('drop %s %s cascade;', kind, name) from (
      select 'table' as kind, oid::regclass::text as name from pg_class
       where relnamespace = 'public'::regnamespace and relkind = 'r' and starts_with(relname, 'ops_db_backup')
      union all
      select 'function', oid::regprocedure::text from pg_proc
       where pronamespace = 'public'::regnamespace and starts_with(proname, 'ops_db_backup')) catalog
     order by kind desc \\gexec`;

  test("in the old format is restored, and checks that it has no facts for are skipped", async () => {
    await copyErp(place, "prod", "antigo", WITHOUT_CATALOG);
    const key = await oldArchive(store, place.server.connection("postgres", "antigo"));
    const { receipt } = await drillOf(place, key);
    expect(namesWith(receipt, "FAIL")).toEqual([]);
    expect(namesWith(receipt, "SKIPPED")).toEqual([
      "signature",
      "stored_fingerprint",
      "rows_per_table",
      "sequence_values",
      "business_measures",
      "schema_and_privileges",
      "row_security",
      "materialized_views",
      "migration_head",
      "company_reads",
      "catalog_access",
    ]);
    await store.vault.delete(siblingKeys(key).manifest);
    const { outcomes } = await readStored(store.vault, key);
    expect(outcomes).toMatchObject({ manifest: { verdict: "SKIPPED" }, stored_size: { verdict: "SKIPPED" } });
  });

  test("without row counts skips the checks of rows", async () => {
    const { manifest } = database;
    const schemaOnly = { ...database, manifest: manifest && { ...manifest, mode: "schema-only" as const } };
    const checks = await runChecks([rowChecks, sequenceCheck, anonCheck, companyCheck], schemaOnly, () => 0);
    expect(namesWith({ checks }, "SKIPPED")).toEqual(checks.map(({ name }) => name));
  });
});

test("an overdue newest backup fails freshness and no other check", async () => {
  const now = new Date(Date.UTC(2026, 0, 2, 3));
  const { receipt } = await drillOf(place, good, { now });
  expect(namesWith(receipt, "FAIL")).toEqual(["freshness"]);
});

describe("the command", () => {
  /** As the role that can do no more than a drill has to. */
  const CATALOG_PASSWORD = "catalogo";
  beforeAll(async () => {
    const admin = place.server.connection("supabase_admin", "postgres");
    await sql(admin, `alter role ops_db_backup_catalog login password '${CATALOG_PASSWORD}';`);
  });

  async function drillCommand(key: string): Promise<{ code: number | null; output: string }> {
    const command = spawn(join(ROOT, "node_modules", ".bin", "deno"), ["task", "drill"], {
      cwd: ROOT,
      env: {
        ...commandEnvironment(place),
        R2_KEY: key,
        FRESH_HOURS: "1000000",
        SUPABASE_DB_URL_PROD:
          `postgres://ops_db_backup_catalog:${CATALOG_PASSWORD}@127.0.0.1:${place.server.port}/prod`,
      },
    });
    let output = "";
    for (const stream of [command.stdout, command.stderr]) {
      stream.on("data", (chunk) => output += String(chunk));
    }
    const code = await new Promise<number | null>((resolve) => command.on("close", resolve));
    return { code, output };
  }

  /** The catalog's columns about the backup and its newest drill. */
  async function catalogOf(key: string): Promise<unknown> {
    const [line = ""] = await sql(
      place.server.connection("postgres", "prod"),
      `select json_build_object('proof', b.proof, 'isProven', b.proven_at is not null, 'status', r.status,
         'error', r.error_code, 'result', r.result)
         from public.ops_db_backups b join public.ops_db_backup_runs r using (r2_key)
        where b.r2_key = '${key}' order by r.created_at desc limit 1;`,
    );
    return JSON.parse(line);
  }

  async function record(key: string): Promise<void> {
    const catalog = new Catalog({
      connection: place.server.connection("postgres", "prod"),
    });
    const manifest = await parseManifest(await store.vault.text(siblingKeys(key).manifest));
    await catalog.record({
      r2_bucket: store.vault.bucket,
      r2_key: key,
      manifest,
      run_url: null,
      verified_at: null,
    });
    await catalog.close();
  }

  test("marks a valid backup as proven, with the summary of the receipt", async () => {
    await record(good);
    const { code, output } = await drillCommand(good);
    expect(output).toContain("PASS restored");
    expect(output).not.toContain("warning");
    expect(code).toBe(0);
    const found = catalogSchema.parse(await catalogOf(good));
    expect(found).toMatchObject({ isProven: true, status: "succeeded", error: null });
    expect(found.proof).toMatchObject({ failed: 0, receipt_key: found.result.receipt_key });
    expect(receiptSchema.parse(JSON.parse(await store.vault.text(found.result.receipt_key))))
      .toMatchObject({ checks: found.result.checks, r2_key: good });
  });

  test("names the failed checks, keeps the receipt, and does not mark the backup as proven", async () => {
    const key = await changedBackup((key, bytes) => store.replace(key, bytes.subarray(1)));
    await record(key);
    const { code, output } = await drillCommand(key);
    expect(output).toContain(`drill_failed (phase: assert): ${key} failed stored_size (the vault holds`);
    expect(code).toBe(1);
    const found = catalogSchema.parse(await catalogOf(key));
    expect(found).toMatchObject({ isProven: false, status: "failed", error: "drill_failed" });
    expect(found.proof).toMatchObject({ failed: 1, receipt_key: found.result.receipt_key });
    expect(namesWith(found.result, "FAIL")).toEqual(["stored_size"]);
    expect(await store.vault.head(found.result.receipt_key)).not.toBeNull();
  });

  const catalogSchema = z.object({
    proof: proofSchema.nullable(),
    isProven: z.boolean(),
    status: z.string(),
    error: z.string().nullable(),
    result: drillResultSchema,
  });
});

test("the room of a drill is asked for before its server starts", async () => {
  await requireDrillRoom(store.vault, good);
  const key = await changedBackup((key) => rewriteManifest(store, key, { raw_bytes: 10 ** 15 }));
  await expect(requireDrillRoom(store.vault, key)).rejects.toMatchObject({
    code: "not_enough_disk",
    message: expect.stringMatching(
      /it needs about 15\d{5}\.\d GB in .* GB are free .*database about 1500000\.0 GB/,
    ),
    hint: expect.stringContaining("DRILL_DB_URL"),
  });
});

test("a drill that cannot complete records no result for the backup", async () => {
  const gone = (role: LoginRole) => place.server.connection(role, "nao_existe");
  const throwaway = { owner: gone("postgres"), superuser: gone("supabase_admin") };
  const key = await changedBackup(() => Promise.resolve());
  await expect(drillOf(place, key, { throwaway })).rejects.toMatchObject({
    code: "database_unreachable",
  });
  const keys = [];
  for await (const object of store.vault.list(key.replace(".dump.gz", ""))) keys.push(object.key);
  expect(keys.filter((name) => name.includes(".drill."))).toEqual([]);
});

describe("a fault planted in the restored database", () => {
  async function failuresWith(
    fault: string,
    groups: readonly CheckGroup[] = DATABASE_CHECKS,
  ): Promise<string[]> {
    const checks = await runChecks(groups, { ...database, fault }, () => performance.now());
    return namesWith({ checks }, "FAIL");
  }

  const asReplica = (change: string) =>
    `set local session_replication_role = replica; ${change}; set local session_replication_role = origin;`;

  test.each<[string, DrillCheck[], string]>([
    [
      "one row missing",
      ["rows_per_table"],
      asReplica("delete from auditoria.eventos where id = (select min(id) from auditoria.eventos)"),
    ],
    [
      "an order of one cent more",
      ["business_measures"],
      asReplica(
        "update public.pedidos set total = total + 0.01 where id = (select min(id) from public.pedidos)",
      ),
    ],
    [
      "an orphan",
      ["foreign_keys_without_orphans"],
      asReplica(
        "update public.itens_pedido set produto_id = -1 where id = (select min(id) from public.itens_pedido)",
      ),
    ],
    [
      "a sequence behind",
      ["sequence_values", "sequences_ahead_of_their_columns"],
      "alter sequence public.numero_nota_seq restart;",
    ],
    ["a revoked grant given back", ["schema_and_privileges"], "grant select on public.clientes to anon;"],
    ["a dropped policy", ["row_security"], "drop policy clientes_da_empresa on public.clientes;"],
    [
      "row level security off",
      ["row_security", "company_reads", "policies_are_in_force"],
      "alter table public.clientes disable row level security;",
    ],
    [
      "a materialized view without rows",
      ["materialized_views"],
      "refresh materialized view relatorios.curva_abc with no data;",
    ],
  ])("%s: %j", async (_fault, expected, fault) => {
    expect(await failuresWith(fault)).toEqual(expected);
  });

  test.each<[DrillCheck, CheckGroup, string]>([
    [
      "migration_head",
      migrationCheck,
      `update supabase_migrations.schema_migrations set version = '2' where version =
        (select max(version) from supabase_migrations.schema_migrations);`,
    ],
    [
      "permission_functions_exist",
      rg03Checks,
      "drop function public.require_permission_for_current_user(text, text);",
    ],
    ["backup_catalog_closed_to_anon", rg03Checks, "grant select on public.ops_db_backups to anon;"],
    ["catalog_access", catalogAccessCheck, "grant select, insert on public.ops_db_backups to authenticated;"],
  ])("%s fails for its own fault", async (check, group, fault) => {
    expect(await failuresWith(fault, [group])).toEqual([check]);
  });

  test("measures that changed or fail are named, and a backup without any is skipped", async () => {
    const { manifest } = database;
    const verdictOf = async (changes: Partial<DrillDatabase>) =>
      (await runChecks([measuresCheck], { ...database, ...changes }, () => 0))[0];
    const older = manifest && { ...manifest, measures: undefined };
    expect(await verdictOf({ manifest: older })).toMatchObject({
      verdict: "SKIPPED",
      detail: "the backup has no measures",
    });
    const measures = database.measures.map((each) =>
      each.name === "pedidos" ? { ...each, query: `${each.query} having true` } : each
    );
    expect(await verdictOf({ measures })).toMatchObject({
      verdict: "PASS",
      detail: "3 measures, each exactly as the manifest says; not compared: pedidos: changed",
    });
    expect(await verdictOf({ measures: [] })).toMatchObject({ verdict: "SKIPPED" });
    expect(await verdictOf({ fault: "alter table public.notas_fiscais rename to notas;" })).toMatchObject({
      verdict: "FAIL",
      detail: expect.stringMatching(/^notas fiscais: 42P01/),
    });
  });

  test("an older list beside the catalog's own, and its policy", async () => {
    const fault = `
      create function public.ops_db_backups_list(p_target text, p_limit integer, p_offset integer)
        returns setof public.ops_db_backups language sql security definer as 'select * from public.ops_db_backups';
      create policy older on public.ops_db_backups for select to authenticated using (true);`;
    const [check] = await runChecks([catalogAccessCheck], { ...database, fault }, () => 0);
    expect(check?.detail.split("; ")).toEqual([
      "PUBLIC may execute function ops_db_backups_list",
      "anon may execute function ops_db_backups_list",
      "function ops_db_backups_list has no search_path of its own",
      "function ops_db_backups_list has other arguments or columns",
      "table ops_db_backups has policy older",
      "there are 2 functions ops_db_backups_list",
    ]);
  });

  test("the project's own assertions, of plain exceptions", async () => {
    const projectAsserts = join(place.folder, "asserts.sql");
    await writeFile(
      projectAsserts,
      "do $$ begin if exists (select from public.clientes where nome = 'x') then raise exception 'client x'; end if; end $$;",
    );
    const outcome = async (fault?: string) =>
      (await runChecks([projectAssertsCheck], { ...database, projectAsserts, fault }, () => 0))[0];
    expect(await outcome()).toMatchObject({ verdict: "PASS", detail: "ran to its end" });
    const fault =
      "update public.clientes set nome = 'x' where id = (select id from public.clientes limit 1);";
    expect(await outcome(fault)).toMatchObject({ verdict: "FAIL", detail: "client x" });
  });

  const openView = `
    create view public.vitrine as select id, nome from public.produtos; grant select on public.vitrine to anon;`;

  test("a view that exposes another table to anon, unless it is permitted", async () => {
    expect(await failuresWith(openView, [anonCheck])).toEqual(["anon_reads"]);
    database = { ...database, anonReads: ["public.vitrine"] };
    expect(await failuresWith(openView, [anonCheck])).toEqual([]);
  });

  test.each([
    ["titulos_financeiros", "its own column has the company"],
    ["itens_pedido", "the parent order has the company"],
  ])("public.%s readable by every company: %s", async (table) => {
    const fault = `create policy vazamento on public.${table} for select to authenticated using (true);`;
    const checks = await runChecks([companyCheck], { ...database, fault }, () => performance.now());
    expect(checks).toMatchObject([{
      verdict: "FAIL",
      detail: expect.stringContaining(`in public.${table}`),
    }]);
    const shared = { ...database, fault, sharedReads: [`public.${table}`] };
    expect(await runChecks([companyCheck], shared, () => 0)).toMatchObject([{ verdict: "PASS" }]);
  });

  test("an invalid index", async () => {
    database = { ...database, owner: superuser }; // only a superuser writes to pg_index
    const fault =
      "update pg_index set indisvalid = false where indexrelid = 'public.pedidos_cliente_idx'::regclass;";
    expect(await failuresWith(fault, [rg03Checks])).toEqual(["indexes_are_valid"]);
  });

  test("an index without entries for rows of its table", async () => {
    const fault = `
      create function public.vista(n bigint) returns bigint language plpgsql immutable as 'begin return n; end';
      create index vista_idx on public.pedidos (public.vista(id));
      create or replace function public.vista(n bigint) returns bigint language plpgsql immutable
        as 'begin return n + 1; end';`;
    expect(await failuresWith(fault, [indexCheck])).toEqual(["index_contents"]);
  });
});
