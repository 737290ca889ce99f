/**
 * Loaded by `--import`: ends this process in order (SIGTERM to itself) when the one that started it is gone, so
 * that a killed launcher leaves nothing running.
 */
import process from "node:process";
import { isMainThread } from "node:worker_threads";

const CHECK_MS = 300;

/** @param {() => void} onGone called once, when this process has got another parent */
export function watchParent(onGone) {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    onGone();
  }, CHECK_MS);
  timer.unref();
}

if (isMainThread && process.env.REVO_BACKUPS_LAUNCHER === String(process.ppid)) {
  watchParent(() => process.kill(process.pid, "SIGTERM"));
}
