/**
 * A command's output. For people: lines on standard output, errors and progress on standard error. For programs
 * (`REVO_OUTPUT=json`): all of that on standard error, and one JSON object as the last line of standard output.
 * No method throws, and output that cannot be written changes nothing about the command's work.
 */
import process from "node:process";
import type { BackupError } from "@backup/errors.ts";
import type { RunAttempt, RunFinish, RunStart } from "../catalog/catalog.ts";
import { END_LIMITS } from "./interruption.ts";
import type { Progress } from "./progress.ts";
import { logMeter, type Meter, noMeter, terminalMeter } from "./progress_meter.ts";
import { type Sink, stderr, stdout } from "./standard_streams.ts";

/** A run and its end, for programs. */
export type EndedRun = Pick<RunStart, "kind" | "target" | "request_id"> & Omit<RunFinish, keyof RunAttempt>;

/** The last line of a command's standard output in JSON. */
export interface CommandResult {
  ok: boolean;
  exit_code: number;
  error: Pick<BackupError, "code" | "phase" | "message" | "hint" | "details"> | null;
  /** What the command found, where that is more than its runs. */
  result: unknown;
  /** Runs in the order in which they ended. */
  runs: EndedRun[];
}

export interface OutputOptions {
  json: boolean;
  /** Whether progress is shown. */
  progress: boolean;
  stdout: Sink;
  stderr: Sink;
  /** Milliseconds of a monotonic clock. */
  now: () => number;
}

const TERMINAL_COLUMNS = 80;
/** At a command's end, how long a reader that reads nothing is waited for. */
const IDLE_READER_MS = 60_000;

export class Output {
  readonly #options: OutputOptions;
  readonly #meter: Meter;
  readonly #runs: EndedRun[] = [];
  #result: unknown = null;

  constructor(options: OutputOptions) {
    this.#options = options;
    this.#meter = this.#chooseMeter();
  }

  /** A line for people. */
  print(line: string): void {
    const { json, stderr, stdout } = this.#options;
    this.#meter.clear();
    (json ? stderr : stdout).write(line + "\n");
  }

  /** A line that programs find in a log: left out on a terminal, and in JSON, which holds the same. */
  printForLog(line: string): void {
    if (!this.#options.json && !this.#options.stdout.isTTY) this.print(line);
  }

  /** A line about a failure. */
  printError(line: string): void {
    this.#meter.clear();
    this.#options.stderr.write(line + "\n");
  }

  /** Bytes of a phase that are done. */
  showBytes(phase: string, done: number, expected: number | null): void {
    this.#meter.show(phase, done, expected);
  }

  /** What the command found. The last call counts, also for a command that fails. */
  setResult(result: unknown): void {
    this.#result = result;
  }

  addRun(run: EndedRun): void {
    this.#runs.push(run);
  }

  /**
   * Writes the result in JSON where that is wanted, and waits until all output is written: for a reader that takes
   * nothing at most a minute, and after `signal` half a second.
   * @param error `null` when the command succeeded
   */
  async conclude(error: BackupError | null, exitCode: number, signal?: AbortSignal): Promise<void> {
    this.#meter.clear();
    if (this.#options.json) this.#options.stdout.write(this.#resultText(error, exitCode));
    if (signal?.aborted) return await this.flush(END_LIMITS.output);
    await this.flush(IDLE_READER_MS, signal);
  }

  /**
   * Waits until all output is written; gives up when nothing was read for `idleMs`, or on the signal. Output that
   * standard output did not accept is reported on standard error.
   */
  async flush(idleMs: number, signal?: AbortSignal): Promise<void> {
    const { stderr, stdout } = this.#options;
    await stdout.flush?.(idleMs, signal);
    if (stdout.failure) {
      stderr.write(`warning: standard output was not written to its end: ${stdout.failure}\n`);
    }
    await stderr.flush?.(idleMs, signal);
  }

  #resultText(error: BackupError | null, exitCode: number): string {
    const result: CommandResult = {
      ok: error === null,
      exit_code: exitCode,
      error: error && describe(error),
      result: this.#result,
      runs: this.#runs,
    };
    return JSON.stringify(result) + "\n";
  }

  #chooseMeter(): Meter {
    const { json, now, progress, stderr } = this.#options;
    if (!progress) return noMeter;
    if (!stderr.isTTY) return json ? noMeter : logMeter((line) => this.print(line), now);
    const columns = () => stderr.columns || TERMINAL_COLUMNS;
    return terminalMeter((text) => stderr.write(text), columns, now);
  }
}

function describe({ code, phase, message, hint, details }: BackupError): CommandResult["error"] {
  return { code, phase, message, hint, details };
}

/** Of this process: it has one standard output. */
export const processOutput = new Output({
  json: process.env.REVO_OUTPUT === "json",
  progress: process.env.REVO_PROGRESS !== "no",
  stdout,
  stderr,
  now: () => performance.now(),
});

/** Progress of work that is no run of the catalog. */
export function progressOn(output: Output): Progress {
  let phase = "";
  return {
    phase: (name) => output.print((phase = name).replaceAll("_", " ")),
    bytes: (done, expected) => output.showBytes(phase, done, expected),
    log: (line) => output.print(line),
  };
}
