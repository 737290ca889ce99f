/**
 * Reads a backup and refuses it unless it equals its manifest. What fits on this machine is downloaded once. What does not is
 * read from the vault whenever it is needed: once before anything else, and compared with its manifest each time.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { gunzipSync } from "node:zlib";
import { BackupError } from "@backup/errors.ts";
import type { AnyManifest, Manifest } from "@backup/vault/manifest.ts";
import { isEncryptedKey, siblingKeys } from "@backup/vault/object_key.ts";
import type { ArchiveToc } from "../archive/archive_toc.ts";
import { readGzippedToc, requirePlainArchive } from "../archive/contents.ts";
import { fingerprintOf } from "../postgres/database_facts.ts";
import { freeBytes } from "../process/free_space.ts";
import type { PipelineInput } from "../process/pipeline.ts";
import { withTemporaryFolder } from "../process/temporary_folder.ts";
import type { Progress } from "../run/progress.ts";
import { plainArchive, requireIdentity } from "./encryption.ts";
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
  /** Whether it lies on this machine, so that it may be read often. */
  isLocal: boolean;
  /** Its bytes: the path of its file, or a stream that ends with `archive_corrupt` when the object was changed meanwhile. */
  open(): PipelineInput;
}

interface FetchContext {
  vault: Vault;
  progress: Progress;
  /** Bytes that fit into a folder. @default what the system says */
  roomIn?: (folder: string) => Promise<number>;
  signal?: AbortSignal;
}

/** Size and hash of what was stored. */
interface Stored {
  bytes: number;
  sha256: string;
}

/**
 * Fetches a backup, checks it, and keeps it until `work` is done.
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
    const archive = await fetchArchive(context, key, manifest, folder);
    const toc = await readGzippedToc(readableOf(archive));
    if (trust.state !== "signed") await requirePlainArchive(readableOf(archive));
    return await work({ key, manifest, archive, toc });
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
async function fetchArchive(
  context: FetchContext,
  key: string,
  manifest: AnyManifest | null,
  folder: string,
): Promise<FetchedArchive> {
  const { vault, progress, roomIn = freeBytes, signal } = context;
  const head = await vault.head(key);
  if (!head) throw new BackupError("vault_object_missing", `Cannot find ${key} in the vault`);
  // an encrypted one lies there twice for a moment
  const needed = head.bytes * (isEncryptedKey(key) ? 2 : 1) * 1.02;
  if (await roomIn(folder) <= needed) {
    progress.log(
      `download: ${head.bytes} bytes do not fit into ${folder}: they are read from the vault each time`,
    );
    const onBytes = (bytes: number) => progress.bytes(bytes, head.bytes);
    const stored = await vault.hash(key, { onBytes, signal });
    requireEqual(key, head.bytes, manifest, stored);
    return { isLocal: false, open: () => plainArchive(vault, key, readAgain(context, key, stored), signal) };
  }
  const path = join(folder, "stored");
  requireEqual(key, head.bytes, manifest, await download(context, key, head.bytes, path));
  const file = isEncryptedKey(key) ? await decryptFile(context, key, path, folder) : path;
  return { isLocal: true, open: () => file };
}

async function download(
  { vault, progress, signal }: FetchContext,
  key: string,
  expected: number,
  path: string,
): Promise<Stored> {
  const file = await open(path, "wx", 0o600);
  const hash = createHash("sha256");
  let bytes = 0;
  try {
    for await (const chunk of vault.download(key, signal)) {
      hash.update(chunk);
      await file.writeFile(chunk);
      progress.bytes(bytes += chunk.length, expected);
    }
  } finally {
    await file.close();
  }
  return { bytes, sha256: hash.digest("hex") };
}

async function* readAgain(
  { vault, signal }: FetchContext,
  key: string,
  before: Stored,
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

function requireEqual(key: string, expected: number, manifest: AnyManifest | null, stored: Stored): void {
  const { bytes, sha256 } = stored;
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
