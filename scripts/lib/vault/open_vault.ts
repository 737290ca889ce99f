/** Opens a vault. */
import { type R2Options, R2Store } from "./r2_store.ts";
import { StoredVault, type StoredVaultOptions } from "./stored_vault.ts";
import type { Vault } from "./vault.ts";

export type R2VaultOptions = R2Options & StoredVaultOptions;

/** A bucket of Cloudflare R2, or of anything that speaks its S3 API. */
export function openR2Vault(options: R2VaultOptions): Vault {
  return new StoredVault(new R2Store(options), options);
}
