import { toBackupError } from "@backup/errors.ts";
import type { Vault } from "./vault.ts";

/** What one backup puts into the vault, the archive first and the manifest last, so that all of it can be taken away. */
export class BackupFiles {
  readonly #keys: string[] = [];

  constructor(private readonly vault: Vault) {}

  /** The archive is stored. */
  add(key: string): void {
    this.#keys.push(key);
  }

  /** As {@link Vault.put}. A write whose answer does not come may have been done: only what another wrote is not ours. */
  async put(key: string, body: Uint8Array | string, contentType: string): Promise<void> {
    try {
      await this.vault.put(key, body, contentType);
    } catch (error) {
      if (toBackupError(error).code !== "vault_object_exists") this.#keys.push(key);
      throw error;
    }
    this.#keys.push(key);
  }

  /**
   * The last first: a manifest goes before the archive that it names. Where the vault does not answer the rest stays, and
   * that is told: a backup that nobody counts on is better than a manifest whose archive is gone.
   */
  async takeAway(log: (line: string) => void): Promise<void> {
    const backwards = this.#keys.toReversed();
    for (const [i, key] of backwards.entries()) {
      try {
        await this.vault.delete(key);
      } catch (error) {
        return log(`could not take away ${backwards.slice(i).join(", ")}: ${toBackupError(error).message}`);
      }
    }
  }
}
