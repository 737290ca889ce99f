/**
 * Object keys of the vault. Only this module builds and parses keys.
 *
 *     revo/<target>/YYYY/MM/DD/supabase_<target>_<YYYYMMDD_HHMMSS>[_<label>].dump.gz[.age]   (UTC)
 *
 * Beside each archive, under its stem, are its manifest, its fingerprint, its index, its recovery instructions and the
 * receipts of its drills. The stem of an encrypted archive is its whole name: `….dump.gz.age.manifest.json`.
 */
import { BackupError } from "../errors.ts";
import { LABEL_MAX_LENGTH, normalizeLabel, SAFETY_LABEL } from "../label.ts";
import { type Target, TARGETS } from "../target.ts";

export const VAULT_ROOT = "revo";
export const ARCHIVE_SUFFIX = ".dump.gz";
/** Of an archive that the program age encrypted. */
export const ENCRYPTED_SUFFIX = ".dump.gz.age";
export const MANIFEST_SUFFIX = ".manifest.json";
/** The fingerprint's text, gzip, so that a difference can be named. */
export const FINGERPRINT_SUFFIX = ".fingerprint.gz";
/** Where in the archive the rows of each table are. */
export const INDEX_SUFFIX = ".index.json";
/** Instructions to restore with plain tools, from the bucket alone. */
export const RECOVERY_SUFFIX = ".RECOVERY.md";

/** The parts of a key. */
export interface BackupName {
  target: Target;
  /** Start of the backup, UTC, to the second: `2026-01-15T03:10:22Z`. */
  createdAtUtc: string;
  label: string | null;
}

/** The keys of everything that belongs to one backup. */
export interface BackupKeys {
  archive: string;
  manifest: string;
  fingerprint: string;
  index: string;
  recovery: string;
}

const STEM = new RegExp(
  `^${VAULT_ROOT}/(?<target>${TARGETS.join("|")})/(?<y>[1-9]\\d{3})/(?<m>\\d{2})/(?<d>\\d{2})/` +
    `supabase_\\k<target>_\\k<y>\\k<m>\\k<d>_(?<H>\\d{2})(?<M>\\d{2})(?<S>\\d{2})` +
    `(?:_(?<label>[A-Za-z0-9._-]{1,${LABEL_MAX_LENGTH}}))?$`,
);

/** An instant as `2026-01-15T03:10:22Z`, the precision of manifest and key. */
export function toUtcSecond(instant: Date): string {
  return instant.toISOString().slice(0, 19) + "Z";
}

/** The prefix of all keys of a target. */
export function targetPrefix(target: Target): string {
  return `${VAULT_ROOT}/${target}/`;
}

/**
 * The keys of a new backup.
 * @throws {BackupError} `invalid_label` for a label that a key cannot contain.
 */
export function buildKeys(name: BackupName, { encrypted = false } = {}): BackupKeys {
  const day = name.createdAtUtc.slice(0, 10);
  const time = name.createdAtUtc.slice(11, 19);
  const label = normalizeLabel(name.label);
  const file = ["supabase", name.target, day.replaceAll("-", ""), time.replaceAll(":", "")].join("_");
  const stem = [VAULT_ROOT, name.target, ...day.split("-"), label === null ? file : `${file}_${label}`].join(
    "/",
  );
  return siblingKeys(stem + (encrypted ? ENCRYPTED_SUFFIX : ARCHIVE_SUFFIX));
}

/** The key without its suffix, or all of it for an encrypted archive. */
function stemOf(archiveKey: string): string {
  return isEncryptedKey(archiveKey) ? archiveKey : archiveKey.slice(0, -ARCHIVE_SUFFIX.length);
}

/** Whether an archive of this key is encrypted. */
export function isEncryptedKey(archiveKey: string): boolean {
  return archiveKey.endsWith(ENCRYPTED_SUFFIX);
}

function keysOfStem(archive: string, stem: string): BackupKeys {
  return {
    archive,
    manifest: stem + MANIFEST_SUFFIX,
    fingerprint: stem + FINGERPRINT_SUFFIX,
    index: stem + INDEX_SUFFIX,
    recovery: stem + RECOVERY_SUFFIX,
  };
}

/** The key of the receipt of a drill that began at `drilledAt`: `<stem>.drill.<YYYYMMDD_HHMMSS>.json`. */
export function receiptKey(archiveKey: string, drilledAt: Date): string {
  const stem = stemOf(siblingKeys(archiveKey).archive);
  const at = toUtcSecond(drilledAt).replaceAll(/[-:Z]/g, "").replace("T", "_");
  return `${stem}.drill.${at}.json`;
}

const RECEIPT = /\.drill\.(\d{4})(\d{2})(\d{2})_(\d{2})(\d{2})(\d{2})\.json$/;

/** Whether a key that belongs to a backup is that of a drill's receipt. */
export function isReceiptKey(key: string): boolean {
  return RECEIPT.test(key);
}

/** When the drill began by its receipt's key, ISO 8601 to the second; `null` for another key. */
export function receiptTimeOf(key: string): string | null {
  const [, y, mo, d, h, mi, s] = RECEIPT.exec(key) ?? [];
  return y === undefined ? null : `${y}-${mo}-${d}T${h}:${mi}:${s}Z`;
}

