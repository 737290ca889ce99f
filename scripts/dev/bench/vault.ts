/**
 * What retention and the comparison with the catalog cost in a vault of many objects: calls, time, memory. The benchmark
 * runs the commands as the workflows do, the tests the same work in their own process.
 */
import process from "node:process";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { buildKeys } from "@backup/vault/object_key.ts";
import { DEFAULT_POLICY } from "@backup/retention/policy.ts";
import { Catalog } from "../../lib/catalog/catalog.ts";
import type { Connection } from "../../lib/postgres/connection.ts";
import { findPostgres } from "../../lib/postgres/binaries.ts";
import { SERVER_PROGRAMS, withSupabaseServer } from "../../lib/server/supabase.ts";
import { jsonb } from "../../lib/postgres/psql.ts";
import { applyPrune, planPrune } from "../../lib/prune/prune.ts";
import { reconcile } from "../../lib/reconcile/reconcile.ts";
import { Vault } from "../../lib/vault/vault.ts";
import { migrate, readMigrations } from "../migrate.ts";
import { PERMISSIONS } from "./catalog.ts";
import { runDeno } from "./deno_process.ts";
import { type Calls, type ListingServer, OBJECT_BYTES, startListingServer } from "./listing_server.ts";

const BUCKET = "bench";
const NEWEST = Date.UTC(2026, 0, 1, 3, 10);
const DAY_MS = 86_400_000;
const HOUR_OF_BACKUP_MS = 3 * 3_600_000;
const OBJECTS_OF_A_BACKUP = 4;
const SIZES = [2_000, 10_000];

export interface VaultCost extends Calls {
  work: "reconcile" | "prune";
  /** In the vault before. */
  objects: number;
  /** Of them after. */
  left: number;
  seconds: number;
  /** Of a command its most resident memory; else most memory in use during the work, more than before it. */
  peakMb: number;
}

/** Measures vaults of several sizes, on a server of its own. */
export async function measureVaults(signal: AbortSignal, log: (line: string) => void): Promise<VaultCost[]> {
  const binaries = findPostgres([...SERVER_PROGRAMS]);
  const psql = binaries.path("psql");
  const costs: VaultCost[] = [];
  const databaseOf = (objects: number) => `bench_${objects}`;
  await withSupabaseServer({ binaries, databases: SIZES.map(databaseOf), signal }, async (server) => {
    for (const objects of SIZES) {
      log(`a vault of ${objects} objects`);
      // one of its own: a catalog knows which vault has the copies of its audit
      const connection = server.connection("postgres", databaseOf(objects));
      await migrate(psql, connection, [
        { version: "0", name: "permissions", sql: PERMISSIONS },
        ...await readMigrations(),
      ]);
      const url = server.url("postgres", databaseOf(objects));
      costs.push(...await measureCommands({ psql, connection, objects }, url, signal));
    }
  });
  return costs;
}

interface Scene {
  psql: string;
  connection: Connection;
  /** In the vault before. */
  objects: number;
}

const KEYS = { accessKeyId: "bench", secretAccessKey: "bench" };

/**
 * V8 lets garbage lie while the machine has memory to spare, which would hide what the work needs: with this bound of
 * its heap it must come by. In MB.
 */
const HEAP_MB = 64;

/** The commands, each a process of its own. */
async function measureCommands(scene: Scene, databaseUrl: string, signal: AbortSignal): Promise<VaultCost[]> {
  const yesterday = Math.floor(Date.now() / DAY_MS) * DAY_MS - DAY_MS;
  const store = await fillScene(scene, yesterday + HOUR_OF_BACKUP_MS, () => {});
  const command = async (work: VaultCost["work"]) => {
    const env = {
      DENO_V8_FLAGS: `--max-heap-size=${HEAP_MB}`,
      TARGET: "prod",
      APPLY: "yes",
      R2_ENDPOINT: store.endpoint,
      R2_BUCKET: BUCKET,
      R2_ACCESS_KEY_ID: KEYS.accessKeyId,
      R2_SECRET_ACCESS_KEY: KEYS.secretAccessKey,
      SUPABASE_DB_URL_PROD: databaseUrl,
    };
    let peakMb = 0;
    const cost = await measured({ work, objects: scene.objects }, store, async () => {
      peakMb = (await runDeno({ task: work, env, signal })).peakMb;
    });
    return { ...cost, peakMb: Math.round(peakMb) };
  };
  try {
    // the first copies the audit of what was put into the catalog
    await command("reconcile");
    return [await command("reconcile"), await command("prune")];
  } finally {
    store.stop();
  }
}

