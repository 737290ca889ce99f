/** The verdict about one archive as far as names, sizes and rows decide it. */
import type { ListedObject } from "../vault/vault.ts";
import type { CatalogRow } from "../catalog/catalog_rows.ts";
import type { Pair } from "./compare.ts";
import type { StoredSet } from "../vault/stored_sets.ts";

export const VERDICTS = {
  /** Vault and catalog agree. */
  agreed: "in vault and catalog",
  /** A backup without a row, or whose row says that it is gone or knows no manifest. */
  enter: "enter into the catalog from its manifest",
  wrong_size: "its size is not the one that the catalog has",
  /** No run of ours is known to have written it; see `archive_writer.ts`. */
  enter_by_hash: "no manifest: hash it, write one, enter it",
  unfinished: "no manifest: the run that wrote it did not finish",
  recent: "no manifest yet: it may still be being written",
  half_deleted: "no manifest, and the catalog has it as deleted: prune deletes what is left",
  manifest_missing: "its manifest is gone, the catalog has a copy: put it back",
  archive_missing: "a manifest without its archive",
  orphan: "belongs to an archive that is not there",
  gone: "the catalog has it, the vault has not: mark it as deleted",
  known_as_deleted: "deleted, and the catalog says so",
} as const;
export type Verdict = keyof typeof VERDICTS;

/** What the catalog need not do anything about. */
export function isQuiet(verdict: Verdict): boolean {
  return verdict === "agreed" || verdict === "known_as_deleted";
}

/** An archive without a manifest is `enter_by_hash` until its writer and its age are read. */
export function verdictOf({ stored, row }: Pair): Verdict {
  if (stored === null) return row?.status === "deleted" ? "known_as_deleted" : "gone";
  if (stored.archive === null) return stored.manifest === null ? orphanOr(row) : "archive_missing";
  if (stored.manifest === null) return verdictWithoutManifest(row);
  return verdictOfBackup(stored.archive.bytes, row);
}

/** Receipts without their archive: the catalog decides whether it was deleted or lost. */
function orphanOr(row: CatalogRow | null): Verdict {
  return row === null || row.status === "deleted" ? "orphan" : "gone";
}

function verdictWithoutManifest(row: CatalogRow | null): Verdict {
  if (row?.status === "deleted") return "half_deleted";
  return row?.has_manifest ? "manifest_missing" : "enter_by_hash";
}

function verdictOfBackup(bytes: number, row: CatalogRow | null): Verdict {
  if (row === null || row.status === "deleted") return "enter";
  if (row.bytes !== null && row.bytes !== bytes) return "wrong_size";
  return row.has_manifest && row.status !== "failed" ? "agreed" : "enter";
}

/** Everything under the archive's name, the manifest aside. */
export function objectsOf({ archive, others }: StoredSet): ListedObject[] {
  return archive === null ? others : [archive, ...others];
}

/** Left by a deletion of ours that was cut off: it was there before the row was marked. */
export function isLeftByDeletion(stored: StoredSet, row: CatalogRow | null): boolean {
  return row?.status === "deleted" &&
    objectsOf(stored).every(({ modifiedAt }) => modifiedAt.getTime() <= Date.parse(row.updated_at));
}
