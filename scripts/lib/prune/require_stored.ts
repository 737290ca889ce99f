/** Confirms by requests for single objects what a deletion depends on, since a listing may be outdated. */
import { BackupError } from "@backup/errors.ts";
import { siblingKeys } from "@backup/vault/object_key.ts";
import type { StoredSet } from "../vault/stored_sets.ts";
import type { Vault } from "../vault/vault.ts";
import type { Candidate } from "./survey.ts";

/** Requests in parallel. */
const PARALLEL_READS = 8;

/**
 * Reads every backup that is kept: others may be deleted only if these exist.
 * @throws {BackupError} `vault_error` when one of them is missing or has another size
 */
export async function requireStored(vault: Vault, kept: readonly Candidate[]): Promise<void> {
  for (let at = 0; at < kept.length; at += PARALLEL_READS) {
    await Promise.all(
      kept.slice(at, at + PARALLEL_READS).map(async ({ backup: { key }, bytes }) => {
        const [archive, manifest] = await Promise.all([
          vault.head(key),
          vault.head(siblingKeys(key).manifest),
        ]);
        if (archive?.bytes === bytes && manifest !== null) return;
        throw new BackupError(
          "vault_error",
          `Cannot rely on the vault's listing: ${key} is listed as a backup of ${bytes} bytes and is not stored so`,
          { hint: "Nothing was deleted. Run prune again; if it says the same, run reconcile." },
        );
      }),
    );
  }
}

/** The orphans that are confirmed by a request for each object: they belong to no backup. */
export async function confirmOrphans(vault: Vault, orphans: readonly StoredSet[]): Promise<StoredSet[]> {
  const confirmed: StoredSet[] = [];
  for (const orphan of orphans) {
    const hasManifest = await vault.head(siblingKeys(orphan.key).manifest) !== null;
    const hasOtherArchive = orphan.archive === null && await vault.head(orphan.key) !== null;
    if (!hasManifest && !hasOtherArchive) confirmed.push(orphan);
  }
  return confirmed;
}
