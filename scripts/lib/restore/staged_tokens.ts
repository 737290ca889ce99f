/** The tokens of the texts that pg_dump writes for tables and indexes. */
import { NAME, STRING } from "../archive/tokens.ts";

/** Not inside of a longer word, which the server reads as one name. */
const END = "(?![A-Za-z0-9_$\\u0080-\\uffff])";

const TOKEN = new RegExp(
  `(?<blank>\\s+)|(?<name>${NAME})${END}|(?<literal>${STRING})|(?<number>\\d[\\w.]*)|` +
    `(?<operator>[-+*/<>=~!@#%^&|?]+)|(?<sign>::|[()\\[\\],.:])|(?<word>[A-Z][A-Z_]*)${END}|(?<other>[^])`,
  "gy",
);

/** A token of a text: what it is, and what it says. */
export interface StagedToken {
  text: string;
  blank?: string;
  name?: string;
  word?: string;
  literal?: string;
  number?: string;
  operator?: string;
  other?: string;
}

/** @returns tokens that give the text when joined */
export function stagedTokens(text: string): StagedToken[] {
  return [...text.matchAll(TOKEN)].map(({ 0: text, groups }) => ({ ...groups, text }));
}
