/** Reads the watchdog's facts from the vault alone, without catalog and workflows. */
import { toBackupError } from "@backup/errors.ts";
import { isProving } from "@backup/vault/manifest.ts";
import {
  ARCHIVE_SUFFIX,
  archiveKeyOf,
  isSafetyKey,
  MANIFEST_SUFFIX,
  parseArchiveKey,
  siblingKeys,
  targetPrefix,
} from "@backup/vault/object_key.ts";
import { rejectedAt } from "@backup/vault/backup_state.ts";
import { checkTitle, failedChecks, receiptSchema, rulingOf } from "@backup/vault/receipt.ts";
import type { Target } from "@backup/target.ts";
import type { VaultFacts, WatchedBackup } from "@backup/watch/conditions.ts";
import { COMPARED_BACKUPS } from "@backup/watch/vault.ts";
import { compareStored } from "./compare_stored.ts";
import { readManifest } from "../vault/fetch_backup.ts";
import { newestProof } from "../vault/newest_proof.ts";
import type { Vault } from "../vault/vault.ts";

/** Limit of manifests that are read to find the full backups that are compared. */
const READ_MANIFESTS = 30;
/** Limit of receipts that are read to find the newest drill that passed. */
const READ_RECEIPTS = 10;
const RECEIPT_TIME = /\.drill\.(\d{4})(\d{2})(\d{2})_(\d{2})(\d{2})(\d{2})\.json$/;

type Drill = VaultFacts["drills"][number];

export interface VaultResult {
  facts: VaultFacts;
  /** The newest backup, when its whole content was read, now or before, and equals its manifest. */
  hashedKey: string | null;
}

/**
 * @param hashedKey the archive whose content was read before: it is not read again.
 * @throws {BackupError} `vault_*`.
 */
export async function readVaultFacts(
  vault: Vault,
  target: Target,
  hashedKey: string | null,
): Promise<VaultResult> {
  const listed = await listVault(vault, target);
  const corrupt = listed.orphans.map((key) => ({ key, reason: "o arquivo não está no cofre" }));
  const backups: WatchedBackup[] = [];
  for (const { key, bytes } of listed.backups.slice(0, READ_MANIFESTS)) {
    if (backups.length > COMPARED_BACKUPS) break;
    // a safety copy is checked, too, but does not count as a recent backup
    const isBackup = !isSafetyKey(key);
    const read = await readBackup(vault, key, bytes, isBackup && backups.length === 0 && key !== hashedKey);
    if (typeof read === "string") corrupt.push({ key, reason: read });
    else if (read !== null && isBackup) {
      const proof = await newestProof(vault, listed.receipts.filter((each) => archiveKeyOf(each) === key));
      backups.push({ ...read, rejectedAt: rejectedAt({ proof }) });
    }
  }
  const drills = await readDrills(vault, listed.receipts);
  return { facts: { backups, corrupt, drills }, hashedKey: backups[0]?.key ?? null };
}

interface Listed {
  /** Archives with their manifest, newest first. */
  backups: { key: string; bytes: number }[];
  /** Missing archives of existing manifests. */
  orphans: string[];
  /** Keys of receipts, newest first. */
  receipts: string[];
}

async function listVault(vault: Vault, target: Target): Promise<Listed> {
  const archives = new Map<string, number>();
  const manifests: string[] = [];
  const receipts: { key: string; time: string }[] = [];
  for await (const { key, bytes } of vault.list(targetPrefix(target))) {
    const archive = archiveKeyOf(key);
    if (archive === null) continue;
    const time = RECEIPT_TIME.exec(key)?.[0];
    if (key.endsWith(ARCHIVE_SUFFIX)) archives.set(key, bytes);
    else if (key.endsWith(MANIFEST_SUFFIX)) manifests.push(archive);
    else if (time !== undefined) receipts.push({ key, time });
  }
  const backups = manifests.flatMap((key) => {
    const bytes = archives.get(key);
    return bytes === undefined ? [] : [{ key, bytes, at: parseArchiveKey(key).createdAtUtc }];
  }).sort((a, b) => b.at.localeCompare(a.at));
  return {
    backups,
    orphans: manifests.filter((key) => !archives.has(key)),
    receipts: receipts.sort((a, b) => b.time.localeCompare(a.time)).map(({ key }) => key),
  };
}

/** A full backup; `null` for one without rows; a reason (pt-BR) for one that cannot be restored. */
async function readBackup(
  vault: Vault,
  key: string,
  bytes: number,
  whole: boolean,
): Promise<Omit<WatchedBackup, "rejectedAt"> | string | null> {
  let manifest;
  try {
    manifest = await readManifest(vault, key);
  } catch (thrown) {
    const { code, message } = toBackupError(thrown);
    if (code !== "manifest_invalid" && code !== "manifest_too_new") throw thrown;
    return `manifesto ilegível: ${message}`;
  }
  if (manifest === null) return `${siblingKeys(key).manifest} sumiu`;
  if (manifest.bytes !== bytes) return `tem ${bytes} bytes, o manifesto diz ${manifest.bytes}`;
  const difference = whole ? await compareStored(vault, key, manifest) : null;
  if (difference !== null) return difference;
  if (manifest.mode !== "full") return null;
  const rows = isProving(manifest) ? manifest.rows : null;
  return { key, createdAtUtc: parseArchiveKey(key).createdAtUtc, bytes, rows };
}

async function readDrills(vault: Vault, receipts: readonly string[]): Promise<VaultFacts["drills"]> {
  const drills: Drill[] = [];
  for (const key of receipts.slice(0, READ_RECEIPTS)) {
    const drill = readDrill(key, await vault.text(key));
    if (drill === null) continue;
    drills.push(drill);
    if (drill.failed.length === 0) break;
  }
  return drills;
}

/** `null` when it says nothing of the backup. A receipt that cannot be read does not count as a proof. */
function readDrill(key: string, text: string): Drill | null {
  try {
    const { r2_key, drilled_at_utc, checks } = receiptSchema.parse(JSON.parse(text));
    const ruling = rulingOf(checks);
    const failed = ruling === "rejected" ? failedChecks(checks).map(checkTitle) : [];
    return ruling === null ? null : { key: r2_key, drilledAtUtc: drilled_at_utc, failed };
  } catch {
    const [, y, mo, d, h, mi, s] = RECEIPT_TIME.exec(key) ?? [];
    return { key, drilledAtUtc: `${y}-${mo}-${d}T${h}:${mi}:${s}Z`, failed: ["recibo ilegível"] };
  }
}
