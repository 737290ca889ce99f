/**
 * The state of a backup: what drills found of it, and whether it counts as a protection. The screen, the watch, the
 * choice of the newest backup and retention use these functions; `rulingOf` of a receipt says what one drill found.
 */
import type { BackupProof } from "./catalog.ts";

/**
 * `unsigned` no signature of it counts where signatures are required · `rejected` the newest drill with a ruling failed · `proven` it passed · `verified` the
 * archive was read back after the upload · `unproven` none of these.
 */
export type BackupState = "unsigned" | "rejected" | "proven" | "verified" | "unproven";

/** The proof of a backup: the newest drill with a ruling, from the catalog's row or from a receipt. */
interface Judged {
  proof: Pick<BackupProof, "failed"> | null;
}

/** Whether the backup is no protection: it is not the newest, it is not proven, and nothing is deleted in its favour. */
export function isRejected({ proof }: Judged): boolean {
  return proof !== null && proof.failed > 0;
}

/** When the drill that rejected a backup began; `null` for one that counts. */
export function rejectedAt(
  { proof }: { proof: Pick<BackupProof, "failed" | "drilled_at"> | null },
): string | null {
  return proof !== null && isRejected({ proof }) ? proof.drilled_at : null;
}

/** @example backupState({ is_unsigned: false, proof: null, proven_at: null, verified_at: "2026-01-15T03:12:00Z" }) // "verified" */
export function backupState(
  backup: Judged & { is_unsigned: boolean; proven_at: string | null; verified_at: string | null },
): BackupState {
  if (backup.is_unsigned) return "unsigned";
  if (isRejected(backup)) return "rejected";
  if (backup.proven_at !== null) return "proven";
  return backup.verified_at === null ? "unproven" : "verified";
}
