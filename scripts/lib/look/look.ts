/** Looks into a backup: its tables, a page of one, or the rows that hold a text. Nothing is restored or written. */
import { BackupError } from "@backup/errors.ts";
import { MOST_ROWS, PAGE_ROWS } from "@backup/look/order.ts";
import { decodeRow, encodeText } from "../archive/copy_text.ts";
import { plainText } from "./plain_text.ts";
import type { LookTable, RowBatch, RowSource } from "./row_source.ts";

export interface LookOrder {
  /** `schema.table`, or a table's name that no other schema has; `null`: all. */
  table: string | null;
  /** From 1. */
  page: number;
  search: string | null;
}

/** Rows of one table, in its order. */
export interface FoundRows {
  table: LookTable;
  rows: { number: number; values: (string | null)[] }[];
}

/** `null` where it does not apply. */
export interface LookAnswer {
  tables: readonly LookTable[];
  found: FoundRows[];
  /** How many rows hold the text that was searched. */
  hits: number | null;
}

/**
 * Without a table and a text: the tables. With a table: a page of it. With a text: the rows that hold it, at most
 * {@link MOST_ROWS} of them; in all tables exactly as it is written, in one table without regard to accents and case.
 * @throws {BackupError} `invalid_payload` for a table that the backup does not hold; errors of the archive
 */
export async function look(source: RowSource, { table: name, page, search }: LookOrder): Promise<LookAnswer> {
  const { tables } = source;
  const table = name === null ? null : tableOf(tables, name);
  if (search !== null) return { tables: [], ...await find(source, table, search) };
  if (table === null) return { tables, found: [], hits: null };
  const rows = { from: (page - 1) * PAGE_ROWS, to: page * PAGE_ROWS };
  const found: FoundRows = { table, rows: [] };
  for await (const batch of source.read((each) => each === table, { rows })) {
    let number = batch.from;
    for (const row of batch.rows()) {
      if (number >= rows.to) break;
      if (number >= rows.from) found.rows.push({ number, values: decodeRow(row) });
      number++;
    }
  }
  return { tables: [], found: [found], hits: null };
}

async function find(source: RowSource, table: LookTable | null, search: string) {
  const found: FoundRows[] = [];
  let hits = 0;
  const matches = table === null ? exactMatch(search) : looseMatch(search);
  for await (const batch of source.read((each) => table === null || each === table)) {
    for (const { number, values } of matches(batch)) {
      if (hits++ >= MOST_ROWS) continue;
      if (found.at(-1)?.table !== batch.table) found.push({ table: batch.table, rows: [] });
      found.at(-1)?.rows.push({ number, values });
    }
  }
  return { found, hits };
}

type Match = (batch: RowBatch) => Generator<{ number: number; values: (string | null)[] }>;

function exactMatch(search: string): Match {
  const bytes = Buffer.from(encodeText(search));
  return function* ({ bytes: all, from, rows }) {
    if (!all.includes(bytes)) return;
    let number = from;
    for (const row of rows()) {
      if (row.includes(bytes)) {
        const values = decodeRow(row);
        if (values.some((value) => value?.includes(search))) yield { number, values };
      }
      number++;
    }
  };
}

function looseMatch(search: string): Match {
  const wanted = plainText(search);
  return function* ({ from, rows }) {
    let number = from;
    for (const row of rows()) {
      const values = decodeRow(row);
      if (values.some((value) => value !== null && plainText(value).includes(wanted))) {
        yield { number, values };
      }
      number++;
    }
  };
}

function tableOf(tables: readonly LookTable[], name: string): LookTable {
  const named = tables.filter(({ schema, table }) => `${schema}.${table}` === name || table === name);
  const [table] = named;
  if (table !== undefined && named.length === 1) return table;
  throw new BackupError(
    "invalid_payload",
    named.length === 0
      ? `Cannot find the table ${name} in the backup`
      : `Cannot tell which table ${name} is: ${named.map(({ schema }) => `${schema}.${name}`).join(", ")}`,
    { hint: "Without --table its tables are listed." },
  );
}
