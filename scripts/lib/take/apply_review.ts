/** Applies a review, from the target's lock to COMMIT. Before COMMIT nothing of it is to be seen, and after any error nothing remains. */
import { BackupError, toBackupError } from "@backup/errors.ts";
import type { Connection } from "../postgres/connection.ts";
import { describeLockHolders } from "../postgres/lock_holders.ts";
import { LOCK_NOT_AVAILABLE, Session, sqlstateOf } from "../postgres/session.ts";
import { literal } from "../postgres/sql_text.ts";
import { holdTargetLock } from "../restore/target_lock.ts";
import type { Progress } from "../run/progress.ts";
import type { Requester } from "../run/requester.ts";
import type { Vault } from "../vault/vault.ts";
import { applyPatch, lockTables } from "./apply.ts";
import { readLiving, SETTINGS } from "./living.ts";
import { findTakeObstacles, obstacleName, requiredColumns, structuralObstacles } from "./obstacles.ts";
import { countPatch, type Counts, loadPatch, readPatch } from "./patch_table.ts";
import { discardReverse, storeReverse } from "./reverse_patch.ts";
import type { ReviewFile } from "./review_file.ts";

export interface TakeContext {
  connection: Connection;
  vault: Vault;
  progress: Progress;
  now: () => Date;
  signal?: AbortSignal;
  /** Milliseconds that another restore or take is waited for. @default that of a restore */
  lockTimeoutMs?: number;
}

export interface TakeOrder {
  review: ReviewFile;
  hash: string;
  requester: Requester;
}

export interface Taken {
  counts: Counts;
  /** Key of the reverse patch: with it the take is undone. */
  undo: string;
  /** Sequences that were set forward. */
  sequences: string[];
  /** Milliseconds that writers of these tables may have waited. */
  lockedMs: number;
}

/**
 * @throws {BackupError} `busy`, `target_locked`, `take_changed`, `take_obstacles`, `take_mismatch`, `take_refused`, `vault_*`:
 * nothing was changed; `take_outcome_unknown`: the connection ended during COMMIT
 */
export async function applyReview(context: TakeContext, order: TakeOrder): Promise<Taken> {
  const { connection, signal, progress } = context;
  requireNone(order.review.header.refused);
  progress.phase("lock");
  const session = await Session.open({ connection, signal });
  try {
    await session.run("set idle_session_timeout = 0;");
    await holdTargetLock(session, context);
    return await applyLocked(context, order, session);
  } finally {
    await session.kill();
  }
}

async function applyLocked(context: TakeContext, order: TakeOrder, session: Session): Promise<Taken> {
  const { vault, progress, now, connection } = context;
  const { review: { header, changes }, hash, requester } = order;
  const { tables } = header;
  progress.phase("load");
  await session.run("begin isolation level read committed read write;");
  await session.run(SETTINGS);
  const living = await readLiving(session);
  await loadPatch(session, changes());
  const counts = await countPatch(session);
  const subjects = { session, living, tables };
  progress.phase("lock_tables");
  const known = Object.keys(tables).flatMap((name) => living.tables.get(name) ?? []);
  await lockTables(session, known).catch(async (error) => {
    throw sqlstateOf(error) === LOCK_NOT_AVAILABLE ? await locked(connection, error) : withoutValues(error);
  });
  const lockedAt = performance.now();
  progress.phase("apply");
  let stored: { record: string; patch: string } | null = null;
  try {
    requireNone(structuralObstacles(subjects).map(obstacleName));
    const { sequences } = await applyPatch({
      ...subjects,
      counts,
      keepReverse: async () => {
        requireNone(
          [...await findTakeObstacles(subjects), ...await requiredColumns(subjects)].map(obstacleName),
        );
        stored = await storeReverse(vault, {
          header,
          hash,
          counts,
          changes: readPatch(session),
          takenAt: now(),
          requestedBy: requester.requestedBy,
          requestId: requester.requestId,
        });
      },
    });
    progress.phase("commit");
    await commit(session, connection);
    return { counts, undo: undoKey(stored), sequences, lockedMs: Math.round(performance.now() - lockedAt) };
  } catch (thrown) {
    const error = withoutValues(thrown);
    // a reverse patch of a take that may be committed is kept
    if (stored !== null && error.code !== "take_outcome_unknown") {
      await session.kill();
      await discardReverse(vault, stored).catch((cause) =>
        progress.log(`the reverse patch of the take that was undone stays: ${toBackupError(cause).message}`)
      );
    }
    throw error;
  }
}

function undoKey(stored: { record: string } | null): string {
  if (stored === null) throw new BackupError("internal_server_error", "the reverse patch was not stored");
  return stored.record;
}

/** @throws {BackupError} `take_obstacles` */
function requireNone(obstacles: readonly string[]): void {
  if (obstacles.length === 0) return;
  throw new BackupError("take_obstacles", `Cannot take rows: ${obstacles.join("; ")}`, {
    hint: "The review shows the rows. Nothing was changed.",
  });
}

/** @throws {BackupError} `take_outcome_unknown`; the error of a COMMIT that was not done */
async function commit(session: Session, connection: Connection): Promise<void> {
  const [transaction = ""] = await session.run("select pg_current_xact_id();");
  try {
    await session.run("commit;");
  } catch (error) {
    if (!await isCommitted(connection, transaction)) throw error;
  }
}

const ASK_AGAIN_MS = 500;
const MOST_QUESTIONS = 20;

/** Asks the server, from a session that no signal ends, what became of a transaction. */
async function isCommitted(connection: Connection, transaction: string): Promise<boolean> {
  try {
    const session = await Session.open({ connection });
    try {
      for (let asked = 0; asked < MOST_QUESTIONS; asked++) {
        const [status] = await session.run(`select pg_xact_status(${literal(transaction)}::xid8);`);
        if (status === "committed") return true;
        if (status === "aborted") return false;
        await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
      }
      throw new BackupError("database_error", "the transaction is in progress");
    } finally {
      await session.kill();
    }
  } catch (cause) {
    throw new BackupError(
      "take_outcome_unknown",
      `the connection ended while the server was asked to commit: ${toBackupError(cause).message}`,
      { cause, hint: "Review again: it shows whether the rows are there." },
    );
  }
}

async function locked(connection: Connection, cause: unknown): Promise<BackupError> {
  const holders = await describeLockHolders(connection, "all");
  return new BackupError("target_locked", `Cannot take rows: ${holders}`, {
    cause,
    hint: "Another program writes to these tables without an end. Nothing was changed; repeat.",
  });
}

/** Class of SQLSTATEs whose messages hold the value that is wrong. */
const DATA_EXCEPTION = /^22/;

/** The server's refusal without the values that it prints in its detail, or for a wrong value in its message. */
export function withoutValues(thrown: unknown): BackupError {
  const error = toBackupError(thrown);
  const sqlstate = sqlstateOf(error);
  if (error.code !== "database_error" || sqlstate === null) return error;
  const what = DATA_EXCEPTION.test(sqlstate) ? "a value does not suit the type of its column" : error.message;
  return new BackupError("take_refused", `Cannot take rows: ${what} (${sqlstate})`, {
    details: { sqlstate },
    hint: "Nothing was changed.",
  });
}
