/**
 * Backups and receipts that a program with write access to the vault forged: none is restored, planned or drilled, is the
 * newest, proves anything, or makes a true backup expire. Without keys each of these attacks succeeds.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sealManifest } from "@backup/vault/manifest.ts";
import { receiptKey, siblingKeys } from "@backup/vault/object_key.ts";
import { makeKeyPair, Signer, TrustedKeys } from "@backup/vault/signature.ts";
import { restoreIntoEmpty } from "../lib/recover/recover.ts";
import { planRestore } from "../lib/restore/plan.ts";
import { freshnessOf, newestBackup } from "../lib/vault/newest_backup.ts";
import { newestProof } from "../lib/vault/newest_proof.ts";
import { readSignedManifest } from "../lib/vault/trust.ts";
import { MemoryStore } from "../lib/vault/memory_store.ts";
import { StoredVault } from "../lib/vault/stored_vault.ts";
import type { Vault } from "../lib/vault/vault.ts";
import { verifyStored } from "../lib/verify/verify_stored.ts";
import { readVaultFacts } from "../lib/watchdog/read_vault.ts";
import type { CompletedDrill } from "../lib/drill/drill.ts";
import type { Connection } from "../lib/postgres/connection.ts";
import { addReceipt } from "./watchdog_fixture.ts";
import { drillOf, namesWith } from "./drill_fixture.ts";
import {
  backUp,
  createProject,
  engine,
  fixture,
  oldArchive,
  restore,
  sql,
  startServer,
  stateOf,
  type TestServer,
} from "./engine_fixture.ts";

const [ours, theirs] = await Promise.all([makeKeyPair(), makeKeyPair()]);
const trusted = new TrustedKeys([ours.publicKey]);
const progress = { phase: () => {}, bytes: () => {}, log: () => {} };

let place: TestServer;
let store: MemoryStore;
/** The installation's own view of the vault. */
let vault: Vault;
/** The same bucket for a program that has its write token and a key of its own. */
let attacker: Vault;
/** The same bucket for an installation without keys. */
let keyless: Vault;
let prod: Connection;
/** Of an earlier backup; it fails checks that need an ERP. */
let drilled: CompletedDrill;
let good: string;
let forged: Record<string, string>;

beforeAll(async () => {
  place = await startServer();
  store = new MemoryStore();
  vault = new StoredVault(store, { signer: new Signer(ours.privateKey), trusted });
  attacker = new StoredVault(store, { signer: new Signer(theirs.privateKey) });
  keyless = new StoredVault(store);
  prod = await createProject(place.server, "prod");
  await sql(prod, await fixture("other_content.sql"));
  const earlier = (await backUp(vault, prod)).keys.archive;
  drilled = await drillOf({ ...place, store: { vault } }, earlier);
  good = (await backUp(vault, prod)).keys.archive;
  forged = {
    "without a signature": await forge({}, "none"),
    "signed by another key": await forge({}, "theirs"),
    "with the signature of the true one": await forge({}, "copied"),
    "a copy of the true one, dated anew": await forge({}, "copied", "2026-02-01T00:00:00Z"),
  };
});
afterAll(() => place?.stop());

let copies = 0;

/** A later backup made of the true one's objects, with a manifest that fits it in everything but its signature. */
async function forge(
  changes: object,
  signature: "none" | "theirs" | "copied",
  createdAt = `2026-01-${20 + ++copies}T00:00:00Z`,
): Promise<string> {
  const day = createdAt.slice(0, 10);
  const key = `revo/prod/${day.replaceAll("-", "/")}/supabase_prod_${day.replaceAll("-", "")}_000000.dump.gz`;
  const [from, to] = [siblingKeys(good), siblingKeys(key)];
  for (const part of ["archive", "fingerprint"] as const) {
    await attacker.put(to[part], await attacker.bytes(from[part]), "application/gzip");
  }
  const { signature: kept, manifest_sha256: _, ...fields } = JSON.parse(await attacker.text(from.manifest));
  const own = { ...fields, created_at_utc: createdAt, file: key.split("/").at(-1), ...changes };
  const signed = signature === "theirs"
    ? await attacker.signer?.signJson(to.manifest, own)
    : { ...own, ...signature === "copied" ? { signature: kept } : {} };
  await attacker.put(to.manifest, await sealManifest(signed ?? {}), "application/json");
  return key;
}

const kinds = [
  "without a signature",
  "signed by another key",
  "with the signature of the true one",
  "a copy of the true one, dated anew",
];
const refusal = { code: expect.stringMatching(/^(backup_unsigned|manifest_invalid)$/) };

let targets = 0;
async function emptyTarget() {
  return await createProject(place.server, `alvo_${++targets}`);
}

it("a signed backup is drilled, planned and restored", async () => {
  expect((await readSignedManifest(vault, good)).trust).toEqual({ state: "signed", keyId: ours.keyId });
  expect(namesWith(drilled.receipt, "PASS")).toEqual(expect.arrayContaining(["signature", "restored"]));
  const target = await emptyTarget();
  await restore(vault, target, good);
  const checks = await verifyStored(vault, good, progress);
  expect(checks.filter(({ verdict }) => verdict !== "PASS")).toEqual([]);
});

