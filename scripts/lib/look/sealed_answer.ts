/** What of a look is sealed for the tab that asked: covered values are not in it. */
import { SEALED_ANSWER_BYTES, type SealedAnswer } from "@backup/look/order.ts";
import type { LookAnswer } from "./look.ts";
import type { IsPersonal } from "./look_text.ts";

/** Characters of a value at most. */
const MOST_CHARACTERS = 2000;
/** Of all rows, as JSON: base64 makes four bytes of three, and the rest of the message needs less than a tenth. */
const MOST_BYTES = SEALED_ANSWER_BYTES * 3 / 4 * 0.9;

/**
 * @param isCovered columns whose values stay here
 * @returns with the first rows that fit, and values that are not too long; `cut` says whether anything was left out
 */
export function sealedAnswerOf(
  { found, hits }: LookAnswer,
  isCovered: IsPersonal,
  trusted: boolean,
): SealedAnswer {
  const answer: SealedAnswer = { found: [], hits, cut: false, trusted };
  let bytes = 0;
  for (const { table, rows } of found) {
    const covers = table.columns.map((column) => isCovered(table, column));
    const kept: SealedAnswer["found"][number] = {
      schema: table.schema,
      table: table.table,
      columns: table.columns,
      covered: table.columns.filter((_, i) => covers[i]),
      table_rows: table.rows,
      rows: [],
    };
    bytes += sizeOf(kept);
    if (bytes > MOST_BYTES) return { ...answer, cut: true };
    answer.found.push(kept);
    for (const { number, values } of rows) {
      const shown = values.map((value, i) => covers[i] ? null : value);
      const row = { number, values: shown.map(shortened) };
      bytes += sizeOf(row);
      if (bytes > MOST_BYTES) return { ...answer, cut: true };
      if (shown.some(isLong)) answer.cut = true;
      kept.rows.push(row);
    }
  }
  return answer;
}

function isLong(value: string | null): boolean {
  return value !== null && value.length > MOST_CHARACTERS;
}

function shortened(value: string | null): string | null {
  return value !== null && isLong(value) ? `${value.slice(0, MOST_CHARACTERS)}…` : value;
}

function sizeOf(part: unknown): number {
  return Buffer.byteLength(JSON.stringify(part));
}
