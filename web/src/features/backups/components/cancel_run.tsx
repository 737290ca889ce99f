import { cancellability, type Run } from "@backup/runs/run.ts";
import { Button } from "../../../components/ui/button.tsx";
import { useCancelAsked } from "../data/cancel_run.ts";
import { runTitle, whyNotCancellable } from "../text/labels.ts";

export interface CancelRunProps {
  run: Run;
  /** Why nothing may be started or ended, `null` when it may. */
  hindrance: string | null;
  onCancel(run: Run): void;
}

/** Ends a run where nothing of it would stay; where something would, says so. */
export function CancelRun({ run, hindrance, onCancel }: CancelRunProps) {
  const asked = useCancelAsked(run.request_id);
  const can = cancellability(run);
  if (!can.allowed) return <span className="text-muted">{whyNotCancellable(run.kind, can.why)}</span>;
  if (asked) return <span className="text-muted">Cancelamento pedido; aguardando o GitHub.</span>;
  return (
    <Button
      size="small"
      disabled={hindrance !== null}
      title={hindrance ?? undefined}
      aria-label={`Cancelar… (${runTitle(run)})`}
      onClick={() => onCancel(run)}
    >
      Cancelar…
    </Button>
  );
}
