/** The list of the vault's backups for a person who has the vault alone. */
import { toBackupError } from "@backup/errors.ts";
import type { Target } from "@backup/target.ts";
import { isRejected } from "@backup/vault/backup_state.ts";
import { type AnyManifest, isProving } from "@backup/vault/manifest.ts";
import { backupsNewestFirst } from "../vault/newest_backup.ts";
import { newestProof } from "../vault/newest_proof.ts";
import { isTrusted, readSignedManifest } from "../vault/trust.ts";
import type { Vault } from "../vault/vault.ts";

/** Prints the backups of a target, newest first. */
export async function listBackups(
  vault: Vault,
  target: Target,
  print: (line: string) => void,
): Promise<void> {
  const backups = await backupsNewestFirst(vault, target);
  for (const { key, beside } of backups) {
    const rejected = isRejected({ proof: await newestProof(vault, beside) }) ? ", REJECTED by a drill" : "";
    print(`${key}  ${await describeStored(vault, key)}${rejected}`);
  }
  print(
    `${backups.length} backups of ${target}, newest first. R2_KEY=… checks one, R2_KEY=newest the first full one ` +
      "that is signed, where there are keys, is not what a restore replaced, and that no drill rejected.",
  );
}

/** A manifest that cannot be read hides no other backup. */
async function describeStored(vault: Vault, key: string): Promise<string> {
  try {
    const { manifest, trust } = await readSignedManifest(vault, key);
    return `${describeManifest(manifest)}${
      isTrusted(vault, trust) ? "" : ", NOT SIGNED by a key of this installation"
    }`;
  } catch (thrown) {
    const { code, message } = toBackupError(thrown);
    if (code !== "manifest_invalid" && code !== "manifest_too_new") throw thrown;
    return `UNUSABLE: ${message}`;
  }
}

/** Size, mode and content in a few words. */
export function describeManifest(manifest: AnyManifest | null): string {
  if (manifest === null) return "without manifest";
  const size = `${(manifest.bytes / 1e6).toFixed(1)} MB, ${manifest.mode}`;
  return isProving(manifest)
    ? `${size}, ${manifest.tables_total} tables, ${manifest.rows_total} rows, PostgreSQL ${manifest.server_version}`
    : `${size}, of the old format`;
}
