/**
 * Types of the modules of Deno's std that this repository uses. The import maps take them from the npm package
 * `deno-std`, which has no types of its own. The names are those of JSR: an installation that reaches it may map them
 * to `jsr:@std/…` instead, and then does not need this file.
 */

declare module "@std/text/closest-string" {
  /** @throws {TypeError} for an empty list. */
  export function closestString(
    givenWord: string,
    possibleWords: ReadonlyArray<string>,
    options?: { caseSensitive?: boolean; compareFn?: (a: string, b: string) => number },
  ): string;
}

declare module "@std/text/levenshtein-distance" {
  export function levenshteinDistance(a: string, b: string): number;
}
