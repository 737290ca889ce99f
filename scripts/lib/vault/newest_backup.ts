/** Which backup of a database is the newest that counts, and whether it is fresh enough. */
import { BackupError, toBackupError } from "@backup/errors.ts";
import { isRejected } from "@backup/vault/backup_state.ts";
import { isProving } from "@backup/vault/manifest.ts";
import { isSafetyKey, parseArchiveKey, targetPrefix } from "@backup/vault/object_key.ts";
import { BACKUP_OVERDUE_AFTER_MS, hours } from "@backup/service_levels.ts";
import { isAhead } from "@backup/vault/time.ts";
import type { Receipt } from "@backup/vault/receipt.ts";
import type { Target } from "@backup/target.ts";
import { newestProof } from "./newest_proof.ts";
import { listStoredSets } from "./stored_sets.ts";
import { isTrusted, readSignedManifest } from "./trust.ts";
import type { ListedObject, Vault } from "./vault.ts";

/**
 * The key of the newest backup of a target that carries rows. A safety copy does not count: it holds the content that a
 * restore replaced. Neither does a backup that a drill rejected. Where this installation has keys, only what one of them
 * signed counts; elsewhere also one whose manifest cannot be read: the drill reports it.
 * @throws {BackupError} `no_backup_found`, `public_keys_missing`.
 */
export async function newestBackup(vault: Vault, target: Target): Promise<string> {
  const backups = await backupsNewestFirst(vault, target);
  const passedOver: PassedOver = { copy: backups.map(({ key }) => key).find(isSafetyKey) };
  for (const { key, beside } of backups) {
    if (isSafetyKey(key)) continue;
    const standing = await standingOf(vault, key);
    if (standing === "unsigned") passedOver.unsigned ??= key;
    if (standing !== "counts") continue;
    if (!isRejected({ proof: await newestProof(vault, beside) })) return key;
    passedOver.rejected ??= key;
  }
  throw new BackupError("no_backup_found", `The vault holds no full backup of ${target} that counts`, {
    hint: hintWithout(passedOver),
  });
}

/** The newest of each kind that does not count. */
interface PassedOver {
  rejected?: string;
  unsigned?: string;
  copy: string | undefined;
}

/** What there is instead; only its key names it. */
function hintWithout({ rejected, unsigned, copy }: PassedOver): string {
  const others = [
    rejected && `A drill rejected the newest: ${rejected}.`,
    unsigned && `No key of this installation signed the newest: ${unsigned}.`,
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

/** @throws {BackupError} `public_keys_missing` for a signed backup where there is no key to check it with */
async function standingOf(vault: Vault, key: string): Promise<"counts" | "unsigned" | "no_rows"> {
  const read = await readSignedManifest(vault, key).catch((error) => isUnreadable(error) && null);
  if (read === null) return vault.trusted.isEmpty ? "counts" : "unsigned";
  const { manifest, trust } = read;
  if (trust.state === "foreign" && vault.trusted.isEmpty) {
    throw new BackupError(
      "public_keys_missing",
      `Cannot choose a backup: ${key} is signed by ${trust.keyId}, and this installation has no public key`,
      { hint: "Put the key into scripts/signing_keys.txt or into BACKUP_PUBLIC_KEYS." },
    );
  }
  if (manifest?.mode === "schema-only") return "no_rows";
  return isTrusted(vault, trust) ? "counts" : "unsigned";
}

/** @throws `error` itself unless a manifest cannot be read. */
function isUnreadable(error: unknown): true {
  const { code } = toBackupError(error);
  if (code === "manifest_invalid" || code === "manifest_too_new") return true;
  throw error;
}

/** What a server needs on which a backup is restored, as its manifest states it. */
export interface WantedServer {
  /** `undefined`, any, when it is not stated. */
  major: number | undefined;
  /** Names of the extensions. */
  extensions: readonly string[];
}

export async function wantedServer(vault: Vault, key: string): Promise<WantedServer> {
  const read = await readSignedManifest(vault, key).catch((error) => isUnreadable(error) && null);
  const manifest = read && read.manifest;
  if (!manifest || !isProving(manifest)) return { major: undefined, extensions: [] };
  return {
    major: Number.parseInt(manifest.server_version),
    extensions: manifest.extensions.map(({ name }) => name),
  };
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
