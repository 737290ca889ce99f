/**
 * Every command through a vault that fails at requests chosen by a seed. Whatever fails: a listed backup is whole, what
 * retention keeps is there, every run row has ended. `REVO_FAULTS=500` goes on until so many faults were met;
 * `REVO_FAULT_SEED=7` begins with that seed.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { randomUUID } from "node:crypto";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import process from "node:process";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { BackupError } from "@backup/errors.ts";
import { parseManifest } from "@backup/vault/manifest.ts";
import { DEFAULT_POLICY } from "@backup/retention/policy.ts";
import { siblingKeys } from "@backup/vault/object_key.ts";
import type { RunKind } from "@backup/runs/run.ts";
import { copyAudit } from "../lib/audit/mirror.ts";
import { takeBackup } from "../lib/backup/take_backup.ts";
import { uploadLocalBackup } from "../lib/backup/upload.ts";
import type { Connection } from "../lib/postgres/connection.ts";
import { applyPrune, planPrune } from "../lib/prune/prune.ts";
import { reconcile } from "../lib/reconcile/reconcile.ts";
import { restoreBackup } from "../lib/restore/restore_backup.ts";
import { processOutput } from "../lib/run/output.ts";
import { type Outcome, type TrackedRun, trackRun } from "../lib/run/tracked_run.ts";
import type { Vault } from "../lib/vault/vault.ts";
import { throughRelay } from "./broken_links.ts";
import { drillOf } from "./drill_fixture.ts";
import { createProject, engine, fixture, progressWith, sql } from "./engine_fixture.ts";
import { seededFaults, seededRandom } from "./seeded_faults.ts";
import {
  type CatalogScene,
  dailySketches,
  keysOf,
  recordBackups,
  startCatalogScene,
  storeBackups,
} from "./vault_content.ts";

const WANTED = Number(process.env.REVO_FAULTS ?? 3);
const FIRST_SEED = Number(process.env.REVO_FAULT_SEED ?? 1);
const NOW = "2026-03-13T12:00:00Z";
const POLICY = { ...DEFAULT_POLICY, daily: 2, weekly: 1, monthly: 1, yearly: 1, minimum: 1, safety: 1 };
const COMMANDS = ["backup", "upload", "reconcile", "prune", "restore", "drill"] as const;
type Command = (typeof COMMANDS)[number];

let place: CatalogScene;
let dev: Connection;
let folder: string;
let second = Date.parse("2026-03-12T03:10:00Z");
/** A backup of prod: its archive's key, and what the vault had of it. */
let good: { key: string; objects: Map<string, Buffer> };

beforeAll(async () => {
  vi.spyOn(processOutput, "print").mockImplementation(() => {});
  place = await startCatalogScene();
  await sql(place.prod, await fixture("other_content.sql"));
  dev = await createProject(place.server, "dev");
  folder = await mkdtemp(join(tmpdir(), "revo-test-"));
  const { keys } = await takeBackup(
    { ...engine(place.store.vault, place.prod), now: nextSecond },
    orderOf("prod"),
  );
  const objects = new Map<string, Buffer>();
  for (const key of Object.values(keys)) objects.set(key, await place.store.vault.bytes(key));
  good = { key: keys.archive, objects };
}, 60_000);

afterAll(async () => {
  vi.restoreAllMocks();
  await place?.stop();
  if (folder) await rm(folder, { recursive: true, force: true });
});

const nextSecond = () => new Date(second += 1000);

function orderOf(target: "prod" | "dev", requestId: string = randomUUID()) {
  const requester = { requestedBy: "test", run: null, gitSha: null, requestId };
  return { ...requester, target, mode: "full", label: null, verify: false, previous: null } as const;
}

/** A vault with a real backup and nine small ones, all of them in the catalog. */
async function fill(): Promise<void> {
  const { vault, vault: { bucket } } = place.store;
  await place.empty();
  for (const [key, bytes] of good.objects) await vault.put(key, bytes, "application/octet-stream");
  const manifest = await parseManifest(await vault.text(siblingKeys(good.key).manifest));
  await place.catalog.record({
    r2_bucket: bucket,
    r2_key: good.key,
    manifest,
    run_url: null,
    verified_at: null,
  });
  const sketches = dailySketches(9, "2026-03-11");
  await recordBackups(place.catalog, bucket, await storeBackups(vault, sketches), sketches);
}

/** A file as `backup_db_local.sh` leaves it, of another second each time. */
async function localFile(): Promise<string> {
  const bytes = good.objects.get(good.key) ?? Buffer.alloc(0);
  const created = nextSecond().toISOString().replace(".000Z", "Z");
  const file = `supabase_prod_${created.replaceAll(/[-:Z]/g, "").replace("T", "_")}.dump.gz`;
  const read = JSON.parse(String(good.objects.get(siblingKeys(good.key).manifest)));
  const { kind, target, mode, sha256, git_sha } = read;
  const manifest = {
    kind,
    target,
    mode,
    created_at_utc: created,
    file,
    sha256,
    bytes: bytes.length,
    git_sha,
  };
  await writeFile(join(folder, file), bytes);
  await writeFile(join(folder, basename(file, ".dump.gz") + ".manifest.json"), JSON.stringify(manifest));
  return join(folder, file);
}

