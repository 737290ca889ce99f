import { type ReactNode, useState } from "react";
import type { PlannedLoss, PlannedRestore, PlannedSession } from "@backup/runs/restore_plan.ts";
import { FATE_WORDS, objectText, openText } from "@backup/runs/restore_plan_text.ts";
import { Button } from "../../../components/ui/button.tsx";
import { formatCount, formatInstant } from "../../../lib/format.ts";
import { changedTables } from "../model/plan_loss.ts";
import { PlanTables } from "./plan_tables.tsx";
import { targetName } from "../text/labels.ts";

/** The simulation's lists, all collapsed except the first; empty ones are in one sentence at the end. */
export function PlanSections({ plan }: { plan: PlannedRestore }) {
  const { onlyInTarget, differences, sessions, extensions, missingRoles, access } = plan;
  const changed = changedTables(plan);
  return (
    <div className="divide-y divide-line rounded-md border border-line">
      <Section title="Tabelas que mudam" total={plan.tables.different} open>
        <PlanTables tables={changed} total={plan.tables.different} target={plan.target} />
      </Section>
      <Section title={`Só existem em ${targetName(plan.target)}`} total={onlyInTarget?.total}>
        <Items items={onlyInTarget?.listed.map(lossText) ?? []} total={onlyInTarget?.total ?? 0} />
      </Section>
      <Section title="Estrutura e permissões diferentes" total={differences?.total}>
        <Items items={differences?.listed ?? []} total={differences?.total ?? 0} code />
      </Section>
      {access && (
        <>
          <Section title="Fechados para o aplicativo depois da restauração" total={access.closed.total} open>
            <Items items={access.closed.listed.map(objectText)} total={access.closed.total} />
          </Section>
          <Section title="Abertos depois da restauração" total={access.open.total}>
            <Items items={access.open.listed.map(openText)} total={access.open.total} />
          </Section>
        </>
      )}
      <Section title="Sessões no caminho" total={sessions.total}>
        <Items items={sessions.listed.map(sessionText)} total={sessions.total} />
      </Section>
      <Section title="Extensões diferentes" total={extensions?.length}>
        <Items
          items={extensions?.map(({ name, backup, target }) =>
            `${name}: ${backup} no backup, ${target ?? "não existe"} no destino`
          ) ?? []}
          total={extensions?.length ?? 0}
        />
      </Section>
      <Section title="Papéis a criar, sem login" total={missingRoles?.length}>
        <Items items={missingRoles ?? []} total={missingRoles?.length ?? 0} />
      </Section>
      <Nothing
        of={[
          ["tabelas que mudam", plan.tables.different],
          [`só existem em ${targetName(plan.target)}`, onlyInTarget?.total],
          ["estrutura e permissões diferentes", differences?.total],
          ["sessões no caminho", sessions.total],
          ["extensões diferentes", extensions?.length],
          ["papéis a criar", missingRoles?.length],
        ]}
      />
    </div>
  );
}

/** The empty sections in one sentence. */
function Nothing({ of }: { of: readonly (readonly [name: string, total: number | undefined])[] }) {
  const empty = of.filter(([, total]) => total === 0).map(([name]) => name);
  if (empty.length === 0) return null;
  return <p className="px-3 py-2 text-muted">Nada em: {empty.join(", ")}.</p>;
}

interface SectionProps {
  title: string;
  /** `null` when the backup does not record it. */
  total: number | undefined;
  open?: boolean;
  children: ReactNode;
}

function Section({ title, total, open = false, children }: SectionProps) {
  if (total === 0) return null;
  if (total === undefined) {
    return (
      <p className="flex justify-between gap-4 px-3 py-2 text-muted">
        {title} <span>o backup não informa</span>
      </p>
    );
  }
  return (
    <details open={open} className="px-3 py-2">
      <summary className="rounded font-medium">
        {title} <span className="font-normal text-muted">({formatCount(total)})</span>
      </summary>
      <div className="pt-2">{children}</div>
    </details>
  );
}

const SHOWN = 10;

/** The first items of a list, all listed ones on demand, and the number of those not listed. */
function Items({ items, total, code = false }: { items: readonly string[]; total: number; code?: boolean }) {
  const [all, setAll] = useState(false);
  const shown = all ? items : items.slice(0, SHOWN);
  return (
    <>
      <ul className="space-y-1 text-xs">
        {shown.map((item, index) => (
          <li key={index} className="wrap-anywhere">{code ? <code>{item}</code> : item}</li>
        ))}
      </ul>
      {!all && items.length > SHOWN && (
        <Button variant="quiet" size="small" onClick={() => setAll(true)}>
          Mostrar {formatCount(items.length - SHOWN)} mais
        </Button>
      )}
      {(all || items.length <= SHOWN) && total > items.length && (
        <p className="text-xs text-muted">e mais {formatCount(total - items.length)}</p>
      )}
    </>
  );
}

function lossText(loss: PlannedLoss): string {
  return `${objectText(loss)}: ${FATE_WORDS[loss.fate]}`;
}

function sessionText({ pid, user, application, since, tables }: PlannedSession): string {
  const session = [`pid ${pid}`, user, application].filter(Boolean).join(", ");
  const start = since === null ? "" : `, desde ${formatInstant(new Date(since))}`;
  return `${session}${start}: ${tables.join(", ") || "sem tabela"}`;
}
