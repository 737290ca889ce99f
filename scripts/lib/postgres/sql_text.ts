/** Values and names as SQL text, and SQL text as statements. */

/** A text as an SQL literal (sessions set standard_conforming_strings). */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A value as a jsonb literal. */
export function jsonb(value: unknown): string {
  return `${literal(JSON.stringify(value))}::jsonb`;
}

/** A name as an SQL identifier. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** The name that an SQL identifier stands for. */
export function unquoted(name: string): string {
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name;
}

/** A token: a quoted text, a comment, a word, or any other single character. */
const TOKEN = new RegExp(
  [
    String.raw`--[^\n]*`,
    String.raw`\b[eE]'(?:[^'\\]|\\[\s\S]|'')*'`,
    String.raw`'(?:[^']|'')*'`,
    String.raw`"(?:[^"]|"")*"`,
    String.raw`(\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$)[\s\S]*?\1`,
    String.raw`[\w\u0080-\uffff]+(?:\$[\w$\u0080-\uffff]*)?`,
    String.raw`[\s\S]`,
  ].join("|"),
  "g",
);

/**
 * Splits a text at the semicolons that end statements, as psql does: not inside quotes, comments, parentheses or the
 * `BEGIN ATOMIC … END` body of a function. Comments are left out, except inside statements that need no splitting.
 */
export function splitStatements(text: string): string[] {
  const statements: string[] = [];
  let statement = "";
  let [parentheses, bodies, words]: [number, number, string[]] = [0, 0, []];
  for (const token of tokens(text)) {
    if (token === ";" && parentheses === 0 && bodies === 0) {
      if (statement.trim() !== "") statements.push(statement.trim());
      [statement, words] = ["", []];
      continue;
    }
    if (token === "(") parentheses++;
    if (token === ")") parentheses--;
    if (/^\w/.test(token)) {
      words.push(token.toLowerCase());
      bodies += depthChange(words, bodies);
    }
    statement += token;
  }
  if (statement.trim() !== "") statements.push(statement.trim());
  return statements;
}

/** `BEGIN ATOMIC` opens a body, `CASE` inside one nests, `END` closes; only CREATE FUNCTION and PROCEDURE have them. */
function depthChange(words: readonly string[], bodies: number): number {
  const [last, before] = [words.at(-1), words.at(-2)];
  const makesRoutine = words[0] === "create" && words.some((word) => /^(?:function|procedure)$/.test(word));
  if (!makesRoutine) return 0;
  if (last === "atomic" && before === "begin") return 1;
  if (bodies === 0) return 0;
  return last === "case" ? 1 : last === "end" ? -1 : 0;
}

/** Tokens without comments; a block comment, which may nest, becomes a blank. */
function* tokens(text: string): Generator<string> {
  let at = 0;
  while (at < text.length) {
    if (text.startsWith("/*", at)) {
      at = endOfComment(text, at);
      yield " ";
      continue;
    }
    TOKEN.lastIndex = at;
    const token = TOKEN.exec(text)?.[0] ?? text.slice(at);
    at += token.length;
    if (!token.startsWith("--")) yield token;
  }
}

function endOfComment(text: string, from: number): number {
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    if (text.startsWith("/*", at)) [depth, at] = [depth + 1, at + 1];
    else if (text.startsWith("*/", at)) {
      [depth, at] = [depth - 1, at + 1];
      if (depth === 0) return at + 1;
    }
  }
  return text.length;
}
