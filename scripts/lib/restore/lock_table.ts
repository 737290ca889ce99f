/**
 * Whether a restore fits into the server's lock table, told before it begins. One transaction holds a lock on each
 * relation that it moves aside or makes until it ends; who needs more than the table takes fails in the middle of the
 * load, with everything rolled back, and the transactions of others may fail meanwhile.
 */
import { z } from "zod";
import { BackupError } from "@backup/errors.ts";
import type { ArchiveToc, TocEntry } from "../archive/archive_toc.ts";
import type { PsqlSession } from "../postgres/psql.ts";
import type { Selection } from "../archive/select_entries.ts";

/** What of the target counts. */
export interface LockTableFacts {
  /** `max_locks_per_transaction`. */
  setting: number;
  /** Sessions and prepared transactions, each of which adds that many places. */
  sessions: number;
  /** Locks that moving the old content aside takes. */
  moved: number;
}

/** Why a restore cannot fit. */
export interface LockTableOverflow {
  /** Locks that the restore takes, at least. */
  needed: number;
  /** Locks that the table takes, at most. */
  capacity: number;
  setting: number;
  /** The value of `max_locks_per_transaction` that is enough. */
  enough: number;
}

/**
 * Locks that fit for each nominal place: the table grows into the spare shared memory. Measured on 15 and 17 with 10 to
 * 256 locks per transaction and 20 to 200 connections: 1.55 to 1.72.
 */
const MOST_LOCKS_PER_PLACE = 1.75;
/** What surely fits, for the setting that is recommended. */
const SURE_LOCKS_PER_PLACE = 1.4;
const SETTING_STEP = 64;

/** `null` when it fits or may fit: what is counted is the least that a restore takes. */
export function lockTableOverflow(
  toc: ArchiveToc,
  selection: Selection,
  facts: LockTableFacts,
): LockTableOverflow | null {
  return overflowOf(facts.moved + locksOfLoad(toc, selection), facts);
}

/** The same for a number of locks that is known. */
export function overflowOf(
  needed: number,
  { setting, sessions }: Pick<LockTableFacts, "setting" | "sessions">,
): LockTableOverflow | null {
  const capacity = Math.floor(setting * sessions * MOST_LOCKS_PER_PLACE);
  if (needed <= capacity) return null;
  const enough = Math.ceil(needed / SURE_LOCKS_PER_PLACE / sessions / SETTING_STEP) * SETTING_STEP;
  return { needed, capacity, setting, enough };
}

/** @throws {BackupError} `too_many_objects` with the figures and the setting that is enough. */
export function requireLockTable(toc: ArchiveToc, selection: Selection, facts: LockTableFacts): void {
  const overflow = lockTableOverflow(toc, selection, facts);
  if (!overflow) return;
  const { needed, capacity, setting, enough } = overflow;
  throw new BackupError(
    "too_many_objects",
    `Cannot restore in one transaction: it takes ${needed} locks or more, the server has room for ${capacity} at most`,
    {
      phase: "inspect",
      hint: `Raise max_locks_per_transaction there from ${setting} to ${enough} and restart it.`,
      details: { ...overflow },
    },
  );
}

/** Locks on what the archive makes, the least of them. */
export function locksOfLoad({ entries }: ArchiveToc, selection: Selection): number {
  const taken = new Set(selection.main);
  return entries.filter(({ dumpId }) => taken.has(dumpId)).reduce((sum, it) => sum + locksOfNew(it), 0);
}

/** Locks that last until COMMIT, on what the entry makes: seen in pg_locks, kind by kind. */
function locksOfNew({ kind, tag, definition }: TocEntry): number {
  switch (kind) {
    case "TABLE":
    case "MATERIALIZED VIEW":
      return hasOutOfLineRows(definition) ? 1 + TOAST_LOCKS : 1;
    case "VIEW":
    case "FOREIGN TABLE":
    case "SEQUENCE":
    case "INDEX":
    case "CONSTRAINT": // a key or an exclusion: its index
      return 1;
    case "TYPE":
      return / AS \(/.test(definition) ? 1 : 0;
    case "COMMENT":
      return /^(FUNCTION|PROCEDURE|AGGREGATE) /.test(tag) ? 1 : 0;
    default:
      return 0;
  }
}

/** The table for long values, and its index. */
const TOAST_LOCKS = 2;
/** A column of a table's definition, on a line of its own, whose values have no bound. */
const UNBOUNDED_COLUMN =
  /^ {4}(?:"(?:[^"]|"")+"|[^\s"]+) (?:text|jsonb?|bytea|xml|tsvector|character varying(?!\()|numeric(?!\()|[^,\n]+\[\])/m;

function hasOutOfLineRows(definition: string): boolean {
  return UNBOUNDED_COLUMN.test(definition) && !/^PARTITION BY /m.test(definition);
}

const factsSchema = z.object({ setting: z.number(), sessions: z.number(), moved: z.number() });

/** Needs the settings of settings.sql. */
export async function readLockTable(session: PsqlSession): Promise<LockTableFacts> {
  return factsSchema.parse(
    await session.value(
      `select json_build_object(
          'setting', current_setting('max_locks_per_transaction')::int,
          -- as PostgreSQL computes MaxBackends, with the launcher of autovacuum
          'sessions', current_setting('max_connections')::int + current_setting('autovacuum_max_workers')::int + 1
            + current_setting('max_worker_processes')::int + current_setting('max_wal_senders')::int
            + current_setting('max_prepared_transactions')::int,
          -- a schema moves as a whole; of public each relation and each function
          'moved', (select count(*) from pg_catalog.pg_class
                     where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm', 'S', 'f')
                       and not starts_with(relname, current_setting('revo.ops_prefix')))
                 + (select count(*) from pg_catalog.pg_proc
                     where pronamespace = 'public'::regnamespace
                       and not starts_with(proname, current_setting('revo.ops_prefix'))
                       and not exists (select from pg_catalog.pg_depend d
                                        where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = pg_proc.oid
                                          and d.deptype in ('e', 'i')))
                 + (select count(*) from pg_catalog.pg_largeobject_metadata
                     where pg_catalog.pg_get_userbyid(lomowner) = current_user));`,
    ),
  );
}