describe.each(kinds)("a forged backup %s", (kind) => {
  it("is refused by restore, plan, drill and recovery before its archive is read", async () => {
    const key = forged[kind] ?? "";
    const archive = await attacker.bytes(key);
    await store.delete(key); // what reads it reports vault_object_missing
    const target = await emptyTarget();
    const before = await stateOf(target);
    try {
      await expect(restore(vault, target, key)).rejects.toMatchObject(refusal);
      // a manifest with a signature of something else is damage: the drill rejects it without a restore
      const refused = await drillOf({ ...place, store: { vault } }, key).catch((error) => error);
      if (refused instanceof Error) expect(refused).toMatchObject(refusal);
      else expect(namesWith(refused.receipt, "FAIL")).toEqual(["manifest"]);
      const context = { vault, connection: target, progress, signal: new AbortController().signal };
      await expect(restoreIntoEmpty(context, { key, allowUnsigned: null }, { allowSchemaOnly: false }))
        .rejects
        .toMatchObject(refusal);
    } finally {
      await attacker.put(key, archive, "application/gzip");
    }
    const { tools } = engine(vault, target);
    const planned = planRestore({
      vault,
      connection: target,
      tools,
      progress,
      pastRestores: () => Promise.resolve([]),
    }, { target: "dev", key, allowSchemaOnly: false });
    await expect(planned).rejects.toMatchObject(refusal);
    expect(await stateOf(target)).toBe(before);
  });

  it("fails the verification of what is stored", async () => {
    const checks = await verifyStored(vault, forged[kind] ?? "", progress);
    const failed = checks.filter(({ verdict }) => verdict === "FAIL").map(({ name }) => name);
    expect(failed.some((name) => name === "signature" || name === "manifest")).toBe(true);
  });
});

it("an unsigned backup is restored where its own key confirms it, and no other", async () => {
  const key = forged["without a signature"] ?? "";
  await expect(restore(vault, await emptyTarget(), key, { allowUnsigned: good })).rejects
    .toMatchObject({ code: "backup_unsigned" });
  await restore(vault, await emptyTarget(), key, { allowUnsigned: key });
});

it("an unsigned backup is not salvaged into prod, not even with its confirmations", async () => {
  const key = forged["without a signature"] ?? "";
  const wanted = {
    target: "prod",
    confirm: "RESTORE_PROD",
    salvage: true,
    confirmSalvage: "SALVAGE_PROD",
  } as const;
  const confirmed = { ...wanted, allowUnsigned: key };
  await expect(restore(vault, await emptyTarget(), key, confirmed)).rejects.toMatchObject({
    code: "backup_unsigned",
  });
  await expect(restore(vault, await emptyTarget(), key, wanted)).rejects.toMatchObject({
    code: "backup_unsigned",
  });
});

it("a backup of the time before signatures is restored the same way", async () => {
  const replace = async (key: string, bytes: Uint8Array | string) =>
    await attacker.put(key, bytes, "application/gzip");
  const key = await oldArchive({ replace }, prod);
  await expect(restore(vault, await emptyTarget(), key)).rejects.toMatchObject({ code: "backup_unsigned" });
  await restore(vault, await emptyTarget(), key, { allowUnsigned: key });
  await restore(keyless, await emptyTarget(), key);
});

it("forged backups are newer, and not the newest", async () => {
  expect(await newestBackup(vault, "prod")).toBe(good);
  const freshness = await freshnessOf(vault, "prod", new Date("2026-02-01T00:01:00Z"));
  expect(freshness?.newest_key).toBe(good);
  const { facts } = await readVaultFacts(vault, "prod", null);
  expect(facts.backups.map(({ key }) => key)).toEqual([good, drilled.receipt.r2_key]);
  const reported = [...facts.unsigned, ...facts.corrupt].map(({ key }) => key);
  expect(reported).toEqual(expect.arrayContaining(Object.values(forged)));
  expect(facts.isSigned).toBe(true);
  // of an installation without keys the attack succeeds, and its watch says so
  expect((await readVaultFacts(keyless, "prod", null)).facts.isSigned).toBe(false);
  expect(Object.values(forged)).toContain(
    (await readVaultFacts(keyless, "prod", null)).facts.backups[0]?.key,
  );
});

it("a signed backup is not passed over where there is no key to check it with", async () => {
  const bucket = new MemoryStore();
  const signing = new StoredVault(bucket, { signer: new Signer(ours.privateKey) });
  await backUp(signing, prod);
  await expect(newestBackup(new StoredVault(bucket), "prod")).rejects.toMatchObject({
    code: "public_keys_missing",
  });
});

it("receipts that no key of this installation signed prove and reject nothing", async () => {
  const beside = async () => {
    const found = [];
    for await (const object of vault.list(good.slice(0, -".dump.gz".length))) found.push(object);
    return found;
  };
  await addReceipt({ vault }, good, new Date("2026-01-19T00:00:00Z"));
  const before = await newestProof(vault, await beside());
  expect(before?.failed).toBe(0);
  const receipt = JSON.parse(await vault.text(before?.receipt_key ?? ""));
  const checks = [{ name: "rows_per_table", verdict: "FAIL", detail: "", seconds: 0 }];
  const later = new Date(Date.parse(receipt.drilled_at_utc) + 60_000);
  const forgery = { ...receipt, drilled_at_utc: later.toISOString().slice(0, 19) + "Z", checks };
  const key = receiptKey(good, later);
  for (const [index, content] of [forgery, { ...forgery, signature: undefined }].entries()) {
    const at = key.replace(/\d\.json$/, `${index}.json`);
    await attacker.put(at, JSON.stringify(content), "application/json");
  }
  expect(await newestProof(vault, await beside())).toEqual(before);
  expect((await newestProof(keyless, await beside()))?.failed).toBe(1);
});
