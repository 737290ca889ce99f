/**
 * What the Edge Function bears: fifty who ask for a status over and over, on the embedded stack, beside a Deno handler
 * that does nothing, asked the same way. Reads /proc, so it needs Linux.
 */
import postgres from "postgres";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { findFreePort } from "../../lib/postgres/free_port.ts";
import { ChildPart, ROOT } from "../child_process.ts";
import { openRunFolder } from "../run_folder.ts";
import { type Stack, startStack } from "../stack.ts";

const WATCHERS = 50;
const SECONDS = 30;
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
  /** Resident memory of the handler's process after a third of the time and at the end, MB. */
  memory: { early: number; late: number };
}

export interface StatusCost {
  status: Load;
  bare: Load;
  /** Processor time of the function for each answer, in that of the bare handler. */
  cpuRatio: number;
  latencyRatio: number;
}

export async function measureStatus(signal: AbortSignal, log: (line: string) => void): Promise<StatusCost> {
  const stack = await startStack({ rows: 1000, web: "none", ports: "free", log: () => {} });
  try {
    log(`${WATCHERS} callers for ${SECONDS} s each`);
    const pid = await findProcess(`SUPABASE_URL=${stack.urls.supabase}`);
    const request = await statusRequest(stack);
    const status = await load("status", { pid, signal, request });
    const bare = await measureBare(signal);
    return {
      status,
      bare,
      cpuRatio: status.cpuMs / bare.cpuMs,
      latencyRatio: status.p50 / bare.p50,
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
  const signedIn = await fetch(`${stack.urls.supabase}/auth/v1/token?grant_type=password`, {
    method: "POST",
    headers: { apikey, "content-type": "application/json" },
    body: JSON.stringify(stack.users.viewer),
  });
  const { access_token } = z.object({ access_token: z.string() }).parse(await signedIn.json());
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
    return await load("bare", { pid, signal, request });
  } finally {
    await part.stop();
    await run.remove();
  }
}

interface Target {
  pid: number;
  signal: AbortSignal;
  request: () => Request;
}

async function load(name: string, { pid, signal, request }: Target): Promise<Load> {
  const times: number[] = [];
  let failures = 0;
  const before = await processorMs(pid);
  const begun = performance.now();
  const end = begun + SECONDS * 1000;
  const early = sleep(SECONDS * 1000 / 3).then(() => residentMb(pid));
  await Promise.all(Array.from({ length: WATCHERS }, async () => {
    while (performance.now() < end) {
      signal.throwIfAborted();
      const asked = performance.now();
      const response = await fetch(request());
      await response.arrayBuffer();
      times.push(performance.now() - asked);
      if (response.status !== 200) failures++;
    }
  }));
  const seconds = (performance.now() - begun) / 1000;
  times.sort((a, b) => a - b);
  return {
    name,
    answers: times.length,
    failures,
    perSecond: times.length / seconds,
    p50: quantile(times, 0.5),
    p99: quantile(times, 0.99),
    cpuMs: (await processorMs(pid) - before) / times.length,
    memory: { early: await early, late: await residentMb(pid) },
  };
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
  return Math.round(Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / 1024);
}

export function statusTable({ status, bare, cpuRatio, latencyRatio }: StatusCost): string {
  const rows = [status, bare].map(({ name, answers, failures, perSecond, p50, p99, cpuMs, memory }) =>
    `| ${name} | ${answers} | ${failures} | ${perSecond.toFixed(0)} | ${p50.toFixed(1)} | ${
      p99.toFixed(1)
    } | ` +
    `${cpuMs.toFixed(2)} | ${memory.early} → ${memory.late} |`
  );
  return [
    `| handler | answers | failures | per second | p50 ms | p99 ms | CPU ms each | memory MB |`,
    "|---|---|---|---|---|---|---|---|",
    ...rows,
    "",
    `The function takes ${
      cpuRatio.toFixed(1)
    } times the processor of a handler that does nothing, and answers after ` +
    `${latencyRatio.toFixed(1)} times as long: it asks auth once and the database twice.`,
  ].join("\n");
}
