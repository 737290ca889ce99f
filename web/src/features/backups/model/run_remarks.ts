/** What the script of a restore remarked in its result. */

import { z } from "zod";
import type { Run } from "@backup/runs/run.ts";

const texts = z.array(z.string()).nullish().catch(null);
const remarksSchema = z.object({ salvaged: texts, warnings: texts });

/**
 * What a salvage did not bring back as it was, and of any restore its other warnings: what is gone, what others wrote
 * meanwhile, a server that was not verified. Each is an English sentence of the script.
 */
export function remarksOf(run: Run): { losses: string[]; warnings: string[] } {
  if (run.kind !== "restore") return { losses: [], warnings: [] };
  const { salvaged, warnings } = remarksSchema.parse(run.result ?? {});
  const losses = salvaged ?? [];
  const others = (warnings ?? []).filter((warning) => !losses.some((loss) => warning.endsWith(loss)));
  return { losses, warnings: others };
}
