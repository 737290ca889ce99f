/**
 * Reads a backup and refuses it unless it equals its manifest. What fits on this machine is downloaded once, beside the work
 * where the backup has an index. What does not fit is read from the vault whenever it is needed: once before anything else, and
 * compared with its manifest each time.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { gunzipSync } from "node:zlib";
import { BackupError, toBackupError } from "@backup/errors.ts";
import type { ArchiveIndex } from "@backup/vault/archive_index.ts";
import type { AnyManifest, Manifest } from "@backup/vault/manifest.ts";
import { isEncryptedKey, siblingKeys } from "@backup/vault/object_key.ts";
import type { ArchiveToc } from "../archive/archive_toc.ts";
import { readGzippedToc, requirePlainArchive } from "../archive/contents.ts";
import { fingerprintOf } from "../postgres/database_facts.ts";
import { freeBytes } from "../process/free_space.ts";
import type { PipelineInput } from "../process/pipeline.ts";
import { withTemporaryFolder } from "../process/temporary_folder.ts";
import type { Progress } from "../run/progress.ts";
import { ArrivingArchive, type Received } from "./arriving_archive.ts";
import { plainArchive, requireIdentity } from "./encryption.ts";
import { readStoredIndex } from "./stored_index.ts";
import { readSignedManifest, requireTrusted } from "./trust.ts";
import type { Vault } from "./vault.ts";

/** A backup that equals its manifest. */
export interface FetchedBackup {
  key: string;
  /** `null` for a backup made by hand. */
  manifest: AnyManifest | null;
  archive: FetchedArchive;
  toc: ArchiveToc;
}

/** A `.dump.gz`, decrypted. */
export interface FetchedArchive {
  /** Whether it lies on this machine, or will, so that it may be read often. */
  isLocal: boolean;
  /**
   * Its bytes: the path of its file, or a stream of bytes that were compared. The stream ends with an error when the rest
   * cannot be had, or is not what the manifest says.
   */
  open(): PipelineInput;
  /** Waits until all of it equals its manifest. @throws {BackupError} why it does not, or cannot be had */
  whole(): Promise<void>;
}

interface FetchContext {
  vault: Vault;
  progress: Progress;
  /** Bytes that fit into a folder. @default what the system says */
  roomIn?: (folder: string) => Promise<number>;
  signal?: AbortSignal;
}

export interface WantedBackup {
  key: string;
  /** Its key, as the confirmation that it need not be signed by a key of this installation. */
  allowUnsigned: string | null;
  /** Whether the work begins with what has arrived. It has to wait for {@link FetchedArchive.whole} by itself. @default false */
  isEarly?: boolean;
}

/**
 * Fetches a backup, checks it, and keeps it until `work` is done.
 * @throws {BackupError} `backup_unsigned` before a byte of the archive is read
 */
export async function withFetchedBackup<T>(
  context: FetchContext,
  { key, allowUnsigned, isEarly = false }: WantedBackup,
  work: (backup: FetchedBackup) => Promise<T>,
): Promise<T> {
  return await withTemporaryFolder("archive", async (folder) => {
    context.progress.phase("download");
    const { manifest, trust } = await readSignedManifest(context.vault, key);
    requireTrusted(context.vault, key, trust, allowUnsigned);
    requireIdentity(context.vault.encryption, key);
    const isSigned = trust.state === "signed";
    const index = isEarly && isSigned ? await indexOf(context, key, manifest) : null;
    return await withArchive({ ...context, index }, key, manifest, folder, async (archive) => {
      const toc = await readGzippedToc(readableOf(archive));
      if (!isSigned) await requirePlainArchive(readableOf(archive));
      return await work({ key, manifest, archive, toc });
    });
  });
}

