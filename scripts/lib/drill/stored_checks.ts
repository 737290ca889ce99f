/** What can be said of a backup before a byte of it is restored. */
import { toBackupError } from "@backup/errors.ts";
import { type AnyManifest, isProving } from "@backup/vault/manifest.ts";
import type { Receipt } from "@backup/vault/receipt.ts";
import type { Target } from "@backup/target.ts";
import { readFingerprintLines, readManifest } from "../vault/fetch_backup.ts";
import type { Vault } from "../vault/vault.ts";
import { type Answer, fail, NO_PROOFS, pass, skipped } from "./check.ts";
import { checkOfRefusal } from "./refusals.ts";

export interface Stored {
  /** `null` for a backup made by hand, and where it cannot be read. */
  manifest: AnyManifest | null;
  /** `null` where there are none, or others than the manifest's. */
  fingerprintLines: readonly string[] | null;
  answers: { manifest: Answer; stored_size: Answer; stored_fingerprint: Answer };
}

/** The reason for everything that a missing manifest leaves open. */
export const NO_MANIFEST = "a backup made by hand has no manifest";

/** Looks at the objects of a backup in the vault. @throws {BackupError} what is not the backup's. */
export async function readStored(vault: Vault, key: string): Promise<Stored> {
  let manifest: AnyManifest | null;
  try {
    manifest = await readManifest(vault, key);
  } catch (thrown) {
    const error = toBackupError(thrown);
    checkOfRefusal(error);
    const unknown = skipped("the manifest cannot be read");
    const answers = { manifest: fail(error.message), stored_size: unknown, stored_fingerprint: unknown };
    return { manifest: null, fingerprintLines: null, answers };
  }
  const fingerprint = await lookAtFingerprint(vault, key, manifest);
  const answers = {
    manifest: manifestAnswer(manifest, key),
    stored_size: sizeAnswer(manifest, await vault.head(key)),
    stored_fingerprint: fingerprint.answer,
  };
  return { manifest, fingerprintLines: fingerprint.lines, answers };
}

function manifestAnswer(manifest: AnyManifest | null, key: string): Answer {
  if (manifest === null) return skipped(NO_MANIFEST);
  if (manifest.file !== key.split("/").at(-1)) return fail(`it is of another archive: ${manifest.file}`);
  if (manifest.version === undefined) return pass("of the old format");
  return pass(`version ${manifest.version}${manifest.manifest_sha256 ? ", its own hash is right" : ""}`);
}

function sizeAnswer(manifest: AnyManifest | null, stored: { bytes: number } | null): Answer {
  if (stored === null) return fail("the archive is not in the vault");
  if (manifest === null) return skipped(NO_MANIFEST);
  return stored.bytes === manifest.bytes
    ? pass(`${stored.bytes} bytes`)
    : fail(`the vault holds ${stored.bytes} bytes, the manifest says ${manifest.bytes}`);
}

async function lookAtFingerprint(
  vault: Vault,
  key: string,
  manifest: AnyManifest | null,
): Promise<{ lines: readonly string[] | null; answer: Answer }> {
  if (!manifest || !isProving(manifest)) return { lines: null, answer: skipped(NO_PROOFS) };
  try {
    const lines = await readFingerprintLines(vault, key, manifest);
    return { lines, answer: pass(`${lines.length} objects, with the hashes that the manifest has`) };
  } catch (thrown) {
    const error = toBackupError(thrown);
    const isOfBackup = ["vault_object_missing", "manifest_invalid"].includes(error.code);
    if (!isOfBackup && !isUncompressing(thrown)) throw error;
    return { lines: null, answer: fail(error.message) };
  }
}

/** Of zlib: the bytes are no gzip, or end early. */
function isUncompressing(thrown: unknown): boolean {
  return thrown instanceof Error && "code" in thrown && String(thrown.code).startsWith("Z_");
}

/** @param limitHours `null`: nothing backs this database up regularly */
export function freshnessAnswer(
  freshness: Receipt["freshness"],
  limitHours: number | null,
  target: Target,
): Answer {
  if (limitHours === null) return skipped(`no schedule backs up ${target}, and FRESH_HOURS is not set`);
  if (freshness === null) return fail(`the vault holds no full backup of ${target}`);
  const hours = (freshness.age_seconds / 3600).toFixed(1);
  const sentence = `the newest backup of ${target} is ${hours} h old, allowed are ${limitHours} h`;
  return freshness.age_seconds <= limitHours * 3600 ? pass(sentence) : fail(sentence);
}
