/**
 * Loaded by `--import`: ends this process in order (SIGTERM to itself) when its parent has exited, so that a killed
 * launcher leaves nothing running.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import process from "node:process";
import { isMainThread } from "node:worker_threads";
import { isRunning, startTimeOf } from "./leftovers.mjs";

const CHECK_MS = 300;
/** The shells that npm starts between itself and a script. */
const SHELL = /^-?(sh|dash|bash|ash|busybox)$/;

/**
 * @param {() => void} onGone called once, when the parent of this process has exited
 * @param {{ throughShell?: boolean }} [options] if the parent is only a shell, its parent counts too
 */
export function watchParent(onGone, { throughShell = false } = {}) {
  const parent = process.ppid;
  const launcher = throughShell ? launcherBehindShell(parent) : null;
  const timer = setInterval(() => {
    if (process.ppid === parent && (launcher === null || isRunning(launcher))) return;
    clearInterval(timer);
    onGone();
  }, CHECK_MS);
  timer.unref();
}

/**
 * @param {number} shell
 * @returns {import("./leftovers.mjs").ProcessIdentity | null}
 */
function launcherBehindShell(shell) {
  const { name, parent } = describe(shell) ?? {};
  if (name === undefined || parent === undefined || !SHELL.test(name)) return null;
  const started = startTimeOf(parent);
  return started === null ? null : { pid: parent, started };
}

/**
 * @param {number} pid
 * @returns {{ name: string, parent: number } | null} `null` when it is gone
 */
function describe(pid) {
  try {
    if (process.platform !== "linux") {
      const said = execFileSync("ps", ["-o", "ppid=,comm=", "-p", String(pid)], { encoding: "utf8" }).trim();
      const [parent = "", command = ""] = said.split(/\s+(.*)/);
      return { name: command.split("/").at(-1) ?? "", parent: Number(parent) };
    }
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const end = stat.lastIndexOf(")");
    return {
      name: stat.slice(stat.indexOf("(") + 1, end),
      parent: Number(stat.slice(end + 2).split(" ")[1]),
    };
  } catch {
    return null;
  }
}

if (isMainThread && process.env.REVO_BACKUPS_LAUNCHER === String(process.ppid)) {
  watchParent(() => process.kill(process.pid, "SIGTERM"));
}
