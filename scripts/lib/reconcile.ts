/** The vault is the truth: what it holds and the catalog does not know is entered from its manifest. */
import { toBackupError } from "../../supabase/functions/_shared/backup/errors.ts";
import {
  siblingKeys,
  tryParseArchiveKey,
  VAULT_ROOT,
} from "../../supabase/functions/_shared/backup/object_key.ts";
import { parseManifest } from "../../supabase/functions/_shared/backup/manifest.ts";
import type { Catalog } from "./catalog.ts";
import type { Progress } from "./progress.ts";
import type { Vault } from "./vault.ts";

export interface Adoption {
  adopted: string[];
  /** Archives that no manifest speaks for: unfinished uploads, or backups made by hand. */
  withoutManifest: string[];
  /** Objects whose manifest could not be used, with the reason. */
  unusable: { key: string; reason: string }[];
}

/**
 * Enters every backup of the vault that the catalog does not know.
 * An object that differs in size from its manifest is reported and not entered.
 */
export async function adoptMissing(vault: Vault, catalog: Catalog, progress: Progress): Promise<Adoption> {
  const known = await catalog.knownKeys(vault.bucket);
  const result: Adoption = { adopted: [], withoutManifest: [], unusable: [] };
  const manifests = new Set<string>();
  const archives = new Map<string, number>();
  for await (const { key, bytes } of vault.list(`${VAULT_ROOT}/`)) {
    if (tryParseArchiveKey(key)) {
      if (!known.has(key)) archives.set(key, bytes);
    } else manifests.add(key);
  }
  for (const [key, bytes] of archives) {
    if (!manifests.has(siblingKeys(key).manifest)) {
      result.withoutManifest.push(key);
      continue;
    }
    try {
      await adopt(vault, catalog, key, bytes);
      result.adopted.push(key);
      progress.log(`entered ${key} into the catalog`);
    } catch (error) {
      result.unusable.push({ key, reason: toBackupError(error).message });
      progress.log(`could not enter ${key}: ${toBackupError(error).message}`);
    }
  }
  return result;
}

async function adopt(vault: Vault, catalog: Catalog, key: string, bytes: number): Promise<void> {
  const manifest = await parseManifest(await vault.text(siblingKeys(key).manifest));
  if (manifest.bytes !== bytes) {
    throw new Error(`the object has ${bytes} bytes, its manifest says ${manifest.bytes}`);
  }
  const run_url = manifest.version === undefined ? null : manifest.run?.url ?? null;
  await catalog.record({ r2_bucket: vault.bucket, r2_key: key, manifest, run_url, verified_at: null });
}
