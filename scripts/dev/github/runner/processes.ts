/** The scripts of `run:` steps: each in a process group of its own that ends with the step. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import process from "node:process";
import type { Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import { setTimeout as sleep } from "node:timers/promises";

/** What GitHub's runner grants after SIGINT and after SIGTERM, in milliseconds. */
const INTERRUPT_GRACE_MS = 7_500;
const TERMINATE_GRACE_MS = 2_500;
/** How long output may go on after the script itself has ended. */
const OUTPUT_GRACE_MS = 1_000;
/** A line without an end is cut here, in characters. */
const MAX_LINE = 65_536;

/**
 * Runs the script ($0, after its options) beside a guard that ends the group when this process dies, even by
 * SIGKILL: descriptor 3 then reaches its end. The launcher outlives signals to reap both; descriptor 4 keeps
 * what bash says about killed children out of the script's output.
 */
const LAUNCHER = `
exec 4>&2 2>/dev/null
(trap '' INT TERM; read -r <&3; kill -KILL 0) >/dev/null 4>&- &
trap : INT TERM
bash "$@" "$0" 3<&- 2>&4 4>&-
code=$?
kill -KILL $!
wait $!
exit $code`;

export interface ScriptOptions {
  /** Path of the script. */
  file: string;
  /** Options of bash. */
  options: readonly string[];
  cwd: string;
  /** The whole environment; nothing of this process is added. */
  env: Readonly<Record<string, string>>;
  onLine: (line: string) => void;
  /** Aborted: the script is interrupted, then terminated, then killed. */
  signal: AbortSignal;
}

/** Starts scripts and knows which run. */
export class ProcessGroups {
  readonly #leaders = new Set<number>();

  /** Ids of the running groups' leaders, which are the groups' ids too. */
  pids(): number[] {
    return [...this.#leaders];
  }

  /** Kills every running group at once. Their steps end with code 137. */
  killAll(): void {
    for (const leader of this.#leaders) signalGroup(leader, "SIGKILL");
  }

  /**
   * Runs a script to its end; what it left behind is killed. One that is aborted already does not start.
   * @returns the exit code, 128 + n after signal n.
   * @throws {Error} when bash cannot be started.
   */
  async run(options: ScriptOptions): Promise<number> {
    if (options.signal.aborted) return 128 + signalNumber("SIGINT");
    const child = spawn("bash", ["--noprofile", "--norc", "-c", LAUNCHER, options.file, ...options.options], {
      cwd: options.cwd,
      env: options.env,
      detached: true,
      stdio: ["ignore", "pipe", "pipe", "pipe"],
    });
    const streams = [child.stdout, child.stderr].filter((stream) => stream !== null);
    const closed = Promise.all(streams.map((stream) => once(stream, "close")));
    for (const stream of streams) readLines(stream, options.onLine);
    const exited = new Promise<number>((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code, signal) => resolve(code ?? 128 + signalNumber(signal)));
    });
    const leader = child.pid;
    if (leader === undefined) return await exited;
    this.#leaders.add(leader);
    const interrupt = () => void interruptGroup(leader, exited);
    options.signal.addEventListener("abort", interrupt, { once: true });
    try {
      const code = await exited;
      await Promise.race([closed, sleep(OUTPUT_GRACE_MS)]);
      signalGroup(leader, "SIGKILL");
      await closed;
      return code;
    } finally {
      options.signal.removeEventListener("abort", interrupt);
      this.#leaders.delete(leader);
    }
  }
}

async function interruptGroup(leader: number, exited: Promise<number>): Promise<void> {
  signalGroup(leader, "SIGINT");
  if (await endsWithin(exited, INTERRUPT_GRACE_MS)) return;
  signalGroup(leader, "SIGTERM");
  if (await endsWithin(exited, TERMINATE_GRACE_MS)) return;
  signalGroup(leader, "SIGKILL");
}

async function endsWithin(exited: Promise<number>, milliseconds: number): Promise<boolean> {
  const timer = new AbortController();
  const waited = sleep(milliseconds, false, { signal: timer.signal }).catch(() => false);
  const ended = await Promise.race([exited.then(() => true, () => true), waited]);
  timer.abort();
  return ended;
}

/** Whether there was such a group to signal. */
function signalGroup(leader: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(-leader, signal);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ESRCH") return false;
    throw error;
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
