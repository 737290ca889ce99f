/** The list from the vault: names from its listing, the rest from manifests and receipts. */
import { toBackupError } from "@backup/errors.ts";
import { isProving } from "@backup/vault/manifest.ts";
import { parseArchiveKey, targetPrefix, VAULT_ROOT } from "@backup/vault/object_key.ts";
import type { Target } from "@backup/target.ts";
import { listStoredSets, type StoredSet } from "../vault/stored_sets.ts";
import { isTrusted, readSignedManifest } from "../vault/trust.ts";
import { newestProof } from "../vault/newest_proof.ts";
import type { Vault } from "../vault/vault.ts";
import type { BackupList, ListedBackup } from "./listed_backup.ts";

/** How many backups are read at the same time. */
const PARALLEL_READS = 8;

type ReadBackup = ListedBackup | BackupList["unreadable"][number];

/**
 * The newest archives of the vault. Needs no catalog.
 * @param target `null`: of every database
 * @throws {BackupError} `vault_*`.
 */
export async function listVault(vault: Vault, target: Target | null, limit: number): Promise<BackupList> {
  const archives: StoredSet[] = [];
  const prefix = target === null ? `${VAULT_ROOT}/` : targetPrefix(target);
  for await (const set of listStoredSets(vault, prefix)) if (set.archive) archives.push(set);
  const newest = archives.sort((a, b) => madeAt(b).localeCompare(madeAt(a))).slice(0, limit);
  const read: ReadBackup[] = [];
  for (let i = 0; i < newest.length; i += PARALLEL_READS) {
    read.push(...await Promise.all(newest.slice(i, i + PARALLEL_READS).map((set) => readBackup(vault, set))));
  }
  return {
    source: "vault",
    backups: read.filter((each): each is ListedBackup => !("why" in each)),
    unreadable: read.filter((each) => "why" in each),
  };
}

const madeAt = ({ key }: StoredSet) => parseArchiveKey(key).createdAtUtc;

async function readBackup(vault: Vault, { key, archive, manifest, others }: StoredSet): Promise<ReadBackup> {
  if (manifest === null) return { r2_key: key, why: "no manifest: an upload that was not finished" };
  const { createdAtUtc, target, label } = parseArchiveKey(key);
  try {
    const { manifest: read, trust } = await readSignedManifest(vault, key);
    return {
      r2_key: key,
      created_at: createdAtUtc,
      target,
      label,
      mode: read?.mode ?? null,
      bytes: archive?.bytes ?? null,
      rows_total: read && isProving(read) ? read.rows_total : null,
      proof: await newestProof(vault, others),
      is_trusted: isTrusted(vault, trust),
      status: null,
      origin: null,
      hold_until: null,
    };
  } catch (thrown) {
    const { code, message } = toBackupError(thrown);
    if (code !== "manifest_invalid" && code !== "manifest_too_new") throw thrown;
    return { r2_key: key, why: message };
  }
}
