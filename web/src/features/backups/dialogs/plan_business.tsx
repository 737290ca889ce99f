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
  const changed = lines.filter(({ tone }) => tone !== "same");
  const same = lines.filter(({ tone }) => tone === "same");
  const isLoss = lines.some(({ tone }) => tone === "loss");
  return (
    <Notice tone={isLoss ? "warn" : "info"} title={titleOf(lines, target)}>
      {changed.length > 0 && (
        <ul className="space-y-1">
          {changed.map((line) => <Measure key={line.name} line={line} />)}
        </ul>
      )}
      {changed.length > 0 && same.length > 0 && (
        <p className="mt-1 text-muted">Nada muda em: {same.map(({ name }) => name).join(", ")}.</p>
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
    <li>
      <span className="font-medium wrap-anywhere">{name}:</span>{" "}
      <span className={tone === "loss" ? "font-semibold tabular-nums" : "tabular-nums"}>{text}</span>
      {companies.length > 1 && (
        <ul className="pl-4 text-xs tabular-nums">
          {companies.map((company) => <li key={company} className="wrap-anywhere">{company}</li>)}
        </ul>
      )}
    </li>
  );
}
