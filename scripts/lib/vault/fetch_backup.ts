/** Downloads a backup and refuses it unless it equals its manifest. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { BackupError } from "@backup/errors.ts";
import type { AnyManifest, Manifest } from "@backup/vault/manifest.ts";
import { isEncryptedKey, siblingKeys } from "@backup/vault/object_key.ts";
import type { ArchiveToc } from "../archive/archive_toc.ts";
import { readGzippedToc, requirePlainArchive } from "../archive/contents.ts";
import { fingerprintOf } from "../postgres/database_facts.ts";
import { freeBytes } from "../process/free_space.ts";
import { withTemporaryFolder } from "../process/temporary_folder.ts";
import type { Progress } from "../run/progress.ts";
import { plainArchive, requireIdentity } from "./encryption.ts";
import { readSignedManifest, requireTrusted } from "./trust.ts";
import type { Vault } from "./vault.ts";

/** A backup on this machine, equal to its manifest. */
export interface FetchedBackup {
  key: string;
  /** `null` for a backup made by hand. */
  manifest: AnyManifest | null;
  archiveFile: string;
  toc: ArchiveToc;
}

interface FetchContext {
  vault: Vault;
  progress: Progress;
  signal?: AbortSignal;
}

/**
 * Downloads a backup, checks it, and keeps it until `work` is done.
 * @param allowUnsigned its key, as the confirmation that it need not be signed by a key of this installation
 * @throws {BackupError} `backup_unsigned` before a byte of the archive is read
 */
export async function withFetchedBackup<T>(
  context: FetchContext,
  { key, allowUnsigned }: { key: string; allowUnsigned: string | null },
  work: (backup: FetchedBackup) => Promise<T>,
): Promise<T> {
  return await withTemporaryFolder("archive", async (folder) => {
    context.progress.phase("download");
    const { manifest, trust } = await readSignedManifest(context.vault, key);
    requireTrusted(context.vault, key, trust, allowUnsigned);
    requireIdentity(context.vault.encryption, key);
    const stored = join(folder, "stored");
    await downloadArchive(context, key, manifest, stored);
    const archiveFile = isEncryptedKey(key) ? await decryptFile(context, key, stored, folder) : stored;
    const toc = await readGzippedToc(createReadStream(archiveFile));
    if (trust.state !== "signed") await requirePlainArchive(createReadStream(archiveFile));
    return await work({ key, manifest, archiveFile, toc });
  });
}

/**
 * The manifest beside an archive, `null` when there is none (a backup made by hand).
 * @throws {BackupError} `backup_unsigned` unless it is signed by a key of this installation, or `allowUnsigned` is its key
 */
export async function readTrustedManifest(
  vault: Vault,
  key: string,
  allowUnsigned: string | null,
): Promise<AnyManifest | null> {
  const { manifest, trust } = await readSignedManifest(vault, key);
  requireTrusted(vault, key, trust, allowUnsigned);
  return manifest;
}

/**
 * Downloads an archive into a file.
 * @throws {BackupError} `archive_corrupt` with both hashes when it is not what the manifest says,
 * `not_enough_disk`, `vault_object_missing`.
 */
async function downloadArchive(
  { vault, progress, signal }: FetchContext,
  key: string,
  manifest: AnyManifest | null,
  path: string,
): Promise<void> {
  const stored = await vault.head(key);
  if (!stored) throw new BackupError("vault_object_missing", `Cannot find ${key} in the vault`);
  // an encrypted one lies there twice for a moment
  await requireDiskSpace(dirname(path), stored.bytes * (isEncryptedKey(key) ? 2 : 1));
  const file = await open(path, "wx", 0o600);
  const hash = createHash("sha256");
  let bytes = 0;
  try {
    for await (const chunk of vault.download(key, signal)) {
      hash.update(chunk);
      await file.writeFile(chunk);
      progress.bytes(bytes += chunk.length, stored.bytes);
    }
  } finally {
    await file.close();
  }
  const sha256 = hash.digest("hex");
  if (bytes !== stored.bytes) {
    throw new BackupError(
      "archive_corrupt",
      `Cannot use ${key}: ${bytes} of ${stored.bytes} bytes were received`,
    );
  }
  if (manifest && (manifest.sha256 !== sha256 || manifest.bytes !== bytes)) {
    throw new BackupError(
      "archive_corrupt",
      `Cannot use ${key}: its manifest says ${manifest.bytes} bytes sha256 ${manifest.sha256}, ` +
        `the object has ${bytes} bytes sha256 ${sha256}`,
      { hint: "The target was not touched. Use another backup." },
    );
  }
}

/** The `.dump.gz` of an encrypted archive that equals its manifest, in place of it. */
async function decryptFile(
  { vault, progress, signal }: FetchContext,
  key: string,
  stored: string,
  folder: string,
): Promise<string> {
  progress.phase("decrypt");
  const path = join(folder, "decrypted");
  const source = createReadStream(stored, { highWaterMark: 1 << 20 });
  await writeFile(path, plainArchive(vault, key, source, signal), { flag: "wx", mode: 0o600 });
  await rm(stored);
  return path;
}

async function requireDiskSpace(folder: string, bytes: number): Promise<void> {
  const free = await freeBytes(folder);
  if (free > bytes * 1.02) return;
  throw new BackupError(
    "not_enough_disk",
    `Cannot download ${bytes} bytes into ${folder}: ${free} bytes are free`,
    {
      hint: "Set TMPDIR to a larger disk, or take a larger runner or one of your own (REVO_RUNNER).",
    },
  );
}

/** The fingerprint of 1,000 functions and 280 tables has 3 MB. */
const FINGERPRINT_BYTES = 256 * 2 ** 20;

function gunzipLimited(bytes: Uint8Array, key: string): string {
  try {
    return gunzipSync(bytes, { maxOutputLength: FINGERPRINT_BYTES }).toString();
  } catch (cause) {
    throw new BackupError("archive_rejected", `Cannot use ${key}: its fingerprint cannot be decompressed`, {
      cause,
    });
  }
}

/** @throws {BackupError} `manifest_invalid` when the text does not match the manifest's hashes. */
export async function readFingerprintLines(vault: Vault, key: string, manifest: Manifest): Promise<string[]> {
  const lines = gunzipLimited(await vault.bytes(siblingKeys(key).fingerprint), key).split("\n").slice(0, -1);
  const { areas } = fingerprintOf(lines);
  const equal = Object.keys(manifest.fingerprint).length === Object.keys(areas).length &&
    Object.entries(areas).every(([area, hash]) => manifest.fingerprint[area] === hash);
  if (equal) return lines;
  throw new BackupError(
    "manifest_invalid",
    `Cannot use ${key}: its fingerprint's text and the manifest disagree`,
  );
}
