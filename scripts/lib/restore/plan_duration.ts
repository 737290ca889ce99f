/** Estimates the duration of a restore, and of its lock, from earlier ones. */
import { toBackupError } from "@backup/errors.ts";
import type { PlannedLock } from "@backup/runs/restore_plan.ts";
import type { PastRestore } from "../catalog/catalog.ts";

export interface DurationPlan {
  /** Whole run, with safety copy and download; `null` when there is nothing to estimate from. */
  seconds: number | null;
  /** Number of restores that the estimate is based on. */
  measured: number;
  /** Why `seconds` is `null`. */
  reason: "no_restore_yet" | "catalog_unavailable" | null;
  /** Absent when `reason` is `catalog_unavailable`. */
  locked?: PlannedLock;
}

/**
 * The median pace of earlier restores into the target, for an archive of so many bytes; and the longest of their locks, whose
 * duration depends on objects and settings more than on bytes.
 */
export async function planDuration(
  pastRestores: () => Promise<PastRestore[]>,
  bytes: number,
): Promise<DurationPlan> {
  try {
    const past = await pastRestores();
    const locks = past.flatMap(({ lockedSeconds }) => lockedSeconds ?? []);
    const locked = {
      seconds: locks.length === 0 ? null : Math.ceil(Math.max(...locks)),
      measured: locks.length,
    };
    const paces = past.map((each) => each.seconds / each.bytes).sort((a, b) => a - b);
    if (paces.length === 0) return { seconds: null, measured: 0, reason: "no_restore_yet", locked };
    return { seconds: Math.ceil(median(paces) * bytes), measured: paces.length, reason: null, locked };
  } catch (error) {
    if (toBackupError(error).code !== "catalog_unavailable") throw error;
    return { seconds: null, measured: 0, reason: "catalog_unavailable" };
  }
}

function median(sorted: readonly number[]): number {
  const middle = sorted.slice(Math.floor((sorted.length - 1) / 2), Math.floor(sorted.length / 2) + 1);
  return middle.reduce((total, value) => total + value, 0) / middle.length;
}
