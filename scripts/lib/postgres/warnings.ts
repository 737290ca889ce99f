/** What the database has that no backup holds or no restore brings back, read from its catalogs. */
import { z } from "zod";
import type { Warning } from "@backup/vault/warnings.ts";
import { type ForeignSchema, sqlFile } from "./database_facts.ts";
import type { DumpedTable } from "./dumped_tables.ts";
import type { SqlSession } from "./sql_session.ts";
import { literal } from "./sql_text.ts";

/** Needs the settings of `applySettings`. */
export async function readWarnings(session: SqlSession): Promise<Warning[]> {
  const rows = z.array(z.tuple([z.string(), z.string(), z.string().nullable(), z.number().nullable()]));
  return rows.parse(await session.rows(await sqlFile("warnings.sql")))
    .map(([kind, name, detail, rows]) => ({ kind, name, detail, rows }));
}

/** Objects of other roles that a restore over this database removes. Needs the settings of `applySettings`. */
export async function readDependents(session: SqlSession): Promise<Warning[]> {
  const rows = z.array(z.tuple([z.string(), z.string()]));
  return rows.parse(await session.rows(await sqlFile("dependents.sql")))
    .map(([name, owner]) => ({ kind: "dependent", name, detail: owner, rows: null }));
}

/** The readable tables of schemas that a backup leaves out. */
export async function readLeftOutTables(
  session: SqlSession,
  schemas: readonly ForeignSchema[],
): Promise<DumpedTable[]> {
  if (schemas.length === 0) return [];
  const rows = z.array(z.tuple([z.number(), z.string(), z.string(), z.string(), z.number()]));
  return rows.parse(
    await session.rows(
      `select json_build_array(c.oid::bigint, n.nspname, c.relname, format('%I.%I', n.nspname, c.relname), c.relfilenode::bigint)
         from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where c.relkind = 'r' and n.nspname in (${schemas.map(({ name }) => literal(name)).join(", ")})
          and has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select');`,
    ),
  ).map(([oid, schema, table, key, file]) => ({ oid, schema, table, key, file, isCounted: true }));
}

/** @param counted rows of the tables of {@link readLeftOutTables}; `null` in a backup without rows */
export function leftOutWarnings(
  schemas: readonly ForeignSchema[],
  counted: readonly { schema: string; rows: number }[] | null,
): Warning[] {
  return schemas.map(({ name, owner }) => ({
    kind: "left_out",
    name: `schema ${name}`,
    detail: owner,
    rows: counted && counted.filter(({ schema }) => schema === name).reduce((sum, { rows }) => sum + rows, 0),
  }));
}
