/** Reads a database as PostgREST would for its callers: as anon, or as a signed-in user. */
import { readFile } from "node:fs/promises";
import { z } from "zod";
import type { SqlSession } from "../postgres/sql_session.ts";
import { jsonb } from "../postgres/sql_text.ts";
import { type Relation, relationSchema } from "./company_scope.ts";

export interface Reader {
  role: "anon" | "authenticated" | "none";
  /** `sub` of the token. */
  userId?: string;
}

/** The owner, to whom row level security does not apply. */
export const OWNER: Reader = { role: "none" };
export const ANON: Reader = { role: "anon" };

export interface ReaderQuery {
  reader: Reader;
  /** A query of one row and one column, of JSON. */
  query: string;
}

export async function readRelations(session: SqlSession): Promise<Relation[]> {
  return z.array(relationSchema).parse(await session.rows(await text("relations.sql")));
}

/** A query that failed for another reason than a missing right: nothing was read either. */
const failed = z.object({ error: z.string() }).transform(() => null);

/** @returns the results in the order of the queries; `null` where the reader has no right, or the query fails. */
export async function queryAsReaders<T>(
  session: SqlSession,
  queries: readonly ReaderQuery[],
  result: z.ZodType<T>,
): Promise<(T | null)[]> {
  const requested = queries.map(({ reader, query }) => ({
    role: reader.role,
    claims: reader.role === "none" ? "" : JSON.stringify({ role: reader.role, sub: reader.userId }),
    query,
  }));
  await session.run(
    `do $set$ begin perform pg_catalog.set_config('revo.queries', (${
      jsonb(requested)
    })::text, true); end $set$;`,
  );
  const results = z.array(z.union([z.null(), failed, result]));
  return results.parse(await session.value(await text("query_as_reader.sql")));
}

function text(name: string): Promise<string> {
  return readFile(new URL(`./${name}`, import.meta.url), "utf8");
}
