import { useState } from "react";
import type { BackupRow } from "@backup/vault/catalog.ts";
import { targetSchema } from "@backup/target.ts";
import { Button } from "../../../components/ui/button.tsx";
import { useSubmission } from "../dialogs/use_submission.ts";
import { notStoredReason } from "../model/restorable.ts";
import { nameOf } from "./backup_parts.tsx";
import { ErrorPanel } from "./error_panel.tsx";

const UNSIGNED = "Este backup não é assinado: ensaiá-lo executaria o código de quem o fez.";

/** "Ensaiar": starts a drill of a backup in a throwaway database. It changes nothing else, so it needs no confirmation. */
export function DrillButton(
  { backup, disabledReason }: { backup: BackupRow; disabledReason: string | null },
) {
  const [isAccepted, setAccepted] = useState(false);
  const submission = useSubmission(() => setAccepted(true));
  const target = targetSchema.safeParse(backup.target);
  const reason = disabledReason ?? notStoredReason(backup) ?? (backup.is_unsigned ? UNSIGNED : null);
  if (!target.success) return null;
  return (
    <>
      <Button
        size="small"
        pending={submission.pending}
        disabled={reason !== null}
        title={reason ?? "Restaura num banco descartável e confere tudo; nada mais muda."}
        aria-label={`Ensaiar (${nameOf(backup)})`}
        onClick={() => submission.submit({ action: "drill", target: target.data, r2_key: backup.r2_key })}
      >
        Ensaiar
      </Button>
      {isAccepted && <p role="status">Ensaio pedido. Feche e acompanhe em “Em andamento”.</p>}
      {submission.error !== null && <ErrorPanel title="O ensaio não foi aceito." error={submission.error} />}
    </>
  );
}
