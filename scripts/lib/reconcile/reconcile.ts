/** Corrects the catalog by the vault: enters backups that the catalog lacks, marks those that the vault lacks. */
import { BackupError, toBackupError } from "@backup/errors.ts";
import { parseManifest } from "@backup/vault/manifest.ts";
import { DAY_MS } from "@backup/service_levels.ts";
import { isEncryptedKey, reversePatchTarget, siblingKeys, VAULT_ROOT } from "@backup/vault/object_key.ts";
import type { Catalog } from "../catalog/catalog.ts";
import { literal } from "../postgres/sql_text.ts";
import type { ListedObject, Vault } from "../vault/vault.ts";
import { adoptByHash, adoptByManifest } from "./adopt.ts";
import type { CatalogRow } from "../catalog/catalog_rows.ts";
import { writerOf } from "./archive_writer.ts";
import { compareVaultWithCatalog, type Pair } from "./compare.ts";
import { type ArchiveVerdict, isLeftByDeletion, isQuiet, isSignerKnown, verdictOf } from "./verdict.ts";

export interface ReconcileContext {
  vault: Vault;
  catalog: Catalog;
  now: () => Date;
  /** Called with each finding as soon as it is made; findings are not kept in memory. */
  onFinding: (finding: Finding) => void;
}

export interface Finding {
  key: string;
  verdict: ArchiveVerdict;
  /** The result: `would` in a preview or when nothing is to be done, `done`, or the error. */
  outcome: "would" | "done" | { failed: string };
}

export interface Reconciled {
  /** Number of archives by verdict. */
  counts: Partial<Record<ArchiveVerdict, number>>;
  /** Objects of the vault that belong to no backup and no take; not changed. */
  foreign: number;
  failed: number;
}

/** Until this age, by the vault's clock, an archive without a manifest may still be in progress. */
const RECENT_MS = DAY_MS;

/** Compares everything, and corrects the catalog when `apply` is set. Idempotent; may run at any time. */
export async function reconcile(context: ReconcileContext, apply: boolean): Promise<Reconciled> {
  const result: Reconciled = { counts: {}, foreign: 0, failed: 0 };
  const { vault, catalog } = context;
  if (apply) await requireVaultOfCatalog(vault, catalog);
  // the reverse patch of a take is in no catalog, and belongs to no backup
  const onForeign = ({ key }: ListedObject) => {
    if (reversePatchTarget(key) === null) result.foreign++;
  };
  for await (const pair of compareVaultWithCatalog(vault, catalog, `${VAULT_ROOT}/`, onForeign)) {
    const verdict = await finalVerdict(context, pair);
    result.counts[verdict] = (result.counts[verdict] ?? 0) + 1;
    if (isQuiet(verdict)) continue;
    const outcome = apply ? await settle(context, pair, verdict) : "would";
    if (typeof outcome === "object") result.failed++;
    context.onFinding({ key: pair.key, verdict, outcome });
  }
  return result;
}

/** Refuses an empty bucket with a non-empty catalog: it is probably another bucket. @throws {BackupError} `vault_empty`. */
async function requireVaultOfCatalog(vault: Vault, catalog: Catalog): Promise<void> {
  for await (const _ of vault.list(`${VAULT_ROOT}/`)) return;
  const [known] = await catalog.rows(
    `select to_json(exists (select from public.ops_db_backups
       where r2_bucket = ${literal(vault.bucket)} and status <> 'deleted'));`,
  );
  if (known !== true) return;
  throw new BackupError(
    "vault_empty",
    `Cannot believe that ${vault.bucket} is empty: the catalog has backups`,
    {
      hint: "Check R2_ENDPOINT and R2_BUCKET. Without APPLY=yes the preview says what is missing.",
    },
  );
}

async function finalVerdict(context: ReconcileContext, pair: Pair): Promise<ArchiveVerdict> {
  const verdict = verdictOf(pair);
  const { stored, row } = pair;
  if (verdict === "agreed" && row !== null && !await isSignerKnown(context.vault, row)) {
    return "signer_unknown";
  }
  // the archive was written again after the deletion
  const isRewritten = verdict === "half_deleted" && stored !== null && !isLeftByDeletion(stored, row);
  return verdict === "enter_by_hash" || isRewritten ? await verdictByWriter(context, pair.key) : verdict;
}

