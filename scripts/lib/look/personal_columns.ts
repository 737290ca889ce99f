/** The columns whose values are covered: `scripts/personal_columns.txt`, which the owner edits. */
import { readFileSync } from "node:fs";
import { plainText } from "./plain_text.ts";

const FILE = new URL("../../personal_columns.txt", import.meta.url);

/** @param text default: the owner's list @returns whether a column of a table is covered */
export function personalColumns(
  text: string = readFileSync(FILE, "utf8"),
): (table: { schema: string; table: string }, column: string) => boolean {
  const lines = text.split("\n").map((line) => plainText(line.replace(/#.*/, "").trim()));
  const names = new Set(lines.filter((line) => line !== ""));
  return ({ schema, table }, column) =>
    names.has(plainText(column)) || names.has(plainText(`${schema}.${table}.${column}`));
}
