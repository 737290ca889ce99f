/** The locks of the content that a restore replaces. */
import { setTimeout as sleep } from "node:timers/promises";
import { BackupError } from "@backup/errors.ts";
import type { Connection } from "../postgres/connection.ts";
import { describeLockHolders } from "../postgres/lock_holders.ts";
import type { PsqlSession } from "../postgres/psql.ts";
import { LOCK_NOT_AVAILABLE } from "../postgres/session.ts";
import type { Progress } from "../run/progress.ts";
import { restoreSql } from "./restore_sql.ts";

/** SQLSTATE of the session that the server chose to end a deadlock. */
const DEADLOCK = "40P01";
const ATTEMPTS = 3;

/**
 * Locks the content. An attempt that fails gives back its locks, and after a pause, in which those who waited behind it go
 * on, it is repeated: what is staged by then took longer than all attempts.
 * @param session with the open transaction
 * @throws {BackupError} `database_error` with the SQLSTATE of the last attempt; the signal's reason.
 */
export async function lockContent(
  { connection, progress, signal }: { connection: Connection; progress: Progress; signal?: AbortSignal },
  session: PsqlSession,
  pauseMs: number,
): Promise<void> {
  const lock = await restoreSql("restore_lock.sql");
  for (let attempt = 1;; attempt++) {
    const [failed] = await session.runPassingOver(lock);
    if (failed === undefined) return;
    const { message, sqlstate } = failed;
    if (attempt === ATTEMPTS || sqlstate !== LOCK_NOT_AVAILABLE && sqlstate !== DEADLOCK) {
      throw new BackupError("database_error", message, { details: { sqlstate } });
    }
    const holders = await describeLockHolders(connection, "all");
    progress.log(`lock: attempt ${attempt} of ${ATTEMPTS}: ${message}; ${holders}`);
    await sleep(pauseMs, null, { signal });
  }
}
