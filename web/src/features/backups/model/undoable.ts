/** Which restores can be undone from the screen. */

import type { Run } from "@backup/runs/run.ts";
import type { Target } from "@backup/target.ts";
import { safetyKeyOf } from "./run_result.ts";

/** The number of safety copies per target that retention always keeps. */
const LAST = 3;

/** `request_id`s of the last restores of each target that left a safety copy. @param runs newest first. */
export function undoableRestores(runs: readonly Run[]): Set<string> {
  const counts = new Map<Target, number>();
  const undoable = new Set<string>();
  for (const run of runs) {
    if (run.kind !== "restore" || run.status !== "succeeded") continue;
    const count = (counts.get(run.target) ?? 0) + 1;
    counts.set(run.target, count);
    if (count <= LAST && safetyKeyOf(run) !== null) undoable.add(run.request_id);
  }
  return undoable;
}