/** One size in this process: a backup a day, the newest proven; first compared with the catalog, then cleaned. */
export async function measureVault(
  psql: string,
  connection: Connection,
  objects: number,
): Promise<VaultCost[]> {
  const memory = watchMemory();
  const store = await fillScene({ psql, connection, objects }, NEWEST, memory.look);
  const catalog = new Catalog({ psql, connection });
  const vault = new Vault({ endpoint: store.endpoint, bucket: BUCKET, ...KEYS });
  const now = () => new Date(NEWEST + DAY_MS / 2);
  const measure = async (work: VaultCost["work"], act: () => Promise<unknown>) => {
    memory.begin();
    return { ...await measured({ work, objects }, store, act), peakMb: memory.peakMb() };
  };
  try {
    return [
      await measure("reconcile", () => reconcile({ vault, catalog, now, onFinding: () => {} }, true)),
      await measure("prune", async () => {
        const progress = { phase: () => {}, bytes: () => {}, log: () => {} };
        const context = { vault, catalog, policy: DEFAULT_POLICY, now, progress };
        await applyPrune(context, await planPrune(context, "prod"));
      }),
    ];
  } finally {
    store.stop();
    await catalog.close();
  }
}

/** A vault and its catalog: a backup a day back from the newest. */
async function fillScene(
  { psql, connection, objects }: Scene,
  newest: number,
  onCall: () => void,
): Promise<ListingServer> {
  const backups = Array.from({ length: objects / OBJECTS_OF_A_BACKUP }, (_, i) => {
    const createdAtUtc = new Date(newest - i * DAY_MS).toISOString().replace(".000", "");
    return buildKeys({ target: "prod", createdAtUtc, label: null });
  });
  const catalog = new Catalog({ psql, connection });
  try {
    await fillCatalog(catalog, backups.map(({ archive }) => archive));
  } finally {
    await catalog.close();
  }
  return await startListingServer(backups.flatMap((keys) => Object.values(keys)), onCall);
}

async function fillCatalog(catalog: Catalog, keys: readonly string[]): Promise<void> {
  await catalog.rows("delete from public.ops_db_backups;");
  await catalog.rows(
    `insert into public.ops_db_backups
       (target, mode, r2_bucket, r2_key, created_at, bytes, sha256, requested_by, manifest, proven_at)
     select 'prod', 'full', '${BUCKET}', key,
            to_timestamp(substring(key from '_(\\d{8}_\\d{6})'), 'YYYYMMDD_HH24MISS')::timestamp at time zone 'UTC',
            ${OBJECT_BYTES}, repeat('0', 64), 'schedule', '{}', case when n = 1 then now() end
       from jsonb_array_elements_text(${jsonb(keys)}) with ordinality as names (key, n);`,
  );
}

async function measured(
  about: Pick<VaultCost, "work" | "objects">,
  store: ListingServer,
  act: () => Promise<unknown>,
): Promise<Omit<VaultCost, "peakMb">> {
  const before = { ...store.calls };
  const started = performance.now();
  await act();
  const seconds = Math.round((performance.now() - started) / 10) / 100;
  const { lists, deletions, others } = store.calls;
  return {
    ...about,
    left: store.left(),
    lists: lists - before.lists,
    deletions: deletions - before.deletions,
    others: others - before.others,
    seconds,
  };
}

/** Looks at what is really in use: rubbish is taken away before. */
function watchMemory() {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  const inUse = () => {
    if (typeof collect === "function") collect();
    return process.memoryUsage().heapUsed;
  };
  let base = 0;
  let peak = 0;
  return {
    begin: () => void (base = peak = inUse()),
    look: () => void (peak = Math.max(peak, inUse())),
    peakMb: () => Math.round((peak - base) / 1e5) / 10,
  };
}

export function vaultTable(costs: readonly VaultCost[]): string {
  const rows = costs.map((cost) =>
    `| ${cost.work} | ${cost.objects} | ${cost.left} | ${cost.lists} | ${cost.deletions} | ${cost.others} | ` +
    `${cost.seconds} | ${cost.peakMb} |`
  );
  return [
    "| work | objects | left | list calls | delete calls | other calls | s | peak MB |",
    "|---|---|---|---|---|---|---|---|",
    ...rows,
    "",
    `The commands as the workflows run them, with at most ${HEAP_MB} MB of heap; peak MB is their whole resident memory.`,
    "Other calls are mostly copies of the audit: one for 200 records, and retention writes a record for each backup.",
  ].join("\n");
}