const BELONGING =
  /^(?<stem>.+?)(?:\.dump\.gz(?:\.age)?|\.manifest\.json|\.fingerprint\.gz|\.index\.json|\.RECOVERY\.md|\.drill\.\d{8}_\d{6}\.json)$/;

/** The archive's key to which an object of the vault belongs (itself for an archive), `null` for anything else. */
export function archiveKeyOf(key: string): string | null {
  if (tryParseArchiveKey(key) !== null) return key;
  const stem = BELONGING.exec(key)?.groups?.stem ?? "";
  const archive = isEncryptedKey(stem) ? stem : stem + ARCHIVE_SUFFIX;
  return tryParseArchiveKey(archive) === null ? null : archive;
}

/** The two objects of a reverse patch. */
export interface ReversePatchKeys {
  /** JSON, signed, written last: without it there is no reverse patch. */
  record: string;
  patch: string;
}

const REVERSE_PATCH = new RegExp(
  `^${VAULT_ROOT}/(?<target>${TARGETS.join("|")})/\\d{4}/\\d{2}/\\d{2}/` +
    `take_\\k<target>_\\d{8}_\\d{6}_[0-9a-f]{12}\\.(?:json|patch\\.gz(?:\\.age)?)$`,
);

/**
 * The keys of what a take leaves so that it can be undone:
 * `revo/<target>/YYYY/MM/DD/take_<target>_<YYYYMMDD_HHMMSS>_<first 12 digits of the patch's hash>`.
 */
export function reversePatchKeys(
  { target, takenAt, hash, encrypted }: { target: Target; takenAt: Date; hash: string; encrypted: boolean },
): ReversePatchKeys {
  const [day = "", time = ""] = toUtcSecond(takenAt).slice(0, -1).split("T");
  const file = ["take", target, day.replaceAll("-", ""), time.replaceAll(":", ""), hash.slice(0, 12)].join(
    "_",
  );
  const stem = [VAULT_ROOT, target, ...day.split("-"), file].join("/");
  return { record: `${stem}.json`, patch: `${stem}.patch.gz${encrypted ? ".age" : ""}` };
}

/** Of which target a reverse patch is, by the key of one of its objects; `null` for another key. */
export function reversePatchTarget(key: string): Target | null {
  const { target } = REVERSE_PATCH.exec(key)?.groups ?? {};
  return TARGETS.find((each) => each === target) ?? null;
}

/** Parses a key without its suffix; `null` when it has another format or a date or a time that does not exist. */
function parseStem(stem: string): BackupName | null {
  const { target, y, m, d, H, M, S, label = null } = STEM.exec(stem)?.groups ?? {};
  const known = TARGETS.find((name) => name === target);
  const createdAtUtc = `${y}-${m}-${d}T${H}:${M}:${S}Z`;
  const instant = new Date(createdAtUtc);
  // the parser accepts 24:00:00 and the 31st of any month as a time of the next day
  const exists = !Number.isNaN(instant.getTime()) && toUtcSecond(instant) === createdAtUtc;
  // the manifest of such an archive would have the key of an encrypted one's
  const isClear = !label?.endsWith(ENCRYPTED_SUFFIX);
  return known !== undefined && exists && isClear ? { target: known, createdAtUtc, label } : null;
}

/**
 * The sibling keys of an archive's key.
 * @throws {BackupError} `invalid_r2_key` unless it is the key of an archive in this vault.
 */
export function siblingKeys(archiveKey: string): BackupKeys {
  parseArchiveKey(archiveKey);
  return keysOfStem(archiveKey, stemOf(archiveKey));
}

/**
 * Parses an archive's key.
 * @throws {BackupError} `invalid_r2_key` when it is not `revo/<target>/YYYY/MM/DD/supabase_….dump.gz[.age]`.
 */
export function parseArchiveKey(key: string): BackupName {
  const suffix = [ARCHIVE_SUFFIX, ENCRYPTED_SUFFIX].find((each) => key.endsWith(each));
  const name = suffix === undefined ? null : parseStem(key.slice(0, -suffix.length));
  if (name === null) {
    throw new BackupError(
      "invalid_r2_key",
      `Cannot use ${JSON.stringify(key)} as a backup: expected ` +
        `revo/<target>/YYYY/MM/DD/supabase_<target>_<YYYYMMDD_HHMMSS>[_<label>].dump.gz[.age]`,
      { hint: "Copy the key from the history or list the bucket." },
    );
  }
  return name;
}

/**
 * Whether it is the safety copy of a restore.
 * @throws {BackupError} `invalid_r2_key`.
 */
export function isSafetyKey(key: string): boolean {
  return parseArchiveKey(key).label === SAFETY_LABEL;
}

/** Like {@link parseArchiveKey}, `null` instead of an error: for listings of a bucket. */
export function tryParseArchiveKey(key: string): BackupName | null {
  try {
    return parseArchiveKey(key);
  } catch {
    return null;
  }
}