/** Reads the object itself: the listing may be older, and its metadata names its run. */
async function verdictByWriter({ vault, catalog }: ReconcileContext, key: string): Promise<ArchiveVerdict> {
  const archive = await vault.head(key);
  if (archive === null || archive.readAt.getTime() - archive.modifiedAt.getTime() < RECENT_MS) {
    return "recent";
  }
  const writer = await writerOf(catalog, archive);
  if (writer === "active") return "recent";
  if (writer !== "other") return "unfinished";
  return isEncryptedKey(key) ? "sealed" : "enter_by_hash";
}

async function settle(
  context: ReconcileContext,
  pair: Pair,
  verdict: ArchiveVerdict,
): Promise<Finding["outcome"]> {
  try {
    return await act(context, pair, verdict) ? "done" : "would";
  } catch (thrown) {
    const error = toBackupError(thrown);
    if (error.code === "catalog_unavailable" || error.code === "vault_unreachable") throw error;
    return { failed: error.message };
  }
}

/** @returns whether anything was done. */
async function act(context: ReconcileContext, pair: Pair, verdict: ArchiveVerdict): Promise<boolean> {
  const { vault, catalog, now } = context;
  const archive = pair.stored?.archive ?? null;
  switch (verdict) {
    case "enter":
    case "signer_unknown":
      if (archive) await adoptByManifest(vault, catalog, archive);
      return true;
    case "enter_by_hash": {
      const known = { sha256: pair.row?.sha256 ?? null, adoptedAt: now() };
      if (archive) await adoptByHash(vault, catalog, archive, known);
      return true;
    }
    case "wrong_size":
      if (archive) await settleSize(context, archive, pair.row);
      return true;
    case "manifest_missing":
      await restoreManifest(context, pair.key);
      return true;
    case "gone":
    case "archive_missing":
      return await markDeleted(context, pair);
    default:
      return false;
  }
}

/** The manifest decides: a wrong row is renewed; a wrong archive is recorded in its row. */
async function settleSize(
  { vault, catalog }: ReconcileContext,
  archive: ListedObject,
  row: CatalogRow | null,
): Promise<void> {
  try {
    await adoptByManifest(vault, catalog, archive);
  } catch (error) {
    const isDamaged = toBackupError(error).code === "archive_corrupt";
    if (isDamaged && row?.status !== "failed") await mark(vault, catalog, archive.key, "failed");
    throw error;
  }
}

async function restoreManifest({ vault, catalog }: ReconcileContext, key: string): Promise<void> {
  const [stored] = await catalog.rows(
    `select manifest from public.ops_db_backups
      where r2_bucket = ${literal(vault.bucket)} and r2_key = ${literal(key)} and duplicate_of is null;`,
  );
  const manifest = await parseManifest(JSON.stringify(stored));
  const { sha256 } = await vault.hash(key);
  if (sha256 !== manifest.sha256) {
    await mark(vault, catalog, key, "failed");
    throw new BackupError("archive_corrupt", `its sha256 is ${sha256}, the catalog says ${manifest.sha256}`);
  }
  await vault.put(siblingKeys(key).manifest, JSON.stringify(stored, null, 2) + "\n", "application/json");
}

/** Reads the vault again: the listing may be older than an archive that was written meanwhile. */
async function markDeleted({ vault, catalog }: ReconcileContext, { key, row }: Pair): Promise<boolean> {
  if (row === null || row.status === "deleted" || await vault.head(key)) return false;
  await mark(vault, catalog, key, "deleted");
  return true;
}

async function mark(
  vault: Vault,
  catalog: Catalog,
  key: string,
  status: "failed" | "deleted",
): Promise<void> {
  await catalog.rows(
    `select to_json(true) from (select public.ops_db_backup_mark(
       jsonb_build_object('r2_bucket', ${literal(vault.bucket)}, 'r2_key', ${
      literal(key)
    }, 'status', '${status}')
     )) done;`,
  );
}
