/** Runs our engine as production does: under Deno, a process of its own, with the permissions of deno.json. */
import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { z } from "zod";
import { childEnvironment, killGroup } from "../../lib/children.ts";
import { ROOT } from "../child_process.ts";
import type { Place } from "./place.ts";

const MEMORY_POLL_MS = 100;
const KIB_PER_MB = 1_000_000 / 1024;

const answerSchema = z.object({
  key: z.string().default(""),
  bytes: z.number().default(0),
  rawBytes: z.number().default(0),
  gzip: z.string().default(""),
  /** Of counts and fingerprint alone. */
  seconds: z.number().default(0),
  /** Seconds from the process's begin to each phase, and to the end. */
  entered: z.record(z.string(), z.number()),
  end: z.number(),
});

export interface EngineRun {
  answer: z.infer<typeof answerSchema>;
  /** Wall clock of the whole process. */
  seconds: number;
  /** Peak of its resident memory, in MB; 0 where the system does not tell. */
  peakMb: number;
}

export async function runEngine(place: Place, database: string, args: readonly string[]): Promise<EngineRun> {
  const from = performance.now();
  const child = spawn(join(ROOT, "node_modules/.bin/deno"), [
    "run",
    ...await productionFlags(),
    "scripts/dev/bench/engine.ts",
    ...args,
  ], { cwd: ROOT, detached: true, env: environment(place, database), stdio: ["ignore", "pipe", "pipe"] });
  const abort = () => killGroup(child);
  place.signal.addEventListener("abort", abort, { once: true });
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
    if (code !== 0) throw new Error(`The engine ended with ${code}: ${said.trim()}`);
    return { answer: answerSchema.parse(JSON.parse(printed)), seconds, peakMb: peakKib / KIB_PER_MB };
  } finally {
    clearInterval(poll);
    place.signal.removeEventListener("abort", abort);
  }
}

/** What deno.json gives to a backup. */
async function productionFlags(): Promise<string[]> {
  const { tasks } = z.object({ tasks: z.object({ backup: z.string() }) })
    .parse(JSON.parse(await readFile(join(ROOT, "deno.json"), "utf8")));
  const flags = /deno run (.*) scripts\/backup\.ts$/.exec(tasks.backup)?.[1];
  if (flags === undefined) throw new Error(`Cannot read Deno's flags from the task: ${tasks.backup}`);
  return flags.split(" ");
}

function environment({ server, endpoint, folder }: Place, database: string): Record<string, string> {
  const { DENO_DIR } = process.env;
  return childEnvironment({
    ...(DENO_DIR !== undefined && { DENO_DIR }),
    DENO_NO_UPDATE_CHECK: "1",
    TMPDIR: folder,
    SUPABASE_DB_URL_DEV: server.url("postgres", database),
    R2_ENDPOINT: endpoint,
    R2_BUCKET: "bench",
    R2_ACCESS_KEY_ID: "bench",
    R2_SECRET_ACCESS_KEY: "bench",
  });
}

/** Linux keeps the peak itself, so that a poll only misses what grows in the last tenth of a second. */
async function peakOf(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => ""); // ended, or not Linux
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0);
}
