/**
 * Backups and receipts whose stated time differs from the vault's, as a program with write access to the vault leaves
 * them: they are not the newest, prove and reject nothing, and make no true backup expire. The catalog is real.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { DEFAULT_POLICY } from "@backup/retention/policy.ts";
import { sealManifest } from "@backup/vault/manifest.ts";
import { toUtcSecond } from "@backup/vault/object_key.ts";
import { planPrune } from "../lib/prune/prune.ts";
import { reconcile } from "../lib/reconcile/reconcile.ts";
import { adoptMissing } from "../lib/reconcile/adopt_missing.ts";
import { freshnessOf, newestBackup } from "../lib/vault/newest_backup.ts";
import { readVaultFacts } from "../lib/watchdog/read_vault.ts";
import { sql } from "./engine_fixture.ts";
import {
  type CatalogScene,
  type MemoryVault,
  memoryVault,
  recordBackups,
  startCatalogScene,
} from "./vault_content.ts";
import { addBackup, addReceipt } from "./watchdog_fixture.ts";

const HOUR = 3_600_000;
const progress = { phase: () => {}, bytes: () => {}, log: () => {} };
const now = Date.now();
const at = (hours: number) => new Date(now + hours * HOUR);

let scene: CatalogScene;
let memory: MemoryVault;
/** Of 40 days, newest first; each stored two minutes after its time. */
let genuine: string[];

beforeAll(async () => {
  scene = await startCatalogScene();
});
afterAll(() => scene.stop());

beforeEach(async () => {
  await scene.empty();
  memory = memoryVault();
  genuine = [];
  for (let day = 0; day < 40; day++) {
    memory.hoursAhead = -24 * day - 30 + 1 / 30;
    genuine.push(await addBackup(memory, { at: at(-24 * day - 30) }));
  }
  memory.hoursAhead = 0;
});

describe("a backup that is dated in the future", () => {
  let future: string;
  beforeEach(async () => {
    future = await addBackup(memory, { at: at(24 * 365) });
  });

  it("is not the newest, and hides from no watch that backups are overdue", async () => {
    expect(await newestBackup(memory.vault, "prod")).toBe(genuine[0]);
    expect((await freshnessOf(memory.vault, "prod", at(0)))?.newest_key).toBe(genuine[0]);
    const { facts } = await readVaultFacts(memory.vault, "prod", null);
    expect(facts.backups[0]?.key).toBe(genuine[0]);
    expect(facts.datedAhead).toEqual([{ key: future, storedAt: expect.any(String) }]);
  });

  it("is not entered into the catalog, also once its time has come", async () => {
    await adoptMissing(memory.vault, scene.catalog, progress);
    const found: string[] = [];
    await reconcile({
      vault: memory.vault,
      catalog: scene.catalog,
      now: () => at(24 * 366),
      onFinding: ({ key, verdict, outcome }) => found.push(`${verdict} ${key} ${String(outcome)}`),
    }, true);
    expect(found).toEqual([`dated_ahead ${future} would`]);
    expect(await sql(scene.prod, "select count(*) from public.ops_db_backups;")).toEqual(["40"]);
  });

  it("is not the newest of the catalog, where it has a row", async () => {
    await recordBackups(scene.catalog, memory.vault.bucket, [future, genuine[0] ?? ""]);
    await sql(scene.prod, `update public.ops_db_backups set proven_at = created_at;`);
    const short = "select public.ops_db_backup_in_short('prod', true) ->> 'r2_key';";
    expect(await sql(scene.prod, short)).toEqual([genuine[0]]);
    const facts =
      `select distinct jsonb_path_query(f, '$.*[*].key') from public.ops_db_backup_watch_facts('prod') f;`;
    expect(await sql(scene.prod, facts)).toEqual([JSON.stringify(genuine[0])]);
  });
});

it("a manifest that is dated in the future is neither believed nor entered", async () => {
  const key = await addBackup(memory, { at: at(-1) });
  const manifest = key.replace(/\.dump\.gz$/, ".manifest.json");
  const text = await memory.vault.text(manifest);
  const { manifest_sha256: _, ...content } = z.record(z.string(), z.unknown()).parse(JSON.parse(text));
  await memory.replace(manifest, await sealManifest({ ...content, created_at_utc: toUtcSecond(at(9000)) }));
  const { facts } = await readVaultFacts(memory.vault, "prod", null);
  expect(facts.backups[0]?.key).toBe(genuine[0]);
  expect(facts.corrupt).toEqual([{ key, reason: expect.stringContaining("no futuro") }]);
  await adoptMissing(memory.vault, scene.catalog, progress);
  expect(await sql(scene.prod, "select count(*) from public.ops_db_backups;")).toEqual(["40"]);
});

it("receipts that are dated in the future prove nothing and reject nothing", async () => {
  const [newest = "", older = ""] = genuine;
  const proof = await addReceipt(memory, older, at(-1));
  const rejecting = await addReceipt(memory, newest, at(24 * 300), ["rows_per_table"]);
  const proving = await addReceipt(memory, genuine[2] ?? "", at(24 * 300));
  expect(await newestBackup(memory.vault, "prod")).toBe(newest);
  const { facts } = await readVaultFacts(memory.vault, "prod", null);
  expect(facts.drills.map(({ key }) => key)).toEqual([older]);
  expect(facts.backups[0]).toMatchObject({ key: newest, rejectedAt: null });
  expect(facts.datedAhead.map(({ key }) => key).sort()).toEqual([rejecting, proving].sort());
  expect(proof).not.toBe(proving);
});

it("retention decides on true backups as if those that are dated back or in the future did not exist", async () => {
  await adoptMissing(memory.vault, scene.catalog, progress);
  await sql(scene.prod, `update public.ops_db_backups set proven_at = now() where r2_key = '${genuine[5]}';`);
  const plan = async () => {
    const context = {
      vault: memory.vault,
      catalog: scene.catalog,
      policy: DEFAULT_POLICY,
      now: () => at(0),
      progress,
    };
    return await planPrune(context, "prod");
  };
  const before = (await plan()).decisions;
  expect(before.some(({ keep }) => !keep)).toBe(true);
  const future = await addBackup(memory, { at: at(24 * 365) });
  const forged = [future];
  // newer than the true one of each day
  for (let day = 1; day < 40; day++) {
    forged.push(await addBackup(memory, { at: at(-24 * day - 29), label: "x" }));
  }
  await adoptMissing(memory.vault, scene.catalog, progress);
  await sql(
    scene.prod,
    `update public.ops_db_backups set proven_at = now() where r2_key = any('{${forged.join(",")}}');`,
  );
  const after = await plan();
  expect(after.decisions.filter(({ key }) => genuine.includes(key))).toEqual(before);
  expect(after.survey.leftAlone).toEqual([{ key: future, verdict: "dated_ahead" }]);
});
