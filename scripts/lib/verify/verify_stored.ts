/**
 * Whether a backup in the vault is what its manifest says, without a restore: every stored byte is read once and
 * nothing is written, neither to a disk nor to the vault.
 */
import { BackupError, toBackupError } from "@backup/errors.ts";
import { type AnyManifest, isProving, type Manifest } from "@backup/vault/manifest.ts";
import type { DrillCheck, Verdict } from "@backup/vault/receipt.ts";
import { countEntries } from "../archive/contents.ts";
import { type CheckOutcome, fail, NO_PROOFS, NO_ROWS, pass, passUnless, skipped } from "../drill/check.ts";
import { NO_MANIFEST, readStored } from "../drill/stored_checks.ts";
import type { Progress } from "../run/progress.ts";
import { plainArchive } from "../vault/encryption.ts";
import { MemberHashes, readStoredIndex } from "../vault/stored_index.ts";
import { isTrusted } from "../vault/trust.ts";
import type { Vault } from "../vault/vault.ts";
import { type ArchiveContent, type ReadArchive, readArchive } from "./read_archive.ts";

/** The checks of a drill that need no server, by the same names. */
export const STORED_CHECKS = [
  "manifest",
  "signature",
  "stored_size",
  "stored_fingerprint",
  "stored_hash",
  "archive_readable",
  "rows_per_table",
] as const satisfies readonly DrillCheck[];

export interface StoredCheck {
  name: (typeof STORED_CHECKS)[number];
  verdict: Verdict;
  detail: string;
}

/**
 * @returns the verdict of each of {@link STORED_CHECKS}, good or bad
 * @throws {BackupError} `vault_object_missing` when there is no such archive, `invalid_r2_key`, and errors of the vault.
 */
export async function verifyStored(vault: Vault, key: string, progress: Progress): Promise<StoredCheck[]> {
  progress.phase("look");
  const { manifest, trust, outcomes } = await readStored(vault, key);
  const stored = await vault.head(key);
  if (!stored) throw new BackupError("vault_object_missing", `Cannot find ${key} in the vault`);
  const index = await readStoredIndex(vault, key, manifest).catch(damageOf);
  progress.phase("read");
  const members = index === null || index instanceof BackupError ? null : new MemberHashes(index.members);
  const read = await readArchive(
    members === null ? vault.download(key) : members.pass(vault.download(key)),
    (done) => progress.bytes(done, stored.bytes),
    (bytes) => plainArchive(vault, key, bytes),
  );
  const found: Record<StoredCheck["name"], CheckOutcome> = {
    ...outcomes,
    signature: trust === null || isTrusted(vault, trust)
      ? outcomes.signature
      : fail(outcomes.signature.detail),
    stored_hash: indexOutcome(hashOutcome(read, manifest), index instanceof BackupError ? index : members),
    archive_readable: contentOutcome(read, manifest),
    rows_per_table: rowsOutcome(read, manifest),
  };
  return STORED_CHECKS.map((name) => ({ name, verdict: found[name].verdict, detail: found[name].detail }));
}

function hashOutcome({ bytes, sha256 }: ReadArchive, manifest: AnyManifest | null): CheckOutcome {
  if (manifest === null) return skipped(`${NO_MANIFEST}; the archive's sha256 is ${sha256}`);
  if (manifest.sha256 === sha256 && manifest.bytes === bytes) {
    return pass(`sha256 ${sha256} of ${bytes} bytes`);
  }
  return fail(
    `${bytes} bytes with sha256 ${sha256}, the manifest says ${manifest.bytes} bytes with ${manifest.sha256}`,
  );
}

/** What the backup causes; another error is thrown. */
function damageOf(thrown: unknown): BackupError {
  const error = toBackupError(thrown);
  if (["archive_corrupt", "manifest_too_new"].includes(error.code)) return error;
  throw error;
}

/** The outcome of the archive's hash, with what is said of its index. */
function indexOutcome(hash: CheckOutcome, index: BackupError | MemberHashes | null): CheckOutcome {
  if (index === null || hash.verdict !== "PASS") return hash;
  if (index instanceof BackupError) return fail(`${hash.detail}; ${index.message}`);
  return index.different === null
    ? pass(`${hash.detail} in ${index.count} members as its index says`)
    : fail(`${hash.detail}; member ${index.different} is another than its index says`);
}

function contentOutcome({ content }: ReadArchive, manifest: AnyManifest | null): CheckOutcome {
  if (content instanceof BackupError) {
    return content.code === "identity_missing" ? skipped(content.message) : fail(content.message);
  }
  const found = `${content.toc.entries.length} entries, ${content.rawBytes} bytes uncompressed`;
  const difference = manifest && isProving(manifest) ? differenceTo(manifest, content) : null;
  return difference === null ? pass(found) : fail(`${found}; ${difference}`);
}

function differenceTo(
  { raw_bytes, toc }: Manifest,
  content: ArchiveContent,
): string | null {
  if (raw_bytes !== content.rawBytes) return `the manifest says ${raw_bytes} bytes`;
  const counted = countEntries(content.toc);
  const kinds = [...new Set([...Object.keys(toc), ...Object.keys(counted)])];
  const wrong = kinds.find((kind) => toc[kind] !== counted[kind]);
  return wrong === undefined
    ? null
    : `${counted[wrong] ?? 0} entries are ${wrong}, the manifest says ${toc[wrong] ?? 0}`;
}

/** Compares the rows in the archive's blocks with the manifest. */
function rowsOutcome({ content }: ReadArchive, manifest: AnyManifest | null): CheckOutcome {
  if (content instanceof BackupError) {
    return skipped(content.code === "identity_missing" ? content.message : "the archive cannot be read");
  }
  if (manifest === null) return skipped(NO_MANIFEST);
  if (!isProving(manifest)) return skipped(NO_PROOFS);
  if (manifest.mode !== "full") return skipped(NO_ROWS);
  const { toc, rows } = content;
  const found = new Map(
    toc.entries.filter(({ kind }) => kind === "TABLE DATA")
      .map(({ schema, tag, dumpId }) => [JSON.stringify([schema, tag]), rows.get(dumpId)]),
  );
  const different = Object.entries(manifest.rows).flatMap(([key, expected]) => {
    const counted = found.get(JSON.stringify(partsOf(key)));
    return counted === expected ? [] : [`${key} has ${counted ?? "no"} rows, expected ${expected}`];
  });
  return passUnless(different, `${manifest.rows_total} rows in ${manifest.tables_total} tables`);
}

/** Schema and table of a quoted name. */
function partsOf(key: string): string[] {
  return [...key.matchAll(/"((?:[^"]|"")+)"|[^".]+/g)].map(([all, quoted]) =>
    quoted === undefined ? all : quoted.replaceAll('""', '"')
  );
}
