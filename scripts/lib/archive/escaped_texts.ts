/**
 * Texts of an archive with a backslash before a quote: `'C:\'`, or `\` followed by `'` in a name. pg_dump writes them as plain
 * strings, which psql reads by standard_conforming_strings, and code of the archive may change that while it is loaded. As
 * strings with escapes they are the same under both values.
 */
import { PLATFORM_SCHEMAS } from "@backup/vault/platform.ts";
import type { TocEntry } from "./archive_toc.ts";
import { type Token, tokensOf } from "./tokens.ts";

/** Where pg_dump writes such texts (appendStringLiteralAH); elsewhere they are the server's, with escapes. */
const KINDS = new Set(["COMMENT", "SECURITY LABEL", "SEQUENCE SET", "TYPE"]);
/** Labels of an enum: tables of the same pass refer to it, and it refers to nothing of that pass. */
const BEFORE_OTHERS = "TYPE";

export interface EscapedStatement {
  /** What to run in place of the entry. */
  sql: string;
  /** Whether it is run before the other entries of its pass, not after them. */
  isFirst: boolean;
}

/**
 * @returns `null` for an entry that pg_restore writes as it is: also those of the platform's schemas, which a throwaway server
 * loads outside of the restore's transaction.
 */
export function escapedStatement(
  { kind, schema, definition }: Pick<TocEntry, "kind" | "schema" | "definition">,
): EscapedStatement | null {
  if (!KINDS.has(kind) || PLATFORM_SCHEMAS.includes(schema ?? "") || !isAmbiguous(definition)) return null;
  const tokens = [...tokensOf(definition)];
  if (!tokens.some(isAmbiguousString)) return null;
  const escaped = (text: string) => `E${text.replaceAll("\\", "\\\\")}`;
  const sql = tokens.map((token) => isAmbiguousString(token) ? escaped(token.text) : token.text).join("");
  return { sql, isFirst: kind === BEFORE_OTHERS };
}

/** Whether a string may end elsewhere when a backslash escapes. */
export function isAmbiguousString({ kind, text }: Token): boolean {
  return kind === "plain" && isAmbiguous(text);
}

function isAmbiguous(text: string): boolean {
  return text.includes("\\'");
}
