/** The endpoints of workflows: listing, enabling, disabling, starting. */
import { z } from "zod";
import type { DispatchFault } from "../faults.ts";
import type { RunRecord } from "../store.ts";
import { runApi, runPage, workflowBody } from "./bodies.ts";
import { ok, page, type RestCall, type RestContext } from "./call.ts";
import { type Answer, HttpError } from "./http.ts";

const dispatchBody = z.object({
  ref: z.string(),
  inputs: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String)).default({}),
  return_run_details: z.boolean().default(false),
});
type DispatchBody = z.infer<typeof dispatchBody>;

/** From this version on, a dispatch always returns the run's details. */
const DETAILS_VERSION = "2026-03-10";
const MAX_INPUTS = 25;

export async function listWorkflows({ site, actions }: RestContext, { query }: RestCall): Promise<Answer> {
  const all = await actions.workflows();
  const shown = page(all, query);
  const workflows = await Promise.all(
    shown.map(async (each) => workflowBody(site, each, await actions.nameOf(each))),
  );
  return ok({ total_count: all.length, workflows });
}

export async function getWorkflow(
  { site, actions }: RestContext,
  { params: [id = ""] }: RestCall,
): Promise<Answer> {
  const workflow = await actions.workflow(id);
  return ok(workflowBody(site, workflow, await actions.nameOf(workflow)));
}

export async function switchWorkflow(
  { actions }: RestContext,
  { params: [id = "", how] }: RestCall,
): Promise<Answer> {
  const workflow = await actions.workflow(id);
  workflow.enabled = how === "enable";
  workflow.updatedAt = new Date();
  return { status: 204 };
}

export async function dispatch(context: RestContext, call: RestCall): Promise<Answer | null> {
  const { actions, faults } = context;
  const workflow = await actions.workflow(call.params[0] ?? "");
  const body = readDispatch(await call.body());
  const fault = faults.dispatches.shift();
  if (fault?.kind === "answer") return fault.answer;
  if (fault?.kind === "silence" && !fault.accept) return null;
  const run = await actions.dispatch(workflow, body.ref, body.inputs, faults.runsVisibleAfterMs);
  return answerDispatch(context, call, body, run, fault);
}

function answerDispatch(
  { site }: RestContext,
  call: RestCall,
  body: DispatchBody,
  run: RunRecord,
  fault: DispatchFault | undefined,
): Answer | null {
  if (fault?.kind === "silence") return null;
  if (fault?.kind === "accepted-but") return fault.answer;
  const version = String(call.headers["x-github-api-version"] ?? "");
  const detailed = body.return_run_details || version >= DETAILS_VERSION;
  if (fault?.kind === "no-details" || !detailed) return { status: 204 };
  return ok({ workflow_run_id: run.id, run_url: runApi(site, run.id), html_url: runPage(site, run.id) });
}

function readDispatch(body: unknown): DispatchBody {
  const result = dispatchBody.safeParse(body);
  if (!result.success) {
    const [issue] = result.error.issues;
    const field = issue?.path.join(".") ?? "";
    const missing = field === "ref" && !(typeof body === "object" && body !== null && "ref" in body);
    throw new HttpError(
      422,
      missing
        ? `Invalid request.\n\n"ref" wasn't supplied.`
        : `Invalid request.\n\n${field}: ${issue?.message}`,
    );
  }
  const count = Object.keys(result.data.inputs).length;
  if (count > MAX_INPUTS) {
    throw new HttpError(
      422,
      `Invalid request.\n\nNo more than ${MAX_INPUTS} properties are allowed; ${count} were supplied.`,
    );
  }
  return result.data;
}

export async function fireSchedule(
  { site, actions }: RestContext,
  { params: [file = ""], query }: RestCall,
): Promise<Answer> {
  const run = await actions.schedule(await actions.workflow(file), query.get("cron"));
  const body = { workflow_run_id: run.id, run_url: runApi(site, run.id), html_url: runPage(site, run.id) };
  return { status: 201, body };
}
