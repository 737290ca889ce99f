/** Old content that a restore kept for a day, because it holds what no backup has (late_writes.ts). */
import { toBackupError } from "@backup/errors.ts";
import { findToolsFor } from "../postgres/client_tools.ts";
import type { Connection } from "../postgres/connection.ts";
import { Session } from "../postgres/session.ts";
import { restoreSql } from "./restore_sql.ts";
import { withTargetLock } from "./target_lock.ts";

/** A restore that is at work drops it itself. */
const LOCK_WAIT_MS = 100;

const IS_EXPIRED = `select to_json(exists(
  select from pg_catalog.pg_namespace
   where starts_with(nspname, 'restore_old_')
     and substring(pg_catalog.obj_description(oid, 'pg_namespace') from '^revo-backups: kept until (\\S{20})$')::timestamptz <= now()));`;

/** Drops what has been kept long enough. */
export async function dropExpiredContent(connection: Connection, signal?: AbortSignal): Promise<void> {
  const session = await Session.open({ connection, signal, patienceMs: 0 });
  const isExpired = await session.value(IS_EXPIRED).finally(() => session.close());
  if (isExpired !== true) return;
  try {
    const tools = await findToolsFor(connection, signal);
    await withTargetLock({ connection, tools, signal, lockTimeoutMs: LOCK_WAIT_MS }, async (locked) => {
      await locked.run(await restoreSql("cleanup.sql"));
    });
  } catch (error) {
    if (toBackupError(error).code !== "busy") throw error;
  }
}
