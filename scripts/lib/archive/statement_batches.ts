/** Joins statements, so that psql sends many at once: alone, each takes a round trip to the server. */
import { type Token, tokensOf } from "./tokens.ts";

/** psql's protection of what pg_restore writes stands on lines of its own. */
const RESTRICTION = /^(\\(?:un)?restrict .*\n)/m;
/** These decide how the server reads what follows them. */
const SETTINGS = new Set(["set", "reset"]);
const BATCH_BYTES = 2 ** 18;

/**
 * psql keeps what a backslash before a semicolon ends, and sends it with what follows. Settings are sent alone, and so is a
 * function with statements in its body: after such a semicolon psql would not find the body's end.
 * @param sql as pg_restore writes it, without rows. A text that psql may read otherwise is returned as it is.
 */
export function inBatches(sql: string): string {
  return sql.split(RESTRICTION).map((part) => RESTRICTION.test(part) ? part : joined(part)).join("");
}

function joined(sql: string): string {
  const tokens = [...tokensOf(sql)];
  if (tokens.some(({ refused }) => refused !== undefined)) return sql;
  const statements = statementsOf(tokens);
  let bytes = 0;
  return statements.map((statement, i) => {
    bytes += statement.text.length;
    const isLast = statement.isAlone || (statements[i + 1]?.isAlone ?? true) || bytes >= BATCH_BYTES;
    if (isLast) bytes = 0;
    return isLast ? statement.text : statement.text.replace(/;$/, "\\;");
  }).join("");
}

interface Statement {
  /** To its semicolon; of the last one, what follows the last semicolon. */
  text: string;
  isAlone: boolean;
}

function statementsOf(tokens: readonly Token[]): Statement[] {
  const statements: Statement[] = [];
  let [text, words, depth] = ["", [] as string[], 0];
  for (const { kind, text: token } of tokens) {
    text += token;
    if (kind === "word") {
      words.push(token.toLowerCase());
      depth += bodyStep(words, depth > 0);
    }
    if (kind !== "end" || depth > 0) continue;
    statements.push({ text, isAlone: SETTINGS.has(words[0] ?? "") || words.includes(ATOMIC) });
    [text, words] = ["", []];
  }
  return [...statements, { text, isAlone: true }];
}

const ATOMIC = "atomic";

/** What the last word opens or closes of a body of statements. */
function bodyStep(words: readonly string[], isInBody: boolean): number {
  const [before, word] = words.slice(-2);
  if (word === ATOMIC && before === "begin" || isInBody && word === "case") return 1;
  return isInBody && words.at(-1) === "end" ? -1 : 0;
}
