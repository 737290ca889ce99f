/**
 * `npm test`: everything, in the order of how soon it speaks: format, lint, types, unit, then the tests that
 * start the real stack. Prints each runner's own output and closes with the sum. A skipped test is a failure.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { z } from "zod";
import { installSystemPackages } from "./system_packages.ts";

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

interface Step {
  name: string;
  command: readonly string[];
  /** Reads the runner's own report; a step without one counts as one test. */
  count?: (output: string, folder: string) => Promise<Counts> | Counts;
}

const CHECKED = ["scripts/*.ts", "scripts/**/*.ts", "supabase/functions/**/*.ts", "supabase/tests/**/*.ts"];

const STEPS: readonly Step[] = [
  { name: "format", command: ["deno", "fmt", "--check", "--quiet"] },
  { name: "lint", command: ["deno", "lint", "--quiet"] },
  { name: "types: scripts and function", command: ["deno", "check", "--quiet", ...CHECKED] },
  { name: "types: screen and shared domain", command: ["tsc", "-p", "web"] },
  {
    name: "function and domain (deno test)",
    command: [
      "deno",
      "test",
      "--quiet",
      "--allow-env",
      "supabase/functions/_shared",
      "supabase/functions/ops-backups",
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

const only = process.argv.slice(2);
const steps = only.length === 0
  ? STEPS
  : STEPS.filter(({ name }) => only.some((word) => name.includes(word)));
if (steps.length === 0) {
  process.stderr.write(
    `No step is called ${only.join(" ")}. Steps: ${STEPS.map(({ name }) => name).join("; ")}\n`,
  );
  process.exit(2);
}
await installSystemPackages(["postgresql", "isal", "chromium"], (line) => process.stdout.write(line + "\n"));
const folder = await mkdtemp(join(tmpdir(), "revo-test-"));
let running: ChildProcess | null = null;
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    running?.kill(signal);
    void rm(folder, { recursive: true, force: true }).finally(() => process.exit(130));
  });
}
const total: Counts = { passed: 0, failed: 0, skipped: 0 };
try {
  for (const step of steps) add(total, await runStep(step));
} finally {
  await rm(folder, { recursive: true, force: true });
}
process.stdout.write(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped\n`);
process.exit(total.failed === 0 && total.skipped === 0 ? 0 : 1);

async function runStep(step: Step): Promise<Counts> {
  const started = performance.now();
  process.stdout.write(`\n=== ${step.name}\n`);
  const { code, output } = await run(step.command.map((word) => word.replace("FOLDER", folder)));
  const counts = step.count
    ? await Promise.resolve(step.count(output, folder)).catch(() => ({ passed: 0, failed: 1, skipped: 0 }))
    : { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 };
  // a runner that fails without a failed test, or runs none, has failed all the same
  if (counts.failed === 0 && (code !== 0 || counts.passed === 0)) counts.failed = 1;
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  process.stdout.write(
    `=== ${step.name}: ${counts.failed === 0 ? "ok" : `FAILED (exit ${code})`}, ${seconds} s\n`,
  );
  return counts;
}

function run(command: readonly string[]): Promise<{ code: number; output: string }> {
  const [program = "", ...args] = command;
  const env = {
    ...process.env,
    DENO_NO_UPDATE_CHECK: "1",
    NO_COLOR: "1",
    PLAYWRIGHT_JSON_OUTPUT_NAME: join(folder, "playwright.json"),
  };
  const child = spawn(join("node_modules", ".bin", program), args, {
    stdio: ["ignore", "pipe", "pipe"],
    env,
  });
  running = child;
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Uint8Array) => {
      process.stdout.write(chunk);
      output += new TextDecoder().decode(chunk);
    });
  }
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code: code ?? 1, output }));
  });
}

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

function add(sum: Counts, more: Counts): void {
  sum.passed += more.passed;
  sum.failed += more.failed;
  sum.skipped += more.skipped;
}
