/** Rows of a backup in temporary tables of the session, in the types of the living tables. */
import { BackupError, toBackupError } from "@backup/errors.ts";
import { decodeRow } from "../archive/copy_text.ts";
import type { LookTable, RowBatch, RowSource } from "../look/row_source.ts";
import { plainText } from "../look/plain_text.ts";
import { type Session, sqlstateOf } from "../postgres/session.ts";
import { identifier } from "../postgres/sql_text.ts";
import type { LivingTable } from "./living.ts";

/** Rows that are wanted of a table: those with one of the keys, with a text, or all. */
export type Wanted =
  | { columns: readonly string[]; keys: ReadonlySet<string> }
  | { search: string }
  | { all: true };

/** Several values as one. Texts of PostgreSQL hold no NUL. */
export function joined(values: readonly string[]): string {
  return values.join("\0");
}

/** Where the number of the {@link Wanted} is that a row was loaded for. */
export const WANTED_COLUMN = "revo_wanted";

export class BackupRows {
  readonly #source: RowSource;
  readonly #session: Session;
  readonly #made = new Map<string, string>();

  constructor(source: RowSource, session: Session) {
    [this.#source, this.#session] = [source, session];
  }

  /** The columns that the backup has of a table, of all its partitions; none: the backup does not hold it. */
  columns(table: LivingTable): string[] {
    const [first, ...others] = this.#parts(table);
    return (first?.columns ?? []).filter((name) => others.every(({ columns }) => columns.includes(name)));
  }

  /**
   * Loads rows in place of those that were loaded of the table before.
   * @returns the temporary table, as SQL; a row is in it once for each of `wanted` that it suits
   * @throws {BackupError} `take_refused` when a row does not suit the living column's type; errors of the archive
   */
  async load(table: LivingTable, wanted: readonly Wanted[]): Promise<string> {
    const into = await this.#makeTable(table);
    for (const part of this.#parts(table)) {
      const columns = [...part.columns, WANTED_COLUMN].map(identifier).join(", ");
      await this.#session.copy(`copy ${into} (${columns}) from stdin`, this.#lines(table, part, wanted))
        .catch((error) => {
          throw unsuitable(table, error);
        });
    }
    await this.#session.run(`analyze ${into};`);
    return into;
  }

  #parts(table: LivingTable): LookTable[] {
    return this.#source.tables.filter(({ schema, table: name }) =>
      table.leaves.includes(`${schema}.${name}`)
    );
  }

  async #makeTable(table: LivingTable): Promise<string> {
    const known = this.#made.get(table.name);
    if (known !== undefined) {
      await this.#session.run(`truncate ${known};`);
      return known;
    }
    const name = `revo_backup_${this.#made.size + 1}`;
    const names = [...new Set(this.#parts(table).flatMap(({ columns }) => columns))];
    const columns = names.map((each) => {
      const living = table.columns.find((column) => column.name === each);
      return `${identifier(each)} ${living?.base ?? "text"}`;
    });
    await this.#session.run(
      `create temp table ${name} (${[...columns, `${WANTED_COLUMN} int`].join(", ")}) on commit drop;`,
    );
    this.#made.set(table.name, `pg_temp.${name}`);
    return `pg_temp.${name}`;
  }

  async *#lines(
    table: LivingTable,
    part: LookTable,
    wanted: readonly Wanted[],
  ): AsyncGenerator<Uint8Array> {
    const tests = wanted.map((each) => testOf(table, part, each));
    for await (const batch of this.#source.read((each) => each === part)) {
      const open = tests.map((test, number) => ({ test, number })).filter(({ test }) => test.mayHave(batch));
      if (open.length === 0) continue;
      const found: Buffer[] = [];
      for (const row of batch.rows()) {
        for (const { test, number } of open) {
          if (test.has(row)) found.push(row, Buffer.from(`\t${number}\n`));
        }
      }
      if (found.length > 0) yield Buffer.concat(found);
    }
  }
}

/** Classes of SQLSTATEs of a value that a column does not take. Their messages hold the value. */
const UNSUITABLE = /^(?:22|23)/;

/** A row that the server did not take, by its column and without its values. */
function unsuitable(table: LivingTable, error: unknown): unknown {
  const sqlstate = sqlstateOf(error);
  if (sqlstate === null || !UNSUITABLE.test(sqlstate)) return error;
  const { where } = toBackupError(error).details;
  const [, column] = /, column ([^:]+):/.exec(String(where)) ?? [];
  return new BackupError(
    "take_refused",
    `Cannot take rows of ${table.name}: a value of the backup does not suit ` +
      `${column === undefined ? "a column" : `the column ${column}`} of today (${sqlstate})`,
    { details: { sqlstate }, hint: "The column has another type than in the backup. Nothing was changed." },
  );
}

interface RowTest {
  mayHave(batch: RowBatch): boolean;
  has(row: Buffer): boolean;
}

/** So many keys are looked for in the bytes of a batch before its rows are read one by one. */
const FEW_KEYS = 16;

function testOf(table: LivingTable, part: LookTable, wanted: Wanted): RowTest {
  if ("all" in wanted) return { mayHave: () => true, has: () => true };
  if ("search" in wanted) {
    const text = plainText(wanted.search);
    const has = (value: string | null) => value !== null && plainText(value).includes(text);
    return { mayHave: () => true, has: (row) => decodeRow(row).some(has) };
  }
  const at = wanted.columns.map((name) => part.columns.indexOf(name));
  const trims = wanted.columns.map((name) =>
    /^character\(/.test(table.columns.find((column) => column.name === name)?.base ?? "")
  );
  // a key that the archive may write with an escape is not looked for by its bytes
  const keys = [...wanted.keys].map((key) => Buffer.from(key.split("\0")[0] ?? ""));
  const isPlain = keys.length <= FEW_KEYS && [...wanted.keys].every((key) => /^[ -[\]-~\0]*$/.test(key));
  return {
    mayHave: ({ bytes }) => !isPlain || keys.some((key) => bytes.includes(key)),
    has: (row) => {
      const fields = fieldsOf(row, Math.max(...at));
      const values = at.map((field, i) => {
        const value = fields[field] ?? null;
        return value !== null && trims[i] ? value.trimEnd() : value;
      });
      return values.every((value) => value !== null) && wanted.keys.has(joined(values));
    },
  };
}

const TAB = 9;

/** The values up to a field's number: what follows is not decoded. */
function fieldsOf(row: Buffer, last: number): (string | null)[] {
  let end = -1;
  for (let field = 0; field <= last; field++) {
    end = row.indexOf(TAB, end + 1);
    if (end < 0) return decodeRow(row);
  }
  return decodeRow(row.subarray(0, end));
}
