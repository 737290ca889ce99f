/** Reads a database as PostgREST would for its callers: as anon, or as a signed-in user. */
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { jsonb, type PsqlSession } from "../postgres/psql.ts";
import { type Relation, relationSchema } from "./company_scope.ts";

export interface Reader {
  role: "anon" | "authenticated" | "none";
  /** `sub` of the token. */
  userId?: string;
}

/** The owner himself, row level security aside. */
export const OWNER: Reader = { role: "none" };
export const ANON: Reader = { role: "anon" };

export interface Question {
  reader: Reader;
  /** A query of one row and one column, of JSON. */
  query: string;
}

export async function readRelations(session: PsqlSession): Promise<Relation[]> {
  return z.array(relationSchema).parse(await session.rows(await text("relations.sql")));
}

/** A question that failed for another reason than a missing right: nothing was read either. */
const nothing = z.object({ error: z.string() }).transform(() => null);

/** The answers in the questions' order; `null` where the reader may not ask, or the question fails for him. */
export async function askAll<T>(
  session: PsqlSession,
  questions: readonly Question[],
  answer: z.ZodType<T>,
): Promise<(T | null)[]> {
  const asked = questions.map(({ reader, query }) => ({
    role: reader.role,
    claims: reader.role === "none" ? "" : JSON.stringify({ role: reader.role, sub: reader.userId }),
    query,
  }));
  await session.run(
    `do $set$ begin perform pg_catalog.set_config('revo.questions', (${
      jsonb(asked)
    })::text, true); end $set$;`,
  );
  const answers = z.array(z.union([z.null(), nothing, answer]));
  return answers.parse(await session.value(await text("ask_as_reader.sql")));
}

function text(name: string): Promise<string> {
  return readFile(new URL(`./${name}`, import.meta.url), "utf8");
}
