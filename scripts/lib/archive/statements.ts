/**
 * What of an archive could end the transaction of a restore: psql runs what a definition holds, whatever its entry claims to
 * be. Definitions are read as the server reads them; where the setting `standard_conforming_strings` would make a difference, a
 * backslash before a quote, they are refused.
 */
import { BackupError } from "@backup/errors.ts";
import type { ArchiveToc, TocEntry } from "./archive_toc.ts";

/** Each begins a statement that begins, ends or divides a transaction. */
const TRANSACTION = new Set([
  ...["begin", "start", "commit", "end", "rollback", "abort", "savepoint", "release", "prepare"],
]);
/** Statements that pg_dump writes into no definition, and with which one could hide others. */
const NEVER_DUMPED = new Set(["do", "call", "execute", "copy", "load", "listen", "notify", "discard"]);

const TOKEN = new RegExp(
  [
    String.raw`(?<space>\s+|--[^\n]*)`,
    String.raw`(?<comment>/\*)`,
    String.raw`(?<escaped>[eE]'(?:[^'\\]|\\[^]|'')*')`,
    String.raw`(?<plain>'(?:[^']|'')*')`,
    String.raw`(?<quoted>"(?:[^"]|"")*")`,
    String.raw`(?<dollar>\$(?<tag>[A-Za-z_\u0080-\uffff][A-Za-z_0-9\u0080-\uffff]*)?\$[^]*?\$\k<tag>\$)`,
    String.raw`(?<word>[A-Za-z_\u0080-\uffff][A-Za-z_0-9$\u0080-\uffff]*)`,
    String.raw`(?<end>;)`,
    String.raw`(?<meta>\\)`,
    String.raw`(?<other>[^])`,
  ].join("|"),
  "uy",
);

/**
 * @throws {BackupError} `archive_rejected` naming the entry whose definition would end the transaction, holds a command of
 * psql, or cannot be read; or which loads rows by something else than COPY.
 */
export function requirePlainStatements({ entries }: Pick<ArchiveToc, "entries">): void {
  for (const entry of entries) {
    const reason = reasonAgainst(entry);
    if (reason === null) continue;
    const { kind, schema, tag } = entry;
    throw new BackupError(
      "archive_rejected",
      `Cannot restore the archive: ${kind} ${schema === null ? tag : `${schema}.${tag}`} ${reason}`,
      { hint: "pg_dump does not write this: the archive was changed. Use a signed backup." },
    );
  }
}

function reasonAgainst({ kind, definition, copyStatement }: TocEntry): string | null {
  return kind === "TABLE DATA" ? reasonInCopy(copyStatement) : reasonIn(definition);
}

function reasonInCopy(statement: string): string | null {
  if (!/^COPY .* FROM stdin;\n$/s.test(statement)) return "loads its rows by something else than COPY";
  const rest = statement.slice("COPY ".length);
  if ([...tokensOf(rest)].filter(({ end }) => end !== undefined).length > 1) return "holds two statements";
  return reasonIn(rest);
}

/** @example reasonIn("rollback; create table t ();") // "holds ROLLBACK" */
export function reasonIn(sql: string): string | null {
  const words: string[] = [];
  /** BEGIN ATOMIC and CASE that are open in the body of a function. */
  let depth = 0;
  let isRoutine = false;
  for (const { plain, meta, other, end, word: written } of tokensOf(sql)) {
    if (plain?.includes("\\'")) return "has a string with a backslash before a quote";
    if (meta !== undefined) return "holds a command of psql";
    if (other === "'" || other === '"' || other === "/*") return "has a string or a comment without an end";
    if (end !== undefined) {
      words.length = 0;
      isRoutine &&= depth > 0;
    }
    if (written === undefined) continue;
    const word = written.toLowerCase();
    // in a body of SQL only its END is one of these, and a COMMIT that hides there is refused by the server's gate
    const isEndOfBody = word === "end" && depth > 0;
    if (words.length === 0 && (TRANSACTION.has(word) && !isEndOfBody || NEVER_DUMPED.has(word))) {
      return `holds ${word.toUpperCase()}`;
    }
    words.push(word);
    isRoutine ||= /^create (or replace )?(function|procedure)$/.test(words.slice(0, 4).join(" "));
    if (isEndOfBody) depth--;
    else if (isRoutine && (word === "begin" || word === "case" && depth > 0)) depth++;
  }
  return null;
}

function* tokensOf(sql: string): Generator<Partial<Record<string, string>>> {
  for (let at = 0; at < sql.length;) {
    TOKEN.lastIndex = at;
    const groups: Partial<Record<string, string>> = TOKEN.exec(sql)?.groups ?? {};
    at = groups.comment === undefined ? TOKEN.lastIndex : endOfComment(sql, at);
    if (at < 0) return yield { other: "/*" };
    yield groups;
  }
}

/** @returns -1 without an end; comments may be nested */
function endOfComment(sql: string, from: number): number {
  let depth = 0;
  for (let at = from; at < sql.length;) {
    const two = sql.slice(at, at + 2);
    if (two === "/*") depth++;
    else if (two === "*/") depth--;
    at += two === "/*" || two === "*/" ? 2 : 1;
    if (depth === 0) return at;
  }
  return -1;
}
