import { type MeasureLine, measureLines, notComparedLines } from "@backup/runs/measure_text.ts";
import type { MeasureComparison } from "@backup/vault/measures.ts";
import type { Target } from "@backup/target.ts";
import { Notice } from "../../../components/ui/notice.tsx";
import { formatInstant } from "../../../lib/format.ts";
import { targetName } from "../text/labels.ts";

/** What the company would lose and get back: orders, invoices, money. */
export function PlanBusiness({ business, target }: { business: MeasureComparison; target: Target }) {
  const lines = measureLines(business, (at) => formatInstant(new Date(at)));
  const others = notComparedLines(business);
  const isLoss = lines.some(({ tone }) => tone === "loss");
  return (
    <Notice tone={isLoss ? "warn" : "info"} title={titleOf(lines, target)}>
      {lines.length > 0 && (
        <dl className="space-y-1">
          {lines.map((line) => <Measure key={line.name} line={line} />)}
        </dl>
      )}
      {others.length > 0 && (
        <ul className="mt-2 space-y-1 text-muted">
          {others.map((text) => <li key={text} className="wrap-anywhere">{text}</li>)}
        </ul>
      )}
    </Notice>
  );
}

function titleOf(lines: readonly MeasureLine[], target: Target): string {
  const name = targetName(target);
  if (lines.length === 0) return "Não se sabe o que muda no negócio.";
  if (lines.some(({ tone }) => tone === "loss")) return `No negócio, ${name} perde:`;
  return lines.some(({ tone }) => tone === "gain")
    ? `No negócio, ${name} só ganha:`
    : "No negócio, nada muda.";
}

function Measure({ line: { name, tone, text, companies } }: { line: MeasureLine }) {
  return (
    <div>
      <div className="flex flex-wrap gap-x-2">
        <dt className="font-medium wrap-anywhere">{name}</dt>
        <dd className={tone === "loss" ? "font-semibold tabular-nums" : "text-muted tabular-nums"}>{text}</dd>
      </div>
      {companies.length > 1 && (
        <dd>
          <ul className="pl-4 text-xs tabular-nums">
            {companies.map((company) => <li key={company} className="wrap-anywhere">{company}</li>)}
          </ul>
        </dd>
      )}
    </div>
  );
}
