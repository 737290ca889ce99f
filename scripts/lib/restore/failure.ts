/** What the admin reads when a step of a restore fails on the target. */
import { BackupError, toBackupError } from "@backup/errors.ts";
import type { Connection } from "../postgres/connection.ts";
import { describeLockHolders } from "../postgres/lock_holders.ts";
import { LOCK_NOT_AVAILABLE, sqlstateOf } from "../postgres/session.ts";

/** Hints for the operator, by the server's SQLSTATE. */
const HINTS: Readonly<Record<string, string>> = {
  // out_of_memory, of the lock table too, which lock_table.ts estimates beforehand
  "53200":
    "The database has more objects than the server's lock table: raise max_locks_per_transaction there.",
  // disk_full
  "53100":
    "The server's disk is full: until the cleanup it holds the old content and the new. Make room and repeat.",
};

/** What a restore keeps on this machine does not fit. */
export function noRoomHere(reason: string, phase: string): BackupError {
  return new BackupError("not_enough_disk", `Cannot keep the archive on this machine: ${reason}`, {
    phase,
    hint: "Set TMPDIR to a larger disk. The target was not touched.",
  });
}

/** @returns the error with its phase; a lock that was not granted with the sessions that hold it */
export async function explainOnTarget(
  connection: Connection,
  thrown: unknown,
  phase: string,
): Promise<BackupError> {
  if (thrown instanceof Error && "code" in thrown && thrown.code === "ENOSPC") {
    return noRoomHere(thrown.message, phase);
  }
  const error = toBackupError(thrown);
  if (sqlstateOf(error) === LOCK_NOT_AVAILABLE) {
    const holders = await describeLockHolders(connection, "all");
    return new BackupError("target_locked", `Cannot lock the target: ${error.message}; ${holders}`, {
      phase,
      cause: error,
      hint: "Other sessions hold its tables; stop what writes there and repeat.",
    });
  }
  const hint = HINTS[sqlstateOf(error) ?? ""];
  const isServerError = error.code === "database_error" || error.code === "internal_server_error";
  return isServerError
    ? new BackupError("restore_failed", error.message, { phase, cause: error, hint, details: error.details })
    : error.inPhase(phase);
}
