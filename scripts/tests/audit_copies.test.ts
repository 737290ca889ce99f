/** Copies of the audit in the vault: the catalog is restored from them, and changed records are named. */
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { delimiter, join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { AUDIT_ROOT, auditKey, parseAuditKey } from "@backup/audit.ts";
import { sha256Hex } from "@backup/vault/canonical.ts";
import { siblingKeys } from "@backup/vault/object_key.ts";
import { makeKeyPair, Signer, TrustedKeys } from "@backup/vault/signature.ts";
import { ROOT } from "../dev/root.ts";
import { migrate, readMigrations } from "../dev/migrate.ts";
import { mirrorAudit } from "../lib/audit/mirror.ts";
import { rebuildRuns } from "../lib/reconcile/rebuild_audit.ts";
import { recordRefusal } from "../lib/catalog/refusal.ts";
import { openR2Vault } from "../lib/vault/open_vault.ts";
import { requireSoundAudit, verifyAudit } from "../lib/audit/verify.ts";
import { Catalog, type RunStart } from "../lib/catalog/catalog.ts";
import { toBackupError } from "@backup/errors.ts";
import type { Connection } from "../lib/postgres/connection.ts";
import { binaries, createProject, sql, startPlace, type TestPlace } from "./engine_fixture.ts";

const psql = binaries.path("psql");
const KEY = "revo/prod/2026/01/15/supabase_prod_20260115_031022.dump.gz";
const GONE = "revo/prod/2026/01/14/supabase_prod_20260114_031022.dump.gz";
const TABLES = [
  "ops_db_backups",
  "ops_db_backup_runs",
  "ops_db_backup_audit",
  "ops_db_backup_audit_mirrored",
  "ops_db_backup_reports",
];
const KEEP = "ops_db_backup_audit_keep_rows";

let place: TestPlace;
let prod: Connection;
let catalog: Catalog;
let databases = 0;

beforeAll(async () => {
  place = await startPlace();
});
afterAll(() => place?.stop());

beforeEach(async () => {
  const name = `prod${++databases}`;
  await createProject(place.server, name);
  prod = place.server.connection("postgres", name);
  await migrate(psql, prod, await readMigrations());
  for await (const { key } of place.store.vault.list("")) await place.store.vault.delete(key);
  catalog = new Catalog({ connection: prod });
  return () => catalog.close();
});

const order = (more: Partial<RunStart> = {}): RunStart => ({
  request_id: randomUUID(),
  kind: "backup",
  target: "prod",
  mode: "full",
  label: null,
  r2_key: null,
  reason: "virada",
  requested_by: "ana@revo.com.br",
  github_run_id: 77,
  run_url: "https://github.com/o/r/actions/runs/77",
  attempt: 1,
  ...more,
});

const manifestOf = (key: string) => ({
  kind: "supabase_db_backup" as const,
  target: "prod" as const,
  mode: "full" as const,
  created_at_utc: `2026-01-${key.includes("/14/") ? 14 : 15}T03:10:22Z`,
  file: key.split("/")[5] ?? "",
  sha256: "a".repeat(64),
  bytes: 7,
  git_sha: null,
});

/** A backup in the vault and in the catalog. */
async function backUp(key: string): Promise<void> {
  await place.store.vault.put(key, "archive", "application/gzip");
  await place.store.vault.put(siblingKeys(key).manifest, JSON.stringify(manifestOf(key)), "application/json");
  await catalog.record({
    r2_bucket: "test",
    r2_key: key,
    manifest: manifestOf(key),
    run_url: null,
    verified_at: "2026-01-15T03:11:00Z",
  });
}

/** The history of a few weeks: runs with every end, a backup held and proven, one rejected and deleted, a refusal. */
async function work(): Promise<void> {
  const good = order();
  await catalog.startRun(good);
  await backUp(KEY);
  await backUp(GONE);
  const end = { error_code: null, error_message: null, result: { bytes: 7 } };
  await catalog.finishRun({
    request_id: good.request_id,
    attempt: 1,
    status: "succeeded",
    r2_key: KEY,
    ...end,
  });
  const busy = order();
  await catalog.startRun(order({ kind: "restore", target: "dev", r2_key: KEY, mode: null }));
  await catalog.startRun({ ...busy, target: "dev" }).catch((error) =>
    recordRefusal(catalog, busy, toBackupError(error))
  );
  const proof = {
    receipt_key: KEY.replace(".dump.gz", ".drill.20260118_053000.json"),
    drilled_at: "2026-01-18T05:30:00Z",
    passed: 9,
    failed: 0,
    skipped: 1,
    seconds: { restore: 3 },
    total_seconds: 4,
  };
  await catalog.markProven("test", KEY, proof);
  await catalog.markProven("test", GONE, proof);
  await catalog.markRejected("test", GONE, { ...proof, drilled_at: "2026-01-25T05:30:00Z", failed: 1 });
  await catalog.rows(
    `with held as (
       update public.ops_db_backups
          set hold_until = '2100-01-01', hold_reason = 'auditoria', held_by = 'ana@revo.com.br', updated_at = now()
        where r2_key = '${KEY}' returning 1
     ) select to_json(true) from held;`,
  );
  await place.store.vault.delete(GONE);
  await catalog.rows(
    `select public.ops_db_backup_mark('{"r2_bucket":"test","r2_key":"${GONE}","status":"deleted"}');`,
  );
}

/** Rows of a table as text, without the columns that a rebuild may change. */
async function rowsOf(table: string, without: string[] = []): Promise<string[]> {
  const minus = without.map((column) => ` - '${column}'`).join("");
  return await sql(prod, `select to_jsonb(t)${minus} from public.${table} t order by 1;`);
}

/**
 * Runs, backups and audit. Runs that were active are given up, and the manifest of a deleted archive is not restored.
 */
async function history() {
  return {
    runs: (await rowsOf("ops_db_backup_runs")).filter((row) => !/"status": "(running|lost)"/.test(row)),
    backups: await rowsOf("ops_db_backups", ["updated_at", "manifest"]),
    manifests: await sql(prod, "select r2_key, manifest is null from public.ops_db_backups order by 1;"),
  };
}

async function loseTheCatalog(): Promise<void> {
  await catalog.close();
  await sql(prod, `drop table ${TABLES.map((table) => `public.${table}`).join(", ")} cascade;`);
  await sql(prod, "delete from supabase_migrations.schema_migrations where name ~ 'ops_db_backup';");
  await migrate(psql, prod, await readMigrations());
}

/** `deno task reconcile`, as the workflow calls it. */
async function reconcile(apply: "yes" | "no"): Promise<void> {
  const database = prod.env.PGDATABASE ?? "";
  await promisify(execFile)("deno", ["task", "-q", "reconcile"], {
    cwd: ROOT,
    env: {
      ...process.env,
      PATH: [binaries.folder, join(ROOT, "node_modules", ".bin"), process.env.PATH].join(delimiter),
      ...place.store.secrets,
      SUPABASE_DB_URL_PROD: place.server.url("postgres", database),
      APPLY: apply,
      NO_COLOR: "1",
    },
  });
}

/** Changes the audit as only its owner can: with its trigger disabled. */
async function tamper(statement: string): Promise<void> {
  await sql(
    prod,
    `alter table public.ops_db_backup_audit disable trigger ${KEEP};
     ${statement};
     alter table public.ops_db_backup_audit enable always trigger ${KEEP};`,
  );
}

async function copies(): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of place.store.vault.list(`${AUDIT_ROOT}/`)) keys.push(key);
  return keys;
}

