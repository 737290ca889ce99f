/** Which backup of a database is the newest, and whether it is fresh enough. */
import { BackupError, toBackupError } from "@backup/errors.ts";
import { isProving } from "@backup/vault/manifest.ts";
import {
  isSafetyKey,
  parseArchiveKey,
  siblingKeys,
  targetPrefix,
  tryParseArchiveKey,
} from "@backup/vault/object_key.ts";
import { BACKUP_OVERDUE_AFTER_MS, hours } from "@backup/service_levels.ts";
import type { Receipt } from "@backup/vault/receipt.ts";
import type { Target } from "@backup/target.ts";
import { readManifest } from "./fetch_backup.ts";
import type { Vault } from "./vault.ts";

/**
 * The key of the newest backup of a target that carries rows. One whose manifest cannot be read counts: the
 * drill reports it. A safety copy does not count: it holds the content that a restore replaced.
 * @throws {BackupError} `no_backup_found`.
 */
export async function newestBackup(vault: Vault, target: Target): Promise<string> {
  const keys = await backupsNewestFirst(vault, target);
  for (const key of keys) {
    if (!isSafetyKey(key) && await carriesRows(vault, key)) return key;
  }
  const copy = keys.find(isSafetyKey);
  throw new BackupError("no_backup_found", `The vault holds no full backup of ${target}`, {
    hint: copy === undefined
      ? "Run a backup first."
      : `Run a backup first. What restores replaced is there; only its key names it: ${copy}`,
  });
}

/** Keys of archives with a manifest, safety copies too. @throws {BackupError} `vault_*`. */
export async function backupsNewestFirst(vault: Vault, target: Target): Promise<string[]> {
  const archives: string[] = [];
  const others = new Set<string>();
  for await (const { key } of vault.list(targetPrefix(target))) {
    if (tryParseArchiveKey(key)) archives.push(key);
    else others.add(key);
  }
  return archives.filter((key) => others.has(siblingKeys(key).manifest))
    .sort((a, b) => parseArchiveKey(b).createdAtUtc.localeCompare(parseArchiveKey(a).createdAtUtc));
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
