/**
 * Retention with a real catalog and R2's simulator: what is deleted, what is kept, and the effects of a failing
 * vault.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { DEFAULT_POLICY } from "@backup/retention/policy.ts";
import { buildKeys, receiptKey } from "@backup/vault/object_key.ts";
import type { Target } from "@backup/target.ts";
import { ROOT } from "../dev/root.ts";
import { Catalog } from "../lib/catalog/catalog.ts";
import type { Connection } from "../lib/postgres/connection.ts";
import { applyPrune, planPrune, type PruneContext } from "../lib/prune/prune.ts";
import { adoptMissing } from "../lib/reconcile/adopt_missing.ts";
import { MemoryStore } from "../lib/vault/memory_store.ts";
import type { ListPage } from "../lib/vault/object_store.ts";
import { newOrigin } from "../lib/vault/origin.ts";
import { StoredVault } from "../lib/vault/stored_vault.ts";
import type { ListedObject } from "../lib/vault/vault.ts";
import { throughRelay, type VaultRelay } from "./broken_links.ts";
import { commandEnvironment, sql } from "./engine_fixture.ts";
import { sized } from "./sizes.ts";
import { measureVault } from "./vault_cost.ts";
import {
  type BackupSketch,
  type CatalogScene,
  dailySketches,
  keysOf,
  memoryVault,
  recordBackups,
  startCatalogScene,
  storeBackups,
} from "./vault_content.ts";

const DENO = join(ROOT, "node_modules", ".bin", "deno");
const NOW = "2026-03-11T12:00:00Z";
const POLICY = { ...DEFAULT_POLICY, daily: 2, weekly: 2, monthly: 1, yearly: 1, minimum: 1, safety: 1 };
/** Kept of the ten days up to 11 March: two days, two weeks. */
const SURVIVORS = ["20260311", "20260310", "20260308"];

let place: CatalogScene;
let prod: Connection;
let catalog: Catalog;

beforeAll(async () => {
  place = await startCatalogScene();
  ({ prod, catalog } = place);
});

afterAll(() => place?.stop());

beforeEach(() => place.empty());

function contextAt(now = NOW, vault = place.store.vault, of = catalog): PruneContext {
  const progress = { phase: () => {}, bytes: () => {}, log: () => {} };
  return { vault, catalog: of, policy: POLICY, now: () => new Date(now), progress };
}

async function prune(context = contextAt(), target: Target = "prod") {
  const plan = await planPrune(context, target);
  return { plan, ...await applyPrune(context, plan) };
}

async function fill(sketches: readonly BackupSketch[] = dailySketches(10, "2026-03-11")): Promise<string[]> {
  const keys = await storeBackups(place.store.vault, sketches);
  await recordBackups(catalog, "test", keys, sketches);
  return keys;
}

/** Backups in the lists: days of rows that are not deleted, and of archives with a manifest. */
async function listed() {
  const rows = await sql(
    prod,
    "select r2_key from public.ops_db_backups where status <> 'deleted' order by created_at desc;",
  );
  const keys = new Set(await keysOf(place.store.vault, "revo/"));
  const whole = [...keys].filter((key) =>
    key.endsWith(".dump.gz") && keys.has(key.replace(".dump.gz", ".manifest.json"))
  );
  return { rows: rows.map(dayOf), whole: whole.map(dayOf).reverse(), objects: keys };
}

const dayOf = (key: string) => /_(\d{8})_/.exec(key)?.[1] ?? key;

/** Invariant: every listed backup exists and is complete. */
async function requireConsistency(): Promise<void> {
  const { rows, whole } = await listed();
  expect(whole).toEqual(expect.arrayContaining(rows));
}

const isDeletion = ({ method, url = "" }: IncomingMessage) => method === "POST" && /[?&]delete/.test(url);

test("deletes exactly what the plan lists, with all objects of each backup; a second run finds nothing", async () => {
  const keys = await fill();
  await place.store.vault.put(receiptKey(keys[5] ?? "", new Date(NOW)), "{}", "application/json");
  await place.store.vault.put("audit/a/000000000001-000000000002.jsonl", "{}", "application/json");
  const dry = await planPrune(contextAt(), "prod");
  expect((await listed()).rows).toHaveLength(10);
  const { plan, deleted, refused } = await prune();
  expect(plan.decisions).toEqual(dry.decisions);
  expect(deleted.map(({ key }) => key).sort()).toEqual(
    plan.decisions.filter(({ keep }) => !keep).map(({ key }) => key).sort(),
  );
  expect(refused).toEqual([]);
  const { rows, whole, objects } = await listed();
  expect(rows).toEqual(SURVIVORS);
  expect(whole).toEqual(SURVIVORS);
  expect(objects.size).toBe(SURVIVORS.length * 4 + 1);
  expect(await keysOf(place.store.vault, "audit/")).toHaveLength(1);
  expect((await prune()).deleted).toEqual([]);
});

