/**
 * Reports a run to the log, to GitHub and to the catalog. A report that cannot be delivered does not fail the run: it
 * becomes one of its warnings.
 */
import { appendFile } from "node:fs/promises";
import { toBackupError } from "@backup/errors.ts";
import { HEARTBEAT_INTERVAL_MS } from "@backup/service_levels.ts";
import type { CountedObjects } from "@backup/runs/run.ts";
import type {
  Catalog,
  RunAttempt,
  RunFinish,
  RunHeartbeat,
  RunStart,
  StartedRun,
} from "../catalog/catalog.ts";
import { END_LIMITS, settledAfter } from "./interruption.ts";
import type { EndedRun } from "./output.ts";
import type { Progress } from "./progress.ts";

export interface ReporterDeps {
  catalog: Catalog;
  now: () => number;
  print: (line: string) => void;
  /** Called for every change of a phase's bytes. */
  showBytes: (phase: string, done: number, expected: number | null) => void;
  /** Called at the run's end, also when the catalog could not be written. */
  onEnd: (run: EndedRun) => void;
  /** `GITHUB_STEP_SUMMARY`, when there is one. */
  summaryFile?: string;
  onGitHub: boolean;
}

const TICK_MS = 1_000;

export class RunReporter implements Progress {
  readonly warnings: string[] = [];
  readonly #deps: ReporterDeps;
  readonly #startedAt: number;
  #run: RunStart | null = null;
  /** The row to report to; `null` while there is none. */
  #row: RunAttempt | null = null;
  /** The start that is under way; settles in any case. */
  #starting: Promise<unknown> = Promise.resolve();
  #state: Omit<RunHeartbeat, keyof RunAttempt> = {
    phase: "start",
    bytes_done: null,
    bytes_expected: null,
    rows_done: null,
    objects: null,
  };
  #sentAt = 0;
  #changed = false;
  /** The update that is under way. */
  #sending: Promise<void> | null = null;
  #timer: ReturnType<typeof setInterval> | null = null;

  constructor(deps: ReporterDeps) {
    this.#deps = deps;
    this.#startedAt = deps.now();
  }

  /**
   * @returns the catalog's answer; `null` when the catalog could not be reached and does not track the run.
   * @throws {BackupError} the catalog's refusal, for example `busy`: the work must not begin.
   */
  async start(run: RunStart): Promise<StartedRun | null> {
    this.#run = run;
    // set before the response: a start whose response was not waited for is ended, too
    this.#row = { request_id: run.request_id, attempt: run.attempt };
    const starting = this.#deps.catalog.startRun(run);
    this.#starting = starting.catch(() => this.#row = null);
    let started: StartedRun;
    try {
      started = await starting;
    } catch (error) {
      if (toBackupError(error).code !== "catalog_unavailable") throw error;
      this.#warn("the run could not be written to the catalog", error);
      return null;
    }
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    return { ...started, requestedBy: started.requestedBy ?? run.requested_by };
  }

  phase(name: string): void {
    this.#state = { ...this.#state, phase: name, bytes_done: null, bytes_expected: null };
    this.#changed = true;
    this.log(name.replaceAll("_", " "));
  }

  bytes(done: number, expected: number | null): void {
    this.#state.bytes_done = done;
    this.#state.bytes_expected = expected;
    this.#changed = true;
    this.#deps.showBytes(this.#state.phase, done, expected);
  }

  rows(done: number): void {
    this.#state.rows_done = done;
    this.#changed = true;
  }

  objects(counted: CountedObjects): void {
    this.#state.objects = counted;
    this.#changed = true;
  }

  log(line: string): void {
    const seconds = ((this.#deps.now() - this.#startedAt) / 1000).toFixed(1);
    this.#deps.print(`[${seconds.padStart(6)} s] ${line}`);
  }

  /** The last phase that was begun. */
  get currentPhase(): string {
    return this.#state.phase;
  }

  /** A fault that does not fail the run. */
  warn(text: string): void {
    this.warnings.push(text);
    this.log(`warning: ${text}`);
    if (this.#deps.onGitHub) this.#deps.print(`::warning::${escapeCommand(text)}`);
  }

  /** Adds Markdown to the job's summary; outside GitHub, to the log. */
  async summary(markdown: string): Promise<void> {
    const { print, summaryFile } = this.#deps;
    if (!summaryFile) return print(markdown);
    await appendFile(summaryFile, markdown + "\n").catch((error) => {
      print(markdown);
      this.#warn("the job's summary could not be written", error);
    });
  }

  /**
   * Writes the run's end. A failure to write it is a warning.
   * @param signal after it the catalog is not waited for longer than {@link END_LIMITS}
   */
  async finish(end: Omit<RunFinish, keyof RunAttempt>, signal: AbortSignal): Promise<void> {
    try {
      await settledAfter(signal, END_LIMITS.catalog, this.#writeEnd(end));
    } catch (error) {
      this.#warn("the run's end could not be written to the catalog", error);
    }
    if (this.#run) {
      const { kind, target, request_id } = this.#run;
      this.#deps.onEnd({ kind, target, request_id, ...end });
    }
  }

  async #writeEnd(end: Omit<RunFinish, keyof RunAttempt>): Promise<void> {
    await this.#starting; // the row of a start that is refused is another script's
    if (this.#timer) clearInterval(this.#timer);
    await this.#sending;
    if (this.#row !== null) await this.#deps.catalog.finishRun({ ...this.#row, ...end });
  }

  /** Sends at most one update at a time: updates that queue up behind a slow catalog would delay the run's end. */
  #tick(): void {
    const silence = this.#deps.now() - this.#sentAt;
    if (this.#row === null || this.#sending !== null) return;
    if (!this.#changed && silence < HEARTBEAT_INTERVAL_MS) return;
    const progress = { ...this.#row, ...this.#state };
    this.#changed = false;
    this.#sentAt = this.#deps.now();
    this.#sending = this.#deps.catalog.progress(progress)
      .catch((error) => this.log(`progress was not written: ${toBackupError(error).message}`))
      .finally(() => this.#sending = null);
  }

  #warn(text: string, error: unknown): void {
    this.warn(`${text}: ${toBackupError(error).message}`);
  }
}

/** Escapes the text of a workflow command, as GitHub's runner reads it. */
export function escapeCommand(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}
