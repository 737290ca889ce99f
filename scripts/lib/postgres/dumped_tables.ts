/**
 * The tables whose rows a dump carries, and their relation files. A rewrite (ALTER TABLE … TYPE, ADD COLUMN with a
 * volatile default, TRUNCATE) is not MVCC-safe: a snapshot that is older than the new file sees the table as empty.
 * Source: https://www.postgresql.org/docs/current/mvcc-caveats.html
 */
import { z } from "zod";
import { PROJECT_PATH, type SchemaPlan, sqlFile, type TableRows } from "./database_facts.ts";
import type { SqlSession } from "./sql_session.ts";
import { identifier, literal } from "./sql_text.ts";

export interface DumpedTable {
  oid: number;
  schema: string;
  table: string;
  /** Quoted `schema.table`, as a manifest names it. */
  key: string;
  /** `pg_class.relfilenode` as the snapshot of the reading transaction has it. */
  file: number;
  /** The manifest states its rows. Tables of extensions whose rows are dumped have none there. */
  isCounted: boolean;
}

const row = z.tuple([z.number(), z.string(), z.string(), z.string(), z.number(), z.boolean()]);

/** Needs the settings of `applySettings`, in the transaction whose snapshot is dumped. */
export async function readDumpedTables(session: SqlSession, plan: SchemaPlan): Promise<DumpedTable[]> {
  const query = `
    with carried as (${await sqlFile("carried_tables.sql")})
    select json_build_array(c.oid::bigint, n.nspname, c.relname, format('%I.%I', n.nspname, c.relname), c.relfilenode::bigint,
                            exists (select from carried where carried.oid = c.oid))
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind = 'r' and c.relpersistence <> 't'
       and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
       and n.nspname <> all (array[${plan.excluded.map(literal).join(", ")}]::text[])
     order by n.nspname collate "C", c.relname collate "C";`;
  const withoutRows = new Set(plan.withoutRows);
  return z.array(row).parse(await session.rows(query))
    .map(([oid, schema, table, key, file, isCounted]) => ({ oid, schema, table, key, file, isCounted }))
    .filter(({ schema, table }) => !withoutRows.has(`${identifier(schema)}.${identifier(table)}`));
}

/** Those of the tables whose file is another one now, or that are gone; read from the current catalog. */
export async function findRewritten(session: SqlSession, tables: readonly DumpedTable[]): Promise<string[]> {
  if (tables.length === 0) return [];
  const rewritten = z.array(z.number()).parse(
    await session.rows(
      `select to_json(was.oid::bigint)
         from unnest('{${tables.map(({ oid }) => oid)}}'::oid[], '{${
        tables.map(({ file }) => file)
      }}'::oid[]) was (oid, file)
        where pg_catalog.pg_relation_filenode(was.oid) is distinct from was.file;`,
    ),
  );
  return tables.filter(({ oid }) => rewritten.includes(oid)).map(({ key }) => key);
}

/** A counted table, and the file that the rows were counted in. */
export interface CountedTable extends TableRows {
  isSameFile: boolean;
}

/**
 * Counts tables as a snapshot sees them, each in a transaction of its own, so that at most one table is locked at a time
 * and none while another is waited for.
 * @param snapshotId of a transaction that is still open
 */
export async function countInSnapshot(
  send: (sql: string) => Promise<string[]>,
  snapshotId: string,
  tables: readonly DumpedTable[],
): Promise<CountedTable[]> {
  const counted = tables.filter(({ isCounted }) => isCounted);
  const found: CountedTable[] = [];
  for (let at = 0; at < counted.length; at += BATCH) {
    const batch = counted.slice(at, at + BATCH);
    const lines = await send(batch.map((table) => countStatement(snapshotId, table)).join("\n"));
    const rows = z.array(z.tuple([z.number(), z.number().nullable()])).parse(
      lines.map((line): unknown => JSON.parse(line)),
    );
    for (const [i, table] of batch.entries()) {
      const [count, file] = rows[i] ?? [0, null];
      const { key, schema } = table;
      found.push({ key, schema, table: table.table, rows: count, isSameFile: file === table.file });
    }
  }
  return found;
}

/** Tables counted with one round trip. */
const BATCH = 50;

/**
 * The file is read while the table is locked: it is the one that was counted. The name is resolved again for it, after
 * the count's, so that the file of a table that has taken over the name is found to be another one.
 */
function countStatement(snapshotId: string, { schema, table }: DumpedTable): string {
  const name = `${identifier(schema)}.${identifier(table)}`;
  return `${beginInSnapshot(snapshotId)}
    ${PROJECT_PATH}
    select pg_catalog.json_build_array((select pg_catalog.count(*) from only ${name}),
                            pg_catalog.pg_relation_filenode(${literal(name)}::pg_catalog.regclass)::bigint);
    commit;`;
}

/** Begins a transaction that reads what another one, still open, exported. */
export function beginInSnapshot(snapshotId: string): string {
  return `begin isolation level repeatable read read only; set transaction snapshot ${literal(snapshotId)};`;
}
