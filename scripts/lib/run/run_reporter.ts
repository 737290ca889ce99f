/**
 * Tells the log, GitHub and the catalog what a run does. What the catalog refuses to take never fails the
 * run, and never hides: it is a warning of the run.
 */
import { appendFile } from "node:fs/promises";
import { toBackupError } from "@backup/errors.ts";
import { HEARTBEAT_INTERVAL_MS } from "@backup/service_levels.ts";
import type { Catalog, RunEnd, RunProgress, RunStart } from "../catalog/catalog.ts";
import type { EndedRun } from "./output.ts";
import type { Progress } from "./progress.ts";

export interface ReporterDeps {
  catalog: Catalog;
  now: () => number;
  print: (line: string) => void;
  /** Bytes done in a phase, as often as they are told. */
  showBytes: (phase: string, done: number, expected: number | null) => void;
  /** Delivered of the run's end, whether or not the catalog takes it. */
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
  #requestId: string | null = null;
  #state: Omit<RunProgress, "request_id"> = {
    phase: "start",
    bytes_done: null,
    bytes_expected: null,
    rows_done: null,
  };
  #toldAt = 0;
  #changed = false;
  #telling: Promise<void> | null = null;
  #timer: ReturnType<typeof setInterval> | null = null;

  constructor(deps: ReporterDeps) {
    this.#deps = deps;
    this.#startedAt = deps.now();
  }

  /**
   * @returns whether the catalog tracks the run; `false` when it could not be reached.
   * @throws {BackupError} what the catalog refuses, for example `busy`: then nothing may be done.
   */
  async start(run: RunStart): Promise<boolean> {
    this.#run = run;
    try {
      await this.#deps.catalog.startRun(run);
    } catch (error) {
      if (toBackupError(error).code !== "catalog_unavailable") throw error;
      this.#warn("the run could not be written to the catalog", error);
      return false;
    }
    this.#requestId = run.request_id;
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    return true;
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

  log(line: string): void {
    const seconds = ((this.#deps.now() - this.#startedAt) / 1000).toFixed(1);
    this.#deps.print(`[${seconds.padStart(6)} s] ${line}`);
  }

  /** The last phase that was begun. */
  get currentPhase(): string {
    return this.#state.phase;
  }

  /** A fact that the run survives but the operator must see. */
  warn(text: string): void {
    this.warnings.push(text);
    this.log(`warning: ${text}`);
    if (this.#deps.onGitHub) this.#deps.print(`::warning::${escapeCommand(text)}`);
  }

  /** Adds Markdown to the job's summary; who runs a command himself reads it where he is. */
  async summary(markdown: string): Promise<void> {
    if (this.#deps.summaryFile) await appendFile(this.#deps.summaryFile, markdown + "\n");
    else this.#deps.print(markdown);
  }

  /** Tells the end. That the catalog did not take it is a warning: the work stands as it ended. */
  async finish(end: Omit<RunEnd, "request_id">): Promise<void> {
    if (this.#timer) clearInterval(this.#timer);
    await this.#telling;
    try {
      if (this.#requestId !== null) {
        await this.#deps.catalog.finishRun({ request_id: this.#requestId, ...end });
      }
    } catch (error) {
      this.#warn("the run's end could not be written to the catalog", error);
    }
    if (this.#run) {
      const { kind, target, request_id } = this.#run;
      this.#deps.onEnd({ kind, target, request_id, ...end });
    }
  }

  /** A catalog that is slow, or gone, is told the newest when it is its turn: what waits would hold the run's end. */
  #tick(): void {
    const silence = this.#deps.now() - this.#toldAt;
    if (this.#requestId === null || this.#telling !== null) return;
    if (!this.#changed && silence < HEARTBEAT_INTERVAL_MS) return;
    const progress = { request_id: this.#requestId, ...this.#state };
    this.#changed = false;
    this.#toldAt = this.#deps.now();
    this.#telling = this.#deps.catalog.progress(progress)
      .catch((error) => this.log(`progress was not written: ${toBackupError(error).message}`))
      .finally(() => this.#telling = null);
  }

  #warn(text: string, error: unknown): void {
    this.warn(`${text}: ${toBackupError(error).message}`);
  }
}

/** Escapes the text of a workflow command, as GitHub's runner reads it. */
export function escapeCommand(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}
