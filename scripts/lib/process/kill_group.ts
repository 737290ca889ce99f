/** The end of a child's process group. */
import type { ChildProcess } from "node:child_process";
import process from "node:process";

/** Kills a detached child and everything it started. */
export function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    child.kill("SIGKILL"); // the group is gone already, or the platform has none
  }
}
