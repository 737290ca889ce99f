/** Passes of active runs, kept in the browser beside its session: with them a run is followed without the catalog. */

import { z } from "zod";
import { type RunPass, runPassSchema } from "@backup/api.ts";
import { isActive, type Run, runKindSchema } from "@backup/runs/run.ts";
import { targetSchema } from "@backup/target.ts";
import { RUN_PASSES } from "./forget_last_known.ts";

const keptSchema = z.object({
  request_id: z.guid(),
  kind: runKindSchema,
  target: targetSchema,
  created_at: z.string(),
  run_url: z.string().nullable(),
  pass: runPassSchema,
});
/** A run that can be followed at GitHub without the catalog. */
export type KeptRun = z.infer<typeof keptSchema>;

/** The kept runs whose pass has not expired, newest first; none where the browser keeps nothing. */
export function readKeptRuns(now: Date): KeptRun[] {
  try {
    const kept = z.array(keptSchema).parse(JSON.parse(localStorage.getItem(RUN_PASSES) ?? "[]"));
    return kept.filter(({ pass }) => Date.parse(pass.expires_at) > now.getTime());
  } catch {
    return []; // another program wrote it, or the browser keeps nothing
  }
}

/** Keeps the pass of a run, but not one that permits less than the one that is kept; removes it once the run has ended. */
export function keepRunPass(run: Run, pass: RunPass | undefined, now: Date): void {
  const others = readKeptRuns(now).filter(({ request_id }) => request_id !== run.request_id);
  const before = readKeptRuns(now).find(({ request_id }) => request_id === run.request_id);
  const best = pass === undefined || before?.pass.may_cancel && !pass.may_cancel ? before?.pass : pass;
  write(
    isActive(run.status) && best !== undefined
      ? [keptSchema.parse({ ...run, pass: best }), ...others]
      : others,
  );
}

/** Removes the passes of runs that these rows show as ended. */
export function forgetEndedRuns(runs: readonly Run[], now: Date): void {
  const ended = new Set(runs.filter(({ status }) => !isActive(status)).map(({ request_id }) => request_id));
  const kept = readKeptRuns(now);
  if (kept.some(({ request_id }) => ended.has(request_id))) {
    write(kept.filter(({ request_id }) => !ended.has(request_id)));
  }
}

function write(kept: KeptRun[]): void {
  try {
    localStorage.setItem(RUN_PASSES, JSON.stringify(kept));
  } catch {
    // a browser that keeps nothing: the run is followed at GitHub
  }
}
