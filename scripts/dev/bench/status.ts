/**
 * What the Edge Function bears: fifty who ask for a status over and over, on the embedded stack, beside a Deno handler
 * that does nothing, asked the same way. Reads /proc, so it needs Linux.
 */
import postgres from "postgres";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { findFreePort } from "../../lib/server/free_port.ts";
import { ChildPart } from "../child_process.ts";
import { ROOT } from "../root.ts";
import { openRunFolder } from "../run_folder.ts";
import { signInByPassword } from "../seed/session.ts";
import { type Stack, startStack } from "../stack.ts";
import { growthOf, type MemorySample, memoryText } from "./memory.ts";

const WATCHERS = 50;
const SECONDS = 60;
/** What does nothing is measured in less. */
const BARE_SECONDS = 15;
/** So many answers are given before anything is measured: a runtime compiles, and its heap finds its working size. */
const WARM_UP_ANSWERS = 5000;
const SAMPLE_EVERY_MS = 1000;
/** The kernel's unit of a process's time. */
const TICKS_PER_SECOND = 100;

export interface Load {
  name: string;
  answers: number;
  /** Everything that was not a 200. */
  failures: number;
  perSecond: number;
  /** Milliseconds. */
  p50: number;
  p99: number;
  /** Milliseconds of processor time of the handler's process for each answer. */
  cpuMs: number;
  /** Resident memory of the handler's process, once a second. */
  memory: MemorySample[];
}

export interface StatusCost {
  status: Load;
  bare: Load;
  /** Processor time of the function for each answer, in that of the bare handler. */
  cpuRatio: number;
  latencyRatio: number;
  /** By how many MB a minute the function's memory grows. */
  growth: number;
}

export async function measureStatus(signal: AbortSignal, log: (line: string) => void): Promise<StatusCost> {
  const stack = await startStack({ rows: 1000, web: "none", ports: "free", log: () => {} });
  try {
    log(
      `${WATCHERS} callers: ${WARM_UP_ANSWERS} answers to warm up, ${SECONDS} s, then a handler that does nothing`,
    );
    const pid = await findProcess(`SUPABASE_URL=${stack.urls.supabase}`);
    const request = await statusRequest(stack);
    const status = await load("status", { pid, signal, request, seconds: SECONDS });
    const bare = await measureBare(signal);
    return {
      status,
      bare,
      cpuRatio: status.cpuMs / bare.cpuMs,
      latencyRatio: status.p50 / bare.p50,
      growth: growthOf(status.memory),
    };
  } finally {
    await stack.stop();
  }
}

/** Of a run that has ended, by a viewer: what every open screen asks. */
async function statusRequest(stack: Stack): Promise<() => Request> {
  const request_id = crypto.randomUUID();
  const sql = postgres(stack.databases.prod, { max: 1 });
  const ended = { kind: "backup", target: "dev", mode: "full", status: "failed", request_id };
  await sql`insert into public.ops_db_backup_runs ${sql({ ...ended, finished_at: new Date() })}`;
  await sql.end();
  const apikey = stack.keys.publishable;
  const server = { supabaseUrl: stack.urls.supabase, publishableKey: apikey };
  const { access_token } = await signInByPassword(server, stack.users.viewer);
  return () =>
    new Request(`${stack.urls.supabase}/functions/v1/ops-backups`, {
      method: "POST",
      headers: { apikey, authorization: `Bearer ${access_token}`, "content-type": "application/json" },
      body: JSON.stringify({ action: "status", request_id }),
    });
}

async function measureBare(signal: AbortSignal): Promise<Load> {
  const port = await findFreePort();
  const run = await openRunFolder(() => {});
  const address = `tcp:127.0.0.1:${port}`;
  const part = new ChildPart({
    name: "bare",
    program: join(ROOT, "node_modules", ".bin", "deno"),
    args: ["eval", "Deno.serve(async (r) => { await r.json(); return Response.json({ ok: true }); })"],
    env: { DENO_SERVE_ADDRESS: address, DENO_NO_UPDATE_CHECK: "1" },
    port,
    run,
    onUnexpectedEnd: () => {},
  });
  try {
    await part.start();
    const pid = await findProcess(`DENO_SERVE_ADDRESS=${address}`);
    const request = () => new Request(`http://127.0.0.1:${port}/`, { method: "POST", body: "{}" });
    return await load("bare", { pid, signal, request, seconds: BARE_SECONDS });
  } finally {
    await part.stop();
    await run.remove();
  }
}

