/** SQL in the tokens of psql's lexer (psqlscan.l): every character above ASCII is a letter, and only ASCII has white space. */

/**
 * A name as pg_dump and the server write it: in quotes unless it is small ASCII letters, digits and underscores.
 * Source: fmtId of PostgreSQL's string_utils.c, quote_identifier of its ruleutils.c
 */
export const NAME = `(?:"(?:[^"]|"")+"|[a-z_][a-z0-9_]*)`;
/** A string without escapes. */
export const STRING = `'(?:[^']|'')*'`;

const LETTER = String.raw`A-Za-z_\u{80}-\u{10ffff}`;
const TAG = `[${LETTER}][${LETTER}0-9]*`;

/** Every kind of token with its pattern, which has no group of its own; the first one that matches counts. */
const PATTERNS = {
  blank: String.raw`[ \t\n\r\f\v]+|--[^\n\r]*`,
  comment: String.raw`/\*`,
  // psql reads the E as a part of the number
  joined: String.raw`(?<=[0-9.$])[eE]'`,
  escaped: String.raw`[eE]'(?:[^'\\]|\\[^]|'')*'`,
  plain: STRING,
  quoted: String.raw`"(?:[^"]|"")*"`,
  dollar: String.raw`\$(?<tag>${TAG})?\$[^]*?\$\k<tag>\$`,
  open: String.raw`['"]|\$(?:${TAG})?\$`,
  word: `[${LETTER}][${LETTER}0-9$]*`,
  // the one variable of psql that holds text of an archive: it is run
  variable: ":LAST_ERROR_MESSAGE",
  end: ";",
  meta: String.raw`\\`,
  other: "[^]",
};
type Kind = keyof typeof PATTERNS;
const KINDS = Object.keys(PATTERNS) as Kind[];
const TOKEN = new RegExp(Object.values(PATTERNS).map((pattern) => `(${pattern})`).join("|"), "uy");
/** The group of each kind: one of dollar's is followed by that of its tag. */
const GROUPS = KINDS.map((kind, i) => [i + (i > KINDS.indexOf("dollar") ? 2 : 1), kind] as const);

/** Tokens that pg_dump does not write, with the reason against them. */
const REFUSED: Partial<Record<Kind, string>> = {
  joined: "has a string without a space before it",
  open: "has a string or a comment without an end",
  variable: "holds a variable of psql",
  meta: "holds a command of psql",
};

export interface Token {
  /**
   * `blank`: white space or a comment of one line; `comment`: of several; `plain`: a string without escapes; `quoted`: a name
   * with its quotes; `dollar`: a string in dollars; `end`: of a statement; `other`: one character of no other kind.
   */
  kind: Kind;
  /** As it stands in the text. */
  text: string;
  /** Why the text is not one of pg_dump's. */
  refused?: string;
}

/** The tokens of a text, all of it. */
export function* tokensOf(sql: string): Generator<Token> {
  for (let at = 0; at < sql.length;) {
    const from = at;
    TOKEN.lastIndex = from;
    const match = TOKEN.exec(sql);
    const kind = GROUPS.find(([group]) => match?.[group] !== undefined)?.[1] ?? "other";
    at = kind === "comment" ? endOfComment(sql, from) : TOKEN.lastIndex;
    if (at < 0) return yield { kind: "open", text: sql.slice(from), refused: REFUSED.open };
    yield { kind, text: sql.slice(from, at), refused: REFUSED[kind] };
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
