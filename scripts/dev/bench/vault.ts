/** What retention and the comparison with the catalog cost in a vault of many objects: calls, time, memory. */
import process from "node:process";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { buildKeys } from "../../../supabase/functions/_shared/backup/object_key.ts";
import { DEFAULT_POLICY } from "../../../supabase/functions/_shared/backup/retention.ts";
import { Catalog } from "../../lib/catalog.ts";
import type { Connection } from "../../lib/connection.ts";
import { findPostgres } from "../../lib/postgres/binaries.ts";
import { SERVER_PROGRAMS, withSupabaseServer } from "../../lib/postgres/supabase.ts";
import { jsonb } from "../../lib/psql.ts";
import { applyPrune, planPrune } from "../../lib/prune/prune.ts";
import { reconcile } from "../../lib/reconcile/reconcile.ts";
import { Vault } from "../../lib/vault.ts";
import { migrate, readMigrations } from "../migrate.ts";
import { PERMISSIONS } from "./catalog.ts";
import { type Calls, type ListingServer, OBJECT_BYTES, startListingServer } from "./listing_server.ts";

const BUCKET = "bench";
const NEWEST = Date.UTC(2026, 0, 1, 3, 10);
const DAY_MS = 86_400_000;
const OBJECTS_OF_A_BACKUP = 4;
const SIZES = [1_000, 10_000];

export interface VaultCost extends Calls {
  work: "reconcile" | "prune";
  /** In the vault before. */
  objects: number;
  /** Of them after. */
  left: number;
  seconds: number;
  /** Most memory in use during the work, more than before it. */
  peakMb: number;
}

/** Measures vaults of several sizes, on a server of its own. */
export async function measureVaults(signal: AbortSignal, log: (line: string) => void): Promise<VaultCost[]> {
  const binaries = findPostgres([...SERVER_PROGRAMS]);
  const psql = binaries.path("psql");
  const costs: VaultCost[] = [];
  await withSupabaseServer({ binaries, databases: [BUCKET], signal }, async (server) => {
    const connection = server.connection("postgres", BUCKET);
    await migrate(psql, connection, [
      { version: "0", name: "permissions", sql: PERMISSIONS },
      ...await readMigrations(),
    ]);
    for (const objects of SIZES) {
      log(`a vault of ${objects} objects`);
      costs.push(...await measureVault(psql, connection, objects));
    }
  });
  return costs;
}

/** One size: a backup a day, the newest proven; first compared with the catalog, then cleaned. */
export async function measureVault(
  psql: string,
  connection: Connection,
  objects: number,
): Promise<VaultCost[]> {
  const backups = Array.from({ length: objects / OBJECTS_OF_A_BACKUP }, (_, i) => keysOfDay(i));
  const memory = watchMemory();
  const store = await startListingServer(backups.flatMap((keys) => Object.values(keys)), memory.look);
  const catalog = new Catalog({ psql, connection });
  const keys = { accessKeyId: "bench", secretAccessKey: "bench" };
  const vault = new Vault({ endpoint: store.endpoint, bucket: BUCKET, ...keys });
  const now = () => new Date(NEWEST + DAY_MS / 2);
  try {
    await fillCatalog(catalog, backups.map(({ archive }) => archive));
    const measure = (work: VaultCost["work"], act: () => Promise<unknown>) =>
      measured({ work, objects }, store, memory, act);
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

function keysOfDay(back: number) {
  const at = new Date(NEWEST - back * DAY_MS).toISOString();
  return buildKeys({ target: "prod", createdAtUtc: at.replace(".000", ""), label: null });
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
  memory: ReturnType<typeof watchMemory>,
  act: () => Promise<unknown>,
): Promise<VaultCost> {
  const before = { ...store.calls };
  memory.begin();
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
    peakMb: memory.peakMb(),
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
  ].join("\n");
}
