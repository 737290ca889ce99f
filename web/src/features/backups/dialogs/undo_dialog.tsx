import type { Run } from "@backup/runs/run.ts";
import { Button } from "../../../components/ui/button.tsx";
import { Dialog, DialogBody, DialogFooter } from "../../../components/ui/dialog.tsx";
import { Notice } from "../../../components/ui/notice.tsx";
import { useBackupOfKey } from "../data/undoable_restores.ts";
import { HelpIcon, HelpLink } from "../components/help_link.tsx";
import { Loaded } from "../components/loaded.tsx";
import { restoreDisabledReason } from "../model/restorable.ts";
import { safetyKeyOf } from "../model/run_result.ts";
import RestoreDialog, { type RestoreDialogProps } from "./restore_dialog.tsx";
import { targetName } from "../text/labels.ts";

interface UndoDialogProps extends Omit<RestoreDialogProps, "backup" | "undoIn"> {
  /** A restore that left a safety copy. */
  run: Run;
}

/** "Desfazer…": an ordinary restore of the safety copy. */
export default function UndoDialog({ run, ...context }: UndoDialogProps) {
  const copy = useBackupOfKey(safetyKeyOf(run) ?? "");
  if (copy.data && restoreDisabledReason(copy.data) === null) {
    return <RestoreDialog backup={copy.data} undoIn={run.target} {...context} />;
  }
  return (
    <Dialog
      title={`Desfazer a restauração em ${targetName(run.target)}`}
      description="O destino volta a ser o que era antes dela."
      help={<HelpIcon page="desfazer.md">Desfazer uma restauração</HelpIcon>}
      onClose={context.onClose}
      wide
    >
      <DialogBody>
        <Loaded
          query={copy}
          lines={3}
          loading="Procurando a cópia de segurança"
          failed="Não foi possível encontrar a cópia de segurança."
        >
          {(row) => (
            <Notice tone="bad" title="A cópia de segurança não pode ser restaurada daqui.">
              {row === null
                ? "Ela ainda não está no histórico. Rode a reconciliação do cofre no GitHub e tente de novo."
                : restoreDisabledReason(row)} <HelpLink page="desfazer.md">Como desfazer</HelpLink>
            </Notice>
          )}
        </Loaded>
      </DialogBody>
      <DialogFooter>
        <Button onClick={context.onClose}>Fechar</Button>
      </DialogFooter>
    </Dialog>
  );
}
