import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { isActive, type Run } from "@backup/runs/run.ts";
import { Notice } from "../../../components/ui/notice.tsx";
import { formatDuration } from "../../../lib/format.ts";
import { useNow } from "../../../lib/use_now.ts";
import { toScreenError } from "../data/screen_error.ts";
import { ActiveRun } from "./active_run.tsx";
import { EndedRun, type UndoOffer } from "./ended_run.tsx";
import { NotifyAtEnd } from "./end_notification.tsx";
import { ErrorPanel } from "./error_panel.tsx";
import { KeptRuns } from "./kept_runs.tsx";
import { Panel } from "./panel.tsx";
import { useTab } from "./use_tab.ts";
import { HelpIcon } from "./help_link.tsx";

const STALE_AFTER_MS = 15_000;

interface LiveRunsProps {
  query: UseQueryResult<Run[], Error>;
  shown: Run[];
  undo: UndoOffer;
  onCancel(run: Run): void;
  onDismiss(requestId: string): void;
}

/** The active runs and the outcome of those that just ended. Renders nothing when there are none. */
export function LiveRuns({ query, shown, undo, onCancel, onDismiss }: LiveRunsProps) {
  const now = useNow(1000);
  useTab(shown);
  if (query.data === undefined && query.isError) {
    return (
      <>
        <ErrorPanel
          title="Não foi possível saber se há execuções em andamento."
          error={query.error}
          onRetry={() => void query.refetch()}
          retrying={query.isFetching}
        />
        <KeptRuns />
      </>
    );
  }
  if (shown.length === 0) return null;
  const active = shown.filter((run) => isActive(run.status));
  const ended = shown.filter((run) => !isActive(run.status));
  return (
    <>
      <RunPanel
        title="Em andamento"
        tools={<NotifyAtEnd />}
        runs={active}
        before={<Staleness query={query} now={now} />}
      >
        {(run) => <ActiveRun run={run} now={now} disabledReason={undo.disabledReason} onCancel={onCancel} />}
      </RunPanel>
      <RunPanel title="Acabou de terminar" runs={ended}>
        {(run) => <EndedRun run={run} now={now} undo={undo} onDismiss={() => onDismiss(run.request_id)} />}
      </RunPanel>
    </>
  );
}

interface RunPanelProps {
  title: string;
  tools?: ReactNode;
  runs: readonly Run[];
  before?: ReactNode;
  children(run: Run): ReactNode;
}

/** Nothing without runs. */
function RunPanel({ title, tools, runs, before, children }: RunPanelProps) {
  if (runs.length === 0) return null;
  return (
    <Panel
      title={title}
      help={<HelpIcon page="primeiros-passos.md#enquanto-roda">Enquanto uma execução roda</HelpIcon>}
      tools={tools}
    >
      {before}
      <ul className="divide-y divide-line">
        {runs.map((run) => <li key={run.request_id} className="p-4">{children(run)}</li>)}
      </ul>
    </Panel>
  );
}

/** Warns that the data is out of date. */
function Staleness({ query, now }: { query: LiveRunsProps["query"]; now: Date }) {
  const age = now.getTime() - query.dataUpdatedAt;
  if (age < STALE_AFTER_MS) return null;
  return (
    <div className="p-3">
      <Notice
        tone="warn"
        title={`Sem notícias há ${formatDuration(age)}: o que está abaixo pode ter mudado.`}
      >
        {query.isError ? toScreenError(query.error).message : "Aguardando a resposta do servidor."}
      </Notice>
    </div>
  );
}