async function run(command: Command, vault: Vault): Promise<void> {
  const { catalog, prod } = place;
  const now = () => new Date(NOW);
  const context = { ...engine(vault, prod), now: nextSecond };
  switch (command) {
    case "upload": {
      const { key, manifest } = await uploadLocalBackup(vault, await localFile(), progressWith({}));
      const record = { r2_bucket: vault.bucket, r2_key: key, manifest, run_url: null, verified_at: null };
      return await catalog.record(record);
    }
    case "reconcile":
      return void await reconcile({ vault, catalog, now, onFinding: () => {} }, true);
    case "backup":
      return await tracked(command, vault, async ({ catalog }, requestId) => {
        const { keys: { archive }, manifest } = await takeBackup(context, orderOf("prod", requestId));
        const record = {
          r2_bucket: vault.bucket,
          r2_key: archive,
          manifest,
          run_url: null,
          verified_at: null,
        };
        await catalog.record(record);
        return { r2_key: archive, result: {} };
      });
    case "prune":
      return await tracked(command, vault, async ({ catalog, reporter }) => {
        const pruning = { vault, catalog, policy: POLICY, now, progress: reporter };
        await applyPrune(pruning, await planPrune(pruning, "prod"));
        return { r2_key: null, result: {} };
      });
    case "restore":
      return await tracked(command, vault, async (_run, requestId) => {
        const order = {
          key: good.key,
          confirm: null,
          allowSchemaOnly: false,
          quarantine: null,
          target: "dev",
        } as const;
        await restoreBackup({ ...context, connection: dev }, { ...order, safety: orderOf("dev", requestId) });
        return { r2_key: good.key, result: {} };
      });
    case "drill":
      return await tracked(command, vault, async () => {
        await drillOf({ ...place, store: { ...place.store, vault } }, good.key, { now: nextSecond() });
        return { r2_key: good.key, result: {} };
      });
  }
}

async function tracked(
  kind: RunKind,
  vault: Vault,
  work: (run: TrackedRun, requestId: string) => Promise<Outcome>,
): Promise<void> {
  const requester = { requestId: randomUUID(), requestedBy: "test", run: null, gitSha: null };
  const about = {
    target: kind === "restore" ? "dev" : "prod",
    mode: kind === "backup" ? "full" : null,
    label: null,
    r2_key: kind === "restore" || kind === "drill" ? good.key : null,
    reason: null,
  };
  await trackRun(
    { kind, requester, about, copyAudit: (catalog, reporter) => copyAudit(() => vault, catalog, reporter) },
    { SUPABASE_DB_URL_PROD: place.server.url("postgres", "prod") },
    new AbortController().signal,
    (run) => work(run, requester.requestId),
  );
}

/** @returns the error's code, `done` without one. @throws what is no {@link BackupError} */
async function outcomeOf(command: Command, vault: Vault): Promise<string> {
  try {
    await run(command, vault);
    return "done";
  } catch (error) {
    if (error instanceof BackupError && error.code !== "internal_server_error") return error.code;
    throw error;
  }
}

/** Listed backups, each read to its end, and rows that name a backup which is not whole. */
async function requireWholeBackups(about: string): Promise<void> {
  const { vault } = place.store;
  const keys = new Set(await keysOf(vault, "revo/"));
  const manifests = [...keys].filter((key) => key.endsWith(".manifest.json"));
  for (const manifest of manifests) {
    const archive = manifest.replace(".manifest.json", ".dump.gz");
    const { sha256, bytes } = await parseManifest(await vault.text(manifest));
    expect(keys.has(archive) && await vault.hash(archive), `${about}: ${manifest}`).toEqual({
      sha256,
      bytes,
    });
  }
  const listed = await sql(
    place.prod,
    "select r2_key from public.ops_db_backups where status <> 'deleted' order by 1;",
  );
  const missing = listed.filter((key) => !keys.has(key) || !keys.has(siblingKeys(key).manifest));
  expect(missing, `${about}: listed in the catalog, and not whole`).toEqual([]);
}

/** What retention keeps, judged through an undisturbed vault. */
async function keptKeys(): Promise<string[]> {
  const { store: { vault }, catalog } = place;
  const context = { vault, catalog, policy: POLICY, now: () => new Date(NOW), progress: progressWith({}) };
  const { decisions } = await planPrune(context, "prod");
  return decisions.filter(({ keep }) => keep).map(({ key }) => key);
}

test(`${WANTED} faults: backups stay whole, what is kept stays, runs end`, async () => {
  const outcomes: Record<string, number> = {};
  const totals: Record<string, number> = {};
  for (let seed = FIRST_SEED, met = 0; met < WANTED; seed++) {
    const random = seededRandom(seed * 7919);
    const commands = COMMANDS.toSorted(() => random() - 0.5);
    await fill();
    const faults = seededFaults(seed);
    for (const command of commands) {
      const kept = await keptKeys();
      const outcome = await throughRelay(
        place.store,
        { ...faults, silenceMs: 400, patienceMs: 1_200 },
        (vault) => outcomeOf(command, vault),
      );
      const about = `seed ${seed}, ${command} ended with ${outcome} after ${faults.met.join("; ")}`;
      outcomes[`${command} ${outcome}`] = (outcomes[`${command} ${outcome}`] ?? 0) + 1;
      await requireWholeBackups(about);
      const stored = new Set(await keysOf(place.store.vault, "revo/"));
      expect(kept.filter((key) => !stored.has(key)), about).toEqual([]);
      const open = "select kind, status from public.ops_db_backup_runs where finished_at is null;";
      expect(await sql(place.prod, open), about).toEqual([]);
    }
    met += faults.met.length;
    for (const fault of faults.met) {
      const kind = fault.split(":")[0] ?? "";
      totals[kind] = (totals[kind] ?? 0) + 1;
    }
    const progress = { seed, met, outcomes, totals };
    if (process.env.REVO_FAULTS) process.stderr.write(`${JSON.stringify(progress)}\n`);
  }
}, 60_000 + WANTED * 10_000);
