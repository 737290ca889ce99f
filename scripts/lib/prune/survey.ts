/** The vault's objects of one target: backups to decide on, orphans to delete, and objects that are not changed. */
import { toBackupError } from "@backup/errors.ts";
import { type RetentionBackup, retentionBackupOf } from "@backup/retention/policy.ts";
import { targetPrefix } from "@backup/vault/object_key.ts";
import type { Target } from "@backup/target.ts";
import { DAY_MS } from "@backup/service_levels.ts";
import type { Catalog } from "../catalog/catalog.ts";
import type { CatalogRow } from "../catalog/catalog_rows.ts";
import { compareVaultWithCatalog, type Pair } from "../reconcile/compare.ts";
import { writerOf } from "../reconcile/archive_writer.ts";
import type { StoredSet } from "../vault/stored_sets.ts";
import {
  type ArchiveVerdict,
  isLeftByDeletion,
  isQuiet,
  objectsOf,
  verdictOf,
} from "../reconcile/verdict.ts";
import { isTrusted, readSignedManifest } from "../vault/trust.ts";
import type { Vault } from "../vault/vault.ts";

/** A backup on which vault and catalog agree, with the objects that are deleted with it. */
export interface Candidate {
  backup: RetentionBackup;
  /** Of the archive. */
  bytes: number;
  /** Keys beside archive and manifest. */
  others: string[];
  /** `deleted` when an earlier deletion was interrupted before it deleted anything. */
  status: CatalogRow["status"];
}

export interface Survey {
  candidates: Candidate[];
  /** Left by interrupted deletions and failed uploads. */
  orphans: StoredSet[];
  /** Not decided on, not deleted, and not counted for any period. */
  leftAlone: { key: string; verdict: ArchiveVerdict }[];
}

/** Age, by the vault's own clock, from which an unfinished write counts as an orphan. */
export const ORPHAN_AGE_MS = DAY_MS;

/** Manifests that are read at the same time. */
const PARALLEL_READS = 8;

/** @param vaultTime the vault's own */
export async function surveyTarget(
  vault: Vault,
  catalog: Catalog,
  target: Target,
  vaultTime: Date,
): Promise<Survey> {
  const survey: Survey = { candidates: [], orphans: [], leftAlone: [] };
  for await (const pair of compareVaultWithCatalog(vault, catalog, targetPrefix(target))) {
    const verdict = verdictOf(pair);
    const candidate = candidateOf(pair, verdict);
    if (candidate) survey.candidates.push(candidate);
    else if (pair.stored && await isOrphan({ vault, catalog, vaultTime }, pair.stored, pair.row, verdict)) {
      survey.orphans.push(pair.stored);
    } else if (!isQuiet(verdict)) survey.leftAlone.push({ key: pair.key, verdict });
  }
  for (let i = 0; i < survey.candidates.length; i += PARALLEL_READS) {
    await Promise.all(
      survey.candidates.slice(i, i + PARALLEL_READS).map(async ({ backup }) => {
        backup.isTrusted = await isVouchedFor(vault, backup.key);
      }),
    );
  }
  return survey;
}

/** Whether a key of this installation signed the backup, where it has one. What cannot be read is not signed. */
async function isVouchedFor(vault: Vault, key: string): Promise<boolean> {
  if (vault.trusted.isEmpty) return true;
  try {
    return isTrusted(vault, (await readSignedManifest(vault, key)).trust);
  } catch (thrown) {
    const { code } = toBackupError(thrown);
    if (code === "manifest_invalid" || code === "manifest_too_new") return false;
    throw thrown;
  }
}

/**
 * Only a complete backup with a row may count for its day: one that is damaged, or whose hold is unknown, must neither
 * replace a good one nor be deleted.
 */
function candidateOf({ stored, row }: Pair, verdict: ArchiveVerdict): Candidate | null {
  if (!stored?.archive || !stored.manifest || !row) return null;
  const isWhole = verdict === "agreed" || verdict === "enter" && row.status === "deleted";
  if (!isWhole || row.bytes !== null && row.bytes !== stored.archive.bytes) return null;
  return {
    backup: retentionBackupOf(row, { storedAt: stored.archive.modifiedAt, isTrusted: false }),
    bytes: stored.archive.bytes,
    others: stored.others.map(({ key }) => key),
    status: row.status,
  };
}

/** An archive without row and manifest is an orphan only if a run of this product wrote it. */
async function isOrphan(
  { vault, catalog, vaultTime }: { vault: Vault; catalog: Catalog; vaultTime: Date },
  stored: StoredSet,
  row: CatalogRow | null,
  verdict: ArchiveVerdict,
): Promise<boolean> {
  if (verdict === "half_deleted") return isLeftByDeletion(stored, row);
  const ages = objectsOf(stored).map(({ modifiedAt }) => vaultTime.getTime() - modifiedAt.getTime());
  const isOld = ages.every((age) => age > ORPHAN_AGE_MS);
  if (verdict === "orphan") return isOld || isLeftByDeletion(stored, row);
  if (verdict !== "enter_by_hash" || row !== null || !isOld) return false;
  const archive = await vault.head(stored.key);
  return archive !== null && await writerOf(catalog, archive) === "failed";
}
