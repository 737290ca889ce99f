import type { Run } from "@backup/runs/run.ts";
import { ExternalLink } from "../../../../components/ui/external_link.tsx";
import { Instant } from "../../../../components/ui/instant.tsx";
import { formatDuration } from "../../../../lib/format.ts";
import { useRunsOfBackup } from "../../data/runs_of_backup.ts";
import { failedChecksOf } from "../../model/failed_checks.ts";
import { runDuration } from "../../model/run_result.ts";
import { byRequester, runTitle } from "../../text/labels.ts";
import { outcomeSentence } from "../../text/run_text.ts";
import { RunStatusBadge } from "../badges.tsx";
import { Loaded } from "../loaded.tsx";
import RunRemarks from "../run_remarks.tsx";
import { Section } from "./section.tsx";

/** The restores, drills and simulations of a backup. */
export function BackupRuns({ backupKey, now }: { backupKey: string; now: Date }) {
  const query = useRunsOfBackup(backupKey);
  return (
    <Section title="Restaurações e ensaios deste backup">
      <Loaded
        query={query}
        lines={2}
        loading="Carregando as execuções deste backup"
        failed="Não foi possível carregar as execuções deste backup."
      >
        {(runs) =>
          runs.length === 0
            ? <p className="text-muted">Ainda não foi restaurado, ensaiado nem simulado.</p>
            : (
              <ul className="divide-y divide-line">
                {runs.map((run) => <RunItem key={run.id} run={run} now={now} />)}
              </ul>
            )}
      </Loaded>
    </Section>
  );
}

function RunItem({ run, now }: { run: Run; now: Date }) {
  const duration = runDuration(run);
  const failed = run.status === "failed" || run.status === "lost";
  return (
    <li className="space-y-0.5 py-2">
      <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <span className="font-medium">{runTitle(run)}</span>
        <RunStatusBadge run={run} />
        <span className="text-muted">
          <Instant at={run.created_at} now={now} />
          {duration !== null && `, em ${formatDuration(duration)}`}, {byRequester(run.requested_by)}
        </span>
      </p>
      {failed && <p>{outcomeSentence(run)}</p>}
      <RunRemarks run={run} />
      {failedChecksOf(run).map((check) => <p key={check} className="text-bad">Falhou: {check}</p>)}
      {run.run_url !== null && <ExternalLink href={run.run_url}>Execução no GitHub</ExternalLink>}
    </li>
  );
}
