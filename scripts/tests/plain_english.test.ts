/** Words that code and English documents do not use: CONTRIBUTING.md, "Rules" and "Glossary", has the terms to use. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "../dev/root.ts";

const WORDS = /\b(?:told|asker|whoever|nobody|twins|hindrance|surroundings|takeAway)\b/gi;
const INSTEAD: Readonly<Record<string, string>> = {
  told: "notified, reported, delivered",
  asker: "requester",
  whoever: "the caller, the process that, users who",
  nobody: "no user, no process; or name what is missing",
  twins: "duplicates",
  hindrance: "disabledReason, obstacle",
  surroundings: "context, dependencies",
  takeaway: "rollback",
};
const TEXTS = /\.(?:tsx?|mjs|sql|sh|md|yml|toml)$/;
const SKIPPED_FOLDERS = /(?:^|\/)(?:node_modules|dist|test-results|playwright-report)(?:\/|$)/;
/** Released migrations do not change; this file contains the words. */
const FROZEN = ["supabase/migrations/", "supabase/schema.sql", "scripts/tests/plain_english.test.ts"];
/** The Unix user `nobody`. */
const DELIBERATE: readonly (readonly [file: string, quoted: RegExp])[] = [
  ["scripts/lib/server/server_user.ts", /["']nobody["']/g],
];

function textFiles(): string[] {
  const inFolders = ["scripts", "supabase", "web", "docs", ".github"].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" }).map((name) => join(folder, name))
  );
  return ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", ...inFolders].filter((path) =>
    TEXTS.test(path) && !SKIPPED_FOLDERS.test(path)
  );
}

function wordsIn(path: string, text: string): string[] {
  const deliberate = DELIBERATE.filter(([file]) => file === path);
  const rest = deliberate.reduce((left, [, quoted]) => left.replaceAll(quoted, '""'), text);
  return rest.split("\n").flatMap((line, index) =>
    [...line.matchAll(WORDS)].map(([word]) =>
      `${path}:${index + 1}: "${word}": write ${INSTEAD[word.toLowerCase()]}`
    )
  );
}

test("code and English documents use standard terms", () => {
  const files = textFiles();
  expect(files.length).toBeGreaterThan(500);
  const checked = files.filter((path) => !FROZEN.some((left) => path.startsWith(left)));
  expect(checked.flatMap((path) => wordsIn(path, readFileSync(join(ROOT, path), "utf8")))).toEqual([]);
});

test("finds a word in any case, also in names, and skips deliberate uses", () => {
  expect(wordsIn("x.ts", "/** Told to whoever asks. */\nconst twins = rows_told;")).toEqual([
    'x.ts:1: "Told": write notified, reported, delivered',
    'x.ts:1: "whoever": write the caller, the process that, users who',
    'x.ts:2: "twins": write duplicates',
  ]);
  expect(wordsIn("scripts/lib/server/server_user.ts", 'for (const name of ["postgres", "nobody"]) {'))
    .toEqual([]);
});
