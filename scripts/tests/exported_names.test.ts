/** An exported name has one meaning: no two files of the scripts and the Edge Function export the same name. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { sources } from "../dev/check/imports.ts";
import { ROOT } from "../dev/root.ts";

const FOLDERS = ["scripts/lib", "supabase/functions"];
const EXPORT =
  /^export (?:declare )?(?:async |abstract )?(?:interface|type|class|function\*?|const|let|enum) (\w+)/gm;

/** @returns the names that several files declare and export, each with those files; re-exports do not count */
function duplicates(files: readonly (readonly [path: string, text: string])[]): string[] {
  const homes = new Map<string, Set<string>>();
  for (const [path, text] of files) {
    for (const [, name = ""] of text.matchAll(EXPORT)) {
      homes.set(name, (homes.get(name) ?? new Set()).add(path));
    }
  }
  return [...homes].filter(([, paths]) => paths.size > 1)
    .map(([name, paths]) => `${name}: ${[...paths].sort().join(", ")}`).sort();
}

test("every exported name is declared in one file", () => {
  const paths = FOLDERS.flatMap((folder) => sources(folder));
  expect(paths.length).toBeGreaterThan(200);
  expect(duplicates(paths.map((path) => [path, readFileSync(join(ROOT, path), "utf8")]))).toEqual([]);
});

test("a name of two files is found; overloads, re-exports and local names are not", () => {
  expect(duplicates([
    ["a.ts", "export type Verdict = string;\nexport async function read(): void;\nexport function read() {}"],
    ["b.ts", "export interface Verdict {}\nfunction read() {}\nexport { read } from './a.ts';"],
  ])).toEqual(["Verdict: a.ts, b.ts"]);
});
