/**
 * `npm run check`: what can be known without a server, while one works: format, lint, types and the quick tests,
 * two at a time.
 *
 *     npm run check [-- WORD…]     only the steps whose name contains a word
 *
 * A step that passes says so in a line, one that fails is shown in full. Exit code 0 when all passed, 1 otherwise,
 * 2 for a word that no step's name contains.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { killGroup } from "../../lib/process/kill_group.ts";
import { ROOT } from "../root.ts";
import { CHECK_STEPS, type CheckStep } from "./steps.ts";

const AT_ONCE = 2;

const words = process.argv.slice(2);
const steps = CHECK_STEPS.filter(({ name }) =>
  words.length === 0 || words.some((word) => name.includes(word))
);
if (steps.length === 0) {
  const names = CHECK_STEPS.map(({ name }) => name).join("; ");
  process.stderr.write(`No step is called ${words.join(" ")}. Steps: ${names}\n`);
  process.exit(2);
}
mkdirSync(join(ROOT, "node_modules", ".cache", "revo-backups"), { recursive: true });
const running = new Set<ChildProcess>();
for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
  process.once(signal, () => {
    for (const child of running) killGroup(child);
    process.exit(code);
  });
}
const started = performance.now();
const failed = await runAll(steps);
process.stdout.write(
  failed.length === 0
    ? `all ${steps.length} steps passed, ${secondsSince(started)} s\n`
    : `${failed.length} of ${steps.length} steps failed: ${failed.join("; ")}, ${secondsSince(started)} s\n`,
);
process.exit(failed.length === 0 ? 0 : 1);

/** @returns the names of the steps that failed */
async function runAll(all: readonly CheckStep[]): Promise<string[]> {
  const waiting = [...all];
  const names: string[] = [];
  const work = async () => {
    for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) {
      if (!await passes(step)) names.push(step.name);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return names;
}

async function passes({ name, command }: CheckStep): Promise<boolean> {
  const began = performance.now();
  const { code, said } = await run(command);
  const verdict = `${code === 0 ? "ok    " : "FAILED"} ${secondsSince(began).padStart(5)} s  ${name}\n`;
  process.stdout.write(code === 0 ? verdict : `${said.trimEnd()}\n${verdict}`);
  return code === 0;
}

async function run(
  [program = "", ...args]: readonly string[],
): Promise<{ code: number | null; said: string }> {
  const child = spawn(join(ROOT, "node_modules", ".bin", program), args, {
    cwd: ROOT,
    // a group of its own, so that its workers end with it
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" },
  });
  running.add(child);
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Uint8Array) => said += new TextDecoder().decode(chunk));
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  running.delete(child);
  return { code, said };
}

function secondsSince(moment: number): string {
  return ((performance.now() - moment) / 1000).toFixed(1);
}
