/** The state of the local GitHub: workflows and runs, in memory. */
import { createHash } from "node:crypto";
import type { Annotation } from "./runner/commands.ts";
import type { JobLog } from "./runner/log.ts";

export type Status = "queued" | "pending" | "in_progress" | "completed";
export type Conclusion = "success" | "failure" | "cancelled" | "skipped";

/** The status of a run, job or step. */
export interface Progress {
  status: Status;
  conclusion: Conclusion | null;
  startedAt: Date | null;
  completedAt: Date | null;
}

export interface StepRecord extends Progress {
  number: number;
  name: string;
}

export interface JobRecord extends Progress {
  id: number;
  /** Its key in the workflow. */
  key: string;
  name: string;
  labels: string[];
  createdAt: Date;
  steps: StepRecord[];
  log: JobLog;
  annotations: Annotation[];
  /** The content that the steps wrote to `GITHUB_STEP_SUMMARY`, Markdown, secrets masked. */
  summary: string;
}

export interface RunRecord extends Progress {
  id: number;
  number: number;
  workflow: WorkflowRecord;
  workflowName: string;
  event: "workflow_dispatch" | "schedule";
  title: string;
  createdAt: Date;
  updatedAt: Date;
  /** The API hides the run before this time. */
  visibleAt: Date;
  branch: string;
  headSha: string;
  jobs: JobRecord[];
  /** Requests the run to end; `false` if it has ended already. */
  cancel(): boolean;
}

export interface WorkflowRecord {
  id: number;
  file: string;
  enabled: boolean;
  createdAt: Date;
  updatedAt: Date;
  /** Number of the newest run. */
  runs: number;
}

const MAX_RUNS = 1_000;

/** Whether `status` and `conclusion` match GitHub's filter `status=`, which accepts either. */
export function matchesStatus(progress: Progress, wanted: string): boolean {
  return progress.status === wanted || progress.conclusion === wanted;
}

/** Marks the start. */
export function begin(progress: Progress): void {
  progress.status = "in_progress";
  progress.startedAt = new Date();
}

/** Marks the end. */
export function complete(progress: Progress, conclusion: Conclusion): void {
  progress.status = "completed";
  progress.conclusion = conclusion;
  progress.completedAt = new Date();
  progress.startedAt ??= progress.completedAt;
}

/** A new run, job or step that waits to begin. */
export function waiting(): Progress {
  return { status: "queued", conclusion: null, startedAt: null, completedAt: null };
}

export class Store {
  readonly #workflows = new Map<string, WorkflowRecord>();
  readonly #runs = new Map<number, RunRecord>();
  #lastId = Date.now();

  /** Ids increase and are not reused by a later start on the same machine. */
  nextId(): number {
    return ++this.#lastId;
  }

  /** The record of a workflow file, with the same id at every start. */
  workflow(file: string): WorkflowRecord {
    const known = this.#workflows.get(file);
    if (known !== undefined) return known;
    const id = createHash("sha256").update(file).digest().readUIntBE(0, 4);
    const now = new Date();
    const record = { id, file, enabled: true, createdAt: now, updatedAt: now, runs: 0 };
    this.#workflows.set(file, record);
    return record;
  }

  add(run: RunRecord): void {
    this.#runs.set(run.id, run);
    if (this.#runs.size <= MAX_RUNS) return;
    const oldest = [...this.#runs.values()].find((each) => each.status === "completed");
    if (oldest !== undefined) this.#runs.delete(oldest.id);
  }

  /** Runs that the API shows, newest first. */
  runs(): RunRecord[] {
    const now = Date.now();
    return [...this.#runs.values()].filter((run) => run.visibleAt.getTime() <= now).reverse();
  }

  run(id: number): RunRecord | null {
    return this.runs().find((run) => run.id === id) ?? null;
  }

  job(id: number): { run: RunRecord; job: JobRecord } | null {
    for (const run of this.runs()) {
      const job = run.jobs.find((each) => each.id === id);
      if (job !== undefined) return { run, job };
    }
    return null;
  }

  /** Every run that has not ended, visible or not. */
  active(): RunRecord[] {
    return [...this.#runs.values()].filter((run) => run.status !== "completed");
  }
}
