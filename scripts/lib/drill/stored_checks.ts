/** The checks of the stored objects, made before the restore. */
import { toBackupError } from "@backup/errors.ts";
import { type AnyManifest, isProving } from "@backup/vault/manifest.ts";
import type { DrillCheck, Receipt } from "@backup/vault/receipt.ts";
import type { Trust } from "@backup/vault/signature.ts";
import type { Target } from "@backup/target.ts";
import { readFingerprintLines } from "../vault/fetch_backup.ts";
import { isTrusted, type ReadManifest, readSignedManifest } from "../vault/trust.ts";
import type { Vault } from "../vault/vault.ts";
import { type CheckOutcome, fail, NO_PROOFS, pass, skipped } from "./check.ts";
import { failedCheckOf } from "./failed_check.ts";

export interface StoredFacts {
  /** `null` for a backup made by hand, and where it cannot be read. */
  manifest: AnyManifest | null;
  /** `null` where the manifest cannot be read. */
  trust: Trust | null;
  /** `null` where there are none, or others than the manifest's. */
  fingerprintLines: readonly string[] | null;
  outcomes: Record<StoredOutcome, CheckOutcome>;
}

type StoredOutcome = Extract<
  DrillCheck,
  "manifest" | "signature" | "stored_size" | "stored_fingerprint"
>;

/** Why a check is skipped for a missing manifest. */
export const NO_MANIFEST = "a backup made by hand has no manifest";

/** Reads the stored objects of a backup. @throws {BackupError} an error that the backup does not cause. */
export async function readStored(vault: Vault, key: string): Promise<StoredFacts> {
  let read: ReadManifest;
  try {
    read = await readSignedManifest(vault, key);
  } catch (thrown) {
    const error = toBackupError(thrown);
    failedCheckOf(error);
    const unknown = skipped("the manifest cannot be read");
    const outcomes = {
      manifest: fail(error.message),
      signature: unknown,
      stored_size: unknown,
      stored_fingerprint: unknown,
    };
    return { manifest: null, trust: null, fingerprintLines: null, outcomes };
  }
  const { manifest, trust } = read;
  const fingerprint = await checkFingerprint(vault, key, manifest);
  const outcomes = {
    manifest: manifestOutcome(manifest, key),
    signature: signatureOutcome(vault, trust),
    stored_size: sizeOutcome(manifest, await vault.head(key)),
    stored_fingerprint: fingerprint.outcome,
  };
  return { manifest, trust, fingerprintLines: fingerprint.lines, outcomes };
}

/** An unsigned backup is drilled only where that was confirmed: no verdict on it. */
function signatureOutcome(vault: Vault, trust: Trust): CheckOutcome {
  if (trust.state === "signed") return pass(`by ${trust.keyId}`);
  if (isTrusted(vault, trust)) return skipped("not signed, and this installation has no public key");
  return skipped(
    trust.keyId === null ? "not signed" : `by ${trust.keyId}, which is no key of this installation`,
  );
}

function manifestOutcome(manifest: AnyManifest | null, key: string): CheckOutcome {
  if (manifest === null) return skipped(NO_MANIFEST);
  if (manifest.file !== key.split("/").at(-1)) return fail(`it is of another archive: ${manifest.file}`);
  if (manifest.version === undefined) return pass("of the old format");
  return pass(`version ${manifest.version}${manifest.manifest_sha256 ? ", its own hash is right" : ""}`);
}

function sizeOutcome(manifest: AnyManifest | null, stored: { bytes: number } | null): CheckOutcome {
  if (stored === null) return fail("the archive is not in the vault");
  if (manifest === null) return skipped(NO_MANIFEST);
  return stored.bytes === manifest.bytes
    ? pass(`${stored.bytes} bytes`)
    : fail(`the vault holds ${stored.bytes} bytes, the manifest says ${manifest.bytes}`);
}

async function checkFingerprint(
  vault: Vault,
  key: string,
  manifest: AnyManifest | null,
): Promise<{ lines: readonly string[] | null; outcome: CheckOutcome }> {
  if (!manifest || !isProving(manifest)) return { lines: null, outcome: skipped(NO_PROOFS) };
  try {
    const lines = await readFingerprintLines(vault, key, manifest);
    return { lines, outcome: pass(`${lines.length} objects, with the hashes that the manifest has`) };
  } catch (thrown) {
    const error = toBackupError(thrown);
    const isOfBackup = ["vault_object_missing", "manifest_invalid", "archive_rejected"].includes(error.code);
    if (!isOfBackup) throw error;
    return { lines: null, outcome: fail(error.message) };
  }
}

/** @param limitHours `null`: no schedule backs this database up */
export function freshnessOutcome(
  freshness: Receipt["freshness"],
  limitHours: number | null,
  target: Target,
): CheckOutcome {
  if (limitHours === null) return skipped(`no schedule backs up ${target}, and FRESH_HOURS is not set`);
  if (freshness === null) return fail(`the vault holds no full backup of ${target}`);
  const hours = (freshness.age_seconds / 3600).toFixed(1);
  const detail = `the newest backup of ${target} is ${hours} h old, allowed are ${limitHours} h`;
  return freshness.age_seconds <= limitHours * 3600 ? pass(detail) : fail(detail);
}
