/** Says who is in the way when a lock could not be had in time. */
import { toBackupError } from "@backup/errors.ts";
import type { Connection } from "./connection.ts";
import { Session } from "./session.ts";
import { type BlockingSession, readBlockingSessions } from "./blocking_sessions.ts";

/** How long a backup waits for a table, and a restore for its target, before it gives up. */
export const LOCK_TIMEOUT_MS = 30_000;

/**
 * One clause for an error message, from a session of its own: `pid 42 (application 'psql', user postgres, since
 * 2026-…) holds public.t`. What cannot be read is said too: the lock itself is the error worth throwing.
 * @param blocks `readers`: only who holds tables exclusively; `everybody`: any lock on a table counts
 */
export async function describeLockHolders(
  connection: Connection,
  blocks: "readers" | "everybody",
): Promise<string> {
  try {
    const session = await Session.open({ connection });
    const sessions = await readBlockingSessions(session).finally(() => session.close());
    const holders = sessions.filter(({ tables, exclusive }) =>
      blocks === "readers" ? exclusive : tables.length > 0
    );
    if (holders.length === 0) return "whoever held it is gone by now";
    return holders.slice(0, 5).map(describe).join("; ");
  } catch (error) {
    return `who holds it could not be read: ${toBackupError(error).message}`;
  }
}

function describe({ pid, application, user, since, tables }: BlockingSession): string {
  const who = `application '${application ?? ""}', user ${user ?? "unknown"}, since ${since ?? "unknown"}`;
  return `pid ${pid} (${who}) holds ${tables.join(", ")}`;
}
