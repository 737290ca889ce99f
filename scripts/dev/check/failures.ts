/** The failures of each runner of `npm test`, kept in files until `failed_tests.ts` prints them at its end. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { ROOT } from "../root.ts";

const FOLDER = join(ROOT, "node_modules", ".cache", "revo-backups", "failures");
const LONGEST_LINE = 200;
/** Deno writes them as JUnit's XML. */
const DENO = "deno.xml";

export interface Failure {
  /** File and title. */
  test: string;
  error: string;
  /** It passed when it was repeated: named at the end, but no reason to fail the run. */
  unstable?: true;
}

/** Forgets those of an earlier run. */
export function forgetFailures(): void {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
}

/** A runner whose tests passed writes an empty list. */
export function writeFailures(runner: "vitest" | "browser", failures: readonly Failure[]): void {
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(join(FOLDER, runner), JSON.stringify(failures));
}

/** What each runner wrote; `null` if it ended before its tests did. */
export function readFailures(): Record<string, Failure[] | null> {
  const parsed = (runner: string) => {
    const text = textOf(runner);
    return text === null ? null : JSON.parse(text) as Failure[];
  };
  const deno = textOf(DENO);
  return {
    deno: deno === null ? null : junitFailures(deno),
    vitest: parsed("vitest"),
    browser: parsed("browser"),
  };
}

function textOf(name: string): string | null {
  const file = join(FOLDER, name);
  return existsSync(file) ? readFileSync(file, "utf8") : null;
}

/** The failed tests of a report in JUnit's XML as Deno writes it. */
export function junitFailures(xml: string): Failure[] {
  const failed = xml.matchAll(/<testcase name="([^"]*)"[^>]*>\s*<(?:failure|error) message="([^"]*)"/g);
  return [...failed].map(([, test = "", error = ""]) => ({ test: decoded(test), error: decoded(error) }));
}

function decoded(text: string): string {
  const NAMED: Record<string, string> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };
  return text.replaceAll(
    /&(?:#(\d+)|#x([0-9a-f]+)|(\w+));/gi,
    (all, decimal, hex, name) =>
      name ? NAMED[name] ?? all : String.fromCodePoint(decimal ? Number(decimal) : parseInt(hex, 16)),
  );
}

/** Two lines: the test, and the first line of its error. */
export function describeFailure({ test, error }: Failure): string {
  const [first = "no message"] = stripVTControlCharacters(error).split("\n").map((line) => line.trim())
    .filter(Boolean);
  return `  ${test}\n    ${first.slice(0, LONGEST_LINE)}\n`;
}
