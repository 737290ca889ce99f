/** A backup that a drill rejected, as the readers of the vault see it. */
import { expect, test } from "vitest";
import { isReceiptKey } from "@backup/vault/object_key.ts";
import { newestBackup } from "../lib/vault/newest_backup.ts";
import { newestProof } from "../lib/vault/newest_proof.ts";
import { readVaultFacts } from "../lib/watchdog/read_vault.ts";
import { memoryVault } from "./vault_content.ts";
import { addBackup, addReceipt } from "./watchdog_fixture.ts";

const day = (date: number, hour = 3) => new Date(Date.UTC(2026, 0, date, hour, 10));

test("a backup that a drill rejected is not the newest, until a newer drill proves it", async () => {
  const { vault } = memoryVault();
  const older = await addBackup({ vault }, { at: day(10) });
  const newest = await addBackup({ vault }, { at: day(11) });
  expect(await newestBackup(vault, "prod")).toBe(newest);
  await addReceipt({ vault }, newest, day(11, 5), ["rows_per_table"]);
  expect(await newestBackup(vault, "prod")).toBe(older);
  await addReceipt({ vault }, newest, day(11, 6), ["freshness"]); // says nothing of this backup
  expect(await newestBackup(vault, "prod")).toBe(older);
  await addReceipt({ vault }, newest, day(11, 7));
  expect(await newestBackup(vault, "prod")).toBe(newest);
});

test("where every backup was rejected the error names the newest", async () => {
  const { vault } = memoryVault();
  const only = await addBackup({ vault }, { at: day(10) });
  await addReceipt({ vault }, only, day(10, 5), ["rows_per_table"]);
  await expect(newestBackup(vault, "prod")).rejects.toMatchObject({
    code: "no_backup_found",
    hint: `Run a backup first. A drill rejected the newest: ${only}.`,
  });
});

const stored = (key: string) => ({ key, modifiedAt: new Date() });

test("a receipt that cannot be read says nothing", async () => {
  const { vault } = memoryVault();
  const key = await addBackup({ vault }, { at: day(10) });
  const proof = await addReceipt({ vault }, key, day(10, 5));
  const unreadable = proof.replace("_051000.json", "_061000.json");
  expect(isReceiptKey(unreadable)).toBe(true);
  await vault.put(unreadable, "{", "application/json");
  expect(await newestProof(vault, [unreadable, proof].map(stored))).toMatchObject({
    receipt_key: proof,
    failed: 0,
  });
});

test("the watchdog reads which backups were rejected, and leaves out drills without a ruling", async () => {
  const { vault } = memoryVault();
  const older = await addBackup({ vault }, { at: day(10) });
  const newest = await addBackup({ vault }, { at: day(11) });
  await addReceipt({ vault }, newest, day(11, 5), ["rows_per_table"]);
  await addReceipt({ vault }, older, day(11, 6));
  await addReceipt({ vault }, older, day(11, 7), ["freshness"]);
  const { facts } = await readVaultFacts(vault, "prod", null);
  expect(facts.backups.map(({ key, rejectedAt }) => [key, rejectedAt])).toEqual([
    [newest, "2026-01-11T05:10:00Z"],
    [older, null],
  ]);
  expect(facts.drills).toEqual([{ key: older, drilledAtUtc: "2026-01-11T06:10:00Z", failed: [] }]);
});
