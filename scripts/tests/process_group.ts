/** The running processes of a process group. */
import { execFileSync } from "node:child_process";

/**
 * Running processes of the group, as lines of `ps`. Zombies are excluded: the compiler that the TypeScript loader
 * starts loses its parent when the command ends and is then reaped by process 1, at some later time or never (a
 * container's main program).
 */
export function runningInGroup(group: number): string[] {
  const listed = execFileSync("ps", ["-eo", "pgid=,stat=,pid=,ppid=,args="]).toString().split("\n");
  return listed.map((line) => line.trim()).filter((line) => {
    const [pgid, state = ""] = line.split(/\s+/);
    return pgid === String(group) && !/^[ZX]/.test(state);
  });
}
