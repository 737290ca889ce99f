import { unquoted } from "../postgres/sql_text.ts";
import { tokensOf } from "./tokens.ts";

/**
 * The columns of an archive's COPY statement in its order, without quotes.
 * @example copyColumns('COPY public.t (id, "Preço") FROM stdin;\n') // ["id", "Preço"]
 */
export function copyColumns(statement: string): string[] {
  const tokens = [...tokensOf(statement)];
  const from = tokens.findIndex(({ text }) => text === "(");
  const to = tokens.findIndex(({ text }) => text === ")");
  return tokens.slice(from + 1, Math.max(to, from + 1))
    .filter(({ kind }) => kind === "word" || kind === "quoted")
    .map(({ text }) => unquoted(text));
}
