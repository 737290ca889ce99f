/** What restores left in a database: old content that was kept for a day, and stages whose restore was killed. */
import { z } from "zod";
import { toBackupError } from "@backup/errors.ts";
import { findToolsFor } from "../postgres/client_tools.ts";
import type { Connection } from "../postgres/connection.ts";
import { Session } from "../postgres/session.ts";
import { restoreSql } from "./restore_sql.ts";
import { dropStages } from "./stage.ts";
import { STAGE_PREFIX } from "./stage_plan.ts";
import { withTargetLock } from "./target_lock.ts";

/** A restore that is at work drops it itself. */
const LOCK_WAIT_MS = 100;

// the project's path may find functions of its own before the server's
const LEFT = `set search_path = '';
select json_build_object(
    'expired', coalesce(bool_or(
      substring(pg_catalog.obj_description(oid, 'pg_namespace') from '^revo-backups: kept until (\\S{20})$')::timestamptz <= now()), false),
    'stage', coalesce(bool_or(starts_with(nspname, '${STAGE_PREFIX}')), false))
  from pg_catalog.pg_namespace where starts_with(nspname, 'restore_old_');`;

const leftSchema = z.object({ expired: z.boolean(), stage: z.boolean() });

/** Drops old content that has been kept long enough, and stages that no restore uses. */
export async function dropLeftContent(connection: Connection, signal?: AbortSignal): Promise<void> {
  const session = await Session.open({ connection, signal, patienceMs: 0 });
  const left = leftSchema.parse(await session.value(LEFT).finally(() => session.close()));
  if (!left.expired && !left.stage) return;
  try {
    const tools = await findToolsFor(connection, signal);
    await withTargetLock({ connection, tools, signal, lockTimeoutMs: LOCK_WAIT_MS }, async (locked) => {
      if (left.stage) await dropStages(connection, STAGE_PREFIX, signal);
      if (left.expired) await locked.run(await restoreSql("cleanup.sql"));
    });
  } catch (error) {
    if (toBackupError(error).code !== "busy") throw error;
  }
}
