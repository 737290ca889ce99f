/** Enters, at the end of a backup, those that earlier runs could not enter. `reconcile.ts` is the full comparison. */
import { toBackupError } from "@backup/errors.ts";
import { VAULT_ROOT } from "@backup/vault/object_key.ts";
import type { Catalog } from "../catalog/catalog.ts";
import type { Progress } from "../run/progress.ts";
import { adoptByManifest } from "./adopt.ts";
import { compareVaultWithCatalog } from "./compare.ts";
import { isSignerKnown } from "./verdict.ts";
import type { Vault } from "../vault/vault.ts";

/**
 * Enters every backup of the vault whose row is missing, marked as deleted, or says another signer. One that cannot be entered, for example
 * because its size is not the manifest's, is logged and left to `deno task reconcile`.
 */
export async function adoptMissing(vault: Vault, catalog: Catalog, progress: Progress): Promise<void> {
  for await (const { key, stored, row } of compareVaultWithCatalog(vault, catalog, `${VAULT_ROOT}/`)) {
    const isKnown = row !== null && row.status !== "deleted" && await isSignerKnown(vault, row);
    if (isKnown || !stored?.archive || !stored.manifest) continue;
    try {
      await adoptByManifest(vault, catalog, stored.archive);
      progress.log(`entered ${key} into the catalog`);
    } catch (error) {
      progress.log(`could not enter ${key}: ${toBackupError(error).message}`);
    }
  }
}
