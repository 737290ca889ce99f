/** The vault compared with a real catalog: what is recorded, what is marked, what is only reported. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { sealManifest } from "@backup/vault/manifest.ts";
import { buildKeys, reversePatchKeys } from "@backup/vault/object_key.ts";
import { makeKeyPair, Signer, TrustedKeys } from "@backup/vault/signature.ts";
import { exampleManifest } from "@backup/vault/manifest_example.ts";
import { Catalog } from "../lib/catalog/catalog.ts";
import type { Connection } from "../lib/postgres/connection.ts";
import { listCatalog } from "../lib/list/list_catalog.ts";
import { adoptMissing } from "../lib/reconcile/adopt_missing.ts";
import { describeFinding } from "../lib/reconcile/report.ts";
import { type Finding, reconcile } from "../lib/reconcile/reconcile.ts";
import { StoredVault } from "../lib/vault/stored_vault.ts";
import { oldArchive, sql } from "./engine_fixture.ts";
import {
  type CatalogScene,
  keysOf,
  manifestOf,
  type MemoryVault,
  memoryVault,
  recordBackups,
  startCatalogScene,
  storeBackups,
} from "./vault_content.ts";

let place: CatalogScene;
let prod: Connection;
let catalog: Catalog;
let store: MemoryVault;

beforeAll(async () => {
  place = await startCatalogScene();
  ({ prod, catalog } = place);
});

afterAll(() => place?.stop());

beforeEach(async () => {
  store = memoryVault();
  await place.empty();
});

/** Runs the given hours after the objects were written, by the vault's clock; the machine's may differ by days. */
async function run(apply: boolean, hours = 25, skewDays = 0) {
  const findings: Finding[] = [];
  const now = () => new Date(Date.now() + (hours + skewDays * 24) * 3_600_000);
  const { vault } = store;
  store.hoursAhead = hours;
  const result = await reconcile({ vault, catalog, now, onFinding: (each) => findings.push(each) }, apply);
  store.hoursAhead = 0;
  return { ...result, findings };
}

async function rowOf(key: string): Promise<Record<string, unknown>> {
  const [row = "null"] = await sql(
    prod,
    `select to_json(b) from public.ops_db_backups b where r2_key = '${key}';`,
  );
  return JSON.parse(row);
}

const manifestKey = (key: string) => key.replace(".dump.gz", ".manifest.json");
const at = (day: string) => `2026-02-${day}T03:10:00Z`;

test("records manifests of both formats; the preview has the same result and changes nothing", async () => {
  const { vault } = store;
  const [old = "", proving = ""] = await storeBackups(vault, [{ createdAt: at("01") }, {
    createdAt: at("02"),
  }]);
  const manifest = await sealManifest({ ...exampleManifest, ...manifestOf(proving), version: 2 });
  await store.replace(manifestKey(proving), manifest);
  await vault.put("revo/leia-me.txt", "x", "text/plain");
  // of a take, whose objects are not foreign
  const take = {
    target: "prod",
    takenAt: new Date(at("02")),
    hash: "0".repeat(64),
    encrypted: false,
  } as const;
  for (const key of Object.values(reversePatchKeys(take))) await vault.put(key, "x", "text/plain");
  const preview = await run(false);
  expect(preview).toMatchObject({ counts: { enter: 2 }, foreign: 1, failed: 0 });
  expect(await sql(prod, "select count(*) from public.ops_db_backups;")).toEqual(["0"]);
  const applied = await run(true);
  expect(applied.findings.map(({ key, outcome }) => [key, outcome])).toEqual([[old, "done"], [
    proving,
    "done",
  ]]);
  expect(await rowOf(old)).toMatchObject({ status: "uploaded", rows_total: null, origin: "other" });
  expect(await rowOf(proving)).toMatchObject({ rows_total: 3, server_version: "17.6", origin: "schedule" });
  expect(await run(true)).toEqual({ counts: { agreed: 2 }, foreign: 1, failed: 0, findings: [] });
});

