import { useEffect, useState } from "react";
import type { Run } from "@backup/runs/run.ts";
import type { Target } from "@backup/target.ts";
import { ExternalLink } from "../../../components/ui/external_link.tsx";
import { Notice } from "../../../components/ui/notice.tsx";
import { ProgressBar } from "../../../components/ui/progress_bar.tsx";
import { Skeleton } from "../../../components/ui/skeleton.tsx";
import { formatAgo, formatDuration } from "../../../lib/format.ts";
import { RunFailure } from "../components/ended_run.tsx";
import { ErrorPanel } from "../components/error_panel.tsx";
import { HelpLink } from "../components/help_link.tsx";
import { Loaded } from "../components/loaded.tsx";
import { targetName } from "../text/labels.ts";
import { phaseText } from "../text/phase_text.ts";
import { PlanReport } from "./plan_report.tsx";
import { Refusal } from "./refusal.tsx";
import type { Planning } from "./use_planning.ts";

/** The simulation step: request it, wait for it, show its plan. */
export function PlanStep({ planning, target }: { planning: Planning; target: Target }) {
  const { newest, submission } = planning;
  return (
    <>
      {newest.data === undefined
        ? newest.isError
          ? (
            <ErrorPanel
              title="Não foi possível saber se já houve uma simulação."
              error={newest.error}
              onRetry={() => void newest.refetch()}
              retrying={newest.isFetching}
            />
          )
          : <Skeleton lines={3} label="Procurando a última simulação" />
        : <Simulation planning={planning} run={newest.data} target={target} />}
      <Refusal error={submission.error} />
    </>
  );
}

function Simulation({ planning, run, target }: { planning: Planning; run: Run | null; target: Target }) {
  const { state, found, now } = planning;
  const [waited, setWaited] = useState(false);
  useEffect(() => {
    if (state.state === "running") setWaited(true);
  }, [state.state]);
  if (run === null) return <PlanIntroduction target={target} />;
  switch (state.state) {
    case "running":
      return <Running run={run} now={now} />;
    case "stale":
      return (
        <Notice tone="warn" title={`A última simulação é de ${endedAgo(run, now)}.`}>
          {targetName(target)} pode ter mudado desde então. Simule de novo para ver o que se perderia agora.
        </Notice>
      );
    case "fresh":
      return (
        <>
          <Loaded
            query={found}
            lines={4}
            loading="Carregando o resultado da simulação"
            failed="Não foi possível carregar o resultado da simulação."
          >
            {(plan) => <PlanReport plan={plan} focused={waited} />}
          </Loaded>
          <p className="text-muted tabular-nums">
            Simulado {endedAgo(run, now)}; vale por mais {formatDuration(state.leftMs)}.
          </p>
        </>
      );
    default:
      return (
        <Notice tone="bad" title="A simulação não terminou.">
          <RunFailure run={run} />
          {run.run_url !== null && (
            <p className="mt-2">
              <ExternalLink href={run.run_url}>Execução no GitHub</ExternalLink>
            </p>
          )}
        </Notice>
      );
  }
}

function endedAgo(run: Run, now: Date): string {
  return formatAgo(new Date(run.finished_at ?? run.created_at), now);
}

function PlanIntroduction({ target }: { target: Target }) {
  return (
    <Notice
      tone="info"
      title={target === "prod"
        ? "A produção só é restaurada depois de simulada."
        : "Quer ver antes o que mudaria?"}
    >
      A simulação compara o backup com {targetName(target)}{" "}
      como está agora: registros de cada tabela, estrutura, permissões e quem está usando o banco. Não altera
      nada e não bloqueia ninguém. {target === "prod"
        ? <HelpLink page="restaurar-producao.md">Restaurar a produção, passo a passo</HelpLink>
        : (
          <HelpLink page="restaurar-em-dev.md">
            {`Restaurar em ${targetName(target)}, passo a passo`}
          </HelpLink>
        )}
    </Notice>
  );
}

function Running({ run, now }: { run: Run; now: Date }) {
  const elapsed = now.getTime() - Date.parse(run.started_at ?? run.created_at);
  return (
    <div className="space-y-2">
      <div className="flex flex-wrap items-baseline justify-between gap-x-4">
        <p role="status" className="font-medium">Simulando: {phaseText(run)}</p>
        <span className="text-muted tabular-nums">há {formatDuration(elapsed)}</span>
      </div>
      <ProgressBar percent={null} label="Progresso da simulação" />
      <p className="text-muted">
        Você pode fechar: a simulação continua, e o resultado aparece aqui quando voltar.
      </p>
      {run.run_url !== null && <ExternalLink href={run.run_url}>Execução no GitHub</ExternalLink>}
    </div>
  );
}
