/**
 * The subset of a workflow that the local GitHub supports. Every object is strict: an unknown key would be ignored
 * silently, so the file is refused.
 */
import { z } from "zod";
import { Expression, type Scalar, type Tree } from "./tree.ts";

const expression = z.instanceof(Expression);
const scalar: z.ZodType<Scalar> = z.union([z.null(), z.string(), z.number(), z.boolean(), expression]);
const scalars = z.record(z.string(), scalar);
const anything = z.custom<Tree>(() => true);
const defaults = z.strictObject({
  run: z.strictObject({ shell: z.literal("bash").optional(), "working-directory": scalar.optional() })
    .optional(),
});

const stepFields = {
  id: z.string().optional(),
  name: scalar.optional(),
  if: scalar.optional(),
  env: scalars.optional(),
  "continue-on-error": scalar.optional(),
  "timeout-minutes": scalar.optional(),
};
const runStep = z.strictObject({
  ...stepFields,
  run: scalar,
  shell: z.literal("bash").optional(),
  "working-directory": scalar.optional(),
});
const usesStep = z.strictObject({ ...stepFields, uses: z.string(), with: scalars.optional() });

export const stepSchema = z.record(z.string(), anything).transform((step, context) => {
  const result = "uses" in step ? usesStep.safeParse(step) : runStep.safeParse(step);
  if (result.success) return result.data;
  for (const { path, message } of result.error.issues) context.addIssue({ code: "custom", path, message });
  return z.NEVER;
});
export type RunStep = z.infer<typeof runStep>;
export type UsesStep = z.infer<typeof usesStep>;
export type Step = RunStep | UsesStep;

const concurrencyRule = z.strictObject({
  group: scalar,
  "cancel-in-progress": scalar.optional(),
  queue: z.enum(["single", "max"]).optional(),
});
const concurrency = z.union([concurrencyRule, scalar.transform((group) => ({ group }))]);
export type Concurrency = z.infer<typeof concurrencyRule>;

const permissions = z.union([z.string(), z.record(z.string(), z.string())]);
export type Permissions = z.infer<typeof permissions>;

export const jobSchema = z.strictObject({
  name: scalar.optional(),
  needs: z.union([z.array(z.string()), z.string().transform((one) => [one])]).default([]),
  if: scalar.optional(),
  "runs-on": z.union([scalar, z.array(scalar)]),
  permissions: permissions.optional(),
  environment: scalar.optional(),
  env: scalars.optional(),
  defaults: defaults.optional(),
  concurrency: concurrency.optional(),
  outputs: scalars.optional(),
  "timeout-minutes": scalar.optional(),
  "continue-on-error": scalar.optional(),
  steps: z.array(stepSchema).min(1),
});
export type Job = z.infer<typeof jobSchema>;

const dispatchInput = z.strictObject({
  description: z.string().optional(),
  required: z.boolean().default(false),
  default: z.union([z.string(), z.number(), z.boolean()]).optional(),
  type: z.enum(["string", "boolean", "number", "choice"]).default("string"),
  options: z.array(z.union([z.string(), z.number()]).transform(String)).default([]),
});
export type DispatchInput = z.infer<typeof dispatchInput>;

const dispatchTrigger = z.strictObject({ inputs: z.record(z.string(), dispatchInput).nullish() });
const schedule = z.array(z.strictObject({ cron: z.string() }));

/** The events of `on:`, in any of its three forms. */
const events = z.union([
  z.string().transform((name): Record<string, Tree> => ({ [name]: null })),
  z.array(z.string()).transform((names): Record<string, Tree> =>
    Object.fromEntries(names.map((name) => [name, null]))
  ),
  z.record(z.string(), anything),
])
  .transform((named): unknown => named)
  .pipe(z.looseObject({ workflow_dispatch: dispatchTrigger.nullish(), schedule: schedule.optional() }));

export const workflowSchema = z.strictObject({
  name: z.string().optional(),
  "run-name": scalar.optional(),
  on: events,
  permissions: permissions.optional(),
  env: scalars.optional(),
  defaults: defaults.optional(),
  concurrency: concurrency.optional(),
  jobs: z.record(z.string(), jobSchema),
});
export type Workflow = z.infer<typeof workflowSchema>;

export const actionSchema = z.object({
  name: z.string(),
  inputs: z.record(
    z.string(),
    z.object({ required: z.boolean().default(false), default: scalar.optional() }),
  ).default({}),
  outputs: z.record(z.string(), z.object({ value: scalar })).default({}),
  runs: z.strictObject({ using: z.literal("composite"), steps: z.array(stepSchema) }),
});
export type CompositeAction = z.infer<typeof actionSchema>;