test("restores a dropped catalog from the vault alone: equal rows and a chain that verifies", async () => {
  await work();
  const copied = await mirrorAudit(place.store.vault, catalog);
  expect(copied).toBeGreaterThan(7);
  expect(await mirrorAudit(place.store.vault, catalog)).toBe(0);
  const before = await history();
  const audit = await rowsOf("ops_db_backup_audit");

  await loseTheCatalog();
  const rebuilt = await rebuildRuns(place.store.vault, catalog);
  expect(rebuilt).toEqual({ records: copied, runs: 2, backups: 2, broken: [], withoutManifest: [] });
  const after = await history();
  expect(after.runs).toEqual(before.runs);
  expect(after.backups).toEqual(before.backups);
  expect(after.manifests).toEqual([`${GONE}|t`, `${KEY}|f`]);
  expect(await rowsOf("ops_db_backup_audit")).toEqual(expect.arrayContaining(audit));
  const lost = await sql(
    prod,
    "select kind, status, error_code from public.ops_db_backup_runs where target = 'dev';",
  );
  expect(lost).toEqual(["restore|lost|run_lost"]);

  // the restore is itself recorded, in the chain of the new table
  const actors = await sql(
    prod,
    "select distinct actor from public.ops_db_backup_audit where seq <= 4 and actor = 'rebuild';",
  );
  expect(actors).toEqual(["rebuild"]);
  expect(await mirrorAudit(place.store.vault, catalog)).toBeGreaterThan(0);
  expect(await verifyAudit(place.store.vault, catalog)).toMatchObject({ ok: true, broken_at: null });
  expect(await rebuildRuns(place.store.vault, catalog)).toMatchObject({ records: 0, runs: 0, backups: 0 });
});

