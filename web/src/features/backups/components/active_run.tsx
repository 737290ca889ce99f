import type { Run } from "../../../../../supabase/functions/_shared/backup/run.ts";
import { ExternalLink } from "../../../components/ui/external_link.tsx";
import { ProgressBar } from "../../../components/ui/progress_bar.tsx";
import { formatDuration } from "../../../lib/format.ts";
import { useRunStatus } from "../api/run_status.ts";
import { toScreenError } from "../api/screen_error.ts";
import { progressOf } from "../run_result.ts";
import { askerName, phaseWords, runTitle } from "../words.ts";
import { RunStatusBadge } from "./badges.tsx";

/** A run that goes on: what it does, how far it is, who asked. */
export function ActiveRun({ run, now }: { run: Run; now: Date }) {
  const status = useRunStatus(run, now);
  const progress = progressOf(run);
  const elapsed = now.getTime() - Date.parse(run.started_at ?? run.created_at);
  const title = runTitle(run);
  return (
    <article aria-label={title} className="space-y-2">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <h3 className="font-semibold">{title}</h3>
        <RunStatusBadge status={run.status} />
        <span className="text-muted tabular-nums">há {formatDuration(elapsed)}</span>
      </div>
      <div className="flex flex-wrap items-baseline justify-between gap-x-4">
        <span>{phaseWords(run)}</span>
        {progress !== null && <span className="text-muted tabular-nums">{progress.text}</span>}
      </div>
      <ProgressBar percent={progress?.percent ?? null} label={`Progresso: ${title}`} />
      <RunFacts run={run} />
      {status.isError && (
        <p className="text-warn">
          Não foi possível confirmar no GitHub: {toScreenError(status.error).message}
        </p>
      )}
    </article>
  );
}

/** Who asked for a run, why, with which label, and where its log is. */
export function RunFacts({ run }: { run: Run }) {
  return (
    <p className="flex flex-wrap gap-x-4 gap-y-1 text-muted">
      <span>Pedido por {askerName(run.requested_by)}</span>
      {run.label !== null && <span>Etiqueta: {run.label}</span>}
      {run.reason !== null && run.reason !== "" && <span className="wrap-anywhere">Motivo: {run.reason}
      </span>}
      {run.run_url !== null && <ExternalLink href={run.run_url}>Execução no GitHub</ExternalLink>}
    </p>
  );
}