test("enters what no key of this installation signed as unsigned, and follows a change of the keys", async () => {
  const [ours, theirs] = await Promise.all([makeKeyPair(), makeKeyPair()]);
  const [foreign = "", plain = "", signed = ""] = await storeBackups(
    store.vault,
    ["01", "02", "03"].map((day) => ({ createdAt: at(day) })),
  );
  for (const [key, pair] of [[foreign, theirs], [signed, ours]] as const) {
    const fields = { ...exampleManifest, ...manifestOf(key), version: 2 };
    const manifest = await new Signer(pair.privateKey).signJson(manifestKey(key), fields);
    await store.replace(manifestKey(key), await sealManifest(manifest));
  }
  const signers = async () =>
    Object.fromEntries(
      await Promise.all([foreign, plain, signed].map(async (key) => [key, (await rowOf(key)).signed_by])),
    );
  const withKeys = (...keys: string[]) => {
    store = { ...store, vault: new StoredVault(store.store, { trusted: new TrustedKeys(keys) }) };
  };
  const keyless = store.vault;
  withKeys(ours.publicKey);
  expect(await run(true)).toMatchObject({ counts: { enter: 3 }, failed: 0 });
  expect(await signers()).toEqual({ [foreign]: null, [plain]: null, [signed]: ours.keyId });
  const { backups } = await listCatalog(catalog, store.vault.bucket, null, 10);
  expect(backups.map(({ is_trusted }) => is_trusted)).toEqual([true, false, false]);
  expect(await run(true)).toMatchObject({ counts: { agreed: 3 } });
  withKeys(theirs.publicKey); // the old key is no longer trusted
  expect(await run(false)).toMatchObject({ counts: { agreed: 1, signer_unknown: 2 } });
  await adoptMissing(store.vault, catalog, { phase: () => {}, bytes: () => {}, log: () => {} });
  expect(await signers()).toEqual({ [foreign]: theirs.keyId, [plain]: null, [signed]: null });
  store = { ...store, vault: keyless }; // nothing can be checked: what is known stays
  expect(await run(true)).toMatchObject({ counts: { agreed: 3 } });
  await sql(prod, "update public.ops_db_backups set status = 'deleted';");
  expect(await run(true)).toMatchObject({ counts: { enter: 3 }, failed: 2 });
  expect(await signers()).toMatchObject({ [foreign]: theirs.keyId });
});

test("of several rows of one object only the newest is compared", async () => {
  await storeBackups(store.vault, [{ createdAt: at("01") }]);
  expect((await run(true)).counts).toEqual({ enter: 1 });
  await sql(
    prod,
    `insert into public.ops_db_backups
       (target, mode, r2_bucket, r2_key, created_at, bytes, sha256, requested_by, manifest, duplicate_of)
     select target, mode, r2_bucket, r2_key, created_at, bytes, sha256, requested_by, manifest, id
       from public.ops_db_backups;`,
  );
  expect(await run(true)).toEqual({ counts: { agreed: 1 }, foreign: 0, failed: 0, findings: [] });
});

test("reads and hashes an archive without a manifest, and writes one in the old format", async () => {
  const { vault } = store;
  const key = await oldArchive(store, prod);
  const described = JSON.parse(await vault.text(manifestKey(key)));
  await vault.delete(manifestKey(key));
  expect((await run(true, 0)).counts).toEqual({ recent: 1 });
  expect((await run(true)).findings).toEqual([{ key, verdict: "enter_by_hash", outcome: "done" }]);
  const { adopted_at_utc, ...made } = JSON.parse(await vault.text(manifestKey(key)));
  expect(made).toEqual(described);
  expect(Date.parse(adopted_at_utc)).toBeGreaterThan(0);
  expect(await rowOf(key)).toMatchObject({ sha256: described.sha256, origin: "other", rows_total: null });
  expect((await run(true)).counts).toEqual({ agreed: 1 });
});

