/** The state of the catalog's definitions: whether DDL was committed between two moments, and of which objects. */
import { z } from "zod";
import { sqlFile } from "./database_facts.ts";
import type { SqlSession } from "./sql_session.ts";
import { literal } from "./sql_text.ts";

/** The catalog of indexes; elsewhere their definitions belong to pg_class. */
const INDEX = "pg_index";

/** A mark for each object, by `catalog oid`; described in catalog_state.sql. */
export type DefinitionMarks = ReadonlyMap<string, string>;

export async function readDefinitionMarks(session: SqlSession): Promise<DefinitionMarks> {
  const rows = z.array(z.tuple([z.string(), z.string(), z.string()]));
  return new Map(
    rows.parse(await session.rows(await sqlFile("catalog_state.sql")))
      .map(([catalog, oid, mark]) => [`${catalog} ${oid}`, mark]),
  );
}

/** The objects that differ, as text; of one that was dropped only the catalog is known. */
export async function describeDefinitionChanges(
  session: SqlSession,
  before: DefinitionMarks,
  after: DefinitionMarks,
): Promise<string[]> {
  const changed = [...new Set([...before.keys(), ...after.keys()])]
    .filter((object) => before.get(object) !== after.get(object))
    .filter((object) => before.has(object) || !object.startsWith(`${INDEX} `));
  if (changed.length === 0) return [];
  const values = changed.map((object) => {
    const [catalog = "", oid = ""] = object.split(" ");
    return `(${literal(catalog === INDEX ? "pg_class" : catalog)}, ${Number(oid)}::oid)`;
  });
  const described = z.array(z.string()).parse(
    await session.rows(
      `select to_json(coalesce(i.type || ' ' || i.identity, 'a dropped object of ' || o.catalog))
         from (values ${values.join(", ")}) o (catalog, oid),
              lateral pg_catalog.pg_identify_object(o.catalog::pg_catalog.regclass, o.oid, 0) i;`,
    ),
  );
  return [...new Set(described)].sort();
}
