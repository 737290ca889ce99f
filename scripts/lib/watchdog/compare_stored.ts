/** Compares an archive in the vault with its manifest, without restoring it. */
import type { Vault } from "../vault/vault.ts";

/** The manifest's size and hash of its archive. */
export interface Promised {
  bytes: number;
  sha256: string;
}

/**
 * Reads the whole object. @returns what differs (pt-BR), `null` when nothing does.
 * @throws {BackupError} `vault_*` when it cannot be read.
 */
export async function compareStored(vault: Vault, key: string, promised: Promised): Promise<string | null> {
  const { bytes, sha256 } = await vault.hash(key);
  if (bytes !== promised.bytes) return `tem ${bytes} bytes, o manifesto diz ${promised.bytes}`;
  return sha256 === promised.sha256 ? null : `tem o SHA-256 ${sha256}, o manifesto diz ${promised.sha256}`;
}