test("lists an encrypted archive without a manifest, which nothing can look into", async () => {
  const { vault } = store;
  const { archive } = buildKeys({ target: "prod", createdAtUtc: at("01"), label: null }, { encrypted: true });
  await vault.put(archive, "age-encryption.org/v1", "application/octet-stream");
  const { findings, failed } = await run(true);
  expect([findings, failed]).toEqual([[{ key: archive, verdict: "sealed", outcome: "would" }], 0]);
  expect(findings.map(describeFinding)).toMatchObject([{
    isBad: true,
    text: expect.stringContaining("by hand"),
  }]);
});

test("does not record an object that is no archive, or that differs from the catalog's row", async () => {
  const { vault } = store;
  const key = await oldArchive(store, prod);
  await recordBackups(catalog, "test", [key]); // with another hash
  await vault.delete(manifestKey(key));
  await sql(prod, "update public.ops_db_backups set manifest = null;");
  const [nonsense = ""] = await storeBackups(vault, [{ createdAt: at("01"), archiveOnly: true }]);
  const { findings, failed } = await run(true);
  expect(failed).toBe(2);
  expect(findings).toMatchObject([
    { key, outcome: { failed: expect.stringContaining("the catalog says") } },
    { key: nonsense, outcome: { failed: expect.stringContaining("Cannot read the archive") } },
  ]);
  expect((await keysOf(vault)).filter((name) => name.endsWith(".json"))).toEqual([]);
});

test("an upload of an unfinished run is no backup, also when it is recognized by its time only", async () => {
  const [failed, active] = ["01", "02"].map((day) =>
    buildKeys({ target: "prod", createdAtUtc: at(day), label: null }).archive
  );
  for (const key of [failed, active]) await store.putByHand(key ?? "", "an archive");
  await sql(
    prod,
    `insert into public.ops_db_backup_runs (kind, target, request_id, status, created_at, finished_at) values
       ('backup', 'prod', gen_random_uuid(), 'failed', '2026-02-01 03:09', '2026-02-01 03:20'),
       ('backup', 'prod', gen_random_uuid(), 'running', '2026-02-02 03:09', null);`,
  );
  expect((await run(true)).findings).toEqual([
    { key: failed, verdict: "unfinished", outcome: "would" },
    { key: active, verdict: "recent", outcome: "would" },
  ]);
});

test("leaves an archive alone that may still be uploading, whatever the local clock says", async () => {
  const [key = ""] = await storeBackups(store.vault, [{ createdAt: at("03"), archiveOnly: true }]);
  for (const skewDays of [-30, 0, 30]) {
    expect((await run(true, 23, skewDays)).findings).toEqual([{ key, verdict: "recent", outcome: "would" }]);
  }
  expect(await keysOf(store.vault)).toEqual([key]);
});

test("attributes an archive to the run that its metadata names", async () => {
  const ids = [1, 2, 3].map((n) => `00000000-0000-4000-8000-00000000000${n}`);
  const [failed = "", active = "", unknown = ""] = await storeBackups(
    store.vault,
    ids.map((run, i) => ({ createdAt: at(`0${i + 1}`), archiveOnly: true, run })),
  );
  // neither run was active at the times in the archives' names: only the metadata connects them
  await sql(
    prod,
    `insert into public.ops_db_backup_runs (kind, target, request_id, status, created_at, finished_at) values
       ('backup', 'prod', '${ids[0]}', 'failed', '2025-02-01 03:09', '2025-02-01 03:20'),
       ('backup', 'prod', '${ids[1]}', 'running', '2025-02-02 03:09', null);`,
  );
  expect((await run(true)).findings).toEqual([
    { key: failed, verdict: "unfinished", outcome: "would" },
    { key: active, verdict: "recent", outcome: "would" },
    { key: unknown, verdict: "unfinished", outcome: "would" },
  ]);
});

