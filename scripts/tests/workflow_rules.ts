/** The project's rules for workflow and action files, beyond the checks of actionlint. */
import { NoOperationTraceWriter, parseWorkflow } from "@actions/workflow-parser";
import { parseAction } from "@actions/workflow-parser/actions/action-parser";
import { z } from "zod";
import { Expression, toTree, type Tree } from "../dev/github/mod.ts";

const scalar = z.union([z.string(), z.number(), z.boolean(), z.null(), z.instanceof(Expression)]);
const env = z.record(z.string(), scalar).default({});
const step = z.looseObject({
  uses: z.string().optional(),
  run: scalar.optional(),
  with: z.record(z.string(), scalar).default({}),
});
const permissions = z.union([z.string(), z.record(z.string(), z.string())]).nullish();
const job = z.looseObject({ "timeout-minutes": scalar.optional(), env, permissions, steps: z.array(step) });
const workflow = z.looseObject({
  on: z.unknown(),
  permissions,
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
    ...triggerBreaches(read.on),
    ...read.permissions == null ? ["no permissions"] : permissionBreaches("workflow", read.permissions),
    ...concurrencyBreaches(read.concurrency),
    ...secretBreaches("workflow", read.env),
    ...Object.entries(read.jobs).flatMap(([id, each]) => [
      ...each["timeout-minutes"] === undefined ? [`${id}: no timeout-minutes`] : [],
      ...permissionBreaches(id, each.permissions),
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

/** Code of a fork must never run with the secrets; at minute 0 GitHub drops schedules. */
function triggerBreaches(on: unknown): string[] {
  const text = JSON.stringify(on);
  return [
    ...text.includes('"pull_request_target"')
      ? ["pull_request_target runs strangers' code with secrets"]
      : [],
    ...[...text.matchAll(/"cron":"(0|\*)[ ,/][^"]*"/g)].map(([cron]) => `${cron} is at minute 0`),
  ];
}

/** The token has only the permissions that are listed. */
function permissionBreaches(where: string, given: z.infer<typeof permissions>): string[] {
  return typeof given === "string" && given.endsWith("-all") ? [`${where}: permissions are ${given}`] : [];
}

function concurrencyBreaches(concurrency: z.infer<typeof workflow>["concurrency"]): string[] {
  if (concurrency === undefined) return ["no concurrency"];
  return concurrency["cancel-in-progress"] === false ? [] : ["cancel-in-progress is not false"];
}

/** A secret is passed only to the step that uses it. */
function secretBreaches(where: string, variables: Readonly<Record<string, Tree>>): string[] {
  return Object.entries(variables)
    .filter(([, value]) => value instanceof Expression && /\bsecrets\b/.test(value.text))
    .map(([name]) => `${where}: the secret in ${name} is seen by every step`);
}

function stepBreaches(where: string, step: Step, content: string): string[] {
  const { uses, run } = step;
  if (uses !== undefined) return [...usesBreaches(where, uses, content), ...checkoutBreaches(where, step)];
  if (run instanceof Expression) return [`${where}: an expression inside run`];
  const script = String(run ?? "").trim();
  if (script.includes("\n")) return [`${where}: run has more than one line`];
  // GitHub signals the shell only when a run is cancelled
  if (/^(bash scripts\/run_task|deno task)/.test(script)) {
    return [`${where}: without exec, ${script} hears of no cancellation`];
  }
  return script.startsWith("exec deno task")
    ? [`${where}: ${script} has its secrets in its environment`]
    : [];
}

/** The token of the run must not be stored in the working copy, where every later step can read it. */
function checkoutBreaches(where: string, { uses, with: inputs }: Step): string[] {
  if (!uses?.startsWith("actions/checkout@")) return [];
  const kept = String(inputs["persist-credentials"]) !== "false";
  return kept ? [`${where}: checkout keeps its credentials`] : [];
}

function usesBreaches(where: string, uses: string, content: string): string[] {
  if (uses.startsWith("./")) return [];
  if (!/@[0-9a-f]{40}$/.test(uses)) return [`${where}: ${uses} is not pinned by its full SHA`];
  const commented = content.split("\n").some((line) => line.includes(uses) && /# v\d+\.\d+\.\d+$/.test(line));
  return commented ? [] : [`${where}: ${uses} has no comment that names its version`];
}
