/** A review, as lines of a terminal. */
import { printable } from "../look/look_text.ts";
import type { personalColumns } from "../look/personal_columns.ts";
import type { ObstacleKind, TakeObstacle } from "./obstacles.ts";
import { ASKED, type Change, type PatchHeader } from "./patch.ts";
import type { Counts } from "./patch_table.ts";
import type { Review } from "./review.ts";

/** Rows that are shown before and after. */
export const SHOWN_ROWS = 50;

type IsCovered = ReturnType<typeof personalColumns>;

const COVERED = "•••";
const MOST_LETTERS = 40;

const OBSTACLES: Readonly<Record<ObstacleKind, string>> = {
  no_key: "has no key by which a row is found again, or another one than before",
  not_ours: "belongs to another role: its rows cannot be written",
  inherited: "is part of an inheritance",
  value_taken: "another row has the value now",
  values_swapped: "rows would exchange a value that must be unique",
  parent_missing: "refers to a row that is neither in the database nor in the backup",
  children_left: "has rows that refer to a row which would be deleted",
  column_required: "needs a value for a new column without a default",
  column_unknown: "does not have this column any more",
  column_unsaved: "has this new column, whose values a deletion would lose",
  row_changed: "rows are not any more as the patch says",
};

export function countLines(counts: Counts): string[] {
  return Object.entries(counts).map(([table, { created, changed, deleted }]) =>
    `${table}: ${created} created, ${changed} changed, ${deleted} deleted`
  );
}

/** @param shown the first changes. @param isCovered columns whose values are not shown */
export function reviewLines(
  { header, counts, columns, along, obstacles, triggers, notices }: Review,
  shown: readonly Change[],
  isCovered: IsCovered,
): string[] {
  const rows = Object.values(counts).reduce(
    (sum, each) => sum + each.created + each.changed + each.deleted,
    0,
  );
  return [
    ...rows === 0 ? ["nothing to do: the rows are as the backup has them"] : countLines(counts),
    ...Object.entries(columns).map(([table, of]) =>
      `${table}, changed columns: ${Object.entries(of).map(([name, count]) => `${name} ${count}`).join(", ")}`
    ),
    ...section("comes along:", along.map(({ table, why, rows }) => `${table}: ${rows} rows, ${why}`)),
    ...section("obstacles:", obstacles.map((each) => obstacleLine(header, each, isCovered))),
    ...section("triggers that will not fire:", triggers.map(({ table, name }) => `${table}: ${name}`)),
    ...section("to be known:", notices),
    ...section(
      rows > shown.length ? `the first ${shown.length} of ${rows} rows:` : "rows:",
      shown.map((change) => changeText(header, change, isCovered)),
    ),
  ].map(printable);
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["", title, ...lines.map((line) => `  ${line}`)];
}

function obstacleLine(
  header: PatchHeader,
  { kind, table, name, rows, keys }: TakeObstacle,
  isCovered: IsCovered,
): string {
  const named = keys.map(({ key, holder }) =>
    keyText(header, table, key, isCovered) +
    (holder === null ? "" : ` (held by ${keyText(header, table, holder, isCovered)})`)
  );
  return `${table}: ${OBSTACLES[kind]}${name === null ? "" : ` [${name}]`}` +
    (rows === 0 ? "" : `, ${rows} rows`) + (named.length === 0 ? "" : `: ${named.join("; ")}`);
}

function keyText(header: PatchHeader, table: string, key: readonly string[], isCovered: IsCovered): string {
  const names = header.tables[table]?.key ?? [];
  return key.map((value, i) => shown(table, names[i] ?? "", value, isCovered)).join(", ");
}

const SIGNS = { i: "+", u: "~", d: "-" } as const;

function changeText(
  header: PatchHeader,
  [table, operation, key, before, after, why]: Change,
  isCovered: IsCovered,
): string {
  const columns = header.tables[table]?.columns ?? [];
  const parts = columns.flatMap((name, i) => {
    const [old, next] = [before?.[i] ?? null, after?.[i] ?? null];
    if (operation !== "u") {
      const value = operation === "i" ? next : old;
      return value === null ? [] : [`${name}=${shown(table, name, value, isCovered)}`];
    }
    return old === next
      ? []
      : [`${name}: ${shown(table, name, old, isCovered)} → ${shown(table, name, next, isCovered)}`];
  });
  return `${SIGNS[operation]} ${table} ${keyText(header, table, key, isCovered)}: ${parts.join(", ")}` +
    (why === ASKED ? "" : ` [${why}]`);
}

function shown(table: string, column: string, value: string | null, isCovered: IsCovered): string {
  if (value === null) return "NULL";
  const at = table.indexOf(".");
  if (isCovered({ schema: table.slice(0, at), table: table.slice(at + 1) }, column)) return COVERED;
  const line = printable(value);
  return line.length > MOST_LETTERS ? `${line.slice(0, MOST_LETTERS)}…` : line;
}
