/** Reads the watchdog's facts from the vault alone, without catalog and workflows. */
import { toBackupError } from "@backup/errors.ts";
import { isProving } from "@backup/vault/manifest.ts";
import {
  isReceiptKey,
  isSafetyKey,
  parseArchiveKey,
  receiptTimeOf,
  siblingKeys,
  targetPrefix,
} from "@backup/vault/object_key.ts";
import { rejectedAt } from "@backup/vault/backup_state.ts";
import { checkTitle, failedChecks, receiptSchema, rulingOf } from "@backup/vault/receipt.ts";
import { isAhead } from "@backup/vault/time.ts";
import type { Target } from "@backup/target.ts";
import type { VaultFacts, WatchedBackup } from "@backup/watch/conditions.ts";
import { COMPARED_BACKUPS } from "@backup/watch/vault.ts";
import { compareStored } from "./compare_stored.ts";
import { isReceiptAhead, isTrustedReceipt, newestProof } from "../vault/newest_proof.ts";
import { listStoredSets } from "../vault/stored_sets.ts";
import { isOpenableBy } from "../vault/encryption.ts";
import { isTrusted, readSignedManifest } from "../vault/trust.ts";
import type { ListedObject, Vault } from "../vault/vault.ts";

/** Limit of manifests that are read to find the full backups that are compared. */
const READ_MANIFESTS = 30;
/** Limit of receipts that are read to find the newest drill that passed. */
const READ_RECEIPTS = 10;

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
  const signed: ListedObject[] = [];
  const unsigned: ListedObject[] = [];
  const unopenable: { key: string }[] = [];
  for (const { key, archive, receipts } of listed.backups.slice(0, READ_MANIFESTS)) {
    if (backups.length > COMPARED_BACKUPS) break;
    // a safety copy is checked, too, but does not count as a recent backup
    const isBackup = !isSafetyKey(key);
    const read = await readBackup(vault, archive, isBackup && backups.length === 0 && key !== hashedKey);
    if (typeof read === "string") corrupt.push({ key, reason: read });
    else if (!read.isTrusted) unsigned.push(archive);
    else signed.push(archive);
    if (typeof read === "object" && !read.isOpenable) unopenable.push({ key });
    if (typeof read === "object" && read.isTrusted && read.full !== null && isBackup) {
      backups.push({ ...read.full, rejectedAt: rejectedAt({ proof: await newestProof(vault, receipts) }) });
    }
  }
  const { drills, ahead } = await readDrills(vault, listed.receipts);
  const datedAhead = [...listed.ahead, ...ahead].map(({ key, modifiedAt }) => (
    { key, storedAt: modifiedAt.toISOString() }
  ));
  const facts = {
    backups,
    corrupt,
    datedAhead,
    isSigned: !vault.trusted.isEmpty,
    unsigned: unsignedSince(signed, unsigned),
    unopenable,
    drills,
  };
  return { facts, hashedKey: backups[0]?.key ?? null };
}

/** Those that were stored after the oldest signed one, by the vault's time; all of them when none is signed. */
function unsignedSince(signed: readonly ListedObject[], unsigned: readonly ListedObject[]) {
  const began = Math.min(...signed.map(({ modifiedAt }) => modifiedAt.getTime()));
  return unsigned.filter(({ modifiedAt }) => signed.length === 0 || modifiedAt.getTime() > began)
    .map(({ key, modifiedAt }) => ({ key, storedAt: modifiedAt.toISOString() }));
}

interface Listed {
  /** Archives with their manifest, newest first. */
  backups: { key: string; archive: ListedObject; receipts: ListedObject[] }[];
  /** Missing archives of existing manifests. */
  orphans: string[];
  /** Receipts, newest first. */
  receipts: ListedObject[];
  /** Archives and receipts whose key states a time after the vault's own. */
  ahead: ListedObject[];
}

