/** Which backup of a database is the newest that counts, and whether it is fresh enough. */
import { BackupError, toBackupError } from "@backup/errors.ts";
import { isRejected } from "@backup/vault/backup_state.ts";
import { isProving } from "@backup/vault/manifest.ts";
import { isSafetyKey, parseArchiveKey, targetPrefix } from "@backup/vault/object_key.ts";
import { BACKUP_OVERDUE_AFTER_MS, hours } from "@backup/service_levels.ts";
import { isAhead } from "@backup/vault/time.ts";
import type { Receipt } from "@backup/vault/receipt.ts";
import type { Target } from "@backup/target.ts";
import { readManifest } from "./fetch_backup.ts";
import { newestProof } from "./newest_proof.ts";
import { listStoredSets } from "./stored_sets.ts";
import type { ListedObject, Vault } from "./vault.ts";

/**
 * The key of the newest backup of a target that carries rows. One whose manifest cannot be read counts: the
 * drill reports it. A safety copy does not count: it holds the content that a restore replaced. Neither does a backup
 * that a drill rejected.
 * @throws {BackupError} `no_backup_found`.
 */
export async function newestBackup(vault: Vault, target: Target): Promise<string> {
  const backups = await backupsNewestFirst(vault, target);
  const passedOver: string[] = [];
  for (const { key, beside } of backups) {
    if (isSafetyKey(key) || !await carriesRows(vault, key)) continue;
    if (!isRejected({ proof: await newestProof(vault, beside) })) return key;
    passedOver.push(key);
  }
  throw new BackupError("no_backup_found", `The vault holds no full backup of ${target} that counts`, {
    hint: hintWithout(passedOver[0], backups.map(({ key }) => key).find(isSafetyKey)),
  });
}

/** What there is instead; only its key names it. */
function hintWithout(rejected: string | undefined, copy: string | undefined): string {
  const others = [
    rejected && `A drill rejected the newest: ${rejected}.`,
    copy && `What restores replaced is there: ${copy}.`,
  ].filter(Boolean);
  return ["Run a backup first.", ...others].join(" ");
}

/** An archive with its manifest. */
interface ListedSet {
  key: string;
  /** The other objects of its name. */
  beside: ListedObject[];
}

/**
 * All backups of a target, safety copies and rejected ones too, without those that state a time after the vault's own.
 * @throws {BackupError} `vault_*`.
 */
export async function backupsNewestFirst(vault: Vault, target: Target): Promise<ListedSet[]> {
  const sets: ListedSet[] = [];
  for await (const { key, archive, manifest, others } of listStoredSets(vault, targetPrefix(target))) {
    if (archive === null || manifest === null) continue;
    if (isAhead(parseArchiveKey(key).createdAtUtc, archive.modifiedAt)) continue;
    sets.push({ key, beside: others });
  }
  return sets.sort((a, b) =>
    parseArchiveKey(b.key).createdAtUtc.localeCompare(parseArchiveKey(a.key).createdAtUtc)
  );
}

async function carriesRows(vault: Vault, key: string): Promise<boolean> {
  try {
    return (await readManifest(vault, key))?.mode !== "schema-only";
  } catch (error) {
    return isUnreadable(error);
  }
}

/** @throws `error` itself unless a manifest cannot be read. */
function isUnreadable(error: unknown): true {
  const { code } = toBackupError(error);
  if (code === "manifest_invalid" || code === "manifest_too_new") return true;
  throw error;
}

/** The major version of the server that was backed up; `undefined`, any, when the manifest does not state it. */
export async function wantedMajor(vault: Vault, key: string): Promise<number | undefined> {
  const manifest = await readManifest(vault, key).catch((error) => isUnreadable(error) && null);
  return manifest && isProving(manifest) ? Number.parseInt(manifest.server_version) : undefined;
}

/** Only prod has a schedule. */
const FRESH_HOURS: Partial<Record<Target, number>> = { prod: hours(BACKUP_OVERDUE_AFTER_MS) };

/**
 * How many hours the newest backup of a target may be old; `null` without a schedule.
 * @param wanted the environment's value, which takes precedence
 */
export function freshHoursOf(target: Target, wanted: number | undefined): number | null {
  return wanted ?? FRESH_HOURS[target] ?? null;
}

/** The age of the newest backup of a target at `now`; `null` when there is none. */
export async function freshnessOf(vault: Vault, target: Target, now: Date): Promise<Receipt["freshness"]> {
  let newest: string;
  try {
    newest = await newestBackup(vault, target);
  } catch (error) {
    if (toBackupError(error).code === "no_backup_found") return null;
    throw error;
  }
  const { createdAtUtc } = parseArchiveKey(newest);
  const age = (now.getTime() - Date.parse(createdAtUtc)) / 1000;
  return { newest_key: newest, newest_created_at: createdAtUtc, age_seconds: Math.round(age) };
}
