/** The endpoints of runs and jobs: listing, cancelling, logs. */
import { matchesStatus, type RunRecord } from "../store.ts";
import { jobBody, runBody } from "./bodies.ts";
import { ok, page, type RestCall, type RestContext } from "./call.ts";
import { type Answer, HttpError } from "./http.ts";

export async function listWorkflowRuns(context: RestContext, call: RestCall): Promise<Answer> {
  const { id } = await context.actions.workflow(call.params[0] ?? "");
  return listRuns(context, call, (run) => run.workflow.id === id);
}

export function listRuns(
  { site, actions }: RestContext,
  { query }: RestCall,
  wanted: (run: RunRecord) => boolean,
): Answer {
  const found = actions.store.runs().filter((run) => wanted(run) && matchesQuery(run, query));
  const workflow_runs = page(found, query).map((run) => runBody(site, run));
  return ok({ total_count: found.length, workflow_runs });
}

function matchesQuery(run: RunRecord, query: URLSearchParams): boolean {
  const status = query.get("status");
  return (query.get("event") ?? run.event) === run.event &&
    (query.get("branch") ?? run.branch) === run.branch &&
    (query.get("head_sha") ?? run.headSha) === run.headSha &&
    (status === null || matchesStatus(run, status)) &&
    isCreated(run.createdAt, query.get("created"));
}

/** GitHub's date filter: `>=2026-01-01`, `<2026-01-01T10:00:00Z`, `from..to` with `*` for open, or one day. */
function isCreated(at: Date, filter: string | null): boolean {
  if (filter === null) return true;
  const [, operator = "", rest = ""] = /^(>=|<=|>|<)?(.+)$/.exec(filter) ?? [];
  if (rest.includes("..")) {
    const [from = "*", to = "*"] = rest.split("..");
    return (from === "*" || at >= instant(from)) && (to === "*" || at <= endOf(to));
  }
  if (operator === ">=") return at >= instant(rest);
  if (operator === ">") return at > endOf(rest);
  if (operator === "<=") return at <= endOf(rest);
  if (operator === "<") return at < instant(rest);
  return at >= instant(rest) && at <= endOf(rest);
}

function instant(text: string): Date {
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) throw new HttpError(422, `Invalid date: ${text}`);
  return time;
}

/** A date without a time means its whole day, a time without fractions its whole second. */
function endOf(text: string): Date {
  return new Date(instant(text).getTime() + (text.includes("T") ? 999 : 86_399_999));
}

function requireRun({ actions }: RestContext, id: string | undefined): RunRecord {
  const run = actions.store.run(Number(id));
  if (run === null) throw new HttpError(404, "Not Found");
  return run;
}

export function getRun(context: RestContext, { params: [id] }: RestCall): Answer {
  return ok(runBody(context.site, requireRun(context, id)));
}

export function listJobs(context: RestContext, { params: [id], query }: RestCall): Answer {
  const run = requireRun(context, id);
  const jobs = page(run.jobs, query).map((job) => jobBody(context.site, run, job));
  return ok({ total_count: run.jobs.length, jobs });
}

export function cancelRun(context: RestContext, { params: [id] }: RestCall): Answer {
  const run = requireRun(context, id);
  if (!run.cancel()) throw new HttpError(409, "Cannot cancel a workflow run that is completed.");
  return { status: 202, body: {} };
}

function requireJob({ actions }: RestContext, id: string | undefined) {
  const found = actions.store.job(Number(id));
  if (found === null) throw new HttpError(404, "Not Found");
  return found;
}

export function getJob(context: RestContext, { params: [id] }: RestCall): Answer {
  const { run, job } = requireJob(context, id);
  return ok(jobBody(context.site, run, job));
}

export function jobLogs(context: RestContext, { params: [id] }: RestCall): Answer {
  const { job } = requireJob(context, id);
  if (job.status !== "completed") throw new HttpError(404, "Not Found");
  return { status: 302, headers: { location: context.logs.jobLink(job.id) } };
}

export function runLogs(context: RestContext, { params: [id] }: RestCall): Answer {
  const run = requireRun(context, id);
  if (run.status !== "completed") throw new HttpError(404, "Not Found");
  return { status: 302, headers: { location: context.logs.runLink(run.id) } };
}