test("the archive of an earlier attempt is no backup when a later attempt of the run has made one", async () => {
  const ids = [1, 2, 3].map((n) => `00000000-0000-4000-8000-00000000000${n}`);
  const keys = await storeBackups(
    store.vault,
    ids.map((run, i) => ({ createdAt: at(`0${i + 1}`), archiveOnly: true, run })),
  );
  const [earlier, copy, own] = keys;
  const later = buildKeys({ target: "prod", createdAtUtc: at("04"), label: null }).archive;
  await sql(
    prod,
    `insert into public.ops_db_backup_runs (kind, target, request_id, status, finished_at, r2_key, result) values
       ('backup', 'prod', '${ids[0]}', 'succeeded', now(), '${later}', null),
       ('restore', 'prod', '${ids[1]}', 'succeeded', now(), '${later}', '{"safety_key": "${later}"}'),
       ('backup', 'prod', '${ids[2]}', 'succeeded', now(), '${own}', null);`,
  );
  expect((await run(false)).findings).toEqual([
    { key: earlier, verdict: "unfinished", outcome: "would" },
    { key: copy, verdict: "unfinished", outcome: "would" },
    { key: own, verdict: "enter_by_hash", outcome: "would" },
  ]);
});

test("marks missing and damaged objects, and clears the mark when they are restored", async () => {
  const { vault } = store;
  const days = ["01", "02", "03", "04"].map((day) => ({ createdAt: at(day) }));
  const keys = await storeBackups(vault, days);
  await recordBackups(catalog, "test", keys);
  const [gone = "", shorter = "", orphaned = "", undescribed = ""] = keys;
  for (const name of await keysOf(vault)) {
    if (name.startsWith(gone.replace(".dump.gz", ""))) await vault.delete(name);
  }
  await store.replace(shorter, "an arch");
  await vault.delete(orphaned);
  const text = await vault.text(manifestKey(undescribed));
  await vault.delete(manifestKey(undescribed));
  const { findings } = await run(true);
  expect(findings).toEqual([
    { key: gone, verdict: "gone", outcome: "done" },
    {
      key: shorter,
      verdict: "wrong_size",
      outcome: { failed: "the object has 7 bytes, its manifest says 10" },
    },
    { key: orphaned, verdict: "archive_missing", outcome: "done" },
    { key: undescribed, verdict: "manifest_missing", outcome: "done" },
  ]);
  expect(await statuses()).toEqual(["deleted", "failed", "deleted", "uploaded"]);
  expect(JSON.parse(await vault.text(manifestKey(undescribed)))).toEqual(JSON.parse(text));
  await store.replace(shorter, "an archive");
  await vault.put(orphaned, "an archive", "application/gzip");
  expect((await run(true)).counts).toEqual({ known_as_deleted: 1, enter: 2, agreed: 1 });
  expect(await statuses()).toEqual(["deleted", "uploaded", "uploaded", "uploaded"]);
});

const statuses = () => sql(prod, "select status from public.ops_db_backups order by created_at;");

test("does not restore a manifest beside a different archive", async () => {
  const { vault } = store;
  const [key = ""] = await storeBackups(vault, [{ createdAt: at("01") }]);
  await recordBackups(catalog, "test", [key]);
  await vault.delete(manifestKey(key));
  await store.replace(key, "an ARCHIVE");
  expect((await run(true)).failed).toBe(1);
  expect(await statuses()).toEqual(["failed"]);
  expect(await vault.head(manifestKey(key))).toBeNull();
});

test("refuses an empty bucket when the catalog has backups: it may be the wrong bucket", async () => {
  const [key = ""] = await storeBackups(store.vault, [{ createdAt: at("01") }]);
  await recordBackups(catalog, "test", [key]);
  await store.vault.deleteMany(await keysOf(store.vault));
  expect((await run(false)).counts).toEqual({ gone: 1 });
  await expect(run(true)).rejects.toMatchObject({ code: "vault_empty" });
  expect(await statuses()).toEqual(["uploaded"]);
});

test("labels with dots keep the objects of each backup together", async () => {
  const labels = ["a", "a.b", "a.z", "a.dump.gz", "a.drill.20260101_000000.json", "a-b"];
  const keys = await storeBackups(
    store.vault,
    labels.map((label) => ({ createdAt: at("05"), label, receipt: true })),
  );
  expect((await run(true)).findings.map(({ key }) => key)).toEqual([...keys].sort());
  expect(await run(true)).toMatchObject({ counts: { agreed: labels.length }, failed: 0, foreign: 0 });
});
