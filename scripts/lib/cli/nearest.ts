import { closestString } from "@std/text/closest-string";
import { levenshteinDistance } from "@std/text/levenshtein-distance";

/** The name that was probably meant: one that begins with `word` or differs in at most half of it; else `null`. */
export function nearest(word: string, names: readonly string[]): string | null {
  const begun = names.find((name) => word !== "" && name.startsWith(word));
  if (begun !== undefined || names.length === 0) return begun ?? null;
  const closest = closestString(word, names);
  return levenshteinDistance(word.toLowerCase(), closest) <= word.length / 2 ? closest : null;
}
