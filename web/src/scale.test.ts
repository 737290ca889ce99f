import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const SOURCE = fileURLToPath(new URL(".", import.meta.url));

/** Sizes of text, from the smallest: notes, text, a statement's text, headings of a page's states, its title. */
const TEXT = ["text-xs", "text-sm", "text-base", "text-lg", "text-xl"];
/** Steps of 4 px that lie between elements and around them; half a step and one and a half are for icons and labels. */
const STEPS = ["0", "0.5", "1", "1.5", "2", "2.5", "3", "4", "5", "6", "8", "10"];

const LITERAL = /\bfont-size\s*:|\bfontSize\b|\btext-\[[^\]]*(?:px|rem|em)\]|\bleading-\[/g;
const SIZE = /(?<![\w-])text-(?:xs|sm|base|lg|xl|\dxl)\b/g;
const SPACE = /(?<![\w-])-?(?:[mp][trblxy]?|gap(?:-[xy])?|space-[xy])-(?<step>\[[^\]]+\]|[\d.]+)(?![\w.-])/g;

function sources(): { file: string; text: string }[] {
  const names = readdirSync(SOURCE, { recursive: true, encoding: "utf8" });
  return names.filter((name) => /\.(?:tsx|css)$/.test(name)).map((file) => ({
    file,
    text: readFileSync(join(SOURCE, file), "utf8"),
  }));
}

/** What is not on the scales, each with its file. */
function offScale(find: (text: string) => string[]): string[] {
  return sources().flatMap(({ file, text }) => find(text).map((found) => `${file}: ${found}`));
}

it("texts have the sizes of one scale, and none of its own", () => {
  expect(sources().length).toBeGreaterThan(80);
  expect(offScale((text) => text.match(LITERAL) ?? [])).toEqual([]);
  expect(offScale((text) => (text.match(SIZE) ?? []).filter((size) => !TEXT.includes(size)))).toEqual([]);
});

it("distances are steps of one rhythm", () => {
  const odd = (text: string) =>
    [...text.matchAll(SPACE)].filter(({ groups }) => !STEPS.includes(groups?.step ?? "")).map(([all]) => all);
  expect(offScale(odd)).toEqual([]);
});
