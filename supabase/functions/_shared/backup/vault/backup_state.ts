/**
 * The state of a backup: what drills found of it, and whether it counts as a protection. The screen, the watch, the
 * choice of the newest backup and retention use these functions.
 */
import type { BackupProof } from "./catalog.ts";
import { type CheckResult, failedChecks, isTried } from "./receipt.ts";

/** What a drill says of the backup that it restored; `null`: nothing, only its own server or the schedule failed. */
export type Ruling = "proven" | "rejected" | null;

/** The age of the newest backup of the database: it says nothing of the backup that was drilled. */
const NOT_OF_THE_BACKUP = "freshness";

/** @example rulingOf([{ name: "rows_per_table", verdict: "FAIL", detail: "", seconds: 0 }]) // "rejected" */
export function rulingOf(checks: readonly CheckResult[]): Ruling {
  const failed = failedChecks(checks);
  if (failed.some((name) => name !== NOT_OF_THE_BACKUP)) return "rejected";
  return failed.length === 0 && isTried(checks) ? "proven" : null;
}

/**
 * `rejected` the newest drill with a ruling failed · `proven` it passed · `verified` the archive was read back after the
 * upload · `unproven` none of these.
 */
export type BackupState = "rejected" | "proven" | "verified" | "unproven";

/** The proof of a backup: the newest drill with a ruling, from the catalog's row or from a receipt. */
interface Judged {
  proof: Pick<BackupProof, "failed"> | null;
}

/** Whether the backup is no protection: it is not the newest, it is not proven, and nothing is deleted in its favour. */
export function isRejected({ proof }: Judged): boolean {
  return proof !== null && proof.failed > 0;
}

/** @example backupState({ proof: null, proven_at: null, verified_at: "2026-01-15T03:12:00Z" }) // "verified" */
export function backupState(
  backup: Judged & { proven_at: string | null; verified_at: string | null },
): BackupState {
  if (isRejected(backup)) return "rejected";
  if (backup.proven_at !== null) return "proven";
  return backup.verified_at === null ? "unproven" : "verified";
}
