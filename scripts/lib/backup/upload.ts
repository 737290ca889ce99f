/**
 * Uploads a local backup into the vault, in the order of a backup: the archive is confirmed first, recovery
 * instructions are written beside it, the manifest is written last. Nothing is overwritten.
 */
import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { basename } from "node:path";
import { BackupError } from "@backup/errors.ts";
import { type AnyManifest, parseManifest, sealManifest } from "@backup/vault/manifest.ts";
import {
  ARCHIVE_SUFFIX,
  type BackupKeys,
  buildKeys,
  MANIFEST_SUFFIX,
  parseArchiveKey,
  targetPrefix,
} from "@backup/vault/object_key.ts";
import type { Trust } from "@backup/vault/signature.ts";
import type { ArchiveToc } from "../archive/archive_toc.ts";
import { readGzippedToc } from "../archive/contents.ts";
import { BackupFiles } from "../vault/uploaded_files.ts";
import { encryptionOf, encryptTo } from "./encrypted_archive.ts";
import { recoveryText } from "./recovery_text.ts";
import type { Progress } from "../run/progress.ts";
import { parseSignedManifest } from "../vault/trust.ts";
import { choosePartSize, type Upload, type Vault } from "../vault/vault.ts";

export interface Uploaded {
  key: string;
  /** As it was stored, and who vouches for it. */
  manifest: AnyManifest;
  trust: Trust;
}

/**
 * Uploads `<name>.dump.gz` with the `<name>.manifest.json` beside it.
 * @throws {BackupError} `archive_corrupt` when the file is not the manifest's, `dump_empty` when it holds no table,
 * `invalid_r2_key` for a name that is no backup's, `vault_object_exists`; the vault is unchanged then.
 */
export async function uploadLocalBackup(
  vault: Vault,
  file: string,
  progress: Progress,
  signal?: AbortSignal,
): Promise<Uploaded> {
  progress.phase("inspect");
  const text = await readManifestBeside(file);
  const manifest = await parseManifest(text);
  const { recipients } = vault.encryption;
  const keys = keysOf(file, manifest, recipients.length > 0);
  const toc = await requireContents(file, manifest);
  const files = new BackupFiles(vault, keys.archive, null);
  await files.requireFree();
  try {
    progress.phase("upload");
    const hash = createHash("sha256");
    const archive = encryptTo(recipients, hashed(file, hash), signal);
    const upload = await files.upload(keys.archive, archive, {
      partSize: choosePartSize(manifest.bytes),
      onProgress: (bytes) => progress.bytes(bytes, manifest.bytes),
    });
    signal?.throwIfAborted();
    // the file may have changed since it was inspected
    const found = hash.digest("hex");
    if (found !== manifest.sha256) throw notTheManifests(file, manifest.sha256, found);
    const stored = recipients.length === 0 ? text : await storedText(text, keys, upload, recipients);
    progress.phase("manifest");
    const recovery = recoveryText(keys, await parseManifest(stored), toc, vault.bucket);
    await files.put(keys.recovery, recovery, "text/markdown; charset=utf-8");
    const signed = await signedText(vault, keys.manifest, stored);
    await files.put(keys.manifest, signed, "application/json");
    return { key: keys.archive, ...await parseSignedManifest(vault, keys.archive, signed) };
  } catch (error) {
    await files.rollback((line) => progress.log(line));
    throw error;
  }
}

async function* hashed(file: string, hash: Hash) {
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) {
    hash.update(chunk);
    yield chunk;
  }
}

/** The manifest of the encrypted archive, without the signature and the index of the one that is not. */
async function storedText(
  text: string,
  { archive }: BackupKeys,
  { sha256, bytes }: Upload,
  recipients: readonly string[],
): Promise<string> {
  const { signature: _signature, index_sha256: _index, ...given } = JSON.parse(text);
  return await sealManifest({
    ...given,
    file: basename(archive),
    sha256,
    bytes,
    ...encryptionOf(recipients),
  });
}

/** The manifest with the signature of this machine's key; without one as it is. */
async function signedText({ signer }: Vault, key: string, text: string): Promise<string> {
  return signer ? await sealManifest(await signer.signJson(key, JSON.parse(text))) : text;
}

async function readManifestBeside(file: string): Promise<string> {
  if (!file.endsWith(ARCHIVE_SUFFIX)) {
    throw new BackupError("invalid_r2_key", `Cannot upload ${file}: it is not a ${ARCHIVE_SUFFIX}`);
  }
  const path = file.slice(0, -ARCHIVE_SUFFIX.length) + MANIFEST_SUFFIX;
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new BackupError("manifest_invalid", `Cannot read ${path}`, {
      cause,
      hint: "The manifest is expected beside the archive, as backup_db_local.sh leaves it.",
    });
  }
}

/** The keys in the vault: the file's name, its manifest's name, target and time must agree. */
function keysOf(file: string, manifest: AnyManifest, encrypted: boolean): BackupKeys {
  const day = manifest.created_at_utc.slice(0, 10).replaceAll("-", "/");
  const key = `${targetPrefix(manifest.target)}${day}/${basename(file)}`;
  const { label } = parseArchiveKey(key);
  const name = { target: manifest.target, createdAtUtc: manifest.created_at_utc, label };
  const { archive } = buildKeys(name);
  if (archive === key && manifest.file === basename(file)) return buildKeys(name, { encrypted });
  throw new BackupError(
    "manifest_invalid",
    `Cannot upload ${basename(file)}: its manifest is of ${manifest.file}, made ${manifest.created_at_utc}`,
    { hint: "Give the file back the name under which it was made." },
  );
}

async function requireContents(file: string, manifest: AnyManifest): Promise<ArchiveToc> {
  const { size } = await stat(file);
  if (size !== manifest.bytes) {
    throw new BackupError(
      "archive_corrupt",
      `Cannot upload ${file}: it has ${size} bytes, its manifest says ${manifest.bytes}`,
    );
  }
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(chunk);
  const found = hash.digest("hex");
  if (found !== manifest.sha256) throw notTheManifests(file, manifest.sha256, found);
  const toc = await readGzippedToc(createReadStream(file));
  if (!toc.entries.some(({ kind }) => kind === "TABLE")) {
    throw new BackupError("dump_empty", `Cannot upload ${file}: the archive holds no table`);
  }
  return toc;
}

function notTheManifests(file: string, expected: string, found: string): BackupError {
  return new BackupError(
    "archive_corrupt",
    `Cannot upload ${file}: its sha256 is ${found}, its manifest says ${expected}`,
  );
}
