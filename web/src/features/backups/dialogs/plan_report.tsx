import { type ReactNode, useEffect, useRef } from "react";
import type { PlannedRestore } from "@backup/runs/restore_plan.ts";
import {
  accessAnswer,
  diskText,
  lockText,
  obstacleText,
  privilegesText,
  READING_WORDS,
  UNKNOWN_WORDS,
} from "@backup/runs/restore_plan_text.ts";
import { Notice } from "../../../components/ui/notice.tsx";
import {
  formatBytes,
  formatCount,
  formatCounted,
  formatDuration,
  formatInstant,
} from "../../../lib/format.ts";
import { sumLoss } from "../model/plan_loss.ts";
import { PlanBusiness } from "./plan_business.tsx";
import { PlanSections } from "./plan_sections.tsx";
import { ofTarget, targetName } from "../text/labels.ts";

/** The findings of the simulation, the most severe first. `focused`: the user has waited for them. */
export function PlanReport({ plan, focused }: { plan: PlannedRestore; focused: boolean }) {
  const report = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (focused) report.current?.focus({ preventScroll: true });
  }, [focused]);
  return (
    <div
      ref={report}
      tabIndex={-1}
      role="group"
      aria-label="Resultado da simulação"
      className="space-y-4 outline-none"
    >
      {plan.obstacles.length > 0 && (
        <Notice tone="bad" title="A restauração pararia sem alterar nada.">
          <ul className="list-disc space-y-1 pl-5">
            {plan.obstacles.map((obstacle) => {
              const text = obstacleText(obstacle);
              return <li key={text} className="wrap-anywhere">{text}</li>;
            })}
          </ul>
        </Notice>
      )}
      {plan.target === "prod" && <Access plan={plan} />}
      {plan.business && <PlanBusiness business={plan.business} target={plan.target} />}
      <Loss plan={plan} />
      <Figures plan={plan} />
      <PlanSections plan={plan} />
    </div>
  );
}

/** Whether the requester can still sign in after a restore of production. */
function Access({ plan }: { plan: PlannedRestore }) {
  const { tone, title, text } = accessAnswer(plan, (at) => formatInstant(new Date(at)));
  return <Notice tone={tone} title={title}>{text}</Notice>;
}

function Loss({ plan }: { plan: PlannedRestore }) {
  const loss = sumLoss(plan);
  if (loss === null) {
    return (
      <Notice tone="warn" title="O backup não informa quantos registros tem.">
        Não dá para dizer quanto se perderia em {targetName(plan.target)}. O backup também não informa:{" "}
        {plan.backup.unknown.map((what) => UNKNOWN_WORDS[what]).join(", ")}.
      </Notice>
    );
  }
  const gained = loss.gained > 0 &&
    `Voltam ${formatCounted(loss.gained, "registro que hoje falta", "registros que hoje faltam")}. `;
  const limitation =
    "Registros que existem dos dois lados também voltam ao que eram no backup, e não entram nesta conta; nem as sessões abertas.";
  if (loss.lost === 0) {
    return (
      <Notice tone="info" title={`Nenhuma tabela ${ofTarget(plan.target)} fica com menos registros.`}>
        {gained}
        {limitation}
      </Notice>
    );
  }
  const rows = formatCounted(loss.lost, "registro", "registros");
  const tables = formatCounted(loss.tables, "tabela", "tabelas");
  return (
    <Notice
      tone="warn"
      title={`Perda em ${targetName(plan.target)}: ${loss.exact ? "" : "pelo menos "}${rows} de ${tables}.`}
    >
      {gained}
      {limitation}
    </Notice>
  );
}

/** `15.18 (Debian 15.18-0+deb12u1)` → `15.18`. */
function shortVersion(version: string): string {
  return version.split(" ")[0] ?? version;
}

function Figures({ plan }: { plan: PlannedRestore }) {
  const { tables, duration, backup, server } = plan;
  const inBackup = tables.backupRows === null ? "não se sabe" : formatCount(tables.backupRows);
  return (
    <dl className="grid gap-x-6 gap-y-2 sm:grid-cols-2">
      <Figure term="Registros">
        {inBackup} no backup · {formatCount(tables.targetRows)} hoje em {targetName(plan.target)}
      </Figure>
      <Figure term="Tabelas que mudam">
        {formatCount(tables.different)} de {formatCount(tables.total)}
      </Figure>
      <Figure term="Duração esperada">
        {duration.seconds === null
          ? `não se sabe: nenhuma restauração medida em ${targetName(plan.target)}`
          : `cerca de ${formatDuration(duration.seconds * 1000)} (medida em ${
            formatCounted(duration.measured, "restauração", "restaurações")
          })`}
      </Figure>
      <Figure term={`Bloqueio ${ofTarget(plan.target)}`}>
        {lockText(duration.locked)}
      </Figure>
      <Figure term="A baixar do cofre">{formatBytes(backup.bytes)}</Figure>
      {plan.disk && <Figure term="Disco do servidor">{diskText(plan.disk)}</Figure>}
      <Figure term="Arquivo no cofre">{READING_WORDS[backup.reading ?? "not_read"]}</Figure>
      <Figure term="PostgreSQL">
        {shortVersion(backup.serverVersion)} no backup · {shortVersion(server.version)} em{" "}
        {targetName(plan.target)}
      </Figure>
      <Figure term="Permissões">
        {privilegesText(plan)}
      </Figure>
      <Figure term="Fica como está">
        {formatCounted(plan.stays.total, "objeto", "objetos")} do catálogo de backups
      </Figure>
    </dl>
  );
}

function Figure({ term, children }: { term: string; children: ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="text-xs text-muted">{term}</dt>
      <dd>{children}</dd>
    </div>
  );
}
