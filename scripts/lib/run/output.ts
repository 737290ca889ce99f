/**
 * What a command says. For people: lines on standard output, errors and progress on standard error. For programs
 * (`REVO_OUTPUT=json`): all of that on standard error, and one JSON object as the last line of standard output.
 */
import process from "node:process";
import type { BackupError } from "@backup/errors.ts";
import type { RunEnd, RunStart } from "../catalog/catalog.ts";
import type { Progress } from "./progress.ts";
import { logMeter, type Meter, noMeter, terminalMeter } from "./progress_meter.ts";

/** Where lines go. */
export interface Sink {
  write(text: string, done?: (error?: Error | null) => void): unknown;
  isTTY?: boolean;
  columns?: number;
}

/** A run as it ended, for programs. */
export type EndedRun = Pick<RunStart, "kind" | "target" | "request_id"> & Omit<RunEnd, "request_id">;

/** The last line of a command in JSON. */
export interface Conclusion {
  ok: boolean;
  exit_code: number;
  error: Pick<BackupError, "code" | "phase" | "message" | "hint" | "details"> | null;
  /** What the command found, where it has more to say than its runs. */
  result: unknown;
  /** Runs in the order in which they ended. */
  runs: EndedRun[];
}

export interface OutputOptions {
  json: boolean;
  /** Whether progress is told. */
  progress: boolean;
  stdout: Sink;
  stderr: Sink;
  /** Milliseconds that only grow. */
  now: () => number;
}

const TERMINAL_COLUMNS = 80;

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

  /** A line that programs find in a log: left out on a terminal, and in JSON, which says the same. */
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

  /** What the command found. The last call counts; what it holds is there for failures, too. */
  setResult(result: unknown): void {
    this.#result = result;
  }

  addRun(run: EndedRun): void {
    this.#runs.push(run);
  }

  /** The last word; resolves when it was written. @param error `null`: all is well */
  async conclude(error: BackupError | null, exitCode: number): Promise<void> {
    this.#meter.clear();
    if (!this.#options.json) return;
    const conclusion: Conclusion = {
      ok: error === null,
      exit_code: exitCode,
      error: error && describe(error),
      result: this.#result,
      runs: this.#runs,
    };
    const text = JSON.stringify(conclusion) + "\n";
    await new Promise<void>((resolve) => void this.#options.stdout.write(text, () => resolve()));
  }

  #chooseMeter(): Meter {
    const { json, now, progress, stderr } = this.#options;
    if (!progress) return noMeter;
    if (!stderr.isTTY) return json ? noMeter : logMeter((line) => this.print(line), now);
    const columns = () => stderr.columns || TERMINAL_COLUMNS;
    return terminalMeter((text) => void stderr.write(text), columns, now);
  }
}

function describe({ code, phase, message, hint, details }: BackupError): Conclusion["error"] {
  return { code, phase, message, hint, details };
}

/** Of this process: it has one standard output. */
export const processOutput = new Output({
  json: process.env.REVO_OUTPUT === "json",
  progress: process.env.REVO_PROGRESS !== "no",
  stdout: process.stdout,
  stderr: process.stderr,
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
