/** What a look found, as lines of a terminal. */
import { MOST_ROWS } from "@backup/look/order.ts";
import type { LookAnswer } from "./look.ts";
import type { LookTable } from "./row_source.ts";

const COVERED = "•••";
const MOST_LETTERS = 60;

export type IsPersonal = (table: LookTable, column: string) => boolean;

/** @param isCovered columns whose values are not shown */
export function lookLines({ tables, found, hits }: LookAnswer, isCovered: IsPersonal): string[] {
  const listed = inColumns(tables.map(({ schema, table, rows, rawBytes }) => [
    printable(`${schema}.${table}`),
    rows === null ? "? rows" : `${rows} rows`,
    rawBytes === null ? "" : `${(rawBytes / 1e6).toFixed(1)} MB`,
  ]));
  const rows = found.flatMap(({ table, rows }) => [
    printable(`${table.schema}.${table.table}${table.rows === null ? "" : `, ${table.rows} rows`}`),
    ...inColumns([
      ["#", ...table.columns.map(printable)],
      ...rows.map(({ number, values }) => [
        String(number + 1),
        ...values.map((value, i) => shown(value, isCovered(table, table.columns[i] ?? ""))),
      ]),
    ]),
    "",
  ]);
  const counted = hits === null
    ? []
    : [`${hits} rows found${hits > MOST_ROWS ? `, the first ${MOST_ROWS} are shown` : ""}`];
  return [...listed, ...rows, ...counted];
}

function shown(value: string | null, isCovered: boolean): string {
  if (value === null) return "NULL";
  if (isCovered) return COVERED;
  const line = printable(value);
  return line.length > MOST_LETTERS ? `${line.slice(0, MOST_LETTERS)}…` : line;
}

/** One line, without what a terminal would obey: the author of an unsigned archive chose its names, too. */
export function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, (char) => JSON.stringify(char).slice(1, -1))
    .replaceAll(/\p{Cf}|[\x7f-\x9f]/gu, "?");
}

function inColumns(lines: readonly string[][]): string[] {
  const widths: number[] = [];
  for (const line of lines) {
    for (const [i, cell] of line.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  }
  return lines.map((line) => line.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join("  ").trimEnd());
}
