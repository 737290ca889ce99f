/** The sessions that load a stage. */
import { toBackupError } from "@backup/errors.ts";
import type { Connection } from "../postgres/connection.ts";
import { Session } from "../postgres/session.ts";
import { restoreSql } from "./restore_sql.ts";

/** The most sessions of each kind unless the order says otherwise. */
const MOST_JOBS = 4;

export interface StageSessions {
  connection: Connection;
  /** Sessions that load rows, and as many that build keys and indexes. Default: by what the server tells. */
  jobs?: number;
  signal?: AbortSignal;
}

/**
 * Half of the sessions load and half build; as many as server and pooler have room for, at least one.
 * @param sessions receives each one when it is open
 */
export async function openSessions(
  { connection, signal, jobs }: StageSessions,
  sessions: Session[],
): Promise<void> {
  const settings = await restoreSql("stage_session.sql");
  let wanted = 1;
  for (let i = 0; i < 2 * wanted; i++) {
    try {
      // only the first one is waited for
      const session = await Session.open({ connection, signal, ...(i > 0 && { patienceMs: 0 }) });
      sessions.push(session);
      await session.run(settings);
      if (i === 0) wanted = jobs ?? await jobsOf(session);
    } catch (error) {
      if (i > 0 && toBackupError(error).code === "database_busy") return;
      throw error;
    }
  }
}

/** A server tells no number of cores. Supabase sets this one by the size of the instance. */
async function jobsOf(session: Session): Promise<number> {
  const workers = await session.value("select to_json(current_setting('max_parallel_workers')::int);");
  return Math.min(Math.max(Number(workers), 1), MOST_JOBS);
}
