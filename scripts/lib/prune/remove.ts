/**
 * Deletes backups from catalog and vault, in an order that can be cut anywhere: the row says "deleted" before anything
 * is deleted, the manifest goes before the archive, the other objects last. So nothing is ever listed that is not there,
 * and what a kill leaves is found by the next run: a whole backup is judged again, an archive without manifest is an
 * orphan.
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
  /** Judged for deletion, but held or read by a run in the meantime. */
  spared: string[];
  /** Objects that the vault refused to delete. */
  refused: RefusedDeletion[];
}

/** @throws {BackupError} `catalog_unavailable`, `vault_*`; running again goes on where this one ended. */
export async function removeBackups(
  vault: Vault,
  catalog: Catalog,
  doomed: readonly Candidate[],
): Promise<Removed> {
  const keys = doomed.map(({ backup }) => backup.key);
  const marked = new Set(await markForDeletion(catalog, vault.bucket, keys));
  const going = doomed.filter(({ backup }) => marked.has(backup.key));
  const manifests = await deleteManifests(vault, catalog, going);
  const locked = new Set(manifests.map(({ key }) => key));
  const staying = going.filter((candidate) => locked.has(manifestOf(candidate)));
  await restoreMarks(vault, catalog, staying);
  const unlisted = going.filter((candidate) => !staying.includes(candidate));
  const archives = await vault.deleteMany(unlisted.map(({ backup }) => backup.key));
  const left = new Set(archives.map(({ key }) => key));
  const backups = unlisted.filter(({ backup }) => !left.has(backup.key));
  const others = await vault.deleteMany(backups.flatMap((candidate) => candidate.others));
  // a backup that ended meanwhile may have entered what it had listed before
  await markAs(catalog, vault.bucket, unlisted.map(({ backup }) => backup.key), "deleted");
  return {
    backups,
    spared: keys.filter((key) => !marked.has(key)),
    refused: [...manifests, ...archives, ...others],
  };
}

/** When the vault breaks off, rows whose manifest is still there must not say that they are gone. */
async function deleteManifests(
  vault: Vault,
  catalog: Catalog,
  going: readonly Candidate[],
): Promise<RefusedDeletion[]> {
  try {
    return await vault.deleteMany(going.map(manifestOf));
  } catch (error) {
    const there: Candidate[] = [];
    const after = vault.forCleanup();
    for (const candidate of going) if (await after.head(manifestOf(candidate))) there.push(candidate);
    await restoreMarks(vault, catalog, there);
    throw error;
  }
}

function manifestOf({ backup }: Candidate): string {
  return siblingKeys(backup.key).manifest;
}

/** Restores the status of backups that the vault refused to delete. */
async function restoreMarks(vault: Vault, catalog: Catalog, staying: readonly Candidate[]): Promise<void> {
  for (const status of ["uploaded", "restored"] as const) {
    const keys = staying.filter((each) => statusBefore(each) === status).map(({ backup }) => backup.key);
    await markAs(catalog, vault.bucket, keys, status);
  }
}

function statusBefore({ status }: Candidate): "uploaded" | "restored" {
  return status === "restored" ? "restored" : "uploaded";
}

/** Deletes what is no backup. @returns what the vault refused to delete */
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
