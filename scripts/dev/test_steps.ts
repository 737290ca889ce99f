/** The steps of `npm test`, in the order of how soon they speak; each knows how to read its runner's own report. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

export interface Step {
  name: string;
  command: readonly string[];
  /** Reads the runner's own report; a step without one counts as one test. */
  count?: (output: string, folder: string) => Promise<Counts> | Counts;
}

const CHECKED = ["scripts/*.ts", "scripts/**/*.ts", "supabase/functions/**/*.ts", "supabase/tests/**/*.ts"];

export const STEPS: readonly Step[] = [
  { name: "format", command: ["deno", "fmt", "--check", "--quiet"] },
  { name: "lint", command: ["deno", "lint", "--quiet"] },
  { name: "types: scripts and function", command: ["deno", "check", "--quiet", ...CHECKED] },
  { name: "types: screen and shared domain", command: ["tsc", "-p", "web"] },
  { name: "types: tests of the screen", command: ["tsc", "-p", "web/e2e"] },
  {
    name: "function and domain (deno test)",
    command: [
      "deno",
      "test",
      "--quiet",
      "--no-check",
      "--allow-env",
      "--allow-read",
      "scripts/dev/check/deno_tests.ts",
    ],
    count: countDeno,
  },
  {
    name: "scripts, database, workflows (vitest)",
    command: [
      "vitest",
      "run",
      "--config",
      "scripts/vitest.config.ts",
      "--reporter=default",
      "--reporter=json",
      "--outputFile=FOLDER/vitest.json",
    ],
    count: countVitest,
  },
  {
    name: "browser (playwright)",
    command: ["tsx", "scripts/dev/browser_tests.ts"],
    count: countPlaywright,
  },
];

function countDeno(output: string): Counts {
  const line = /(\d+) passed(?: \(\d+ steps?\))? \| (\d+) failed(?: \(\d+ steps?\))?(?: \| (\d+) ignored)?/
    .exec(output);
  return { passed: Number(line?.[1] ?? 0), failed: Number(line?.[2] ?? 1), skipped: Number(line?.[3] ?? 0) };
}

async function countVitest(_output: string, folder: string): Promise<Counts> {
  const report = z.object({
    numPassedTests: z.number(),
    numFailedTests: z.number(),
    numTotalTests: z.number(),
  })
    .parse(JSON.parse(await readFile(join(folder, "vitest.json"), "utf8")));
  const { numPassedTests: passed, numFailedTests: failed } = report;
  return { passed, failed, skipped: report.numTotalTests - passed - failed };
}

async function countPlaywright(_output: string, folder: string): Promise<Counts> {
  const report = z.object({
    stats: z.object({ expected: z.number(), unexpected: z.number(), flaky: z.number(), skipped: z.number() }),
  }).parse(JSON.parse(await readFile(join(folder, "playwright.json"), "utf8")));
  const { expected, unexpected, flaky, skipped } = report.stats;
  return { passed: expected, failed: unexpected + flaky, skipped };
}
