import type { Run } from "@backup/runs/run.ts";
import { minutes, RUN_SILENT_AFTER_MS, SILENCE_SHOWN_AFTER_MS } from "@backup/service_levels.ts";
import { ExternalLink } from "../../../components/ui/external_link.tsx";
import { ProgressBar } from "../../../components/ui/progress_bar.tsx";
import { formatDuration } from "../../../lib/format.ts";
import { useRunStatus } from "../data/run_status.ts";
import { toScreenError } from "../data/screen_error.ts";
import { progressOf } from "../model/run_result.ts";
import { byRequester, runTitle } from "../text/labels.ts";
import { phaseText } from "../text/phase_text.ts";
import { RunStatusBadge } from "./badges.tsx";
import { CancelRun, type CancelRunProps } from "./cancel_run.tsx";
import { GitHubRun } from "./github_run.tsx";
import { FinishedPhases } from "./finished_phases.tsx";
import { RunPace } from "./run_pace.tsx";

interface ActiveRunProps extends Omit<CancelRunProps, "run"> {
  run: Run;
  now: Date;
}

/** An active run: phase, progress, estimated time left, requester. */
export function ActiveRun({ run, now, disabledReason, onCancel }: ActiveRunProps) {
  const status = useRunStatus(run, now);
  const progress = progressOf(run);
  const elapsed = now.getTime() - Date.parse(run.started_at ?? run.created_at);
  const title = runTitle(run);
  return (
    <article aria-label={title} className="space-y-2">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <h3 className="font-semibold">{title}</h3>
        <RunStatusBadge run={run} />
        <span className="text-muted tabular-nums">há {formatDuration(elapsed)}</span>
        <RunPace run={run} now={now} />
      </div>
      <FinishedPhases run={run} title={title} />
      <div className="flex flex-wrap items-baseline justify-between gap-x-4">
        <span role="status">{phaseText(run)}</span>
        {progress !== null && <span className="text-muted tabular-nums">{progress.text}</span>}
      </div>
      <ProgressBar percent={progress?.percent ?? null} label={`Progresso: ${title}`} text={progress?.text} />
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
        <RunFacts run={run} />
        <CancelRun run={run} disabledReason={disabledReason} onCancel={onCancel} />
      </div>
      <Silence run={run} now={now} />
      {status.isError && (
        <>
          <p className="text-warn">O histórico não confirma: {toScreenError(status.error).message}</p>
          <GitHubRun requestId={run.request_id} runUrl={run.run_url} />
        </>
      )}
    </article>
  );
}

function Silence({ run, now }: { run: Run; now: Date }) {
  if (run.status !== "running" || run.heartbeat_at === null) return null;
  const silence = now.getTime() - Date.parse(run.heartbeat_at);
  if (silence < SILENCE_SHOWN_AFTER_MS) return null;
  return (
    <p className="text-warn tabular-nums">
      A execução não dá sinal há {formatDuration(silence)}; depois de {minutes(RUN_SILENT_AFTER_MS)}{" "}
      min é dada como perdida.
    </p>
  );
}

/** Requester, reason and label of a run, and a link to its log. */
export function RunFacts({ run }: { run: Run }) {
  return (
    <p className="flex flex-wrap gap-x-4 gap-y-1 text-muted">
      <span>Pedido {byRequester(run.requested_by)}</span>
      {run.label !== null && <span>Etiqueta: {run.label}</span>}
      {run.reason !== null && run.reason !== "" && <span className="wrap-anywhere">Motivo: {run.reason}
      </span>}
      {run.run_url !== null && <ExternalLink href={run.run_url}>Execução no GitHub</ExternalLink>}
    </p>
  );
}
