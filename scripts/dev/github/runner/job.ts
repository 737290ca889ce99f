/** Runs one job from setup to completion. */
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { type Scope, toMinutes, toText, toTexts, type Value } from "../workflow/expressions.ts";
import type { Job } from "../workflow/model.ts";
import type { Scalar } from "../workflow/tree.ts";
import { begin, complete, type Conclusion, type JobRecord, type StepRecord, waiting } from "../store.ts";
import type { Cancellation } from "./cancellation.ts";
import { type Frame, scopeOf } from "./frame.ts";
import { JobLog } from "./log.ts";
import { Masker } from "./masker.ts";
import { jobContexts, type JobSession, runContexts, type RunRequest } from "./session.ts";
import { runSteps, type StepObserver, stepTitle } from "./steps.ts";

/** GitHub's own limit for a job, in minutes. */
const DEFAULT_TIMEOUT_MINUTES = 360;

/** How a job ended; jobs that need it read this. */
export type JobResult = {
  result: Conclusion;
  outputs: Record<string, string>;
};

/** A job of a run, before it begins. */
export interface JobTask {
  request: RunRequest;
  key: string;
  job: Job;
  record: JobRecord;
  masker: Masker;
  cancellation: Cancellation;
}

/** The entry of a waiting job. */
export function makeJob(request: RunRequest, key: string, cancellation: Cancellation): JobTask {
  const job = request.workflow.jobs[key];
  if (job === undefined) throw new Error(`Cannot find the job '${key}'`);
  const { secrets, environments } = request.settings;
  const masker = new Masker([secrets, ...Object.values(environments)].flatMap((each) => Object.values(each)));
  const scope = { contexts: runContexts(request) };
  const record: JobRecord = {
    ...waiting(),
    id: request.settings.nextId(),
    key,
    name: job.name === undefined ? key : toText(job.name, scope),
    labels: labelsOf(job, scope),
    createdAt: new Date(),
    steps: stepRecords(job),
    log: new JobLog(masker, (line) => request.settings.log(`${request.record.workflow.file}: ${line}`)),
    annotations: [],
    summary: "",
  };
  return { request, key, job, record, masker, cancellation };
}

function labelsOf(job: Job, scope: Scope): string[] {
  const labels = job["runs-on"];
  const list: readonly Scalar[] = Array.isArray(labels) ? labels : [labels];
  return list.map((label) => toText(label, scope));
}

function stepRecords(job: Job): StepRecord[] {
  const names = ["Set up job", ...job.steps.map(stepTitle), "Complete job"];
  return names.map((name, i) => ({ ...waiting(), number: i + 1, name }));
}

/** Runs the job. Never throws: errors are in the job's log and its conclusion. */
export async function runJob(task: JobTask, needs: { readonly [key: string]: Value }): Promise<JobResult> {
  const { record, request, cancellation } = task;
  const { settings } = request;
  begin(record);
  const granted = settings.issueToken(task.job.permissions ?? request.workflow.permissions);
  task.masker.add(granted.token);
  const folder = await mkdtemp(join(settings.tempFolder, "runner-"));
  try {
    return await runInside(task, needs, granted.token, folder);
  } catch (error) {
    record.log.write(`##[error]${error instanceof Error ? error.message : String(error)}`);
    return finish(record, cancellation.requested ? "cancelled" : "failure", {});
  } finally {
    granted.revoke();
    await rm(folder, { recursive: true, force: true });
  }
}

async function runInside(
  task: JobTask,
  needs: { readonly [key: string]: Value },
  token: string,
  folder: string,
): Promise<JobResult> {
  const { request, key, job, record, masker, cancellation } = task;
  const environment = toText(job.environment ?? null, { contexts: { ...runContexts(request), needs } });
  const contexts = jobContexts(request, { key, environment, token, folder, needs });
  const session: JobSession = {
    request,
    key,
    record,
    cancellation,
    masker,
    folder,
    token,
    env: {},
    path: [],
    contexts,
  };
  const [setUp] = record.steps;
  if (setUp !== undefined) begin(setUp);
  record.log.write(`Runner of the local GitHub, labels: ${record.labels.join(", ")}`);
  session.env = toTexts({ ...request.workflow.env, ...job.env }, { contexts });
  if (setUp !== undefined) complete(setUp, "success");
  const frame = makeFrame(task);
  const timer = startTimer(task, toMinutes(job["timeout-minutes"], { contexts }, DEFAULT_TIMEOUT_MINUTES));
  try {
    await runSteps(session, job.steps, frame, observe(record));
  } finally {
    clearTimeout(timer);
  }
  const outputs = toTexts(job.outputs ?? {}, scopeOf(session, frame, {}));
  return finish(record, concludeJob(frame, cancellation), outputs);
}

function makeFrame({ request, job, cancellation }: JobTask): Frame {
  const defaults = { ...request.workflow.defaults?.run, ...job.defaults?.run };
  return {
    contexts: {},
    env: {},
    workingDirectory: defaults["working-directory"] ?? null,
    shell: defaults.shell,
    signal: cancellation.abandoned,
    results: {},
    failed: false,
  };
}

function startTimer({ cancellation, record }: JobTask, minutes: number): NodeJS.Timeout {
  return setTimeout(() => {
    const reason = `The job has exceeded the maximum execution time of ${minutes} minutes.`;
    record.annotations.push({ level: "error", message: reason });
    cancellation.request(reason);
  }, minutes * 60_000);
}

function observe(record: JobRecord): StepObserver {
  const at = (index: number) => record.steps[index + 1];
  return {
    begin(index, name) {
      const step = at(index);
      if (step === undefined) return;
      step.name = name;
      begin(step);
    },
    end(index, conclusion) {
      const step = at(index);
      if (step !== undefined) complete(step, conclusion);
    },
  };
}

function concludeJob(frame: Frame, cancellation: Cancellation): Conclusion {
  if (cancellation.requested) return "cancelled";
  return frame.failed ? "failure" : "success";
}

function finish(record: JobRecord, result: Conclusion, outputs: Record<string, string>): JobResult {
  if (result === "cancelled") record.log.write("##[error]The operation was canceled.");
  for (const step of record.steps) {
    if (step.status === "completed") continue;
    complete(
      step,
      step === record.steps.at(-1) ? "success" : step.status === "in_progress" ? "failure" : "skipped",
    );
  }
  complete(record, result);
  return { result, outputs };
}

/** Ends a job that never began. */
export function endJob(record: JobRecord, result: Conclusion): JobResult {
  record.steps = [];
  complete(record, result);
  return { result, outputs: {} };
}
