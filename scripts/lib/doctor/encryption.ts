/** Whether new backups are encrypted, where that is set. */
import { toBackupError } from "@backup/errors.ts";
import { isEncryptedKey } from "@backup/vault/object_key.ts";
import { newestBackup } from "../vault/newest_backup.ts";
import type { Vault } from "../vault/vault.ts";
import { check, type DoctorCheck, notChecked } from "./check.ts";
import { type Limit, withinLimit } from "./within_limit.ts";

/** No check where `BACKUP_AGE_RECIPIENTS` is not set. */
export async function encryptionChecks(vault: Vault, limit: Limit): Promise<DoctorCheck[]> {
  const { recipients } = vault.encryption;
  if (recipients.length === 0) return [];
  const newest = await withinLimit(limit, () => keyOfNewest(vault));
  if (!newest.ok) return [check("vault", "encryption", notChecked(newest.message))];
  const isEncrypted = newest.value === null || isEncryptedKey(newest.value);
  const keys = recipients.length === 1 ? "uma chave" : `${recipients.length} chaves`;
  return [
    check(
      "vault",
      "encryption",
      isEncrypted ? { status: "ok", message: `Os backups são cifrados para ${keys}.` } : {
        status: "warning",
        message: `Os próximos backups serão cifrados para ${keys}; o mais novo de prod ainda não é.`,
        hint: "Faça um backup e um ensaio dele: docs/runbooks/encryption.md.",
      },
    ),
  ];
}

async function keyOfNewest(vault: Vault): Promise<string | null> {
  try {
    return await newestBackup(vault, "prod");
  } catch (thrown) {
    if (toBackupError(thrown).code === "no_backup_found") return null;
    throw thrown;
  }
}
