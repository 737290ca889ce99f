/** Names of a target's extensions that a staged text may use: extensions stay in place through a restore. */
import { z } from "zod";
import type { SqlSession } from "../postgres/sql_session.ts";

/** Each as {@link addressOf} writes it. */
export interface ExtensionNames {
  types: ReadonlySet<string>;
  operatorClasses: ReadonlySet<string>;
}

export const addressOf = (schema: string, name: string) => JSON.stringify([schema, name]);

const namesSchema = z.array(
  z.object({ kind: z.enum(["type", "operator class"]), schema: z.string(), name: z.string() }),
);

export async function readExtensionNames(session: SqlSession): Promise<ExtensionNames> {
  const found = namesSchema.parse(
    await session.rows(
      `select json_build_object('kind', x.kind, 'schema', n.nspname, 'name', x.name)
         from (select 'type' as kind, 'pg_catalog.pg_type'::pg_catalog.regclass as class, oid, typnamespace as schema, typname as name
                 from pg_catalog.pg_type
                union all
               select 'operator class', 'pg_catalog.pg_opclass'::pg_catalog.regclass, oid, opcnamespace, opcname
                 from pg_catalog.pg_opclass) x
         join pg_catalog.pg_namespace n on n.oid = x.schema
         join pg_catalog.pg_depend d on d.classid = x.class and d.objid = x.oid and d.deptype = 'e';`,
    ),
  );
  const of = (kind: string) =>
    new Set(found.filter((each) => each.kind === kind).map(({ schema, name }) => addressOf(schema, name)));
  return { types: of("type"), operatorClasses: of("operator class") };
}