/** The index of an archive that lies in the vault as it is loaded. Without one it is fetched as a whole first. */
async function indexOf(
  { vault, progress }: FetchContext,
  key: string,
  manifest: AnyManifest | null,
): Promise<ArchiveIndex | null> {
  if (isEncryptedKey(key)) return null;
  return await readStoredIndex(vault, key, manifest).catch((error) => {
    progress.log(`download: all of the archive is fetched first: ${toBackupError(error).message}`);
    return null;
  });
}

function readableOf(archive: FetchedArchive): Readable {
  const input = archive.open();
  return typeof input === "string" ? createReadStream(input) : Readable.from(input);
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
 * @throws {BackupError} `archive_corrupt` with both hashes when the object is not what the manifest says,
 * `vault_object_missing`.
 */
async function withArchive<T>(
  context: FetchContext & { index: ArchiveIndex | null },
  key: string,
  manifest: AnyManifest | null,
  folder: string,
  work: (archive: FetchedArchive) => Promise<T>,
): Promise<T> {
  const { vault, progress, roomIn = freeBytes, signal, index } = context;
  const head = await vault.head(key);
  if (!head) throw new BackupError("vault_object_missing", `Cannot find ${key} in the vault`);
  const whole = () => Promise.resolve();
  const compare = (received: Received) => requireEqual(key, head.bytes, manifest, received);
  // an encrypted one lies there twice for a moment
  const needed = head.bytes * (isEncryptedKey(key) ? 2 : 1) * 1.02;
  if (await roomIn(folder) <= needed) {
    progress.log(
      `download: ${head.bytes} bytes do not fit into ${folder}: they are read from the vault each time`,
    );
    const onBytes = (bytes: number) => progress.bytes(bytes, head.bytes);
    const stored = await vault.hash(key, { onBytes, signal });
    compare(stored);
    const open = () => plainArchive(vault, key, readAgain(context, key, stored), signal);
    return await work({ isLocal: false, open, whole });
  }
  const path = join(folder, "stored");
  const ended = new AbortController();
  const arriving = new ArrivingArchive({
    key,
    path,
    source: vault.download(key, AbortSignal.any([ended.signal, ...(signal ? [signal] : [])])),
    members: index?.members ?? [],
    // beside the work, the phases of the work count
    onBytes: (bytes) => index ?? progress.bytes(bytes, head.bytes),
    requireEqual: compare,
  });
  try {
    if (index === null) {
      await arriving.whole;
      const file = isEncryptedKey(key) ? await decryptFile(context, key, path, folder) : path;
      return await work({ isLocal: true, open: () => file, whole });
    }
    const open = () => arriving.isWhole ? path : arriving.read();
    return await work({ isLocal: true, open, whole: () => arriving.whole });
  } finally {
    ended.abort(new BackupError("run_cancelled", "the archive is not needed any more"));
    await arriving.whole.catch(() => {}); // it was thrown where it was needed
  }
}

async function* readAgain(
  { vault, signal }: FetchContext,
  key: string,
  before: Received,
): AsyncGenerator<Uint8Array> {
  const hash = createHash("sha256");
  for await (const chunk of vault.download(key, signal)) {
    hash.update(chunk);
    yield chunk;
  }
  if (hash.digest("hex") === before.sha256) return;
  throw new BackupError("archive_corrupt", `Cannot use ${key}: the object changed while it was read`, {
    hint: "The target was not touched. Find out who wrote to the vault.",
  });
}

function requireEqual(key: string, expected: number, manifest: AnyManifest | null, received: Received): void {
  const { bytes, sha256 } = received;
  if (bytes !== expected) {
    throw new BackupError(
      "archive_corrupt",
      `Cannot use ${key}: ${bytes} of ${expected} bytes were received`,
    );
  }
  if (manifest === null || manifest.sha256 === sha256 && manifest.bytes === bytes) return;
  throw new BackupError(
    "archive_corrupt",
    `Cannot use ${key}: its manifest says ${manifest.bytes} bytes sha256 ${manifest.sha256}, ` +
      `the object has ${bytes} bytes sha256 ${sha256}`,
    { hint: "The target was not touched. Use another backup." },
  );
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
