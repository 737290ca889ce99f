/**
 * Checks of documents: every command states how it is checked, every name exists, every link has a target, and the
 * guides quote the screen's labels.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CONDITION_IDS } from "@backup/watch/conditions.ts";
import {
  deadLinksOf,
  type Document,
  inlineCodeOf,
  readDocuments,
  Repository,
  ROOT,
  shownWordsOf,
} from "./documented_names.ts";
import { type Block, blocksOf, MARKS } from "./markdown_commands.ts";

const documents = readDocuments();
const repository = new Repository();
/** Names of other programs, and placeholders. */
const FOREIGN = new Set(["RESTORE_PROD"]);

/** `path: problem` of all findings in all documents. */
function findings(check: (document: Document) => string[]): string[] {
  return documents.flatMap((document) => check(document).map((found) => `${document.path}: ${found}`));
}

const commandsOf = (text: string) => blocksOf(text).filter(({ language }) => language === "sh");
const isOf = (marks: readonly string[]) => ({ mark }: Block) => marks.includes(mark);

describe("commands", () => {
  it("each block states how it is checked", () => {
    const unmarked = findings(({ text }) =>
      commandsOf(text).filter((block) => !isOf(MARKS)(block)).map(({ line }) => `line ${line}`)
    );
    expect(unmarked).toEqual([]);
    const languages = new Set(
      documents.flatMap(({ text }) => blocksOf(text).map(({ language }) => language)),
    );
    expect([...languages].filter((it) => /^(bash|shell|console|zsh)$/.test(it))).toEqual([]);
  });

  it("each names files, commands and variables that exist", () => {
    expect(findings(({ text }) => {
      // variables that the document sets for itself
      const own = new Set([...text.matchAll(/^ *(?:export )?([A-Z_]+)=.*$/gm)].map(([, name = ""]) => name));
      const uses = (name: string) => new RegExp(`\\$\\{?${name}\\b`).test(text) && own.has(name);
      return commandsOf(text).flatMap(({ text: code }) => repository.problemsOf(code))
        .filter((name) => !FOREIGN.has(name) && !uses(name));
    })).toEqual([]);
  });

  it("the check finds a missing name", () => {
    const wrong = "NO_SUCH_NAME=1 npm run nothing && deno task nothing && ./scripts/nothing.sh";
    expect(repository.problemsOf(wrong).sort()).toEqual(
      ["NO_SUCH_NAME", "deno task nothing", "npm run nothing", "scripts/nothing.sh"].sort(),
    );
    const link = { path: "docs/x.md", text: "[a](nothing.md) [b](drill.md#nothing) [c](drill.md#checks)" };
    expect(deadLinksOf(link)).toEqual(["nothing.md", "drill.md#nothing"]);
    expect(repository.shows("Nada disto está na tela")).toBe(false);
  });
});

describe("text", () => {
  it("names in it exist", () => {
    const missing = findings(({ text }) => inlineCodeOf(text).flatMap((code) => repository.problemsOf(code)));
    expect(missing.filter((it) => ![...FOREIGN].some((name) => it.endsWith(name)))).toEqual([]);
  });

  it("links and anchors have targets", () => {
    expect(findings(deadLinksOf)).toEqual([]);
  });

  it("pages of the guide that the screen names have targets", () => {
    const folder = "web/src/features/backups";
    const files = readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" });
    const pages = files.filter((file) => file.endsWith(".tsx")).flatMap((file) =>
      [...readFileSync(join(ROOT, folder, file), "utf8").matchAll(/"([^"]+\.md(?:#[^"]+)?)"/g)].map((
        [, it],
      ) => it)
    );
    expect(pages.length).toBeGreaterThan(20);
    const links = pages.map((page) => `[a](${page})`).join(" ");
    expect(deadLinksOf({ path: "docs/guia/of-the-screen.md", text: links })).toEqual([]);
  });

  it("labels quoted by the guides are on the screen", () => {
    const guides = documents.filter(({ path }) => path.startsWith("docs/guia/"));
    const quoted = guides.flatMap(({ path, text }) => shownWordsOf(text).map((words) => ({ path, words })));
    expect(quoted.filter(({ words }) => !repository.shows(words))).toEqual([]);
    expect(quoted.length).toBeGreaterThan(40);
  });

  it("every alarm has a line in the guide", () => {
    const guide = documents.find(({ path }) => path === "docs/guia/avisos.md")?.text ?? "";
    expect(CONDITION_IDS.filter((id) => !guide.includes(`\`${id}\``))).toEqual([]);
  });

  it("the README fits on two screens", () => {
    const readme = documents.find(({ path }) => path === "README.md");
    expect(readme?.text.split("\n").length).toBeLessThan(75);
  });
});