test("targets are pruned separately", async () => {
  await fill([
    ...dailySketches(4, "2026-03-11"),
    ...dailySketches(4, "2026-03-11").map((each) => ({ ...each, target: "dev" as const })),
  ]);
  await prune(contextAt(), "dev");
  expect((await keysOf(place.store.vault, "revo/dev/")).filter((key) => key.endsWith(".dump.gz")))
    .toHaveLength(3);
  expect((await keysOf(place.store.vault, "revo/prod/")).filter((key) => key.endsWith(".dump.gz")))
    .toHaveLength(4);
});

test("keeps backups that are held, in use, unknown to the catalog or of another size, and does not count them in a period", async () => {
  const keys = await fill();
  const [held, read, begun, longer] = [keys[2] ?? "", keys[4] ?? "", keys[5] ?? "", keys[6] ?? ""];
  await sql(
    prod,
    `update public.ops_db_backups set hold_until = '2026-03-12', hold_reason = 'auditoria' where r2_key = '${held}';
     update public.ops_db_backups set bytes = 1 where r2_key = '${longer}';
     select public.ops_db_backup_run_start('{"request_id":"00000000-0000-4000-8000-000000000001","kind":"drill","target":"prod","r2_key":"${read}"}');`,
  );
  const [unknown = ""] = await storeBackups(place.store.vault, [{ createdAt: "2026-03-11T05:00:00Z" }]);
  const plan = await planPrune(contextAt(), "prod");
  // between plan and deletion one backup gets a reader, another a hold
  await sql(
    prod,
    `select public.ops_db_backup_run_start('{"request_id":"00000000-0000-4000-8000-000000000002","kind":"plan","target":"dev","r2_key":"${begun}"}');
     update public.ops_db_backups set hold_until = now() + interval '1 day', hold_reason = 'x' where r2_key = '${
      keys[7]
    }';`,
  );
  const { spared } = await applyPrune(contextAt(), plan);
  expect(spared.sort()).toEqual([begun, keys[7]].sort());
  expect(plan.survey.leftAlone).toEqual([
    { key: longer, verdict: "wrong_size" },
    { key: unknown, verdict: "enter" },
  ]);
  expect((await listed()).rows).toEqual([
    ...["20260311", "20260310", "20260309", "20260308", "20260307", "20260306", "20260305", "20260304"],
  ]);
});

test("reports a bucket lock per key and continues with the other keys", async () => {
  const keys = await fill();
  // the simulator has no bucket locks: this proxy refuses as the S3 API does
  const locked = (key: string) => key === manifest(keys[4]) || key === keys[5];
  const intercept = (incoming: IncomingMessage) => isDeletion(incoming) ? deleteBut(incoming, locked) : null;
  const { refused, deleted } = await throughRelay(
    place.store,
    { intercept },
    (vault) => prune(contextAt(NOW, vault)),
  );
  const reason = "AccessDenied: the object is locked";
  expect(refused).toEqual([{ key: manifest(keys[4]), reason }, { key: keys[5], reason }]);
  expect(deleted).toHaveLength(5);
  await requireConsistency();
  // with all objects locked it remains a backup; without its manifest it is none, and the next run deletes the rest
  expect((await listed()).rows).toEqual(["20260311", "20260310", "20260308", "20260307"]);
  expect((await prune()).plan.survey.orphans.map(({ key }) => key)).toEqual([keys[5]]);
  const { rows, objects } = await listed();
  expect(rows).toEqual(SURVIVORS);
  expect(objects.size).toBe(SURVIVORS.length * 4 + 1);
});

const manifest = (key = "") => key.replace(".dump.gz", ".manifest.json");

