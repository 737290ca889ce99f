import { z } from "zod";
import { checkTitle } from "@backup/vault/receipt.ts";
import type { Run } from "@backup/runs/run.ts";

const resultSchema = z.object({
  checks: z.array(z.object({ name: z.string(), verdict: z.string() })).catch([]),
});

/** The titles of a drill's failed checks; empty for other runs. */
export function failedChecksOf(run: Pick<Run, "result">): string[] {
  const { checks } = resultSchema.parse(run.result ?? {});
  return checks.filter(({ verdict }) => verdict === "FAIL").map(({ name }) => checkTitle(name));
}
