/** House rules for workflow and action files, beyond what actionlint knows. */
import { NoOperationTraceWriter, parseWorkflow } from "@actions/workflow-parser";
import { parseAction } from "@actions/workflow-parser/actions/action-parser";
import { z } from "zod";
import { Expression, toTree, type Tree } from "../dev/github/workflow/tree.ts";

const scalar = z.union([z.string(), z.number(), z.boolean(), z.null(), z.instanceof(Expression)]);
const env = z.record(z.string(), scalar).default({});
const step = z.looseObject({ uses: z.string().optional(), run: scalar.optional() });
const job = z.looseObject({ "timeout-minutes": scalar.optional(), env, steps: z.array(step) });
const workflow = z.looseObject({
  permissions: z.unknown().optional(),
  concurrency: z.looseObject({ "cancel-in-progress": scalar.default(false) }).optional(),
  env,
  jobs: z.record(z.string(), job),
});
const action = z.looseObject({ runs: z.looseObject({ steps: z.array(step) }) });
type Step = z.infer<typeof step>;

/** The rules that a workflow file breaks, each with the place. */
export function workflowBreaches(path: string, content: string): string[] {
  const { value } = parseWorkflow({ name: path, content }, new NoOperationTraceWriter());
  const read = workflow.parse(value === undefined ? null : toTree(value));
  return [
    ...read.permissions === undefined ? ["no permissions"] : [],
    ...concurrencyBreaches(read.concurrency),
    ...secretBreaches("workflow", read.env),
    ...Object.entries(read.jobs).flatMap(([id, each]) => [
      ...each["timeout-minutes"] === undefined ? [`${id}: no timeout-minutes`] : [],
      ...secretBreaches(id, each.env),
      ...each.steps.flatMap((one) => stepBreaches(id, one, content)),
    ]),
  ];
}

/** The rules that a composite action breaks. */
export function actionBreaches(path: string, content: string): string[] {
  const { value } = parseAction({ name: path, content }, new NoOperationTraceWriter());
  const read = action.parse(value === undefined ? null : toTree(value));
  return read.runs.steps.flatMap((one) => stepBreaches("action", one, content));
}

function concurrencyBreaches(concurrency: z.infer<typeof workflow>["concurrency"]): string[] {
  if (concurrency === undefined) return ["no concurrency"];
  return concurrency["cancel-in-progress"] === false ? [] : ["cancel-in-progress is not false"];
}

/** A secret belongs to the one step that uses it. */
function secretBreaches(where: string, variables: Readonly<Record<string, Tree>>): string[] {
  return Object.entries(variables)
    .filter(([, value]) => value instanceof Expression && /\bsecrets\b/.test(value.text))
    .map(([name]) => `${where}: the secret in ${name} is seen by every step`);
}

function stepBreaches(where: string, { uses, run }: Step, content: string): string[] {
  if (uses !== undefined) return usesBreaches(where, uses, content);
  if (run instanceof Expression) return [`${where}: an expression inside run`];
  return String(run ?? "").trim().includes("\n") ? [`${where}: run has more than one line`] : [];
}

function usesBreaches(where: string, uses: string, content: string): string[] {
  if (uses.startsWith("./")) return [];
  if (!/@[0-9a-f]{40}$/.test(uses)) return [`${where}: ${uses} is not pinned by its full SHA`];
  const commented = content.split("\n").some((line) => line.includes(uses) && /# v\d+\.\d+\.\d+$/.test(line));
  return commented ? [] : [`${where}: ${uses} has no comment that names its version`];
}
