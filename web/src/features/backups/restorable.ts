import type { BackupRow } from "../../../../supabase/functions/_shared/backup/catalog.ts";
import { isInVault } from "./overview.ts";

/** Why this backup cannot be restored from the screen, `null` when it can. */
export function restoreHindrance(backup: BackupRow): string | null {
  if (!isInVault(backup)) return "Este backup não está no cofre.";
  if (backup.mode === "schema-only") {
    return "Este backup só tem a estrutura: restaurá-lo apagaria todos os registros do destino.";
  }
  return null;
}
