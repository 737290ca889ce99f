/** The measures that the owner defines in `scripts/business.sql`. */
import { readFileSync } from "node:fs";

const FILE = new URL("../../business.sql", import.meta.url);
const HEADING = /^--[ \t]*medida:[ \t]*(.*)$/m;

export interface MeasureDefinition {
  name: string;
  /** One query of four columns: company, number, sum, newest. Without comments around it and its semicolon. */
  query: string;
  /** Why it cannot be measured; `null`: it can. */
  problem: string | null;
}

/** @param text default: the owner's file */
export function measureDefinitions(text: string = readFileSync(FILE, "utf8")): MeasureDefinition[] {
  // the parts before and between: text, name, query, name, query, …
  const parts = text.replaceAll("\r\n", "\n").split(new RegExp(HEADING, "gm")).slice(1);
  const names = new Set<string>();
  return Array.from({ length: parts.length / 2 }, (_, i) => {
    const name = (parts[2 * i] ?? "").trim();
    const query = queryOf(parts[2 * i + 1] ?? "");
    const isTaken = names.has(name);
    names.add(name);
    return { name: isTaken ? `${name} (${i + 1})` : name, query, problem: problemOf(name, query, isTaken) };
  });
}

function queryOf(part: string): string {
  const lines = part.split("\n").filter((line) => !/^\s*--/.test(line));
  return lines.join("\n").trim().replace(/\s*;$/, "");
}

function problemOf(name: string, query: string, isTaken: boolean): string | null {
  if (name === "") return "it has no name";
  if (query === "") return "it has no query";
  return isTaken ? `the name "${name}" is taken` : null;
}
