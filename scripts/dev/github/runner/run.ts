/** Runs a workflow: waits for its place in a concurrency group, then runs its jobs in the order of their `needs`. */
import { holds, toBoolean, toText } from "../workflow/expressions.ts";
import type { Concurrency } from "../workflow/model.ts";
import { begin, complete, type Conclusion } from "../store.ts";
import { Cancellation } from "./cancellation.ts";
import type { ConcurrencyRule, Turn } from "./concurrency.ts";
import { endJob, type JobResult, type JobTask, makeJob, runJob } from "./job.ts";
import { runContexts, type RunRequest } from "./session.ts";

/** An active run. */
export interface ActiveRun {
  /** Resolves when it has ended, with any conclusion. */
  ended: Promise<void>;
  /** Requests a cancellation, as the button does. */
  cancel(reason: string): void;
  /** Ends it without running anything more. */
  abandon(reason: string): void;
}

/**
 * Starts a run and updates its record.
 * @throws {Error} when an expression of its jobs' names, labels or groups cannot be evaluated.
 */
export function startRun(request: RunRequest): ActiveRun {
  const tasks = new Map(
    Object.keys(request.workflow.jobs).map((key) => [key, makeJob(request, key, new Cancellation())]),
  );
  request.record.jobs = [...tasks.values()].map((task) => task.record);
  const run = new WorkflowRun(request, tasks);
  const ended = run.execute();
  return {
    ended,
    cancel: (reason) => run.cancel((each) => each.request(reason)),
    abandon: (reason) => run.cancel((each) => each.abandon(reason)),
  };
}

class WorkflowRun {
  readonly #results = new Map<string, Promise<JobResult>>();
  #turn: Turn | null = null;
  #cancelled = false;

  constructor(readonly request: RunRequest, readonly tasks: ReadonlyMap<string, JobTask>) {}

  cancel(how: (cancellation: Cancellation) => void): void {
    this.#cancelled = true;
    for (const task of this.tasks.values()) how(task.cancellation);
    if (this.request.record.status === "pending") this.#turn?.leave();
  }

  async execute(): Promise<void> {
    const { record } = this.request;
    const mayRun = await this.#enterGroup();
    if (mayRun) {
      begin(record);
      record.updatedAt = new Date();
      await Promise.all([...this.tasks.keys()].map((key) => this.#result(key)));
    } else {
      for (const task of this.tasks.values()) endJob(task.record, "cancelled");
    }
    const conclusion = mayRun ? await this.#conclude() : "cancelled";
    complete(record, conclusion);
    record.updatedAt = new Date();
    this.#turn?.leave();
    this.request.settings.log(`${record.workflow.file}: run ${record.id} ended: ${conclusion}`);
  }

  async #enterGroup(): Promise<boolean> {
    const { workflow, record, settings } = this.request;
    if (workflow.concurrency === undefined) return true;
    const rule = this.#rule(workflow.concurrency);
    record.status = "pending";
    this.#turn = settings.concurrency.enter(rule, {
      cancel: (reason) => this.cancel((each) => each.request(reason)),
    });
    return await this.#turn.turn;
  }

  #rule(concurrency: Concurrency): ConcurrencyRule {
    const scope = { contexts: runContexts(this.request) };
    return {
      group: toText(concurrency.group, scope),
      cancelInProgress: toBoolean(concurrency["cancel-in-progress"], scope),
      queue: concurrency.queue ?? "single",
    };
  }

  #result(key: string): Promise<JobResult> {
    const known = this.#results.get(key);
    if (known !== undefined) return known;
    const task = this.tasks.get(key);
    if (task === undefined) throw new Error(`Cannot find the job '${key}'`);
    const result = this.#runJob(key, task).catch((error: unknown) => {
      task.record.log.write(`##[error]${error instanceof Error ? error.message : String(error)}`);
      return endJob(task.record, "failure");
    });
    this.#results.set(key, result);
    return result;
  }

  async #runJob(key: string, task: JobTask): Promise<JobResult> {
    const needs: Record<string, JobResult> = {};
    for (const need of task.job.needs) needs[need] = await this.#result(need);
    const contexts = { ...runContexts(this.request), needs };
    const upstream = await Promise.all(this.#ancestors(key).map((each) => this.#result(each)));
    const status = {
      success: upstream.every(({ result }) => result === "success") && !this.#cancelled,
      failure: upstream.some(({ result }) => result === "failure"),
      cancelled: this.#cancelled,
    };
    if (!holds(task.job.if, { contexts, status })) {
      return endJob(task.record, this.#cancelled ? "cancelled" : "skipped");
    }
    return await this.#inGroup(task, () => runJob(task, needs));
  }

  async #inGroup(task: JobTask, body: () => Promise<JobResult>): Promise<JobResult> {
    if (task.job.concurrency === undefined) return await body();
    task.record.status = "pending";
    const place = this.request.settings.concurrency.enter(this.#rule(task.job.concurrency), {
      cancel: (reason) => task.cancellation.request(reason),
    });
    const giveUp = () => {
      if (task.record.status === "pending") place.leave();
    };
    task.cancellation.signal.addEventListener("abort", giveUp);
    try {
      return await place.turn ? await body() : endJob(task.record, "cancelled");
    } finally {
      place.leave();
    }
  }

  /** Every job that this one waits for, directly or indirectly. */
  #ancestors(key: string): string[] {
    const found = new Set<string>();
    const visit = (of: string) => {
      for (const need of this.tasks.get(of)?.job.needs ?? []) {
        if (!found.has(need)) {
          found.add(need);
          visit(need);
        }
      }
    };
    visit(key);
    return [...found];
  }

  async #conclude(): Promise<Conclusion> {
    const results: Conclusion[] = [];
    for (const [key, task] of this.tasks) {
      const { result } = await this.#result(key);
      const forgiven = result === "failure" &&
        toBoolean(task.job["continue-on-error"], { contexts: runContexts(this.request) });
      results.push(forgiven ? "success" : result);
    }
    for (const worst of ["failure", "cancelled", "success"] as const) {
      if (results.includes(worst)) return worst;
    }
    return "skipped";
  }
}