async function deleteBut(incoming: IncomingMessage, locked: (key: string) => boolean) {
  let body = "";
  for await (const chunk of incoming) body += String(chunk);
  const keys = [...body.matchAll(/<Key>([^<]+)<\/Key>/g)].map(([, key = ""]) => key);
  await place.store.vault.deleteMany(keys.filter((key) => !locked(key)));
  const errors = keys.filter(locked).map((key) =>
    `<Error><Key>${key}</Key><Code>AccessDenied</Code><Message>the object is locked</Message></Error>`
  );
  return { status: 200, xml: `<DeleteResult>${errors.join("")}</DeleteResult>` };
}

test("a token without the right to delete changes nothing", async () => {
  await fill();
  const xml = "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>";
  const intercept = (incoming: IncomingMessage) => isDeletion(incoming) ? { status: 403, xml } : null;
  await throughRelay(place.store, { intercept }, async (vault) => {
    await expect(prune(contextAt(NOW, vault))).rejects.toMatchObject({ code: "vault_auth_failed" });
  });
  expect((await listed()).rows).toHaveLength(10);
  expect((await listed()).whole).toHaveLength(10);
});

test("plans nothing without the catalog", async () => {
  await fill();
  const nowhere = { ...prod, env: { ...prod.env, PGPORT: "1" } };
  const silent = new Catalog({ connection: nowhere });
  await expect(prune(contextAt(NOW, place.store.vault, silent))).rejects.toMatchObject({
    code: "catalog_unavailable",
  });
  expect((await listed()).whole).toHaveLength(10);
});

/**
 * `scripts/prune.ts` in its own process, which is killed at its n-th deletion, before or after the vault performed
 * it.
 */
async function killPruneAt(n: number, moment: "before" | "after"): Promise<void> {
  let deletions = 0;
  let child: ChildProcess;
  const kill = () => void child.kill("SIGKILL");
  const relay: VaultRelay = {
    intercept: (incoming) => {
      if (!isDeletion(incoming) || ++deletions !== n || moment === "after") return null;
      kill();
      return { status: 500, xml: "" };
    },
    onDone: (incoming) => isDeletion(incoming) && deletions === n && kill(),
  };
  await throughRelay(place.store, relay, async (_vault, endpoint) => {
    child = spawn(DENO, ["run", "-A", "--cached-only", "scripts/prune.ts"], {
      cwd: ROOT,
      env: {
        ...commandEnvironment(place),
        R2_ENDPOINT: endpoint,
        SUPABASE_DB_URL_PROD: place.server.url("postgres", "prod"),
        TARGET: "prod",
        APPLY: "yes",
      },
      stdio: "ignore",
    });
    const [, signal] = await once(child, "close");
    expect(signal).toBe("SIGKILL");
  });
}

test.each([
  ...[[1, "before"], [1, "after"], [2, "after"], [3, "after"]] as const,
])(
  "killed at deletion %i, %s the vault performed it: every listed object still exists",
  async (n, moment) => {
    const now = new Date().toISOString();
    await fill(dailySketches(12, new Date(Date.now() - 86_400_000).toISOString().slice(0, 10)));
    const context = { ...contextAt(now), policy: DEFAULT_POLICY };
    const { decisions } = await planPrune(context, "prod");
    const wanted = decisions.filter(({ keep }) => keep).map(({ key }) => dayOf(key)).reverse();
    expect(wanted.length).toBeLessThan(12);
    await killPruneAt(n, moment);
    await requireConsistency();
    if (moment === "after") await adoptMissing(place.store.vault, catalog, context.progress);
    await requireConsistency();
    await prune(context);
    const { rows, whole, objects } = await listed();
    expect({ rows, whole }).toEqual({ rows: wanted, whole: wanted });
    expect(objects.size).toBe(wanted.length * 4 + 1);
  },
);

test("deletes our orphans after a day by the vault's clock, and never objects of others", async () => {
  const memory = memoryVault();
  const request = "00000000-0000-4000-8000-000000000009";
  const [ours = "", lost = ""] = await storeBackups(memory.vault, [
    { createdAt: "2026-03-09T03:10:05Z", archiveOnly: true, run: request },
    { createdAt: "2026-03-07T03:10:05Z", archiveOnly: true, receipt: true },
  ]);
  const byHand = buildKeys({ target: "prod", createdAtUtc: "2026-03-09T03:10:07Z", label: null }).archive;
  await memory.putByHand(byHand, "an archive");
  await memory.vault.delete(lost);
  // both archives were named while this run was active
  await sql(
    prod,
    `insert into public.ops_db_backup_runs (kind, target, request_id, status, created_at, finished_at)
     values ('backup', 'prod', '${request}', 'lost', '2026-03-09 03:10', '2026-03-09 04:00');`,
  );
  // the machine's clock is a month ahead
  const context = contextAt("2026-04-11T12:00:00Z", memory.vault);
  expect((await prune(context)).plan.survey.orphans).toEqual([]);
  memory.hoursAhead = 25;
  const { plan } = await prune(context);
  expect(plan.survey.orphans.map(({ key }) => key)).toEqual([lost, ours]);
  expect(await keysOf(memory.vault, "revo/")).toEqual([byHand]);
});