async function listVault(vault: Vault, target: Target): Promise<Listed> {
  const listed: Listed = { backups: [], orphans: [], receipts: [], ahead: [] };
  for await (const { key, archive, manifest, others } of listStoredSets(vault, targetPrefix(target))) {
    const receipts = others.filter((each) => isReceiptKey(each.key));
    listed.ahead.push(...receipts.filter(isReceiptAhead));
    listed.receipts.push(...receipts.filter((each) => !isReceiptAhead(each)));
    if (archive === null && manifest !== null) listed.orphans.push(key);
    if (archive === null || manifest === null) continue;
    if (isAhead(parseArchiveKey(key).createdAtUtc, archive.modifiedAt)) listed.ahead.push(archive);
    else listed.backups.push({ key, archive, receipts });
  }
  const made = ({ key }: { key: string }) => parseArchiveKey(key).createdAtUtc;
  const drilled = ({ key }: ListedObject) => receiptTimeOf(key) ?? "";
  listed.backups.sort((a, b) => made(b).localeCompare(made(a)));
  listed.receipts.sort((a, b) => drilled(b).localeCompare(drilled(a)));
  return listed;
}

/** A stored backup whose size, and on request whose content, is its manifest's. */
interface StoredBackup {
  /** Whether its signature counts here, or none is needed. */
  isTrusted: boolean;
  /** Whether it is not encrypted, or to a key that this installation states. */
  isOpenable: boolean;
  /** `null` for one without rows. */
  full: Omit<WatchedBackup, "rejectedAt"> | null;
}

/** @returns a reason (pt-BR) for one that cannot be restored */
async function readBackup(
  vault: Vault,
  { key, bytes, modifiedAt }: ListedObject,
  whole: boolean,
): Promise<StoredBackup | string> {
  let read;
  try {
    read = await readSignedManifest(vault, key);
  } catch (thrown) {
    const { code, message } = toBackupError(thrown);
    if (code !== "manifest_invalid" && code !== "manifest_too_new") throw thrown;
    return `manifesto ilegível: ${message}`;
  }
  const { manifest, trust } = read;
  if (manifest === null) return `${siblingKeys(key).manifest} sumiu`;
  if (manifest.bytes !== bytes) return `tem ${bytes} bytes, o manifesto diz ${manifest.bytes}`;
  if (isAhead(manifest.created_at_utc, modifiedAt)) {
    return `o manifesto é de ${manifest.created_at_utc}, no futuro`;
  }
  const isOpenable = isOpenableBy(vault.encryption, manifest);
  if (!isTrusted(vault, trust)) return { isTrusted: false, isOpenable: true, full: null };
  const difference = whole ? await compareStored(vault, key, manifest) : null;
  if (difference !== null) return difference;
  if (manifest.mode !== "full") return { isTrusted: true, isOpenable, full: null };
  const rows = isProving(manifest) ? manifest.rows : null;
  const createdAtUtc = parseArchiveKey(key).createdAtUtc;
  return { isTrusted: true, isOpenable, full: { key, createdAtUtc, bytes, rows } };
}

/** The newest drills, and receipts whose text states a time after the vault's own. */
async function readDrills(
  vault: Vault,
  receipts: readonly ListedObject[],
): Promise<{ drills: Drill[]; ahead: ListedObject[] }> {
  const [drills, ahead]: [Drill[], ListedObject[]] = [[], []];
  for (const receipt of receipts.slice(0, READ_RECEIPTS)) {
    const text = await vault.text(receipt.key);
    const drill = readDrill(receipt.key, text);
    if (drill === null || !await isTrustedReceipt(vault, receipt.key, text)) continue;
    if (isAhead(drill.drilledAtUtc, receipt.modifiedAt)) {
      ahead.push(receipt);
      continue;
    }
    drills.push(drill);
    if (drill.failed.length === 0) break;
  }
  return { drills, ahead };
}

/** `null` when it says nothing of the backup. A receipt that cannot be read does not count as a proof. */
function readDrill(key: string, text: string): Drill | null {
  try {
    const { r2_key, drilled_at_utc, checks } = receiptSchema.parse(JSON.parse(text));
    const ruling = rulingOf(checks);
    const failed = ruling === "rejected" ? failedChecks(checks).map(checkTitle) : [];
    return ruling === null ? null : { key: r2_key, drilledAtUtc: drilled_at_utc, failed };
  } catch {
    return { key, drilledAtUtc: receiptTimeOf(key) ?? "", failed: ["recibo ilegível"] };
  }
}
