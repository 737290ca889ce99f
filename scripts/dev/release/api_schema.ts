/** The function's API as JSON schemas, as docs/api.schema.json publishes it. */
import { z } from "zod";
import {
  backupRequestSchema,
  cancelAnswerSchema,
  cancelRequestSchema,
  dispatchedSchema,
  drillRequestSchema,
  healthAnswerSchema,
  healthRequestSchema,
  planRequestSchema,
  restoreRequestSchema,
  statusAnswerSchema,
  statusRequestSchema,
} from "@backup/api.ts";
import { breakingChanges, type Schema, schemaSchema, type Side } from "./schema_changes.ts";

const REQUESTS = {
  backup: backupRequestSchema,
  restore: restoreRequestSchema,
  plan: planRequestSchema,
  drill: drillRequestSchema,
  status: statusRequestSchema,
  cancel: cancelRequestSchema,
  health: healthRequestSchema,
};
const ANSWERS = {
  dispatched: dispatchedSchema,
  status: statusAnswerSchema,
  cancel: cancelAnswerSchema,
  health: healthAnswerSchema,
};

export const apiSchema = z.object({
  title: z.string(),
  requests: z.record(z.string(), schemaSchema),
  answers: z.record(z.string(), schemaSchema),
});
export type Api = z.infer<typeof apiSchema>;

/** As the code stands. */
export function currentApi(): Api {
  return apiSchema.parse({
    title: "The Edge Function ops-backups: what it is asked by POST, and what it answers with 200",
    requests: schemasOf(REQUESTS, "input"),
    answers: schemasOf(ANSWERS, "output"),
  });
}

function schemasOf(named: Record<string, z.ZodType>, io: "input" | "output"): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(named).map((
      [name, schema],
    ) => [name, z.toJSONSchema(schema, { io, unrepresentable: "any" })]),
  );
}

/** What a caller written for `before` would stumble over. */
export function apiBreaks(before: Api, after: Api): string[] {
  return [
    ...sideBreaks("request", before.requests, after.requests),
    ...sideBreaks("answer", before.answers, after.answers),
  ];
}

function sideBreaks(side: Side, before: Record<string, Schema>, after: Record<string, Schema>): string[] {
  return Object.entries(before).flatMap(([name, old]) => {
    const now = after[name];
    if (now === undefined) return [`${side} ${name} is gone`];
    return breakingChanges(old, now, side).map((what) => `${side} ${name}: ${what}`);
  });
}
