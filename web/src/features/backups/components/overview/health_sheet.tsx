import type { UseQueryResult } from "@tanstack/react-query";
import { CircleAlert, CircleCheck, CircleHelp, CircleX, type LucideIcon } from "lucide-react";
import type { HealthCheck, Report } from "@backup/api.ts";
import { Badge } from "../../../../components/ui/badge.tsx";
import { Button } from "../../../../components/ui/button.tsx";
import { Dialog, DialogBody } from "../../../../components/ui/dialog.tsx";
import { ExternalLink } from "../../../../components/ui/external_link.tsx";
import { Instant } from "../../../../components/ui/instant.tsx";
import { formatCounted } from "../../../../lib/format.ts";
import { useHealth } from "../../data/health.ts";
import { findingsOf, HEALTH_NAMES, HEALTH_TONES, reportName } from "../../text/health_text.ts";
import { ErrorPanel } from "../error_panel.tsx";
import { HelpIcon, HelpLink } from "../help_link.tsx";
import { Loaded } from "../loaded.tsx";
import { EmptyPanel } from "../panel.tsx";
import Term from "../term.tsx";

const ICONS: Record<HealthCheck["status"], LucideIcon> = {
  ok: CircleCheck,
  warning: CircleAlert,
  failed: CircleX,
  unknown: CircleHelp,
};

interface HealthSheetProps {
  reports: UseQueryResult<Report[], Error>;
  now: Date;
  onClose(): void;
}

/** The last reports of the unattended checks, and the function's own check on demand. */
export default function HealthSheet({ reports, now, onClose }: HealthSheetProps) {
  return (
    <Dialog
      title="Saúde dos backups"
      help={<HelpIcon page="avisos.md">O que fazer com cada aviso</HelpIcon>}
      description="Segredos, agendamentos e o que as verificações automáticas viram por último."
      placement="side"
      wide
      onClose={onClose}
    >
      <DialogBody>
        <RightNow />
        <section className="space-y-3" aria-labelledby="relatorios">
          <h3 id="relatorios" className="font-semibold">Verificações automáticas</h3>
          <p className="text-muted">
            O que o <Term word="vigia">vigia</Term> e o diagnóstico viram por último.{" "}
            <HelpLink page="avisos.md">O que fazer com cada aviso</HelpLink>
          </p>
          <Loaded
            query={reports}
            lines={2}
            loading="Carregando os relatórios"
            failed="Não foi possível carregar os relatórios."
          >
            {(rows) =>
              rows.length === 0
                ? (
                  <EmptyPanel title="Nenhuma verificação automática rodou ainda.">
                    O vigia roda a cada 6 horas no GitHub e, onde foi ligado, de hora em hora no banco: o que
                    ele viu aparece aqui.
                  </EmptyPanel>
                )
                : rows.map((report) => <ReportView key={report.name} report={report} now={now} />)}
          </Loaded>
        </section>
      </DialogBody>
    </Dialog>
  );
}

function RightNow() {
  const health = useHealth();
  return (
    <section className="space-y-3" aria-labelledby="agora">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <h3 id="agora" className="font-semibold">Agora</h3>
        <Button size="small" pending={health.isFetching} onClick={() => void health.refetch()}>
          Verificar agora
        </Button>
      </div>
      {health.isError && <ErrorPanel title="A verificação não foi feita." error={health.error} />}
      {health.data === undefined && !health.isError && (
        <p className="text-muted">
          Confere, sem mudar nada, os segredos da função, o acesso ao GitHub e as execuções agendadas.
        </p>
      )}
      <div aria-live="polite">{health.data !== undefined && <Checks checks={health.data.checks} />}</div>
    </section>
  );
}

/** What is not in order one by one, the rest in one line. */
function Checks({ checks }: { checks: readonly HealthCheck[] }) {
  const inOrder = checks.filter(({ status }) => status === "ok");
  return (
    <ul className="divide-y divide-line">
      {checks.filter(({ status }) => status !== "ok").map(({ name, status, message }) => (
        <li key={name} className="flex items-start gap-3 py-2">
          <StatusBadge status={status} />
          <span className="min-w-0 wrap-anywhere">{message}</span>
        </li>
      ))}
      {inOrder.length > 0 && (
        <li className="flex items-start gap-3 py-2">
          <StatusBadge status="ok" />
          <details className="min-w-0 flex-1">
            <summary className="rounded">
              {formatCounted(inOrder.length, "verificação", "verificações")}
            </summary>
            <ul className="space-y-1 pt-1 text-muted">
              {inOrder.map(({ name, message }) => <li key={name} className="wrap-anywhere">{message}</li>)}
            </ul>
          </details>
        </li>
      )}
    </ul>
  );
}

function ReportView({ report, now }: { report: Report; now: Date }) {
  const findings = findingsOf(report);
  return (
    <article className="space-y-2 rounded-md border border-line p-3" aria-label={reportName(report.name)}>
      <p className="flex flex-wrap items-center gap-2">
        <strong className="font-semibold">{reportName(report.name)}</strong>
        <StatusBadge status={report.status} />
        <span className="text-muted">
          <Instant at={report.at} now={now} />
        </span>
      </p>
      {findings.map(({ title, lines, url, status }) => (
        <div key={title}>
          <p className="font-medium wrap-anywhere">
            {status !== null && (
              <>
                <StatusBadge status={status} />
                {" "}
              </>
            )}
            {title}
          </p>
          {lines.map((line) => <p key={line} className="text-muted">{line}</p>)}
          {url !== null && <ExternalLink href={url}>Alerta no GitHub</ExternalLink>}
        </div>
      ))}
    </article>
  );
}

function StatusBadge({ status }: { status: HealthCheck["status"] }) {
  return <Badge tone={HEALTH_TONES[status]} icon={ICONS[status]}>{HEALTH_NAMES[status]}</Badge>;
}
