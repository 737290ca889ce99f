/** Enters a backup of the vault into the catalog: from its manifest, or without one from the archive itself. */
import { BackupError, toBackupError } from "@backup/errors.ts";
import type { AnyManifest, LegacyManifest } from "@backup/vault/manifest.ts";
import { parseArchiveKey, siblingKeys } from "@backup/vault/object_key.ts";
import { type Trust, UNSIGNED } from "@backup/vault/signature.ts";
import { isAhead } from "@backup/vault/time.ts";
import { readStoredToc } from "../vault/stored_toc.ts";
import type { Catalog } from "../catalog/catalog.ts";
import { parseSignedManifest, requireTrusted, signedBy } from "../vault/trust.ts";
import type { ListedObject, Vault } from "../vault/vault.ts";

/**
 * Writes the row of a backup from its manifest. One without a signature that counts is entered as unsigned.
 * @throws {BackupError} `archive_corrupt` when the archive's size is not the manifest's, `manifest_invalid` when key or
 * manifest state a time after the vault's own, `backup_unsigned` when it is signed and this installation has no keys.
 */
export async function adoptByManifest(vault: Vault, catalog: Catalog, archive: ListedObject): Promise<void> {
  const text = await vault.text(siblingKeys(archive.key).manifest);
  const { manifest, trust } = await parseSignedManifest(vault, archive.key, text);
  if (vault.trusted.isEmpty) requireTrusted(vault, archive.key, trust, null);
  if (manifest.bytes !== archive.bytes) {
    throw new BackupError(
      "archive_corrupt",
      `the object has ${archive.bytes} bytes, its manifest says ${manifest.bytes}`,
    );
  }
  const stated = [manifest.created_at_utc, parseArchiveKey(archive.key).createdAtUtc];
  if (stated.some((time) => isAhead(time, archive.modifiedAt))) {
    throw new BackupError("manifest_invalid", "it is dated after the vault's own time of the archive");
  }
  await record(vault, catalog, archive.key, manifest, trust);
}

/**
 * Adopts an archive that has no manifest: computes its hash, reads its table of contents, and writes a manifest of
 * version 1 beside it. Later restores compare the archive with that hash; its original content stays unproven.
 * @throws {BackupError} `archive_rejected` when it is no archive, `archive_corrupt` when the catalog has another hash.
 */
export async function adoptByHash(
  vault: Vault,
  catalog: Catalog,
  archive: ListedObject,
  known: { sha256: string | null; adoptedAt: Date },
): Promise<void> {
  const toc = await readStoredToc(vault, archive.key);
  const { bytes, sha256 } = await vault.hash(archive.key);
  if (known.sha256 !== null && known.sha256 !== sha256) {
    throw new BackupError("archive_corrupt", `its sha256 is ${sha256}, the catalog says ${known.sha256}`);
  }
  const { target, createdAtUtc } = parseArchiveKey(archive.key);
  const manifest: LegacyManifest = {
    kind: "supabase_db_backup",
    target,
    mode: toc.entries.some(({ kind }) => kind === "TABLE DATA") ? "full" : "schema-only",
    created_at_utc: createdAtUtc,
    file: archive.key.slice(archive.key.lastIndexOf("/") + 1),
    sha256,
    bytes,
    git_sha: null,
  };
  const text = JSON.stringify({ ...manifest, adopted_at_utc: known.adoptedAt.toISOString() }, null, 2) + "\n";
  try {
    await vault.put(siblingKeys(archive.key).manifest, text, "application/json");
  } catch (error) {
    if (toBackupError(error).code !== "vault_object_exists") throw error;
    return await adoptByManifest(vault, catalog, archive); // its run has written the manifest meanwhile
  }
  await record(vault, catalog, archive.key, manifest, UNSIGNED);
}

async function record(
  vault: Vault,
  catalog: Catalog,
  key: string,
  manifest: AnyManifest,
  trust: Trust,
): Promise<void> {
  const run_url = manifest.version === undefined ? null : manifest.run?.url ?? null;
  const signed_by = signedBy(vault, trust);
  await catalog.record({
    r2_bucket: vault.bucket,
    r2_key: key,
    manifest,
    run_url,
    verified_at: null,
    signed_by,
  });
}
