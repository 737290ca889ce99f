/** Runs a file under Deno as production does: in its own process, with the permissions of its task in deno.json. */
import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { z } from "zod";
import { childEnvironment } from "../../lib/process/child_environment.ts";
import { killGroup } from "../../lib/process/kill_group.ts";
import { ROOT } from "../root.ts";

const MEMORY_POLL_MS = 100;
const KIB_PER_MB = 1_000_000 / 1024;

export interface DenoOrder {
  /** The task whose permissions it has. */
  task: string;
  /** Default: the task's own. */
  file?: string;
  args?: readonly string[];
  env: Readonly<Record<string, string>>;
  signal: AbortSignal;
}

export interface DenoRun {
  printed: string;
  /** Wall-clock time of the whole process, in seconds. */
  seconds: number;
  /** Peak of its resident memory, in MB; 0 where the system does not report it. */
  peakMb: number;
}

/** @throws {Error} with its output when it does not exit with 0. */
export async function runDeno({ task, file, args = [], env, signal }: DenoOrder): Promise<DenoRun> {
  const from = performance.now();
  const { flags, script } = await taskOf(task);
  const { DENO_DIR } = process.env;
  const child = spawn(join(ROOT, "node_modules/.bin/deno"), ["run", ...flags, file ?? script, ...args], {
    cwd: ROOT,
    detached: true,
    env: childEnvironment({
      ...(DENO_DIR !== undefined && { DENO_DIR }),
      DENO_NO_UPDATE_CHECK: "1",
      ...env,
    }),
    stdio: ["ignore", "pipe", "pipe"],
  });
  const abort = () => killGroup(child);
  signal.addEventListener("abort", abort, { once: true });
  let [printed, said, peakKib] = ["", "", 0];
  child.stdout.on("data", (chunk: Uint8Array) => printed += new TextDecoder().decode(chunk));
  child.stderr.on("data", (chunk: Uint8Array) => said += new TextDecoder().decode(chunk));
  const poll = setInterval(async () => peakKib = Math.max(peakKib, await peakOf(child.pid)), MEMORY_POLL_MS);
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", resolve);
    });
    const seconds = (performance.now() - from) / 1000;
    if (code !== 0) throw new Error(`${file ?? script} ended with ${code}: ${said.trim()}`);
    return { printed, seconds, peakMb: peakKib / KIB_PER_MB };
  } finally {
    clearInterval(poll);
    signal.removeEventListener("abort", abort);
  }
}

const denoJson = z.object({ tasks: z.record(z.string(), z.string()) });

async function taskOf(name: string): Promise<{ flags: string[]; script: string }> {
  const { tasks } = denoJson.parse(JSON.parse(await readFile(join(ROOT, "deno.json"), "utf8")));
  const [, flags, script] = /deno run (.*) (scripts\/\S+\.ts)$/.exec(tasks[name] ?? "") ?? [];
  if (flags === undefined || script === undefined) {
    throw new Error(`Cannot read the task ${name}: ${tasks[name] ?? "there is none"}`);
  }
  return { flags: flags.split(" "), script };
}

/** Linux keeps the peak itself, so that a poll only misses what grows in the last tenth of a second. */
async function peakOf(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => ""); // ended, or not Linux
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0);
}
