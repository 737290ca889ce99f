/** SQL in the tokens of psql's lexer (psqlscan.l): every character above ASCII is a letter, and only ASCII has white space. */

const LETTER = String.raw`A-Za-z_\u{80}-\u{10ffff}`;
const TAG = `[${LETTER}][${LETTER}0-9]*`;

const TOKEN = new RegExp(
  [
    String.raw`(?<space>[ \t\n\r\f\v]+|--[^\n\r]*)`,
    String.raw`(?<comment>/\*)`,
    // psql reads the E as a part of the number
    String.raw`(?<joined>(?<=[0-9.$])[eE]')`,
    String.raw`(?<escaped>[eE]'(?:[^'\\]|\\[^]|'')*')`,
    String.raw`(?<plain>'(?:[^']|'')*')`,
    String.raw`(?<quoted>"(?:[^"]|"")*")`,
    String.raw`(?<dollar>\$(?<tag>${TAG})?\$[^]*?\$\k<tag>\$)`,
    String.raw`(?<open>['"]|\$(?:${TAG})?\$)`,
    `(?<word>[${LETTER}][${LETTER}0-9$]*)`,
    // the one variable of psql that holds text of an archive: it is run
    "(?<variable>:LAST_ERROR_MESSAGE)",
    "(?<end>;)",
    String.raw`(?<meta>\\)`,
    "(?<other>[^])",
  ].join("|"),
  "uy",
);

/** Tokens that pg_dump does not write, with the reason against them. */
const REFUSED = {
  joined: "has a string without a space before it",
  open: "has a string or a comment without an end",
  variable: "holds a variable of psql",
  meta: "holds a command of psql",
} as const;

export interface Token {
  /** As it stands in the text. */
  text: string;
  /** A string without escapes. */
  plain?: string;
  /** A quoted name, with its quotes. */
  quoted?: string;
  word?: string;
  /** The end of a statement. */
  end?: string;
  /** A character of no other kind. */
  other?: string;
  /** Why the text is not one of pg_dump's. */
  refused?: string;
}

/** The tokens of a text, all of it; strings with escapes, strings in dollars, comments and white space are tokens without a field. */
export function* tokensOf(sql: string): Generator<Token> {
  for (let at = 0; at < sql.length;) {
    const from = at;
    TOKEN.lastIndex = from;
    const groups: Partial<Record<string, string>> = TOKEN.exec(sql)?.groups ?? {};
    at = groups.comment === undefined ? TOKEN.lastIndex : endOfComment(sql, from);
    if (at < 0) return yield { text: sql.slice(from), refused: REFUSED.open };
    const text = sql.slice(from, at);
    const wrong = Object.entries(REFUSED).find(([kind]) => groups[kind] !== undefined);
    yield wrong === undefined ? { ...groups, text } : { text, refused: wrong[1] };
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
