/** What a piece of work costs the server and its client: processor time and memory, read from Linux' /proc. */
import { readdir, readFile } from "node:fs/promises";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";

/** All 0 where the system has no /proc. */
export interface Usage {
  /** Processor time of the programs that were started, in seconds. */
  client: number;
  /** Processor time of the server's processes, in seconds. */
  server: number;
  /** Peak of the client programs' resident memory together, in MB; pages that they share count for each. */
  peakMb: number;
}

interface ProcessStat {
  pid: number;
  parent: number;
  /** Own processor time, in seconds. */
  own: number;
  /** Of its ended children. */
  children: number;
  residentMb: number;
}

const TICKS_PER_SECOND = 100; // USER_HZ on every platform that PostgreSQL and Node share
const PAGE_BYTES = 4096;
const SAMPLE_MS = 200;

/** @param postmaster process id of the server, which is no client even as a child of this process */
export async function measureUsage<T>(postmaster: number, work: () => Promise<T>): Promise<[T, Usage]> {
  const isOver = new AbortController();
  const peak = samplePeak(postmaster, isOver.signal);
  const before = await readTimes(postmaster);
  try {
    const result = await work();
    const after = await readTimes(postmaster);
    isOver.abort();
    return [result, {
      client: after.client - before.client,
      server: after.server - before.server,
      peakMb: await peak,
    }];
  } finally {
    isOver.abort();
  }
}

/** The parent of a process: of a backend, the postmaster. */
export async function parentOf(pid: number): Promise<number> {
  return (await readStat(pid))?.parent ?? 0;
}

async function readTimes(postmaster: number): Promise<{ client: number; server: number }> {
  const all = await readProcesses();
  const servers = all.filter(({ pid, parent }) => pid === postmaster || parent === postmaster);
  return {
    client: all.find(({ pid }) => pid === process.pid)?.children ?? 0,
    server: servers.reduce((sum, { own, children }) => sum + own + children, 0),
  };
}

async function samplePeak(postmaster: number, isOver: AbortSignal): Promise<number> {
  let peak = 0;
  while (!isOver.aborted) {
    const all = await readProcesses();
    const family = new Set([process.pid]);
    for (const { pid, parent } of all.sort((a, b) => a.pid - b.pid)) {
      if (family.has(parent) && pid !== postmaster) family.add(pid);
    }
    family.delete(process.pid);
    const clients = all.filter(({ pid }) => family.has(pid));
    peak = Math.max(peak, clients.reduce((sum, { residentMb }) => sum + residentMb, 0));
    await sleep(SAMPLE_MS);
  }
  return peak;
}

async function readProcesses(): Promise<ProcessStat[]> {
  const names = await readdir("/proc").catch(() => []);
  const stats = await Promise.all(
    names.filter((name) => /^\d+$/.test(name)).map((name) => readStat(Number(name))),
  );
  return stats.filter((stat) => stat !== null);
}

/** `null` for a process that has ended. Fields: proc_pid_stat(5); the name, in parentheses, may hold blanks. */
async function readStat(pid: number): Promise<ProcessStat | null> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ").map(Number);
  const field = (number: number) => fields[number - 3] ?? 0;
  if (fields.length < 20) return null;
  return {
    pid,
    parent: field(4),
    own: (field(14) + field(15)) / TICKS_PER_SECOND,
    children: (field(16) + field(17)) / TICKS_PER_SECOND,
    residentMb: field(24) * PAGE_BYTES / 1_000_000,
  };
}
