/**
 * Checks before a restore begins that its locks fit into the server's lock table. The restore is one transaction, and
 * a transaction keeps a lock on each object that it moves aside or creates until it ends. If the table overflows, the
 * restore fails in the middle of the load and is rolled back, and other sessions may fail meanwhile.
 */
import { z } from "zod";
import { BackupError } from "@backup/errors.ts";
import type { SqlSession } from "../postgres/sql_session.ts";
import { locksOfLoad } from "./load_locks.ts";
import { restoreSql } from "./restore_sql.ts";
import type { StageOrder } from "./stage_plan.ts";

/** Facts of the target from which the locks and their limit are computed. */
export interface LockTableFacts {
  /** `max_locks_per_transaction`. */
  setting: number;
  /** Sessions and prepared transactions, each of which adds `setting` nominal places. */
  sessions: number;
  /** Locks of everything but the load: detaching and moving the old content, emptying the platform's tables. */
  moved: number;
  /** The server locks each object that a new object refers to, see {@link locksDependencies}. */
  locksDependencies: boolean;
}

/** Why a restore is not sure to fit. */
export interface LockTableOverflow {
  /** Locks that the restore takes. */
  needed: number;
  /** Locks that are sure to fit. */
  capacity: number;
  setting: number;
  /** The value of `max_locks_per_transaction` at which `needed` locks are sure to fit. */
  enough: number;
}

/** Locks that are sure to fit for each nominal place, with room for other sessions. */
const SURE_LOCKS_PER_PLACE = 1.4;
/**
 * The most that a server held: the table grows into spare shared memory. Measured on 15 and 17 with 10 to 256 locks per
 * transaction and 20 to 200 connections: 1.55 to 1.72.
 */
const MOST_LOCKS_PER_PLACE = 1.75;
const SETTING_STEP = 64;

/** `null` when the restore is sure to fit. */
export function lockTableOverflow(order: StageOrder, facts: LockTableFacts): LockTableOverflow | null {
  return overflowOf(facts.moved + locksOfLoad(order, facts.locksDependencies), facts);
}

/** The same for a known number of locks. */
export function overflowOf(
  needed: number,
  { setting, sessions }: Pick<LockTableFacts, "setting" | "sessions">,
): LockTableOverflow | null {
  const capacity = Math.floor(setting * sessions * SURE_LOCKS_PER_PLACE);
  if (needed <= capacity) return null;
  const enough = Math.ceil(needed / SURE_LOCKS_PER_PLACE / sessions / SETTING_STEP) * SETTING_STEP;
  return { needed, capacity, setting, enough };
}

/** Whether a restore that is not sure to fit may be confirmed: it can succeed. */
export function mayFit(
  { needed }: LockTableOverflow,
  { setting, sessions }: Pick<LockTableFacts, "setting" | "sessions">,
): boolean {
  return needed <= setting * sessions * MOST_LOCKS_PER_PLACE;
}

/**
 * @param allowTight the confirmation for a restore that may fit, but is not sure to
 * @throws {BackupError} `too_many_objects` with the figures and the setting that is enough.
 */
export function requireLockTable(
  order: StageOrder,
  facts: LockTableFacts,
  allowTight: boolean,
): void {
  const overflow = lockTableOverflow(order, facts);
  if (!overflow) return;
  const confirmable = mayFit(overflow, facts);
  if (confirmable && allowTight) return;
  const { needed, capacity, setting, enough } = overflow;
  const raise = `Raise max_locks_per_transaction there from ${setting} to ${enough} and restart it`;
  throw new BackupError(
    "too_many_objects",
    `Cannot restore in one transaction: it takes ${needed} locks, the server is sure to have room for ${capacity}`,
    {
      phase: "inspect",
      hint: confirmable
        ? `${raise}, or pass ALLOW_TIGHT_LOCK_TABLE=yes to try: the restore may then fail and be rolled back, ` +
          "and other sessions may get errors meanwhile."
        : `${raise}.`,
      details: { ...overflow },
    },
  );
}

/** The first minor versions whose CREATE locks what the new object refers to (pg_depend.c), by major version. */
const FIRST_DEPENDENCY_LOCKS: Readonly<Record<number, number>> = { 15: 19, 16: 15, 17: 11, 18: 5 };

/** @param version `server_version_num`, for example 150020. */
export function locksDependencies(version: number): boolean {
  const [major, minor] = [Math.floor(version / 10_000), version % 10_000];
  return minor >= (FIRST_DEPENDENCY_LOCKS[major] ?? 0);
}

/** Locks on system catalogs and on the restore's own objects, the same few for each restore. */
const FIXED_LOCKS = 200;

const factsSchema = z.object({
  setting: z.number(),
  sessions: z.number(),
  version: z.number(),
  moved: z.number(),
});

/** Needs the settings of settings.sql. */
export async function readLockTable(session: SqlSession): Promise<LockTableFacts> {
  const { version, moved, ...facts } = factsSchema.parse(
    await session.value(await restoreSql("lock_table.sql")),
  );
  return { ...facts, moved: FIXED_LOCKS + moved, locksDependencies: locksDependencies(version) };
}
