/** What the vault holds of one target: backups to judge, orphans to delete, and what must be left alone. */
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
import type { Vault } from "../vault/vault.ts";

/** A backup that vault and catalog know alike, with what goes with it. */
export interface Candidate {
  backup: RetentionBackup;
  /** Of the archive. */
  bytes: number;
  /** Keys beside archive and manifest. */
  others: string[];
  /** `deleted` where an earlier deletion was cut off before it took anything. */
  status: CatalogRow["status"];
}

export interface Survey {
  candidates: Candidate[];
  /** Left by deletions that were cut off and by uploads that failed. */
  orphans: StoredSet[];
  /** Not judged, not deleted, and counted for no day. */
  leftAlone: { key: string; verdict: ArchiveVerdict }[];
}

/** Age, by the vault's own clock, from which an unfinished write counts as an orphan. */
export const ORPHAN_AGE_MS = DAY_MS;

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
  return survey;
}

/**
 * Only what is whole and in the catalog may count for its day: a damaged copy, or one whose hold is unknown, must neither
 * replace a good one nor be judged.
 */
function candidateOf({ stored, row }: Pair, verdict: ArchiveVerdict): Candidate | null {
  if (!stored?.archive || !stored.manifest || !row) return null;
  const isWhole = verdict === "agreed" || verdict === "enter" && row.status === "deleted";
  if (!isWhole || row.bytes !== null && row.bytes !== stored.archive.bytes) return null;
  return {
    backup: retentionBackupOf(row),
    bytes: stored.archive.bytes,
    others: stored.others.map(({ key }) => key),
    status: row.status,
  };
}

/** Of an archive without row and manifest, only the one that a run of ours is known to have written. */
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
