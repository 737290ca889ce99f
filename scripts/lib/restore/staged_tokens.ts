/** The tokens of the texts that pg_dump writes for tables and indexes. */

/** A name as pg_dump writes it. */
export const NAME = `(?:"(?:[^"]|"")+"|[a-z_\\u0080-\\uffff][\\w$\\u0080-\\uffff]*)`;

const TOKEN = new RegExp(
  `(?<blank>\\s+)|(?<name>${NAME})|(?<literal>'(?:[^']|'')*')|(?<number>\\d[\\w.]*)|` +
    `(?<operator>[-+*/<>=~!@#%^&|?]+)|(?<sign>::|[()\\[\\],.:])|(?<word>[A-Z][A-Z_]*)|(?<other>[^])`,
  "gy",
);

/** A token of a text: what it is, and what it says. */
export interface StagedToken {
  text: string;
  blank?: string;
  name?: string;
  word?: string;
  literal?: string;
  operator?: string;
  other?: string;
}

/** @returns tokens that give the text when joined */
export function stagedTokens(text: string): StagedToken[] {
  return [...text.matchAll(TOKEN)].map(({ 0: text, groups }) => ({ ...groups, text }));
}
