/** The verdict on one archive, by names, sizes and rows. */
import { parseArchiveKey } from "@backup/vault/object_key.ts";
import { isAhead } from "@backup/vault/time.ts";
import type { ListedObject, Vault } from "../vault/vault.ts";
import type { CatalogRow } from "../catalog/catalog_rows.ts";
import type { Pair } from "./compare.ts";
import type { StoredSet } from "../vault/stored_sets.ts";

export const ARCHIVE_VERDICTS = {
  /** Vault and catalog agree. */
  agreed: "in vault and catalog",
  /** A backup without a row, or whose row is marked as deleted or lacks the manifest. */
  enter: "enter into the catalog from its manifest",
  /** Its row says another signer than the keys of this installation find. */
  signer_unknown: "its signature is to be checked again: enter it from its manifest",
  /** Its key or its row states a time after the vault's own: it counts for nothing. */
  dated_ahead: "dated after the vault's own time: not counted, not deleted",
  wrong_size: "its size is not the one that the catalog has",
  /** No run of ours is known to have written it; see `archive_writer.ts`. */
  enter_by_hash: "no manifest: hash it, write one, enter it",
  /** Without the manifest nothing says what it holds; with it, in the catalog or put back, it is a backup again. */
  sealed:
    "encrypted, and no manifest says what it holds: it cannot be entered; age and pg_restore open it by hand",
  unfinished: "no manifest: the run that wrote it did not finish",
  recent: "no manifest yet: it may still be being written",
  half_deleted: "no manifest, and the catalog has it as deleted: prune deletes what is left",
  manifest_missing: "its manifest is gone, the catalog has a copy: put it back",
  archive_missing: "a manifest without its archive",
  orphan: "belongs to an archive that is not there",
  gone: "the catalog has it, the vault has not: mark it as deleted",
  known_as_deleted: "deleted, and the catalog says so",
} as const;
export type ArchiveVerdict = keyof typeof ARCHIVE_VERDICTS;

/** Verdicts that require no change of the catalog. */
export function isQuiet(verdict: ArchiveVerdict): boolean {
  return verdict === "agreed" || verdict === "known_as_deleted";
}

/** An archive without a manifest is `enter_by_hash` until its writer and its age are read. */
export function verdictOf({ stored, row }: Pair): ArchiveVerdict {
  if (stored?.archive && isDatedAhead(stored.archive, row)) return "dated_ahead";
  if (stored === null) return row?.status === "deleted" ? "known_as_deleted" : "gone";
  if (stored.archive === null) return stored.manifest === null ? orphanOr(row) : "archive_missing";
  if (stored.manifest === null) return verdictWithoutManifest(row);
  return verdictOfBackup(stored.archive.bytes, row);
}

/** Whether the row says what the manifest's signature is worth with these keys; without keys nothing can be said. */
export async function isSignerKnown(
  { trusted }: Pick<Vault, "trusted">,
  { signed_by, names_signer }: CatalogRow,
): Promise<boolean> {
  if (trusted.isEmpty) return true;
  const isOurs = names_signer !== null && await trusted.has(names_signer);
  return signed_by === (isOurs ? names_signer : null);
}

function isDatedAhead({ key, modifiedAt }: ListedObject, row: CatalogRow | null): boolean {
  return isAhead(parseArchiveKey(key).createdAtUtc, modifiedAt) ||
    row !== null && isAhead(row.created_at, modifiedAt);
}

/** Receipts without their archive: the catalog decides whether it was deleted or lost. */
function orphanOr(row: CatalogRow | null): ArchiveVerdict {
  return row === null || row.status === "deleted" ? "orphan" : "gone";
}

function verdictWithoutManifest(row: CatalogRow | null): ArchiveVerdict {
  if (row?.status === "deleted") return "half_deleted";
  return row?.has_manifest ? "manifest_missing" : "enter_by_hash";
}

function verdictOfBackup(bytes: number, row: CatalogRow | null): ArchiveVerdict {
  if (row === null || row.status === "deleted") return "enter";
  if (row.bytes !== null && row.bytes !== bytes) return "wrong_size";
  return row.has_manifest && row.status !== "failed" ? "agreed" : "enter";
}

/** All objects of the set except the manifest. */
export function objectsOf({ archive, others }: StoredSet): ListedObject[] {
  return archive === null ? others : [archive, ...others];
}

/** Left by an interrupted deletion of this product: the objects are older than the mark in the row. */
export function isLeftByDeletion(stored: StoredSet, row: CatalogRow | null): boolean {
  return row?.status === "deleted" &&
    objectsOf(stored).every(({ modifiedAt }) => modifiedAt.getTime() <= Date.parse(row.updated_at));
}
