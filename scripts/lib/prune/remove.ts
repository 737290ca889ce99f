/**
 * Deletes backups from catalog and vault, in an order that may be interrupted anywhere: the row is marked as deleted
 * first, then the manifest is deleted, then the archive, then the other objects. So the catalog never lists a backup
 * that is missing, and the next run completes an interrupted deletion: a complete backup is decided on again, an archive
 * without a manifest is an orphan.
 */
import { siblingKeys } from "@backup/vault/object_key.ts";
import type { Catalog } from "../catalog/catalog.ts";
import type { StoredSet } from "../vault/stored_sets.ts";
import type { RefusedDeletion, Vault } from "../vault/vault.ts";
import { markAs, markForDeletion } from "./catalog_marks.ts";
import { confirmOrphans } from "./require_stored.ts";
import type { Candidate } from "./survey.ts";

export interface Removed {
  /** Archives that are gone from vault and catalog. */
  backups: Candidate[];
  /** Not deleted, since they were held or read by a run in the meantime. */
  spared: string[];
  /** Objects that the vault refused to delete. */
  refused: RefusedDeletion[];
}

/** @throws {BackupError} `catalog_unavailable`, `vault_*`; another run completes the deletion. */
export async function removeBackups(
  vault: Vault,
  catalog: Catalog,
  expired: readonly Candidate[],
): Promise<Removed> {
  const keys = expired.map(({ backup }) => backup.key);
  const marked = new Set(await markForDeletion(catalog, vault.bucket, keys));
  const candidates = expired.filter(({ backup }) => marked.has(backup.key));
  const manifests = await deleteManifests(vault, catalog, candidates);
  const locked = new Set(manifests.map(({ key }) => key));
  const refused = candidates.filter((candidate) => locked.has(manifestOf(candidate)));
  await restoreMarks(vault, catalog, refused);
  const unlisted = candidates.filter((candidate) => !refused.includes(candidate));
  const archives = await vault.deleteMany(unlisted.map(({ backup }) => backup.key));
  const left = new Set(archives.map(({ key }) => key));
  const backups = unlisted.filter(({ backup }) => !left.has(backup.key));
  const others = await vault.deleteMany(backups.flatMap((candidate) => candidate.others));
  // a backup that ended meanwhile may have entered these rows again from an older listing
  await markAs(catalog, vault.bucket, unlisted.map(({ backup }) => backup.key), "deleted");
  return {
    backups,
    spared: keys.filter((key) => !marked.has(key)),
    refused: [...manifests, ...archives, ...others],
  };
}

/** After an error of the vault, rows whose manifest still exists are unmarked. */
async function deleteManifests(
  vault: Vault,
  catalog: Catalog,
  candidates: readonly Candidate[],
): Promise<RefusedDeletion[]> {
  try {
    return await vault.deleteMany(candidates.map(manifestOf));
  } catch (error) {
    const there: Candidate[] = [];
    const after = vault.forCleanup();
    for (const candidate of candidates) if (await after.head(manifestOf(candidate))) there.push(candidate);
    await restoreMarks(vault, catalog, there);
    throw error;
  }
}

function manifestOf({ backup }: Candidate): string {
  return siblingKeys(backup.key).manifest;
}

/** Restores the status of backups that the vault refused to delete. */
async function restoreMarks(vault: Vault, catalog: Catalog, refused: readonly Candidate[]): Promise<void> {
  for (const status of ["uploaded", "restored"] as const) {
    const keys = refused.filter((each) => statusBefore(each) === status).map(({ backup }) => backup.key);
    await markAs(catalog, vault.bucket, keys, status);
  }
}

function statusBefore({ status }: Candidate): "uploaded" | "restored" {
  return status === "restored" ? "restored" : "uploaded";
}

/** Deletes orphans. @returns the objects that the vault refused to delete */
export async function removeOrphans(
  vault: Vault,
  orphans: readonly StoredSet[],
): Promise<RefusedDeletion[]> {
  const confirmed = await confirmOrphans(vault, orphans);
  const archives = await vault.deleteMany(confirmed.flatMap(({ archive }) => archive?.key ?? []));
  const left = new Set(archives.map(({ key }) => key));
  const others = confirmed.filter(({ key }) => !left.has(key)).flatMap((orphan) => orphan.others);
  return [...archives, ...await vault.deleteMany(others.map(({ key }) => key))];
}
