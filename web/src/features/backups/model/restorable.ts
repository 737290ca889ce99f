import type { BackupRow } from "@backup/vault/catalog.ts";
import { isSample } from "@backup/vault/sample.ts";

/** Whether the row's archive is in the vault. */
export function isInVault(row: Pick<BackupRow, "status">): boolean {
  return row.status === "uploaded" || row.status === "restored";
}

/** Why the vault has nothing of this backup, `null` when it has. */
export function notStoredReason(backup: BackupRow): string | null {
  if (isSample(backup)) return "Este backup é só um exemplo: não há nada dele no cofre.";
  return isInVault(backup) ? null : "Este backup não está no cofre.";
}

/** Why this backup cannot be restored from the screen, `null` when it can. */
export function restoreDisabledReason(backup: BackupRow): string | null {
  const notStored = notStoredReason(backup);
  if (notStored !== null) return notStored;
  if (backup.mode === "schema-only") {
    return "Este backup só tem a estrutura: restaurá-lo apagaria todos os registros do destino.";
  }
  return null;
}
