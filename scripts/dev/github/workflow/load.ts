/** Reads workflow and action files from the workspace, in their current state. */
import { access, readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import {
  convertWorkflowTemplate,
  NoOperationTraceWriter,
  parseWorkflow,
  type TemplateParseResult,
} from "@actions/workflow-parser";
import { parseAction } from "@actions/workflow-parser/actions/action-parser";
import { z } from "zod";
import { actionSchema, type CompositeAction, type Step, type Workflow, workflowSchema } from "./model.ts";
import { toTree, type Tree, WorkflowError } from "./tree.ts";

const FOLDER = ".github/workflows";

/** Actions that prepare the machine, which is prepared already: they do nothing here, and the log states that. */
const NO_OPERATION = new Set([
  "actions/checkout",
  "actions/setup-node",
  "actions/cache",
  "denoland/setup-deno",
]);

/** The names of the workflow files, sorted. */
export async function listWorkflowFiles(workspace: string): Promise<string[]> {
  const names = await readdir(join(workspace, FOLDER));
  return names.filter((name) => /\.ya?ml$/.test(name)).sort();
}

/** Path of a workflow file inside the repository. */
export function workflowPath(file: string): string {
  return `${FOLDER}/${file}`;
}

/**
 * A workflow, checked by GitHub's parser and against what the local GitHub can run.
 * @throws {WorkflowError} that names every fault.
 */
export async function loadWorkflow(workspace: string, file: string): Promise<Workflow> {
  const path = workflowPath(file);
  const content = await readFile(join(workspace, path), "utf8");
  const parsed = parseWorkflow({ name: path, content }, new NoOperationTraceWriter());
  await requireConvertible(path, parsed);
  const workflow = shape(path, workflowSchema, rootOf(path, parsed));
  requireKnownNeeds(path, workflow);
  for (const job of Object.values(workflow.jobs)) await requireKnownActions(workspace, path, job.steps);
  return workflow;
}

/**
 * A local composite action, by the path that `uses:` names (`./.github/actions/setup`).
 * @throws {WorkflowError} that names every fault, also for an action of another kind.
 */
export async function loadAction(workspace: string, uses: string): Promise<CompositeAction> {
  const path = await actionPath(workspace, uses);
  const content = await readFile(join(workspace, path), "utf8");
  const parsed = parseAction({ name: path, content }, new NoOperationTraceWriter());
  return shape(path, actionSchema, rootOf(path, parsed));
}

/** Whether a `uses:` is a folder of this repository. */
export function isLocalAction(uses: string): boolean {
  return uses.startsWith("./");
}

async function actionPath(workspace: string, uses: string): Promise<string> {
  for (const name of ["action.yml", "action.yaml"]) {
    const path = join(uses, name);
    const found = await access(join(workspace, path)).then(() => true, () => false);
    if (found) return path;
  }
  throw new WorkflowError(`Cannot find action.yml or action.yaml under '${uses}'`);
}

function rootOf(path: string, parsed: TemplateParseResult): Tree {
  const faults = parsed.context.errors.getErrors().map((error) => error.message);
  if (faults.length > 0 || parsed.value === undefined) {
    throw new WorkflowError(faults.length > 0 ? faults.join("; ") : `${path} is empty`);
  }
  return toTree(parsed.value);
}

/**
 * The conversion finds errors that the schema cannot express: invalid cron, unknown contexts, a job that needs
 * itself.
 */
async function requireConvertible(path: string, parsed: TemplateParseResult): Promise<void> {
  rootOf(path, parsed);
  if (parsed.value !== undefined) await convertWorkflowTemplate(parsed.context, parsed.value);
}

function shape<T>(path: string, schema: z.ZodType<T>, tree: Tree): T {
  const result = schema.safeParse(tree);
  if (result.success) return result.data;
  const faults = result.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
  throw new WorkflowError(`The local GitHub cannot run ${path}: ${faults.join("; ")}`);
}

function requireKnownNeeds(path: string, workflow: Workflow): void {
  for (const [id, job] of Object.entries(workflow.jobs)) {
    const missing = job.needs.filter((need) => !Object.hasOwn(workflow.jobs, need));
    if (missing.length > 0) {
      throw new WorkflowError(`${path}: Job '${id}' depends on unknown job '${missing.join("', '")}'.`);
    }
  }
}

async function requireKnownActions(workspace: string, path: string, steps: readonly Step[]): Promise<void> {
  for (const step of steps) {
    if (!("uses" in step)) continue;
    if (isLocalAction(step.uses)) {
      const action = await loadAction(workspace, step.uses);
      await requireKnownActions(workspace, join(step.uses, basename("action.yml")), action.runs.steps);
    } else if (!NO_OPERATION.has(step.uses.split("@")[0] ?? "")) {
      throw new WorkflowError(
        `The local GitHub cannot run ${path}: it does not know the action '${step.uses}'`,
      );
    }
  }
}
