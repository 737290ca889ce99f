/** Describes the sessions that hold a lock which was not granted in time. */
import { toBackupError } from "@backup/errors.ts";
import type { Connection } from "./connection.ts";
import { Session } from "./session.ts";
import { type BlockingSession, readBlockingSessions } from "./blocking_sessions.ts";

/** How long a backup waits for a table, and a restore for its target, before it gives up. */
export const LOCK_TIMEOUT_MS = 30_000;

/**
 * One clause for an error message, from a session of its own: `pid 42 (application 'psql', user postgres, since
 * 2026-…) holds public.t`. Never throws: a failure to read is described in the clause, since the caller throws the error of the lock.
 * @param blocks `readers`: only exclusive locks on tables; `all`: any lock on a table
 */
export async function describeLockHolders(
  connection: Connection,
  blocks: "readers" | "all",
): Promise<string> {
  try {
    const session = await Session.open({ connection });
    const sessions = await readBlockingSessions(session).finally(() => session.close());
    const holders = sessions.filter(({ tables, exclusive }) =>
      blocks === "readers" ? exclusive : tables.length > 0
    );
    if (holders.length === 0) return "nothing holds it any more";
    return holders.slice(0, 5).map(describe).join("; ");
  } catch (error) {
    return `who holds it could not be read: ${toBackupError(error).message}`;
  }
}

function describe({ pid, application, user, since, tables }: BlockingSession): string {
  const owner = `user ${user ?? "unknown"}, since ${since ?? "unknown"}`;
  const who = pid === 0
    ? `the prepared transaction '${application ?? ""}' (${owner})`
    : `pid ${pid} (application '${application ?? ""}', ${owner})`;
  return `${who} holds ${tables.join(", ")}`;
}
