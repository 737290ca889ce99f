/** Ends the scripts of a process that dies, even by SIGKILL. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Writable } from "node:stream";

/** Keeps a list of process groups from its input; at the input's end, kills them. Runs in any bash from 3.2 on. */
const WATCH = `
trap '' HUP INT TERM
groups=' '
while read -r change group; do
  case $change in
    add) groups="$groups$group " ;;
    remove) groups="\${groups/ $group / }" ;;
  esac
done
for group in $groups; do kill -KILL -- "-$group"; done`;

/** A shell in its own process group that lives as long as scripts run. Its pipe closes when this process ends. */
export class Guard {
  #shell: ChildProcessByStdio<Writable, null, null> | null = null;
  #scripts = 0;

  /** Registers one more script. @returns the pipe to which it writes its group, as `add GROUP`, before anything else */
  enter(): Writable {
    this.#scripts += 1;
    this.#shell ??= spawn("bash", ["--noprofile", "--norc", "-c", WATCH], {
      detached: true,
      env: {},
      stdio: ["pipe", "ignore", "ignore"],
    });
    return this.#shell.stdin;
  }

  /** Unregisters a script that has ended. @param group its group, if it ever began */
  leave(group?: number): void {
    this.#scripts -= 1;
    if (group !== undefined) this.#shell?.stdin.write(`remove ${group}\n`);
    if (this.#scripts > 0) return;
    this.#shell?.stdin.end();
    this.#shell = null;
  }
}
