/**
 * Ends what a process has started and left when the process dies, even by SIGKILL.
 *
 * A shell in a process group of its own reads a list from a pipe whose other end only this process holds. The pipe
 * ends with this process, however it ends; the shell then ends what is listed. This holds on Linux and macOS, under
 * Deno and Node, for root and other users. Linux' PR_SET_PDEATHSIG would do without the shell, but a child of a child
 * does not inherit it, `setpriv` is absent on macOS, and the signal follows the thread that started the child.
 * What it cannot cover: a kill that includes the shell, and a machine that stops. `leftovers.ts` covers these.
 */
import { type ChildProcess, type ChildProcessByStdio, spawn } from "node:child_process";
import process from "node:process";
import type { Writable } from "node:stream";
import { BackupError } from "@backup/errors.ts";
import { killGroup } from "./kill_group.ts";

/**
 * `group ID`: a process group, killed. `server PID`: a PostgreSQL server, stopped at once. `mark NAME=VALUE`: processes
 * with this variable in their environment, killed (Linux). After them `file CHECKSUM BYTES PATH`: removed unless its
 * content is another one, by `cksum`. `folder PATH`: removed.
 */
export type GuardEntry = `${"group" | "server"} ${number}` | `${"mark" | "file" | "folder"} ${string}`;

/** For any bash from 3.2 on: `+ENTRY` and `-ENTRY` are read until the pipe ends. */
const SCRIPT = `
trap '' HUP INT TERM
newline='
'
entries=$newline
while IFS= read -r line; do
  entry=\${line#?}
  case $line in
    +*) entries=$entries$entry$newline ;;
    -*) entries=\${entries/"$newline$entry$newline"/$newline} ;;
  esac
done
kill_group() { kill -KILL -- "-$1"; }
stop_server() { kill -QUIT "$1"; }
await_server() {
  for attempt in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    kill -0 "$1" || return
    sleep 0.3
  done
  kill -KILL "$1"
}
kill_marked() {
  for attempt in 1 2 3 4 5; do
    found=$(grep -slzxF -e "$1" /proc/[0-9]*/environ)
    [ -n "$found" ] || return
    for file in $found; do
      pid=\${file#/proc/}
      kill -KILL "\${pid%/environ}"
    done
    sleep 0.1
  done
}
remove_file() {
  path=\${1#* }
  path=\${path#* }
  [ "$(cksum < "$path")" != "\${1%" $path"}" ] || rm -f -- "$path"
}
remove_folder() { rm -rf -- "$1"; }
each() {
  printf '%s' "$entries" | while IFS= read -r entry; do
    [ "\${entry%% *}" != "$1" ] || "$2" "\${entry#* }"
  done
}
each server stop_server
each group kill_group
each server await_server
each mark kill_marked
each file remove_file
each folder remove_folder`;

/** A shell of its own process group, there as long as something is listed. */
export class Guard {
  readonly #entries = new Set<GuardEntry>();
  #shell: ChildProcessByStdio<Writable, null, null> | null = null;

  /**
   * @returns takes the entry off the list; a second call does nothing.
   * @throws {BackupError} for an entry of several lines, which would end or remove something else.
   */
  add(entry: GuardEntry): () => void {
    if (entry.includes("\n")) {
      throw new BackupError("missing_environment", `Cannot guard '${entry}': it contains a line break`);
    }
    this.#entries.add(entry);
    if (this.#shell === null) this.#start();
    else this.#shell.stdin.write(`+${entry}\n`);
    return () => this.#remove(entry);
  }

  #remove(entry: GuardEntry): void {
    if (!this.#entries.delete(entry) || this.#shell === null) return;
    this.#shell.stdin.write(`-${entry}\n`);
    if (this.#entries.size > 0) return;
    this.#shell.stdin.end();
    this.#shell = null;
  }

  /** Ends all that is listed, as the death of this process would. */
  async end(): Promise<void> {
    if (this.#entries.size === 0) return;
    if (this.#shell === null) this.#start();
    const shell = this.#shell;
    this.#shell = null;
    this.#entries.clear();
    if (shell === null || shell.exitCode !== null || shell.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => shell.once("exit", () => resolve()));
    shell.stdin.end();
    await ended;
  }

  #start(): void {
    const shell = spawn("bash", ["--noprofile", "--norc", "-c", SCRIPT], {
      cwd: "/",
      detached: true,
      env: { PATH: process.env.PATH ?? "" },
      stdio: ["pipe", "ignore", "ignore"],
    });
    this.#shell = shell;
    // it was killed, or there is no bash, without which nothing else starts either: the next entry starts another
    const forget = () => {
      if (this.#shell === shell) this.#shell = null;
    };
    shell.once("error", forget);
    shell.once("exit", forget);
    shell.stdin.on("error", forget);
    shell.stdin.write([...this.#entries].map((entry) => `+${entry}\n`).join(""));
  }
}

/** Of this process. */
export const guard = new Guard();

/**
 * For a child that was started `detached`: it and what it started end with this process, and with itself.
 * @returns the child.
 */
export function guarded<T extends ChildProcess>(child: T, by = guard): T {
  if (child.pid === undefined) return child; // it did not start, its event "error" says why
  const release = by.add(`group ${child.pid}`);
  child.once("exit", () => {
    killGroup(child);
    release();
  });
  return child;
}
