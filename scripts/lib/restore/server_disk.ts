/** What a restore needs on the disk of the target's server. */
import { type AnyManifest, isProving } from "@backup/vault/manifest.ts";
import type { PlannedDisk } from "@backup/runs/restore_plan.ts";
import { megabytes } from "@backup/watch/text.ts";

/** Bytes of a restored database for each byte of its uncompressed archive: indexes and page headers are added. */
const DATABASE_PER_ARCHIVE = 1.5;

/** Bytes of the database that the backup becomes, roughly; `null` when its raw size is unknown. */
export function expectedDatabaseBytes(manifest: AnyManifest | null): number | null {
  if (!manifest || !isProving(manifest)) return null;
  return Math.round(manifest.raw_bytes * DATABASE_PER_ARCHIVE);
}

export function serverDisk(databaseBytes: number, manifest: AnyManifest | null): PlannedDisk {
  return { now: databaseBytes, added: expectedDatabaseBytes(manifest) };
}

/** For the log of a restore, before it changes anything. */
export function diskLine({ now, added }: PlannedDisk): string {
  const more = added === null ? "the size of the backup is unknown" : `about ${megabytes(added)} more`;
  return `the server's disk holds ${megabytes(now)} of this database, and needs ${more} until the cleanup`;
}
