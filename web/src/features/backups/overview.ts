/** Are we safe? What the history's facts say about a target, without any wishful thinking. */

import type { BackupRow } from "../../../../supabase/functions/_shared/backup/catalog.ts";

/** A daily backup plus two hours of grace. */
export const OVERDUE_AFTER_MS = 26 * 3_600_000;

export type Overview =
  | { state: "none" }
  | {
    state: "current" | "overdue";
    newest: BackupRow;
    /** The newest backup that a restore drill proved; perhaps `newest` itself. */
    proven: BackupRow | null;
  };

/** Whether the row stands for an archive that lies in the vault. */
export function isInVault(row: BackupRow): boolean {
  return row.status === "uploaded" || row.status === "restored";
}

/** @param rows the newest rows of one target, newest first. */
export function assessTarget(rows: readonly BackupRow[], now: Date): Overview {
  const kept = rows.filter(isInVault);
  const newest = kept[0];
  if (newest === undefined) return { state: "none" };
  const age = now.getTime() - Date.parse(newest.created_at);
  return {
    state: age > OVERDUE_AFTER_MS ? "overdue" : "current",
    newest,
    proven: kept.find((row) => row.proven_at !== null) ?? null,
  };
}
