import { BackupError, toBackupError } from "@backup/errors.ts";
import { siblingKeys } from "@backup/vault/object_key.ts";
import { newOrigin } from "./origin.ts";
import type { Origin, Upload, UploadOptions, Vault } from "./vault.ts";

/**
 * What one backup writes into the vault, the archive first and the manifest last, so that a failure can be rolled back.
 * An object belongs to it only when it carries the origin of this writer.
 */
export class BackupFiles {
  readonly #vault: Vault;
  readonly #origin: Origin;
  readonly #archive: string;
  readonly #manifest: string;
  /** Keys that this writer began to write, in order. */
  readonly #begun: string[] = [];
  /** No response to the manifest's write arrived: it may still take effect. */
  #isManifestOpen = false;

  /**
   * @param archive key of the archive
   * @param run request id of the run, `null` without one
   */
  constructor(vault: Vault, archive: string, run: string | null) {
    this.#vault = vault;
    this.#origin = newOrigin(run);
    this.#archive = archive;
    this.#manifest = siblingKeys(archive).manifest;
  }

  /** @throws {BackupError} `vault_object_exists` when the archive's or the manifest's name is taken */
  async requireFree(): Promise<void> {
    for (const key of [this.#archive, this.#manifest]) {
      if (await this.#vault.head(key) === null) continue;
      throw new BackupError("vault_object_exists", `Cannot write ${key}: it exists already`, {
        hint: "Where only one of archive and manifest is there, reconcile reports it.",
      });
    }
  }

  /** As {@link Vault.upload}. */
  async upload(
    key: string,
    source: AsyncIterable<Uint8Array>,
    options: Omit<UploadOptions, "origin">,
  ): Promise<Upload> {
    this.#begun.push(key);
    return await this.#vault.upload(key, source, { ...options, origin: this.#origin });
  }

  /** As {@link Vault.put}. A signal does not abort the manifest's write, which completes the backup. */
  async put(key: string, body: Uint8Array | string, contentType: string): Promise<void> {
    this.#begun.push(key);
    if (key !== this.#manifest) return await this.#vault.put(key, body, contentType, this.#origin);
    if (!await this.#isOurs(this.#vault, this.#archive)) {
      throw new BackupError(
        "vault_object_exists",
        `Cannot describe ${this.#archive}: another writer made it`,
      );
    }
    this.#isManifestOpen = true;
    try {
      await this.#vault.forCleanup().put(key, body, contentType, this.#origin);
      this.#isManifestOpen = false;
    } catch (error) {
      const { code, details } = toBackupError(error);
      // a response arrived: the request has ended
      if (code.startsWith("vault_") && details.status !== undefined) this.#isManifestOpen = false;
      throw error;
    }
  }

  /**
   * Deletes what this writer wrote, the manifest before the archive that it names. Everything stays where another
   * writer's manifest names the archive, where the write of the manifest may still take effect, and where the vault does
   * not answer: an archive without a manifest is listed nowhere, a manifest without an archive would be.
   */
  async rollback(log: (line: string) => void): Promise<void> {
    const vault = this.#vault.forCleanup();
    let left = this.#begun.toReversed();
    try {
      const why = await this.#reasonToKeep(vault);
      if (why !== null) return log(`not rolled back, ${why}: ${left.join(", ")}`);
      for (const key of [this.#manifest, ...left.filter((each) => each !== this.#manifest)]) {
        if (await this.#isOurs(vault, key)) await vault.delete(key);
        left = left.filter((each) => each !== key);
      }
    } catch (error) {
      log(`could not roll back ${left.join(", ")}: ${toBackupError(error).message}`);
    }
  }

  async #reasonToKeep(vault: Vault): Promise<string | null> {
    const manifest = await vault.head(this.#manifest);
    if (manifest === null) return this.#isManifestOpen ? "the manifest may still be written" : null;
    return manifest.origin?.writer === this.#origin.writer ? null : "the manifest is another writer's";
  }

  async #isOurs(vault: Vault, key: string): Promise<boolean> {
    return (await vault.head(key))?.origin?.writer === this.#origin.writer;
  }
}
