/** The scripts of `run:` steps: each in its own process group, which ends with the step. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import process from "node:process";
import type { Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import { setTimeout as sleep } from "node:timers/promises";
import { Guard } from "./guard.ts";

/** The grace periods of GitHub's runner after SIGINT and after SIGTERM, in milliseconds. */
const INTERRUPT_GRACE_MS = 7_500;
const TERMINATE_GRACE_MS = 2_500;
/** How long output may continue after the script itself has ended. */
const OUTPUT_GRACE_MS = 1_000;
/** A line without an end is cut at this length, in characters. */
const MAX_LINE = 65_536;

/** Reports the script's process group to the guard, then becomes the script's shell. */
const LAUNCHER = 'echo "add $$" >&3; exec 3>&-; exec bash "$@"';

export interface ScriptOptions {
  /** Path of the script. */
  file: string;
  /** Options of bash. */
  options: readonly string[];
  cwd: string;
  /** The complete environment; nothing of this process is added. */
  env: Readonly<Record<string, string>>;
  onLine: (line: string) => void;
  /**
   * Aborted: the script's shell gets SIGINT, then SIGTERM, then the group is killed. Programs that the shell runs get
   * no signal unless they have replaced the shell (`exec`), as in GitHub's runner (ProcessInvoker.cs).
   */
  signal: AbortSignal;
}

/** Starts scripts and records which run. */
export class ProcessGroups {
  readonly #leaders = new Set<number>();
  readonly #guard = new Guard();

  /** Ids of the running groups' leaders, which are the groups' ids too. */
  pids(): number[] {
    return [...this.#leaders];
  }

  /** Kills every running group at once. Their steps end with code 137. */
  killAll(): void {
    for (const leader of this.#leaders) signalIfThere(-leader, "SIGKILL");
  }

  /**
   * Runs a script to its end; processes that it left behind are killed. With an aborted signal it does not start.
   * @returns the exit code, 128 + n after signal n.
   * @throws {Error} when bash cannot be started.
   */
  async run(options: ScriptOptions): Promise<number> {
    if (options.signal.aborted) return 128 + signalNumber("SIGINT");
    const guard = this.#guard.enter();
    const script = ["bash", ...options.options, options.file];
    const child = spawn("bash", ["--noprofile", "--norc", "-c", LAUNCHER, ...script], {
      cwd: options.cwd,
      env: options.env,
      detached: true,
      stdio: ["ignore", "pipe", "pipe", guard],
    });
    const streams = [child.stdout, child.stderr].filter((stream) => stream !== null);
    const closed = Promise.all(streams.map((stream) => once(stream, "close")));
    for (const stream of streams) readLines(stream, options.onLine);
    const exited = new Promise<number>((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code, signal) => resolve(code ?? 128 + signalNumber(signal)));
    });
    const leader = child.pid;
    if (leader === undefined) {
      this.#guard.leave();
      return await exited;
    }
    this.#leaders.add(leader);
    const interrupt = () => void endInSteps(leader, exited);
    options.signal.addEventListener("abort", interrupt, { once: true });
    try {
      const code = await exited;
      await Promise.race([closed, sleep(OUTPUT_GRACE_MS)]);
      signalIfThere(-leader, "SIGKILL");
      await closed;
      return code;
    } finally {
      options.signal.removeEventListener("abort", interrupt);
      this.#leaders.delete(leader);
      this.#guard.leave(leader);
    }
  }
}

async function endInSteps(leader: number, exited: Promise<number>): Promise<void> {
  signalIfThere(leader, "SIGINT");
  if (await endsWithin(exited, INTERRUPT_GRACE_MS)) return;
  signalIfThere(leader, "SIGTERM");
  if (await endsWithin(exited, TERMINATE_GRACE_MS)) return;
  signalIfThere(-leader, "SIGKILL");
}

async function endsWithin(exited: Promise<number>, milliseconds: number): Promise<boolean> {
  const timer = new AbortController();
  const waited = sleep(milliseconds, false, { signal: timer.signal }).catch(() => false);
  const ended = await Promise.race([exited.then(() => true, () => true), waited]);
  timer.abort();
  return ended;
}

/** @param target a process, or a group as a negative number */
function signalIfThere(target: number, signal: NodeJS.Signals): void {
  try {
    process.kill(target, signal);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

function signalNumber(signal: NodeJS.Signals | null): number {
  return signal === null ? 0 : constants.signals[signal];
}

function readLines(stream: Readable, onLine: (line: string) => void): void {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  const take = (text: string) => {
    const lines = (rest + text).split(/\r?\n/);
    rest = lines.pop() ?? "";
    lines.forEach(onLine);
    for (; rest.length > MAX_LINE; rest = rest.slice(MAX_LINE)) onLine(rest.slice(0, MAX_LINE));
  };
  stream.on("data", (chunk: Buffer) => take(decoder.write(chunk)));
  stream.on("end", () => {
    take(decoder.end());
    if (rest !== "") onLine(rest);
  });
}
