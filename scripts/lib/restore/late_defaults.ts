/**
 * Defaults of a staged table that name what is not there while it is loaded: functions of the project, `auth.uid()`,
 * sequences. COPY computes no default of a column that it lists, and pg_dump lists all of them.
 */
import { type StagedToken, stagedTokens } from "./staged_tokens.ts";

export interface LateDefault {
  /** As the text has it. */
  column: string;
  value: string;
}

/**
 * Takes defaults out of a list of columns.
 * @param columns as pg_dump writes them, with their parentheses
 * @param stays whether a default may stay where it is
 * @returns the other columns' text, and the defaults that were taken out. One that the restore's session could read
 * otherwise than the server stays in any case.
 */
export function withoutDefaults(
  columns: string,
  stays: (value: string) => boolean,
): { rest: string; late: LateDefault[] } {
  const tokens = stagedTokens(columns);
  const late: LateDefault[] = [];
  let [rest, column, depth] = ["", "", 0];
  let isFirst = false;
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i];
    if (token === undefined) break;
    depth += step(token);
    const isBetween = depth === 1 && (token.text === "(" || token.text === ",");
    if (isFirst && token.blank === undefined) column = token.name ?? "";
    isFirst = isBetween || isFirst && token.blank !== undefined;
    const end = depth === 1 && token.word === "DEFAULT" && column !== "" ? endOfValue(tokens, i + 1) : null;
    const value = end === null ? "" : tokens.slice(i + 1, end).map(({ text }) => text).join("").trim();
    if (end === null || stays(value) || !isPlain(tokens.slice(i + 1, end))) {
      rest += token.text;
      continue;
    }
    late.push({ column, value });
    rest = rest.trimEnd();
    i = end - 1;
  }
  return { rest, late };
}

/** What follows a default in the text of a column. */
const AFTER_VALUE = /^ (?:NOT NULL|COLLATE|CONSTRAINT)(?![A-Z_])/;

/** @returns the index of the token after a default: a comma, a parenthesis, or the blank before the next word */
function endOfValue(tokens: readonly StagedToken[], from: number): number {
  let depth = 0;
  for (let i = from; i < tokens.length; i++) {
    const token = tokens[i];
    if (token === undefined) break;
    depth += step(token);
    if (depth < 0 || depth === 0 && token.text === ",") return i;
    const next = tokens.slice(i, i + 4).map(({ text }) => text).join("");
    if (depth === 0 && token.blank !== undefined && i > from && AFTER_VALUE.test(next)) return i;
  }
  return tokens.length;
}

function step({ text }: StagedToken): number {
  if (text === "(" || text === "[") return 1;
  return text === ")" || text === "]" ? -1 : 0;
}

/** Whether psql and the server read it alike under every setting. */
function isPlain(tokens: readonly StagedToken[]): boolean {
  return tokens.every(({ text, literal, operator, other }) =>
    other === undefined && text !== ":" && !literal?.includes("\\") && !/--|\/\*/.test(operator ?? "")
  );
}
