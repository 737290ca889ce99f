/** Estimates the duration of a restore from earlier ones. */
import { toBackupError } from "@backup/errors.ts";
import type { PastRestore } from "../catalog/catalog.ts";

export interface DurationPlan {
  /** Whole run, with safety copy and download; `null` when there is nothing to estimate from. */
  seconds: number | null;
  /** Number of restores that the estimate is based on. */
  measured: number;
  /** Why `seconds` is `null`. */
  reason: "no_restore_yet" | "catalog_unavailable" | null;
}

/** The median pace of earlier restores into the target, for an archive of so many bytes. */
export async function planDuration(
  pastRestores: () => Promise<PastRestore[]>,
  bytes: number,
): Promise<DurationPlan> {
  try {
    const paces = (await pastRestores()).map((past) => past.seconds / past.bytes).sort((a, b) => a - b);
    if (paces.length === 0) return { seconds: null, measured: 0, reason: "no_restore_yet" };
    return { seconds: Math.ceil(median(paces) * bytes), measured: paces.length, reason: null };
  } catch (error) {
    if (toBackupError(error).code !== "catalog_unavailable") throw error;
    return { seconds: null, measured: 0, reason: "catalog_unavailable" };
  }
}

function median(sorted: readonly number[]): number {
  const middle = sorted.slice(Math.floor((sorted.length - 1) / 2), Math.floor(sorted.length / 2) + 1);
  return middle.reduce((total, value) => total + value, 0) / middle.length;
}
