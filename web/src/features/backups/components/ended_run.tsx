import { X } from "lucide-react";
import type { Run } from "@backup/runs/run.ts";
import { Button } from "../../../components/ui/button.tsx";
import { CopyButton } from "../../../components/ui/copy_button.tsx";
import { Instant } from "../../../components/ui/instant.tsx";
import { formatDuration, formatInstant } from "../../../lib/format.ts";
import { describeResult, runDuration, safetyKeyOf } from "../model/run_result.ts";
import { runTitle } from "../text/labels.ts";
import { outcomeSentence } from "../text/run_text.ts";
import { RunFacts } from "./active_run.tsx";
import { RunStatusBadge } from "./badges.tsx";
import { TechnicalDetail } from "./error_panel.tsx";
import { HelpLink } from "./help_link.tsx";
import RunRemarks from "./run_remarks.tsx";
import { RunLog } from "./run_log.tsx";

interface EndedRunProps {
  run: Run;
  now: Date;
  undo: UndoOffer;
  onDismiss?(): void;
}

/** Which restores can be undone, and whether the user may. */
export interface UndoOffer {
  /** `request_id`s. */
  undoable: ReadonlySet<string>;
  /** Why the user may not start runs, `null` when allowed. */
  disabledReason: string | null;
  onUndo(run: Run): void;
}

/** A finished run with its result or the cause of its failure. */
export function EndedRun({ run, now, undo, onDismiss }: EndedRunProps) {
  const duration = runDuration(run);
  return (
    <article aria-label={runTitle(run)} className="flex items-start gap-2">
      <div className="min-w-0 flex-1 space-y-1.5">
        <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
          <h3 className="font-semibold">{runTitle(run)}</h3>
          <RunStatusBadge run={run} />
          <span className="text-muted">
            <Instant at={run.finished_at ?? run.created_at} now={now} />
            {duration !== null && `, em ${formatDuration(duration)}`}
          </span>
        </div>
        <Outcome run={run} undo={undo} />
        <RunFacts run={run} />
      </div>
      {onDismiss && (
        <button
          type="button"
          onClick={onDismiss}
          aria-label={`Dispensar: ${runTitle(run)}`}
          className="-mt-1 -mr-1 rounded-md p-2 text-muted hover:bg-sunken"
        >
          <X aria-hidden className="size-4" />
        </button>
      )}
    </article>
  );
}

function Outcome({ run, undo }: { run: Run; undo: UndoOffer }) {
  if (run.status !== "succeeded") {
    return (
      <>
        <RunFailure run={run} />
        <RunLog run={run} disabledReason={undo.disabledReason} />
      </>
    );
  }
  const facts = describeResult(run);
  const safetyKey = safetyKeyOf(run);
  return (
    <>
      {facts.length > 0 && <p>Conferido: {facts.join(" · ")}.</p>}
      <RunRemarks run={run} />
      {safetyKey !== null && (
        <p className="flex flex-wrap items-center gap-x-2 text-muted">
          Cópia de segurança do destino:
          <code className="min-w-0 text-xs wrap-anywhere text-ink">{safetyKey}</code>
          <CopyButton text={safetyKey} what="a chave da cópia de segurança" />
        </p>
      )}
      {undo.undoable.has(run.request_id) && (
        <Button
          size="small"
          disabled={undo.disabledReason !== null}
          title={undo.disabledReason ?? undefined}
          aria-label={`Desfazer… (${runTitle(run)}, ${
            formatInstant(new Date(run.finished_at ?? run.created_at))
          })`}
          onClick={() => undo.onUndo(run)}
        >
          Desfazer…
        </Button>
      )}
    </>
  );
}

/** The cause as a pt-BR sentence, and the script's message as technical detail. */
export function RunFailure({ run }: { run: Run }) {
  const technical = [run.phase && `fase ${run.phase}`, run.error_code, run.error_message].filter(Boolean)
    .join(" · ");
  return (
    <>
      <p>{outcomeSentence(run)}</p>
      {technical !== "" && <TechnicalDetail text={technical} />}
      {(run.status === "failed" || run.status === "lost") && (
        <HelpLink alone page="erros.md">O que fazer</HelpLink>
      )}
    </>
  );
}
