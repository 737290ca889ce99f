/** The result and progress of a run, from its row. */

import { z } from "zod";
import { type CountedObjects, countedObjectsSchema, type Run } from "@backup/runs/run.ts";
import { formatBytes, formatCount, formatCounted, percentOf } from "../../../lib/format.ts";

const count = z.number().nonnegative().nullish().catch(null);
const resultSchema = z.object({
  bytes: count,
  tables: count,
  tables_total: count,
  rows: count,
  rows_total: count,
  sequences: count,
  areas: count,
  safety_key: z.string().nullish().catch(null),
  quarantined: z.array(z.unknown()).nullish().catch(null),
  closed: z.array(z.unknown()).nullish().catch(null),
  salvaged: z.array(z.string()).nullish().catch(null),
  objects: countedObjectsSchema.nullish().catch(null),
});

/** The facts of a run's result, most important first; empty when it has none. */
export function describeResult(run: Run): string[] {
  const { tables, tables_total, rows, rows_total, bytes, sequences, areas, quarantined, salvaged } =
    resultSchema.parse(run.result ?? {});
  const facts = [
    counted(tables_total ?? tables, "tabela", "tabelas"),
    counted(rows_total ?? rows, "registro", "registros"),
    typeof bytes === "number" ? `${formatBytes(bytes)} no cofre` : null,
    // a salvage goes on where they differ
    ...salvaged ? [] : [
      counted(sequences, "sequência igual", "sequências iguais"),
      typeof areas === "number" ? "estrutura e permissões iguais" : null,
    ],
    quarantined ? describeQuarantine(quarantined.length) : null,
  ];
  return facts.filter((fact) => fact !== null);
}

/** What a salvage or a restore of a backup without privileges leaves to do; `null`: nothing. */
export function reservationOf(run: Run): string | null {
  const { closed, salvaged } = resultSchema.parse(run.result ?? {});
  if (salvaged?.length === 0) return "recuperada em emergência, sem perda conhecida";
  if (salvaged) {
    return `recuperada com perdas, ${
      formatCounted(salvaged.length, "item que não voltou como era", "itens que não voltaram como eram")
    }`;
  }
  return closed
    ? `concluída com ressalvas, ${formatCounted(closed.length, "objeto", "objetos")} sem permissões`
    : null;
}

/** A copy of production runs nothing that calls other systems. */
function describeQuarantine(changes: number): string {
  return changes === 0
    ? "nada a desligar na cópia"
    : `${formatCounted(changes, "item desligado", "itens desligados")} na cópia`;
}

function counted(amount: number | null | undefined, singular: string, plural: string): string | null {
  return typeof amount === "number" ? formatCounted(amount, singular, plural) : null;
}

/** The key of a restore's safety copy; `null` when it has none. */
export function safetyKeyOf(run: Run): string | null {
  return resultSchema.parse(run.result ?? {}).safety_key ?? null;
}

/** The duration of a run in milliseconds; `null` when it is not finished or never started. */
export function runDuration(run: Run): number | null {
  if (run.started_at === null || run.finished_at === null) return null;
  return Math.max(0, Date.parse(run.finished_at) - Date.parse(run.started_at));
}

export interface RunProgress {
  text: string;
  /** `null` when the total is not known. */
  percent: number | null;
}

/** The progress of a run; `null` while it reports nothing that can be counted. */
export function progressOf(run: Run): RunProgress | null {
  if (run.status !== "running") return null;
  const bytes = bytesProgress(run);
  const { objects } = resultSchema.parse(run.result ?? {});
  const texts = [
    bytes?.text ?? null,
    counted(run.rows_done, "registro", "registros"),
    // while rows are loaded or keys are built; later they only were
    ...objects && BESIDE.includes(run.phase ?? "") ? describeObjects(objects) : [],
  ].filter((text) => text !== null);
  return texts.length === 0 ? null : { text: texts.join(" · "), percent: bytes?.percent ?? null };
}

/** Phases in which a restore loads and builds beside the living content. */
const BESIDE: readonly string[] = ["stage", "build"];

function describeObjects({ tables, indexes }: CountedObjects): string[] {
  const text = ({ done, expected }: CountedObjects["tables"], names: string) =>
    `${formatCount(done)} de ${formatCount(expected)} ${names}`;
  return [text(tables, "tabelas"), ...indexes.expected > 0 ? [text(indexes, "chaves e índices")] : []];
}

function bytesProgress(run: Run): RunProgress | null {
  const { bytes_done: done, bytes_expected: expected } = run;
  if (done === null) return null;
  if (expected === null || expected <= 0) return { text: formatBytes(done), percent: null };
  // the size of the one before, a guess
  if (run.kind === "backup" && done > expected) {
    return { text: `${formatBytes(done)}, mais que os ${formatBytes(expected)} do anterior`, percent: null };
  }
  const percent = percentOf(done, expected);
  return {
    text: `${formatBytes(done)} de cerca de ${formatBytes(expected)} (${formatCount(percent)}%)`,
    percent,
  };
}
