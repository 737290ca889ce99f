import { rejectedAt } from "@backup/vault/backup_state.ts";
import type { BackupRow } from "@backup/vault/catalog.ts";
import { Notice } from "../../../components/ui/notice.tsx";
import { formatCounted, formatInstant } from "../../../lib/format.ts";
import { HelpLink } from "./help_link.tsx";

/** Warns that a drill rejected a backup; nothing for one that counts. */
export function RejectedNotice({ backup }: { backup: BackupRow }) {
  const at = rejectedAt(backup);
  if (at === null || backup.proof === null) return null;
  const { failed, passed } = backup.proof;
  return (
    <Notice tone="bad" title={`Reprovado no ensaio de ${formatInstant(new Date(at))}.`}>
      {formatCounted(failed, "verificação falhou", "verificações falharam")} e{" "}
      {formatCounted(passed, "passou", "passaram")}: este backup pode não restaurar, ou restaurar dados
      errados. Prefira o último que não foi reprovado. <HelpLink page="avisos.md">O que fazer</HelpLink>
    </Notice>
  );
}
