/** Rows of the stage, counted in the restore's transaction before it locks what others use. */
import { z } from "zod";
import type { KnownRows } from "../postgres/database_facts.ts";
import type { SqlSession } from "../postgres/sql_session.ts";
import { literal } from "../postgres/sql_text.ts";

const countedSchema = z.array(z.object({ oid: z.number(), rows: z.number(), file: z.number() }));

/** @param tables as SQL names them; they are locked against writers until the transaction ends */
export async function countStaged(session: SqlSession, tables: readonly string[]): Promise<KnownRows[]> {
  if (tables.length === 0) return [];
  await session.run(`lock table only ${tables.join(", only ")} in share mode;`);
  const counts = tables.map((table) =>
    `(select json_build_object('oid', oid::bigint, 'file', relfilenode::bigint, 'rows', (select count(*) from only ${table}))
       from pg_catalog.pg_class where oid = ${literal(table)}::regclass)`
  );
  return countedSchema.parse(await session.rows(`select unnest(array[${counts.join(", ")}]);`));
}
