/**
 * Programs connected by the kernel's pipes. Each pipeline runs in a process group of its own, so that an abort ends all
 * of it, and ends with this process. Every end but exit code 0 is an error, a signal too.
 *
 * execa's pipes pass the data through this process, and what it starts survives a kill of this process.
 */
import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import process from "node:process";
import type { Writable } from "node:stream";
import { BackupError } from "@backup/errors.ts";
import { childEnvironment } from "./child_environment.ts";
import { findProgram } from "./find_program.ts";
import { guarded } from "./guard.ts";
import { killGroup } from "./kill_group.ts";

/** One program of a pipeline: its path and arguments. Nothing secret may be among them. */
export type Stage = readonly [program: string, ...args: string[]];

/** The path of a file, or a stream. */
export type PipelineInput = string | AsyncIterable<Uint8Array>;

export interface PipelineOptions {
  env?: Readonly<Record<string, string>>;
  /** Where the last stage writes; default: the returned stream. */
  outputFile?: string;
  /** Widen the pipe of the returned stream too, where there is one stage alone. */
  isWide?: boolean;
  /** What the first stage reads: a file, or a stream that passes this process; default: nothing. */
  input?: PipelineInput;
  signal?: AbortSignal;
}

/** How each stage ended: its exit code, 128 + n for signal n. */
export interface PipelineEnd {
  codes: number[];
  stderr: string;
}

export interface Pipeline {
  readonly stdout: AsyncIterable<Uint8Array>;
  /** Resolves when all stages have ended, however they ended. @throws what a stream that is its input threw */
  readonly ended: Promise<PipelineEnd>;
  kill(): void;
}

const STATUS_MARK = "@pipeline-status";
const STDERR_LIMIT = 16_384;

/** Linux' F_SETPIPE_SZ: 1 MB, the limit of unprivileged users, instead of 64 kB. Other systems refuse it and keep theirs. */
const WIDEN = "fcntl($_, 1031, 1 << 20) for *STDIN, *STDOUT; exec { $ARGV[0] } @ARGV or exit 127";
/**
 * In front of a program: widens the pipes at its ends, then executes it. psql, which reads what a restore loads, needs a
 * quarter less processor time then. Neither bash nor Node has the call; without perl the pipes keep their size.
 */
export const WIDE_PIPES = wideningPrefix(process.env.PATH ?? "");

function wideningPrefix(path: string): readonly string[] {
  const perl = findProgram("perl", path);
  return perl === null ? [] : [perl, "-e", WIDEN];
}

/**
 * Starts the programs, connected without passing the data through this process.
 * bash makes the pipes; every program and argument reaches it quoted.
 */
export function startPipeline(stages: readonly Stage[], options: PipelineOptions = {}): Pipeline {
  const { input, outputFile, isWide = stages.length > 1, signal } = options;
  const prefix = isWide ? WIDE_PIPES : [];
  const words = stages.map((stage) => [...prefix, ...stage].map(quote).join(" ")).join(" | ");
  const from = typeof input === "string" ? ` < ${quote(input)}` : "";
  const to = outputFile === undefined ? "" : ` > ${quote(outputFile)}`;
  const script = `{ ${words} ; s="\${PIPESTATUS[*]}"; }${from}${to}; printf '${STATUS_MARK} %s\\n' "$s" >&2`;
  const child = guarded(spawn("bash", ["--noprofile", "--norc", "-c", script], {
    detached: true,
    env: childEnvironment(options.env),
    stdio: ["pipe", "pipe", "pipe"],
  }));
  const killed = new AbortController();
  const kill = () => {
    killed.abort();
    killGroup(child);
  };
  if (signal?.aborted) kill();
  signal?.addEventListener("abort", kill, { once: true });
  const fed = feed(child, typeof input === "string" ? [] : input ?? [], killed.signal);
  const ended = Promise.all([waitForEnd(child, stages.length), fed])
    .then(([end]) => end)
    .finally(() => signal?.removeEventListener("abort", kill));
  ended.catch(() => {}); // for who reads the end; a reader of the output may fail first
  return { stdout: child.stdout, ended, kill };
}

