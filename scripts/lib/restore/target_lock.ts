/**
 * The lock of a restore: at most one restore in a database, whatever the catalog says of its run. The session that loads
 * holds it from before the download until after the cleanup. A restore whose session ended has lost its lock, and can
 * no longer commit.
 */
import { z } from "zod";
import { BackupError, toBackupError } from "@backup/errors.ts";
import type { ClientTools } from "../postgres/client_tools.ts";
import type { Connection } from "../postgres/connection.ts";
import { LOCK_TIMEOUT_MS } from "../postgres/lock_holders.ts";
import { PsqlSession } from "../postgres/psql.ts";
import { LOCK_NOT_AVAILABLE, Session, sqlstateOf } from "../postgres/session.ts";

export interface TargetLockDeps {
  connection: Connection;
  tools: ClientTools;
  /** How long to wait for another restore. Default: {@link LOCK_TIMEOUT_MS}. */
  lockTimeoutMs?: number;
  signal?: AbortSignal;
}

const LOCK = "pg_catalog.pg_advisory_lock(pg_catalog.hashtextextended('revo-backups.restore', 0))";

/** The session is idle during the download and the safety copy. */
const TAKE = `set idle_session_timeout = 0;
select ${LOCK} \\g /dev/null
set lock_timeout = 0;`;

/**
 * Runs `work` with the session that holds the lock.
 * @throws {BackupError} `busy` when another restore holds it for longer than the time-out; what connecting throws.
 */
export async function withTargetLock<T>(
  deps: TargetLockDeps,
  work: (session: PsqlSession) => Promise<T>,
): Promise<T> {
  const { connection, tools, lockTimeoutMs = LOCK_TIMEOUT_MS, signal } = deps;
  const session = await PsqlSession.open({ psql: tools.psql, connection, signal });
  try {
    await session.run(`set lock_timeout = ${lockTimeoutMs};\n${TAKE}`).catch(async (error) => {
      throw sqlstateOf(error) === LOCK_NOT_AVAILABLE ? await explain(connection, error) : error;
    });
    return await work(session);
  } finally {
    await session.kill();
  }
}

/**
 * Takes the same lock for an open session, which holds it until it ends: for work on the target that is no restore.
 * @throws {BackupError} `busy` as {@link withTargetLock}; the session is over then
 */
export async function holdTargetLock(
  session: Session,
  { connection, lockTimeoutMs = LOCK_TIMEOUT_MS }: Pick<TargetLockDeps, "connection" | "lockTimeoutMs">,
): Promise<void> {
  try {
    await session.run(`set lock_timeout = ${lockTimeoutMs}; select ${LOCK}; set lock_timeout = 0;`);
  } catch (error) {
    throw sqlstateOf(error) === LOCK_NOT_AVAILABLE ? await explain(connection, error) : error;
  }
}

async function explain(connection: Connection, cause: unknown): Promise<BackupError> {
  return new BackupError("busy", `Cannot start: ${await describeHolder(connection)}`, {
    phase: "lock",
    cause,
    hint:
      "Wait for the other restore. Its session ends with its command, at the latest a minute after its machine.",
  });
}

const holderSchema = z.array(z.object({
  pid: z.number(),
  application: z.string().nullable(),
  user: z.string().nullable(),
  since: z.string().nullable(),
}));

async function describeHolder(connection: Connection): Promise<string> {
  try {
    const session = await Session.open({ connection });
    const holders = holderSchema.parse(await session.rows(HOLDER).finally(() => session.close()));
    const [holder] = holders;
    if (holder === undefined) return "another restore of this database was under way until just now";
    const { pid, application, user, since } = holder;
    return `another restore of this database is under way: pid ${pid} ` +
      `(application '${application ?? ""}', user ${user ?? "unknown"}, since ${since ?? "unknown"})`;
  } catch (error) {
    return `another restore of this database is under way; who runs it could not be read: ${
      toBackupError(error).message
    }`;
  }
}

const HOLDER = `
select json_build_object('pid', l.pid, 'application', a.application_name, 'user', a.usename, 'since', a.backend_start)
  from pg_catalog.pg_locks l left join pg_catalog.pg_stat_activity a on a.pid = l.pid
 where l.locktype = 'advisory' and l.granted and l.objsubid = 1
   and l.database = (select oid from pg_catalog.pg_database where datname = current_database())
   and (l.classid::bigint << 32) | l.objid::bigint = pg_catalog.hashtextextended('revo-backups.restore', 0);`;
