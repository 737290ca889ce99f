/** `npm test`: everything, step after step (test_steps.ts), each with its runner's own output; closes with the sum. A skipped test is a failure. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { installSystemPackages } from "./system_packages.ts";
import { type Counts, type Step, STEPS } from "./test_steps.ts";

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

function add(sum: Counts, more: Counts): void {
  sum.passed += more.passed;
  sum.failed += more.failed;
  sum.skipped += more.skipped;
}
