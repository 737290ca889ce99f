/** The cost of retention and of the comparison with the catalog in a vault of many objects: calls and memory. */
import process from "node:process";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { buildKeys } from "@backup/vault/object_key.ts";
import { DEFAULT_POLICY } from "@backup/retention/policy.ts";
import { Catalog } from "../lib/catalog/catalog.ts";
import type { Connection } from "../lib/postgres/connection.ts";
import { jsonb } from "../lib/postgres/sql_text.ts";
import { applyPrune, planPrune } from "../lib/prune/prune.ts";
import { reconcile } from "../lib/reconcile/reconcile.ts";
import { openR2Vault } from "../lib/vault/open_vault.ts";
import { type Calls, type ListingServer, OBJECT_BYTES, startListingServer } from "./listing_server.ts";

const BUCKET = "bench";
const NEWEST = Date.UTC(2026, 0, 1, 3, 10);
const DAY_MS = 86_400_000;
const OBJECTS_OF_A_BACKUP = 5;

export interface VaultCost extends Calls {
  work: "reconcile" | "prune";
  /** Objects in the vault before. */
  objects: number;
  /** Objects after. */
  left: number;
  /** Peak memory during the work, above the memory in use before it. */
  peakMb: number;
}

interface Scene {
  connection: Connection;
  /** Objects in the vault before. */
  objects: number;
}

const KEYS = { accessKeyId: "bench", secretAccessKey: "bench" };

/**
 * Measures one size in this process: a backup a day, the newest proven; first compared with the catalog, then pruned.
 */
export async function measureVault(
  connection: Connection,
  objects: number,
): Promise<VaultCost[]> {
  const memory = watchMemory();
  const store = await fillScene({ connection, objects }, NEWEST, memory.onCall);
  const catalog = new Catalog({ connection });
  const vault = openR2Vault({ endpoint: store.endpoint, bucket: BUCKET, ...KEYS });
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
  { connection, objects }: Scene,
  newest: number,
  onCall: () => void,
): Promise<ListingServer> {
  const backups = Array.from({ length: objects / OBJECTS_OF_A_BACKUP }, (_, i) => {
    const createdAtUtc = new Date(newest - i * DAY_MS).toISOString().replace(".000", "");
    return buildKeys({ target: "prod", createdAtUtc, label: null });
  });
  const catalog = new Catalog({ connection });
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
  await act();
  const { lists, deletions, others } = store.calls;
  return {
    ...about,
    left: store.left(),
    lists: lists - before.lists,
    deletions: deletions - before.deletions,
    others: others - before.others,
  };
}

/** A full garbage collection takes longer the more tests share this process. */
const PROBED_CALLS = 5;

/**
 * Samples the memory in use at every fifth call, after a garbage collection: retained memory can only grow with the
 * calls.
 */
function watchMemory() {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  const inUse = () => {
    if (typeof collect === "function") collect();
    return process.memoryUsage().heapUsed;
  };
  let [base, peak, calls] = [0, 0, 0];
  return {
    begin: () => void (base = peak = inUse()),
    onCall() {
      if (++calls % PROBED_CALLS === 0) peak = Math.max(peak, inUse());
    },
    peakMb: () => Math.round((peak - base) / 1e5) / 10,
  };
}