test(
  "the command names what is missing, restores it, and reports a changed record",
  async () => {
    await work();
    await mirrorAudit(place.store.vault, catalog);
    const before = await history();
    await loseTheCatalog();
    await expect(reconcile("no")).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/audit_broken.*the database has lost it/),
    });
    await reconcile("yes");
    const after = await history();
    expect(after.runs).toEqual(before.runs);
    expect(after.backups).toEqual(before.backups);
    expect(after.manifests).toEqual([`${GONE}|t`, `${KEY}|f`]);
    await tamper("update public.ops_db_backup_audit set actor = 'bia' where seq = 3");
    await expect(reconcile("no")).rejects.toMatchObject({
      stderr: expect.stringMatching(/Audit record 3 .*a column does not say what its text says/),
    });
  },
  120_000,
);

test("adds holds and proofs to rows that were first created from manifests", async () => {
  await work();
  await mirrorAudit(place.store.vault, catalog);
  await loseTheCatalog();
  await catalog.record({
    r2_bucket: "test",
    r2_key: KEY,
    manifest: manifestOf(KEY),
    run_url: null,
    verified_at: null,
  });
  await rebuildRuns(place.store.vault, catalog);
  const [row] = await sql(
    prod,
    `select hold_reason, held_by, proven_at at time zone 'UTC' from public.ops_db_backups where r2_key = '${KEY}';`,
  );
  expect(row).toBe("auditoria|ana@revo.com.br|2026-01-18 05:30:00");
});

test("restores the records that a database lost when it was reset to an earlier state", async () => {
  const run = order();
  await catalog.startRun(run);
  await mirrorAudit(place.store.vault, catalog);
  const [old = ""] = await sql(prod, "select to_jsonb(r) from public.ops_db_backup_runs r;");
  await catalog.finishRun({
    request_id: run.request_id,
    attempt: 1,
    status: "succeeded",
    r2_key: KEY,
    error_code: null,
    error_message: null,
    result: null,
  });
  await mirrorAudit(place.store.vault, catalog);
  await tamper("delete from public.ops_db_backup_audit where seq > 1");
  await sql(
    prod,
    `delete from public.ops_db_backup_runs;
     set session_replication_role = replica;
     alter table public.ops_db_backup_runs disable trigger ops_db_backup_runs_audit_new;
     insert into public.ops_db_backup_runs
       select * from jsonb_populate_record(null::public.ops_db_backup_runs, '${old}');
     alter table public.ops_db_backup_runs enable always trigger ops_db_backup_runs_audit_new;`,
  );
  expect(await verifyAudit(place.store.vault, catalog)).toMatchObject({
    ok: false,
    broken_at: { seq: 2, where: "between", why: "the database has lost it" },
  });
  expect(await rebuildRuns(place.store.vault, catalog)).toMatchObject({ records: 1, runs: 1, broken: [] });
  expect(await sql(prod, "select status, r2_key from public.ops_db_backup_runs;")).toEqual([
    `succeeded|${KEY}`,
  ]);
  expect(await verifyAudit(place.store.vault, catalog)).toMatchObject({ ok: true });
});

test("allows two concurrent copies, and does not count a record whose copy differs as copied", async () => {
  await work();
  const second = new Catalog({ connection: prod });
  await Promise.all([mirrorAudit(place.store.vault, catalog), mirrorAudit(place.store.vault, second)]);
  await second.close();
  expect(await verifyAudit(place.store.vault, catalog)).toMatchObject({ ok: true });
  const [{ chainId, last } = { chainId: "", last: 0 }] = (await copies()).flatMap((key) =>
    parseAuditKey(key) ?? []
  );
  await place.store.vault.put(auditKey({ chainId, first: last + 1, last: last + 1 }), "{}\n", "text/plain");
  await recordRefusal(catalog, order(), toBackupError(new Error("no")));
  await expect(mirrorAudit(place.store.vault, catalog)).rejects.toMatchObject({ code: "audit_broken" });
});