interface Target {
  pid: number;
  signal: AbortSignal;
  request: () => Request;
  seconds: number;
}

async function load(name: string, { pid, signal, request, seconds }: Target): Promise<Load> {
  let warmUp = 0;
  await askWhile(() => warmUp++ < WARM_UP_ANSWERS, request, signal);
  const times: number[] = [];
  let failures = 0;
  const before = await processorMs(pid);
  const begun = performance.now();
  const end = begun + seconds * 1000;
  const memory = watchMemory(pid, begun, end);
  await askWhile(() => performance.now() < end, request, signal, (isGood, ms) => {
    times.push(ms);
    if (!isGood) failures++;
  });
  const took = (performance.now() - begun) / 1000;
  times.sort((a, b) => a - b);
  return {
    name,
    answers: times.length,
    failures,
    perSecond: times.length / took,
    p50: quantile(times, 0.5),
    p99: quantile(times, 0.99),
    cpuMs: (await processorMs(pid) - before) / times.length,
    memory: await memory,
  };
}

/** All callers, each asking again as soon as it is answered. */
async function askWhile(
  goesOn: () => boolean,
  request: () => Request,
  signal: AbortSignal,
  note: (isGood: boolean, ms: number) => void = () => {},
): Promise<void> {
  await Promise.all(Array.from({ length: WATCHERS }, async () => {
    while (goesOn()) {
      signal.throwIfAborted();
      const asked = performance.now();
      const response = await fetch(request());
      await response.arrayBuffer();
      note(response.status === 200, performance.now() - asked);
    }
  }));
}

async function watchMemory(pid: number, begun: number, end: number): Promise<MemorySample[]> {
  const samples: MemorySample[] = [];
  while (performance.now() < end) {
    await sleep(SAMPLE_EVERY_MS);
    samples.push({ second: (performance.now() - begun) / 1000, mb: await residentMb(pid) });
  }
  return samples;
}

function quantile(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}

/** The process of Deno that has this in its environment. @throws {Error} when there is none. */
async function findProcess(variable: string): Promise<number> {
  for (const pid of await readdir("/proc")) {
    if (!/^\d+$/.test(pid)) continue;
    const read = (file: string) => readFile(`/proc/${pid}/${file}`, "utf8").catch(() => "");
    const [environment, command] = await Promise.all([read("environ"), read("comm")]);
    if (command.startsWith("deno") && environment.split("\0").includes(variable)) return Number(pid);
  }
  throw new Error(`Cannot find the process with ${variable.split("=")[0]}`);
}

async function processorMs(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 1000 / TICKS_PER_SECOND;
}

async function residentMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / 1024;
}

export function statusTable({ status, bare, cpuRatio, latencyRatio, growth }: StatusCost): string {
  const rows = [status, bare].map(({ name, answers, failures, perSecond, p50, p99, cpuMs }) =>
    `| ${name} | ${answers} | ${failures} | ${perSecond.toFixed(0)} | ${p50.toFixed(1)} | ${
      p99.toFixed(1)
    } | ` +
    `${cpuMs.toFixed(2)} |`
  );
  return [
    `${WATCHERS} callers at once, each asking again as soon as it is answered:`,
    "",
    "| handler | answers | failures | per second | p50 ms | p99 ms | CPU ms each |",
    "|---|---:|---:|---:|---:|---:|---:|",
    ...rows,
    "",
    `The function takes ${
      cpuRatio.toFixed(1)
    } times the processor of a handler that does nothing, and answers after ` +
    `${latencyRatio.toFixed(1)} times as long: it asks auth once and the database once.`,
    "",
    memoryText(status.memory, growth),
  ].join("\n");
}
