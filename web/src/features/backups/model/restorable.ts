import type { BackupRow } from "@backup/vault/catalog.ts";
import { isSample } from "@backup/vault/sample.ts";

/** Whether the row's archive is in the vault. */
export function isInVault(row: Pick<BackupRow, "status">): boolean {
  return row.status === "uploaded" || row.status === "restored";
}

/** Why this backup cannot be restored from the screen, `null` when it can. */
export function restoreDisabledReason(backup: BackupRow): string | null {
  if (isSample(backup)) return "Este backup é só um exemplo: não há nada dele no cofre.";
  if (!isInVault(backup)) return "Este backup não está no cofre.";
  if (backup.mode === "schema-only") {
    return "Este backup só tem a estrutura: restaurá-lo apagaria todos os registros do destino.";
  }
  return null;
}
