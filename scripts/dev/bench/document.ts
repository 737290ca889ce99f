/** docs/benchmarks.md: the cost of backup and restore, then a section for each other measurement. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ROOT } from "../root.ts";

const FILE = join(ROOT, "docs", "benchmarks.md");
const HEADING = /^(?=## )/m;

/** Replaces the section under its heading, or appends it. Nothing else is changed. */
export function withSection(document: string, title: string, text: string): string {
  const [head = "", ...sections] = document.split(HEADING);
  const section = `## ${title}\n\n${text.trim()}\n`;
  const at = sections.findIndex((each) => each.startsWith(`## ${title}\n`));
  if (at === -1) sections.push(section);
  else sections[at] = section;
  return [head, ...sections].map((part) => part.trimEnd()).join("\n\n") + "\n";
}

/** Replaces the text before the sections. */
export function withHead(document: string, head: string): string {
  const [, ...sections] = document.split(HEADING);
  return [head, ...sections].map((part) => part.trimEnd()).join("\n\n") + "\n";
}

/** Rewrites the file in the repository. */
export async function rewriteBenchmarks(change: (document: string) => string): Promise<void> {
  await writeFile(FILE, change(await readFile(FILE, "utf8")));
}
