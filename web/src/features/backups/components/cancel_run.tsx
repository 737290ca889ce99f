import { cancellability, type Run } from "@backup/runs/run.ts";
import { Button } from "../../../components/ui/button.tsx";
import { useCancelRequested } from "../data/cancel_run.ts";
import { runTitle } from "../text/labels.ts";
import { notCancellableReason } from "../text/run_text.ts";

export interface CancelRunProps {
  run: Run;
  /** Why the user may not start or cancel runs, `null` when allowed. */
  disabledReason: string | null;
  onCancel(run: Run): void;
}

/** Cancels a run; disabled, with the reason, once part of its result is permanent. */
export function CancelRun({ run, disabledReason, onCancel }: CancelRunProps) {
  const requested = useCancelRequested(run.request_id);
  const can = cancellability(run);
  if (!can.allowed) return <span className="text-muted">{notCancellableReason(run.kind, can.why)}</span>;
  if (requested) return <span className="text-muted">Cancelamento pedido; aguardando o GitHub.</span>;
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
