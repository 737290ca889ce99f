/** Small backups in a vault, for tests of the operations on them; they cannot be restored. */
import { createHash } from "node:crypto";
import { legacyManifestSchema } from "@backup/vault/manifest.ts";
import { buildKeys, parseArchiveKey, receiptKey } from "@backup/vault/object_key.ts";
import type { Target } from "@backup/target.ts";
import { migrate, readMigrations } from "../dev/migrate.ts";
import { Catalog } from "../lib/catalog/catalog.ts";
import type { Connection } from "../lib/postgres/connection.ts";
import { jsonb } from "../lib/postgres/sql_text.ts";
import { MemoryStore } from "../lib/vault/memory_store.ts";
import { StoredVault, type StoredVaultOptions } from "../lib/vault/stored_vault.ts";
import { newOrigin } from "../lib/vault/origin.ts";
import type { Vault } from "../lib/vault/vault.ts";
import { binaries, createProject, sql, startPlace, type TestPlace } from "./engine_fixture.ts";

export interface BackupSketch {
  target?: Target;
  createdAt: string;
  label?: string;
  provenAt?: string;
  /** With a drill's receipt. */
  receipt?: boolean;
  /** Only the archive, as an interrupted upload leaves it. */
  archiveOnly?: boolean;
  /** Request id of the run that wrote it. */
  run?: string;
}

/** A vault and its catalog, both empty. */
export interface CatalogScene extends TestPlace {
  prod: Connection;
  catalog: Catalog;
  /** Deletes the content of both after a test. */
  empty(): Promise<void>;
}

export async function startCatalogScene(): Promise<CatalogScene> {
  const place = await startPlace();
  const prod = await createProject(place.server, "prod");
  await migrate(binaries.path("psql"), prod, await readMigrations());
  const catalog = new Catalog({ connection: prod });
  return {
    ...place,
    prod,
    catalog,
    empty: async () => {
      await sql(prod, "delete from public.ops_db_backup_runs; delete from public.ops_db_backups;");
      await place.store.vault.deleteMany(await keysOf(place.store.vault));
    },
    stop: async () => {
      await catalog.close();
      await place.stop();
    },
  };
}

const CONTENT = "an archive";
const SHA256 = createHash("sha256").update(CONTENT).digest("hex");

export function manifestOf(key: string) {
  const { target, createdAtUtc } = parseArchiveKey(key);
  return legacyManifestSchema.parse({
    kind: "supabase_db_backup",
    target,
    mode: "full",
    created_at_utc: createdAtUtc,
    file: key.slice(key.lastIndexOf("/") + 1),
    sha256: SHA256,
    bytes: CONTENT.length,
    git_sha: null,
  });
}

/** Writes backups to the vault, several at a time. @returns the keys of their archives */
export async function storeBackups(vault: Vault, sketches: readonly BackupSketch[]): Promise<string[]> {
  const keys = sketches.map(({ target = "prod", createdAt, label = null }) =>
    buildKeys({ target, createdAtUtc: createdAt, label })
  );
  const sealed = await Promise.all(keys.map(({ archive, manifest }) => {
    const fields = manifestOf(archive);
    return vault.signer?.signJson(manifest, fields) ?? fields;
  }));
  const objects = keys.flatMap(({ archive, manifest, fingerprint, recovery }, i) => {
    const { archiveOnly, receipt, createdAt, run } = sketches[i] ?? { createdAt: "" };
    const beside = [[manifest, JSON.stringify(sealed[i])], [fingerprint, "f"], [recovery, "r"]];
    const receipts = receipt ? [[receiptKey(archive, new Date(createdAt)), "{}"]] : [];
    return [[archive, CONTENT], ...archiveOnly ? [] : beside, ...receipts]
      .map(([key = "", body = ""]) => ({ key, body, run }));
  });
  for (let i = 0; i < objects.length; i += 20) {
    await Promise.all(
      objects.slice(i, i + 20).map(({ key, body, run }) =>
        vault.put(key, body, "text/plain", run === undefined ? undefined : newOrigin(run))
      ),
    );
  }
  return keys.map(({ archive }) => archive);
}

/** Their rows, as backups write them. */
export async function recordBackups(
  catalog: Catalog,
  bucket: string,
  keys: readonly string[],
  sketches: readonly BackupSketch[] = [],
): Promise<void> {
  const records = keys.map((key) => ({ r2_bucket: bucket, r2_key: key, manifest: manifestOf(key) }));
  await catalog.rows(
    `select to_json(count(public.ops_db_backup_record(p))) from jsonb_array_elements(${jsonb(records)}) p;`,
  );
  const proofs = keys.flatMap((r2_key, i) =>
    sketches[i]?.provenAt ? [{ r2_bucket: bucket, r2_key, proven_at: sketches[i]?.provenAt }] : []
  );
  await catalog.rows(
    `select to_json(count(public.ops_db_backup_mark(p))) from jsonb_array_elements(${jsonb(proofs)}) p;`,
  );
}

/** One backup a day at 03:10, back from a day whose backup is proven. */
export function dailySketches(count: number, newest: string): BackupSketch[] {
  return Array.from({ length: count }, (_, i) => {
    const createdAt = new Date(Date.parse(`${newest}T03:10:00Z`) - i * 86_400_000).toISOString();
    return {
      createdAt: createdAt.replace(".000", ""),
      ...i === 0 ? { provenAt: `${newest}T06:00:00Z`, receipt: true } : {},
    };
  });
}

/** All keys of the vault. */
export async function keysOf(vault: Vault, prefix = ""): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of vault.list(prefix)) keys.push(key);
  return keys;
}

/** A vault in memory whose clock a test sets. */
export interface MemoryVault {
  vault: Vault;
  /** Writes an object as other tools do: without an origin. */
  putByHand(key: string, text: string): Promise<void>;
  store: MemoryStore;
  /** How far the vault's clock is ahead of the machine's, in hours. */
  hoursAhead: number;
  /** Replaces the bytes of an object: the vault's own writes never overwrite. */
  replace(key: string, bytes: Uint8Array | string): Promise<void>;
}

/** @param keys of the vault's signatures; default: none */
export function memoryVault(keys: Pick<StoredVaultOptions, "signer" | "trusted"> = {}): MemoryVault {
  const now = () => new Date(Date.now() + memory.hoursAhead * 3_600_000);
  const store = new MemoryStore({ now });
  const vault = new StoredVault(store, keys);
  const memory: MemoryVault = {
    vault,
    store,
    hoursAhead: 0,
    putByHand: async (key, text) => {
      const body = new TextEncoder().encode(text);
      const md5 = createHash("md5").update(body).digest();
      await store.put({ key, body, md5, contentType: "application/gzip", origin: null });
    },
    replace: async (key, bytes) => {
      await vault.delete(key);
      await vault.put(key, bytes, "application/octet-stream");
    },
  };
  return memory;
}
