/**
 * Removes the remains of a run of the stack: its processes, its folder and its files outside. Plain JavaScript,
 * because the guardian must be small and start without a loader.
 *
 * A run's folder contains `run.json`: its owner, its processes, and its files outside the folder. A process is
 * identified by its id and its start time together, so that a later process with the same id is never signalled.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * @typedef {{ pid: number, started: string }} ProcessIdentity
 * @typedef {ProcessIdentity & { kind: "postgres" | "group" }} RegisteredProcess
 * @typedef {{ path: string, sha256: string }} OutsideFile
 * @typedef {{ owner: ProcessIdentity, processes: RegisteredProcess[], files: OutsideFile[] }} RunRecord
 */

/** The environment variable that marks the processes of a run; its value is the run's folder. */
export const RUN_MARK = "REVO_BACKUPS_RUN";
export const RECORD = "run.json";
/** How long a server may take to end before it is killed, in milliseconds. */
const QUIT_GRACE_MS = 2_000;

/**
 * When a process started, in the system's own format; `null` if there is none, or only a zombie.
 * @param {number} pid
 * @returns {string | null}
 */
export function startTimeOf(pid) {
  try {
    if (process.platform !== "linux") {
      return execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).trim() || null;
    }
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" "); // a program's name may contain any character
    const [state, started] = [fields[0], fields[19]];
    return state === "Z" || state === "X" ? null : started ?? null;
  } catch {
    return null;
  }
}

/**
 * @param {ProcessIdentity} identity
 * @returns {boolean}
 */
export function isRunning({ pid, started }) {
  return startTimeOf(pid) === started;
}

/**
 * @param {string} folder
 * @returns {RunRecord | null} `null` when there is no readable record
 */
export function readRecord(folder) {
  try {
    return JSON.parse(readFileSync(join(folder, RECORD), "utf8"));
  } catch {
    return null;
  }
}

/**
 * Ends every process of the run and removes its folder and its files outside. Safe to repeat.
 * @param {string} folder
 * @returns {Promise<void>}
 */
export async function removeRun(folder) {
  const record = readRecord(folder);
  for (const file of record?.files ?? []) removeUnchanged(file);
  const processes = record?.processes.filter(isRunning) ?? [];
  for (const { pid, kind } of processes) {
    if (kind === "postgres") send(pid, "SIGQUIT");
    else send(-pid, "SIGKILL");
  }
  const limit = Date.now() + QUIT_GRACE_MS;
  while (processes.some(isRunning) && Date.now() < limit) await sleep(20);
  for (const left of processes.filter(isRunning)) send(left.pid, "SIGKILL");
  for (const pid of markedProcesses(folder)) send(pid, "SIGKILL");
  while (markedProcesses(folder).length > 0 && Date.now() < limit + QUIT_GRACE_MS) await sleep(20);
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
}

/**
 * Removes a file outside the run's folder, unless another run has written it since.
 * @param {OutsideFile} file
 */
function removeUnchanged({ path, sha256 }) {
  try {
    if (sha256Of(readFileSync(path)) === sha256) rmSync(path, { force: true });
  } catch {
    // deleted already
  }
}

/** @param {string | Uint8Array} content */
export function sha256Of(content) {
  return createHash("sha256").update(content).digest("hex");
}

/**
 * Processes with the run's mark, on systems that show an environment: also those started just before they could be
 * registered, and grandchildren.
 * @param {string} folder
 * @returns {number[]}
 */
function markedProcesses(folder) {
  if (process.platform !== "linux") return [];
  const mark = `${RUN_MARK}=${folder}`;
  return readdirSync("/proc").map(Number).filter((pid) => {
    if (!Number.isInteger(pid) || pid === process.pid || startTimeOf(pid) === null) return false;
    try {
      return readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").includes(mark);
    } catch {
      return false; // of another user, or ended
    }
  });
}

/**
 * @param {number} pid
 * @param {NodeJS.Signals} signal
 */
function send(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch {
    // ended already
  }
}
