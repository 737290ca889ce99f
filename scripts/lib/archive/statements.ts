/**
 * What of an archive could end the transaction of a restore: psql runs what a definition holds, whatever its entry claims to
 * be. Definitions are read as psql and the server read them. Where the setting standard_conforming_strings would make a
 * difference they are refused, except those that a restore runs with escapes (escaped_texts.ts).
 */
import { BackupError } from "@backup/errors.ts";
import type { ArchiveToc, TocEntry } from "./archive_toc.ts";
import { readingsOf } from "./encodings.ts";
import { escapedStatement, isAmbiguousString } from "./escaped_texts.ts";
import { NAME, tokensOf } from "./tokens.ts";

/** Each begins a statement that begins, ends or divides a transaction. */
const TRANSACTION = new Set([
  ...["begin", "start", "commit", "end", "rollback", "abort", "savepoint", "release", "prepare"],
]);
/** Statements that pg_dump writes into no definition, and with which one could hide others. */
const NEVER_DUMPED = new Set(["do", "call", "execute", "copy", "load", "listen", "notify", "discard"]);

/** Without columns pg_dump writes two spaces. */
const COPY = new RegExp(
  String.raw`^COPY ${NAME}(?:\.${NAME})? (?:\(${NAME}(?:, ${NAME})*\))? ?FROM stdin;\n$`,
  "u",
);
/** {@link ByteReader.text} has these in place of such bytes. */
const NO_UTF8 = /[\ud800-\udfff]/u;
/** The kinds that have a block of data. */
const ROWS = "TABLE DATA";
const LARGE_OBJECTS = "BLOBS";

/**
 * @throws {BackupError} `archive_rejected` naming the entry that would end the transaction, holds a command of psql, or
 * cannot be read; or which loads rows by something else than COPY.
 */
export function requirePlainStatements({ entries }: Pick<ArchiveToc, "entries">): void {
  for (const entry of entries) {
    const reason = reasonAgainst(entry);
    if (reason === null) continue;
    const { kind, schema, tag } = entry;
    throw new BackupError(
      "archive_rejected",
      `Cannot restore the archive: ${kind} ${schema === null ? tag : `${schema}.${tag}`} ${reason}`,
      {
        hint:
          "pg_dump writes this only with --inserts or another encoding than UTF8; else the archive was changed. " +
          "Make it again without these options, or use a signed backup.",
      },
    );
  }
}

function reasonAgainst(entry: TocEntry): string | null {
  const { kind, definition, drop, copyStatement, hasData } = entry;
  if (kind === ROWS && hasData) {
    if (!COPY.test(copyStatement)) return "loads its rows by something else than COPY";
  } else if (hasData && kind !== LARGE_OBJECTS) return "holds rows of no table";
  if (kind === "ENCODING") {
    // in others a backslash or a quote may be a part of a letter
    return /^SET client_encoding = 'UTF8';\s*$/.test(definition) ? null : "states another encoding than UTF8";
  }
  // pg_restore writes a statement around each line
  if (kind === "BLOB METADATA" && !/^[0-9\n]*$/.test(definition)) {
    return "names a large object by something else than a number";
  }
  return reasonInAnyReading(escapedStatement(entry)?.sql ?? definition) ?? reasonInAnyReading(drop);
}

/** Code of the archive may change the encoding while it is loaded: each text is judged as psql reads it in any. */
function reasonInAnyReading(sql: string): string | null {
  if (NO_UTF8.test(sql)) return "has bytes that are not UTF-8";
  const [reason = null] = readingsOf(sql).map(reasonIn).filter((it) => it !== null);
  return reason;
}

/** @example reasonIn("rollback; create table t ();") // "holds ROLLBACK" */
export function reasonIn(sql: string): string | null {
  if (sql.includes("\0")) return "holds a byte at which pg_restore ends a text";
  /** The words of the statement so far. */
  let words = 0;
  /** Its first four, and its last. */
  let [head, last] = ["", ""];
  /** BEGIN ATOMIC and CASE that are open in the body of a function, and parentheses, in which psql counts neither. */
  let [depth, parentheses] = [0, 0];
  let isRoutine = false;
  for (const token of tokensOf(sql)) {
    const { kind, text, refused } = token;
    if (isAmbiguousString(token)) return "has a string with a backslash before a quote";
    if (refused !== undefined) return refused;
    if (text === "(") parentheses++;
    if (text === ")") parentheses--;
    if (kind === "end") {
      [words, head, last] = [0, "", ""];
      isRoutine &&= depth > 0;
    }
    if (kind === "quoted" && setsEncoding(words, head, text.slice(1, -1))) return "changes the encoding";
    if (kind !== "word") continue;
    if (setsEncoding(words, head, text)) return "changes the encoding";
    const word = text.toLowerCase();
    const isInBody = depth > 0 && parentheses === 0;
    // in a body of SQL only its END is one of these
    const isEndOfBody = word === "end" && isInBody;
    if (words === 0 && (TRANSACTION.has(word) && !isEndOfBody || NEVER_DUMPED.has(word))) {
      return `holds ${word.toUpperCase()}`;
    }
    words++;
    if (words <= 4) head = head === "" ? word : `${head} ${word}`;
    isRoutine ||= words <= 4 && /^create (or replace )?(function|procedure)$/.test(head);
    if (isEndOfBody) depth--;
    else if (isInBody && word === "case") depth++;
    // a function may have the name begin
    else if (isRoutine && parentheses === 0 && last === "begin" && word === "atomic") depth++;
    last = word;
  }
  return null;
}

/** @param head the `words` of the statement before `name` */
function setsEncoding(words: number, head: string, name: string): boolean {
  return words <= 2 && /^set( local| session)?$/.test(head) && /^(client_encoding|names)$/i.test(name);
}
