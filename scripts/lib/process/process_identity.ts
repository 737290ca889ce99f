/**
 * Identifies a process, also against a later one with the same id. Read through programs: Deno lets no script
 * without all permissions read /proc.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { hostname } from "node:os";
import process from "node:process";
import { promisify } from "node:util";
import { childEnvironment } from "./child_environment.ts";

/** A process and where its id counts. Both texts consist of lower-case letters and digits. */
export interface ProcessIdentity {
  /** The boot and the process id namespace (a container has its own): ids of two places cannot be compared. */
  place: string;
  pid: number;
  /** When it started, in the system's own unit. */
  start: string;
}

const run = promisify(execFile);
const PLACE_LENGTH = 8;
/** Position of `starttime` among the fields that follow the program's name in /proc/PID/stat. */
const START_FIELD = 19;

/** @returns `null` for a process that is not there, or where it cannot be read. */
export async function startOf(pid: number): Promise<string | null> {
  if (process.platform === "linux") {
    const stat = await outputOf("cat", [`/proc/${pid}/stat`]);
    return stat?.slice(stat.lastIndexOf(")") + 2).split(" ")[START_FIELD] ?? null;
  }
  const started = Date.parse(await outputOf("ps", ["-o", "lstart=", "-p", String(pid)]) ?? "");
  return Number.isNaN(started) ? null : String(started);
}

/** A process' program and arguments, separated by spaces; `null` for one that is not there. */
export async function commandLineOf(pid: number): Promise<string | null> {
  if (process.platform === "linux") {
    return (await outputOf("cat", [`/proc/${pid}/cmdline`]))?.replaceAll("\0", " ") ?? null;
  }
  return await outputOf("ps", ["-o", "args=", "-p", String(pid)]);
}

let own: Promise<ProcessIdentity | null> | null = null;

/** Of this process. @returns `null` where it cannot be read. */
export function ownIdentity(): Promise<ProcessIdentity | null> {
  return own ??= readOwn();
}

async function readOwn(): Promise<ProcessIdentity | null> {
  const start = await startOf(process.pid);
  if (start === null) return null;
  const boot = await outputOf("cat", ["/proc/sys/kernel/random/boot_id"]);
  const namespace = await outputOf("readlink", ["/proc/self/ns/pid"]);
  const place = createHash("sha256").update(JSON.stringify([hostname(), boot, namespace])).digest("hex");
  return { place: place.slice(0, PLACE_LENGTH), pid: process.pid, start };
}

/** @returns `null` when the program fails or is absent. */
async function outputOf(program: string, args: readonly string[]): Promise<string | null> {
  try {
    return (await run(program, args, { env: childEnvironment({ LC_ALL: "C" }) })).stdout.trim();
  } catch {
    return null;
  }
}