/**
 * Writes a stream into a program. It is read to its end also when the program needs no more of it, so that a source that
 * checks its bytes has checked all of them.
 */
async function feed(
  child: ChildProcessWithoutNullStreams,
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  killed: AbortSignal,
): Promise<void> {
  const { stdin } = child;
  stdin.on("error", () => {}); // EPIPE: the program needs no more
  try {
    for await (const chunk of source) {
      if (killed.aborted) return;
      if (stdin.writable && !stdin.write(chunk)) await drained(stdin);
    }
    stdin.end();
  } catch (error) {
    killGroup(child);
    throw error;
  }
}

/** Resolves when more can be written, or nothing can. */
export async function drained(stream: Writable): Promise<void> {
  const events = ["drain", "close", "error"];
  await new Promise<void>((resolve) => {
    const settle = () => {
      for (const event of events) stream.off(event, settle);
      resolve();
    };
    for (const event of events) stream.on(event, settle);
  });
}

/** Runs a pipeline to its end and returns what it printed. @throws {BackupError} as {@link requireSuccess}. */
export async function runPipeline(
  stages: readonly Stage[],
  options: PipelineOptions = {},
): Promise<Uint8Array> {
  const pipeline = startPipeline(stages, options);
  const chunks: Uint8Array[] = [];
  for await (const chunk of pipeline.stdout) chunks.push(chunk);
  requireSuccess(stages, await pipeline.ended);
  return Buffer.concat(chunks);
}

/** @throws {BackupError} `database_error` with the program that failed and the end of its standard error. */
export function requireSuccess(stages: readonly Stage[], end: PipelineEnd): void {
  const failure = describeFailure(stages, end);
  if (failure !== null) throw new BackupError("database_error", failure);
}

/** The programs that failed and their standard error; `null` when all ended with 0. */
export function describeFailure(stages: readonly Stage[], end: PipelineEnd): string | null {
  const failed = stages.flatMap(([program], i) => {
    const code = end.codes[i] ?? 137;
    const name = program.split("/").at(-1);
    return code === 0
      ? []
      : [`${name} ${code > 128 ? `was ended by signal ${code - 128}` : `exited ${code}`}`];
  });
  if (failed.length === 0) return null;
  return [failed.join(", "), end.stderr].filter((part) => part !== "").join(": ");
}

const SIGPIPE_STATUS = 141;

/** Ignores SIGPIPE of the first program: the second one may end before it has read all output. */
export function ignoreBrokenPipe(end: PipelineEnd): PipelineEnd {
  return { ...end, codes: end.codes.map((code, i) => i === 0 && code === SIGPIPE_STATUS ? 0 : code) };
}

function waitForEnd(child: ChildProcess, stages: number): Promise<PipelineEnd> {
  let stderr = "";
  child.stderr?.on("data", (chunk: Uint8Array) => {
    stderr = (stderr + new TextDecoder().decode(chunk)).slice(-STDERR_LIMIT);
  });
  return new Promise((resolve, reject) => {
    child.on(
      "error",
      (cause) => reject(new BackupError("missing_tool", `Cannot start bash: ${cause.message}`, { cause })),
    );
    child.on("close", (_code, signal) => {
      const mark = stderr.lastIndexOf(STATUS_MARK);
      if (mark < 0) {
        const text = signal === null ? stderr : `ended by ${signal} ${stderr}`;
        resolve({ codes: Array<number>(stages).fill(137), stderr: text.trim() });
        return;
      }
      const codes = stderr.slice(mark + STATUS_MARK.length).trim().split(" ").map(Number);
      resolve({ codes, stderr: stderr.slice(0, mark).trim() });
    });
  });
}

function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
