import { cancellability, type Run, type RunKind } from "@backup/runs/run.ts";
import { Button } from "../../../components/ui/button.tsx";
import { Dialog, DialogBody, DialogFooter } from "../../../components/ui/dialog.tsx";
import { Notice } from "../../../components/ui/notice.tsx";
import { useCancelRun } from "../data/cancel_run.ts";
import { useLiveRuns } from "../data/live_runs.ts";
import { ErrorPanel } from "../components/error_panel.tsx";
import { notify } from "../components/notify.ts";
import { runTitle } from "../text/labels.ts";
import { notCancellableReason } from "../text/run_text.ts";
import { HelpIcon } from "../components/help_link.tsx";

const CONSEQUENCES: Record<RunKind, string> = {
  backup: "O que já foi enviado ao cofre é descartado: nenhum backup fica desta execução.",
  restore: "O destino fica como estava antes. A cópia de segurança dele, se já foi feita, continua no cofre.",
  drill: "O banco descartável é removido. O backup fica como está, sem prova nova.",
  plan: "A simulação não altera nada; só deixa de ser feita.",
  prune: "Nada foi apagado ainda, e nada será.",
};

/** Confirms the cancellation of a run. The run may pass the point of no return while the dialog is open. */
export default function CancelDialog({ run: opened, onClose }: { run: Run; onClose(): void }) {
  const live = useLiveRuns();
  const run = live.data?.find(({ id }) => id === opened.id) ?? opened;
  const can = cancellability(run);
  const cancelling = useCancelRun(() => {
    void notify({ tone: "info", title: `${runTitle(run)}: cancelamento pedido` });
    onClose();
  });
  return (
    <Dialog
      title={`Cancelar: ${runTitle(run)}`}
      description="A execução é encerrada no GitHub e desfaz o que começou."
      help={<HelpIcon page="primeiros-passos.md#enquanto-roda">Enquanto uma execução roda</HelpIcon>}
      onClose={onClose}
      locked={cancelling.isPending}
    >
      <DialogBody>
        {can.allowed || cancelling.isPending
          ? <p>{CONSEQUENCES[run.kind]}</p>
          : <Notice tone="warn">{notCancellableReason(run.kind, can.why)}</Notice>}
        {cancelling.isError && <ErrorPanel title="O cancelamento não foi aceito." error={cancelling.error} />}
      </DialogBody>
      <DialogFooter>
        <Button onClick={onClose} disabled={cancelling.isPending}>Deixar continuar</Button>
        <Button
          variant="danger"
          disabled={!can.allowed}
          pending={cancelling.isPending}
          onClick={() => cancelling.mutate(run.request_id)}
        >
          Cancelar a execução
        </Button>
      </DialogFooter>
    </Dialog>
  );
}
