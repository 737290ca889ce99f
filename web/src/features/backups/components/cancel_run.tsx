import { cancellability, type Run } from "@backup/runs/run.ts";
import { Button } from "../../../components/ui/button.tsx";
import { useCancelRequested } from "../data/cancel_run.ts";
import { runTitle, whyNotCancellable } from "../text/labels.ts";

export interface CancelRunProps {
  run: Run;
  /** Why nothing may be started or ended, `null` when it may. */
  disabledReason: string | null;
  onCancel(run: Run): void;
}

/** Ends a run where nothing of it would stay; where something would, says so. */
export function CancelRun({ run, disabledReason, onCancel }: CancelRunProps) {
  const asked = useCancelRequested(run.request_id);
  const can = cancellability(run);
  if (!can.allowed) return <span className="text-muted">{whyNotCancellable(run.kind, can.why)}</span>;
  if (asked) return <span className="text-muted">Cancelamento pedido; aguardando o GitHub.</span>;
  return (
    <Button
      size="small"
      disabled={disabledReason !== null}
      title={disabledReason ?? undefined}
      aria-label={`Cancelar… (${runTitle(run)})`}
      onClick={() => onCancel(run)}
    >
      Cancelar…
    </Button>
  );
}