test("names a changed record, in the database or in a copy", async () => {
  for (let n = 0; n < 5; n++) await recordRefusal(catalog, order(), toBackupError(new Error("no")));
  await mirrorAudit(place.store.vault, catalog);
  const verdict = () => verifyAudit(place.store.vault, catalog);
  expect(await verdict()).toEqual({ ok: true, records: 5, copies: 5, broken_at: null });
  const [key = ""] = await copies();
  const good = await place.store.vault.text(key);

  await place.store.replace(key, good.replace("ana@", "bia@"));
  expect(await verdict()).toMatchObject({ ok: false, broken_at: { seq: 1, where: "vault" } });
  await place.store.replace(key, good.split("\n").slice(0, 2).concat("{").join("\n"));
  expect(await verdict()).toMatchObject({ ok: false, broken_at: { seq: 1, where: "vault" } });
  await place.store.replace(key, good);

  // the owner rewrites the whole chain with matching hashes: the database alone cannot detect this
  await tamper(
    `do $$
     declare a record; v_prev text := repeat('0', 64);
     begin
       for a in select * from public.ops_db_backup_audit order by seq loop
         a.record := replace(a.record, 'ana@', 'bia@');
         update public.ops_db_backup_audit
            set record = a.record, actor = 'bia@revo.com.br', prev_hash = v_prev,
                hash = public.ops_db_backup_audit_hash(v_prev, a.record)
          where seq = a.seq returning hash into v_prev;
       end loop;
     end $$`,
  );
  const [own] = await catalog.rows("select public.ops_db_backup_audit_verify();");
  expect(own).toMatchObject({ ok: true });
  const found = await verdict();
  expect(found).toMatchObject({ ok: false, broken_at: { seq: 1, where: "between" } });
  expect(() => requireSoundAudit(found)).toThrow(expect.objectContaining({ code: "audit_broken" }));
  expect((await rebuildRuns(place.store.vault, catalog)).records).toBe(0);
});

test("a rebuild with keys uses the records that a signature vouches for, and no forged ones", async () => {
  const { privateKey, publicKey } = await makeKeyPair();
  const { R2_ENDPOINT, R2_BUCKET, R2_ACCESS_KEY_ID, R2_SECRET_ACCESS_KEY } = place.store.secrets;
  const access = { accessKeyId: R2_ACCESS_KEY_ID, secretAccessKey: R2_SECRET_ACCESS_KEY };
  const keys = { signer: new Signer(privateKey), trusted: new TrustedKeys([publicKey]) };
  const signing = openR2Vault({ endpoint: R2_ENDPOINT, bucket: R2_BUCKET, ...access, ...keys });
  await work();
  await mirrorAudit(place.store.vault, catalog); // by a job without the key
  await catalog.startRun(order());
  await mirrorAudit(signing, catalog);
  const before = await sql(prod, "select seq, hash from public.ops_db_backup_audit order by seq;");
  await catalog.startRun(order({ target: "verify" }));
  await mirrorAudit(place.store.vault, catalog); // after the newest signature
  // as a program with write access to the vault leaves it, joined to the last signed record
  const [chain = "", last = "", hash = ""] = (await sql(
    prod,
    `select chain_id, seq, hash from public.ops_db_backup_audit where seq = ${before.length};`,
  ))[0]?.split("|") ?? [];
  const seq = Number(last) + 1;
  const record = JSON.stringify({
    ...{ chain_id: chain, seq, at: "2026-01-20T00:00:00Z", event: "hold", actor: "intruso" },
    ...{ actor_id: null, target: null, request_id: null, r2_key: KEY, code: null, detail: null },
  });
  const line = { record, prev_hash: hash, hash: await sha256Hex(hash + record) };
  const forged = auditKey({ chainId: chain, first: seq, last: seq });
  if (await place.store.vault.head(forged) !== null) await place.store.vault.delete(forged);
  await place.store.vault.put(forged, JSON.stringify(line) + "\n", "application/x-ndjson");

  await loseTheCatalog();
  catalog = new Catalog({ connection: prod });
  const { broken } = await rebuildRuns(signing, catalog);
  expect(await sql(prod, "select seq, hash from public.ops_db_backup_audit order by seq;")).toEqual(
    expect.arrayContaining(before),
  );
  const actors =
    `select count(*) from public.ops_db_backup_audit where record::jsonb ->> 'actor' = 'intruso';`;
  expect(await sql(prod, actors)).toEqual(["0"]);
  expect(broken).toContainEqual(expect.objectContaining({ chain_id: chain, seq }));
});