/** Lists objects that do not exist, and omits some that do. */
class LyingStore extends MemoryStore {
  readonly added: ListedObject[] = [];
  readonly hidden = new Set<string>();

  override async list(prefix: string, from: string | null): Promise<ListPage> {
    const { objects, next } = await super.list(prefix, from);
    const shown = [...objects.filter(({ key }) => !this.hidden.has(key)), ...this.added];
    return { objects: shown.sort((a, b) => a.key < b.key ? -1 : 1), next };
  }
}

test("a stale listing that shows a deleted newer backup does not cause an older one to be deleted", async () => {
  const store = new LyingStore();
  const vault = new StoredVault(store);
  const sketches = dailySketches(10, "2026-03-11");
  const keys = await storeBackups(vault, sketches);
  await recordBackups(catalog, "test", keys, sketches);
  for (const key of [keys[0] ?? "", manifest(keys[0])]) {
    for await (const object of vault.list(key)) store.added.push(object);
    await vault.delete(key);
  }
  await expect(prune(contextAt(NOW, vault))).rejects.toMatchObject({
    code: "vault_error",
    message: expect.stringContaining(`${keys[0]} is listed`),
  });
  for (const key of keys.slice(1)) expect(await vault.head(key)).not.toBeNull();
  expect((await listed()).rows).toHaveLength(10);
});

test("a stale listing without a manifest or an archive makes no orphan of the other objects", async () => {
  let ahead = 0;
  const store = new LyingStore({ now: () => new Date(Date.now() + ahead) });
  const vault = new StoredVault(store);
  const run = "00000000-0000-4000-8000-00000000000a";
  const [whole = "", other = ""] = await storeBackups(vault, [
    { createdAt: "2026-03-09T03:10:05Z", run },
    { createdAt: "2026-03-08T03:10:05Z", run, receipt: true },
  ]);
  for (const key of [manifest(whole), other, manifest(other)]) store.hidden.add(key);
  ahead = 25 * 3_600_000;
  const { plan } = await prune(contextAt(NOW, vault));
  expect(plan.survey.orphans.map(({ key }) => key)).toEqual([other, whole]);
  store.hidden.clear();
  expect(await keysOf(vault)).toHaveLength(9);
});

test("unfinished uploads are deleted after a day, but not while a run writes", async () => {
  const memory = memoryVault();
  const begin = () => memory.store.createUpload(`revo/prod/${memory.hoursAhead}`, newOrigin());
  const left = async () =>
    (await memory.vault.unfinishedUploads("revo/prod/"))?.map(({ key }) => key.slice("revo/prod/".length));
  await begin();
  memory.hoursAhead = 2;
  await begin();
  memory.hoursAhead = 25;
  await prune(contextAt(NOW, memory.vault));
  expect(await left()).toEqual(["2"]);
  await sql(
    prod,
    `select public.ops_db_backup_run_start('{"request_id":"00000000-0000-4000-8000-000000000003","kind":"backup","target":"prod","mode":"full"}');`,
  );
  memory.hoursAhead = 48;
  await prune(contextAt(NOW, memory.vault));
  expect(await left()).toEqual(["2"]);
  // the simulator does not list them
  expect((await planPrune(contextAt(), "verify")).uploads).toBeNull();
});

const OBJECTS = sized(4_000, 10_000);

test(`deletes ${OBJECTS} objects in calls of 1,000 with bounded memory`, async () => {
  const costs = await measureVault(prod, OBJECTS);
  const calls = OBJECTS / 1_000 + 1;
  expect(costs).toMatchObject([
    { work: "reconcile", left: OBJECTS, lists: calls, deletions: 0, others: 0 },
    // each of the 19 kept ones is read, with its manifest
    { work: "prune", lists: calls, deletions: sized(5, 10), others: 39 },
  ]);
  expect(costs[1]?.left).toBeLessThan(100);
  for (const { peakMb } of costs) expect(peakMb).toBeLessThan(15);
});
