/** What there is to judge for one target: what is a backup, what is a rest of one, and what must be left alone. */
import { type RetentionBackup, retentionBackupOf } from "@backup/retention/policy.ts";
import { targetPrefix } from "@backup/vault/object_key.ts";
import type { Target } from "@backup/target.ts";
import { DAY_MS } from "@backup/retention/periods.ts";
import type { Catalog } from "../catalog/catalog.ts";
import type { CatalogRow } from "../catalog/catalog_rows.ts";
import { compareVaultWithCatalog, type Pair } from "../reconcile/compare.ts";
import { makerOf } from "../reconcile/maker.ts";
import type { StoredSet } from "../vault/stored_sets.ts";
import { isQuiet, isRestOfDeletion, objectsOf, type Verdict, verdictOf } from "../reconcile/verdict.ts";
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
  /** Rests of deletions and of uploads that failed: archives first, then what lay beside them. */
  rests: StoredSet[];
  /** Not judged, not deleted, and standing for no day. */
  leftAlone: { key: string; verdict: Verdict }[];
}

/** What nobody finished is left in peace for so long. */
export const REST_MS = DAY_MS;

export async function surveyTarget(
  vault: Vault,
  catalog: Catalog,
  target: Target,
  now: Date,
): Promise<Survey> {
  const survey: Survey = { candidates: [], rests: [], leftAlone: [] };
  for await (const pair of compareVaultWithCatalog(vault, catalog, targetPrefix(target))) {
    const verdict = verdictOf(pair);
    const candidate = candidateOf(pair, verdict);
    if (candidate) survey.candidates.push(candidate);
    else if (pair.stored && await isRest(catalog, pair.stored, pair.row, verdict, now)) {
      survey.rests.push(pair.stored);
    } else if (!isQuiet(verdict)) survey.leftAlone.push({ key: pair.key, verdict });
  }
  return survey;
}

/**
 * Only what is whole and known may stand for its day: a damaged copy, or one whose hold nobody knows, must neither push
 * a good one out nor be judged.
 */
function candidateOf({ stored, row }: Pair, verdict: Verdict): Candidate | null {
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

async function isRest(
  catalog: Catalog,
  stored: StoredSet,
  row: CatalogRow | null,
  verdict: Verdict,
  now: Date,
): Promise<boolean> {
  if (verdict === "half_deleted") return isRestOfDeletion(stored, row);
  const isOld = objectsOf(stored).every(({ modifiedAt }) => now.getTime() - modifiedAt.getTime() > REST_MS);
  if (verdict === "stray") return isOld || isRestOfDeletion(stored, row);
  return verdict === "enter_by_hash" && row === null && isOld &&
    await makerOf(catalog, stored.key) === "failed";
}
