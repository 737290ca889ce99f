/** Whether this machine can hold a drill, before anything is downloaded: the archive, and the database that it becomes. */
import { tmpdir } from "node:os";
import { BackupError, toBackupError } from "@backup/errors.ts";
import type { AnyManifest } from "@backup/vault/manifest.ts";
import { freeBytes } from "../process/free_space.ts";
import { expectedDatabaseBytes } from "../restore/server_disk.ts";
import { readSignedManifest } from "../vault/trust.ts";
import type { Vault } from "../vault/vault.ts";
import { failedCheckOf } from "./failed_check.ts";

/** `max_wal_size` of the drill's server; a small database writes less. */
const MOST_WAL_BYTES = 2 * 2 ** 30;

/**
 * Asks for the room of a drill with a server of its own. A manifest that cannot be read, or that does not state the size, is
 * left to the drill's checks.
 * @throws {BackupError} `not_enough_disk` with the sizes and what has more room.
 */
export async function requireDrillRoom(vault: Vault, key: string): Promise<void> {
  const manifest = await readSizes(vault, key);
  const database = expectedDatabaseBytes(manifest);
  if (manifest === null || database === null) return;
  const needed = manifest.bytes + database + Math.min(database, MOST_WAL_BYTES);
  const folder = tmpdir();
  const free = await freeBytes(folder);
  if (free >= needed) return;
  throw new BackupError(
    "not_enough_disk",
    `Cannot drill ${key}: it needs about ${gigabytes(needed)} in ${folder}, ${gigabytes(free)} are free ` +
      `(archive ${gigabytes(manifest.bytes)}, database about ${gigabytes(database)})`,
    {
      hint:
        "Set TMPDIR to a larger disk, take a larger runner or one of your own (REVO_RUNNER), or let DRILL_DB_URL " +
        "be a database elsewhere.",
    },
  );
}

async function readSizes(vault: Vault, key: string): Promise<AnyManifest | null> {
  try {
    return (await readSignedManifest(vault, key)).manifest;
  } catch (thrown) {
    failedCheckOf(toBackupError(thrown)); // throws what the backup does not cause
    return null;
  }
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
