import type { BackupRow } from "@backup/vault/catalog.ts";
import { targetSchema } from "@backup/target.ts";
import { Button } from "../../../components/ui/button.tsx";
import { useSubmission } from "../dialogs/use_submission.ts";
import { notify } from "./notify.ts";
import { isInVault } from "../model/restorable.ts";
import { runTitle } from "../text/labels.ts";
import { nameOf } from "./backup_parts.tsx";
import { ErrorPanel } from "./error_panel.tsx";

/** "Ensaiar": has a backup proven now, in a throwaway database. Changes nothing else, so it asks nothing more. */
export function DrillButton(
  { backup, disabledReason }: { backup: BackupRow; disabledReason: string | null },
) {
  const asking = useSubmission(({ run }) => {
    void notify({ tone: "info", title: `${runTitle(run)}: pedido aceito` });
  });
  const target = targetSchema.safeParse(backup.target);
  const reason = disabledReason ?? (isInVault(backup) ? null : "Este backup não está no cofre.");
  if (!target.success) return null;
  return (
    <>
      <Button
        size="small"
        pending={asking.pending}
        disabled={reason !== null}
        title={reason ?? "Restaura num banco descartável e confere tudo; nada mais muda."}
        aria-label={`Ensaiar (${nameOf(backup)})`}
        onClick={() => asking.submit({ action: "drill", target: target.data, r2_key: backup.r2_key })}
      >
        Ensaiar
      </Button>
      {asking.error !== null && <ErrorPanel title="O ensaio não foi aceito." error={asking.error} />}
    </>
  );
}
