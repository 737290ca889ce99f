/**
 * How many locks the load of an archive takes, from its table of contents. Every object that the archive creates stays
 * locked until COMMIT. Measured kind by kind in pg_locks on PostgreSQL 15.18, 15.20 and 17.5; where the table of
 * contents does not decide, the larger number is counted.
 */
import type { TocEntry } from "../archive/archive_toc.ts";
import { planStage, type StageOrder } from "./stage_plan.ts";

/** The table for long values, and its index. */
const TOAST_LOCKS = 2;
/** An extension's members; `pg_trgm` and `hstore` take fewer. */
const EXTENSION_LOCKS = 150;

/**
 * @param locksDependencies the server locks each object that a new one refers to
 * @returns locks on what the selected entries make, and on what that depends on
 */
export function locksOfLoad(order: StageOrder, locksDependencies: boolean): number {
  const taken = new Set(order.selection.main);
  const { dumpIds: staged } = planStage(order, "");
  return order.toc.entries.filter(({ dumpId }) => taken.has(dumpId))
    .reduce(
      (sum, entry) =>
        sum +
        (staged.has(entry.dumpId)
          ? stagedLocks(entry)
          : ownLocks(entry) + (locksDependencies ? dependencyLocks(entry) : 0)),
      0,
    );
}

/** Locks on what exists before the transaction: a table when it moves, its indexes when its rows are counted. */
function stagedLocks({ kind }: TocEntry): number {
  return ["TABLE", "CONSTRAINT", "INDEX", "TYPE", "DOMAIN", "FK CONSTRAINT"].includes(kind) ? 1 : 0;
}

/** Locks on the object itself, its storage and its index. */
function ownLocks({ kind, tag, definition }: TocEntry): number {
  switch (kind) {
    case "TABLE":
      return hasOutOfLineRows(definition) ? 1 + TOAST_LOCKS : 1;
    case "MATERIALIZED VIEW": // the columns are not in its definition
      return 1 + TOAST_LOCKS;
    case "MATERIALIZED VIEW DATA": // a new heap with its TOAST table replaces the first one
      return 5;
    case "VIEW":
    case "FOREIGN TABLE":
    case "SEQUENCE":
    case "INDEX":
    case "CONSTRAINT": // a key or an exclusion: its index
    case "SCHEMA":
    case "COLLATION":
    case "PUBLICATION":
    case "PUBLICATION TABLE":
      return 1;
    case "TYPE":
      return isComposite(definition) ? 1 : 0;
    case "COMMENT": // what is no relation, nor part of one
      return /^(TABLE|COLUMN|VIEW|MATERIALIZED VIEW|FOREIGN TABLE|SEQUENCE|INDEX) /.test(tag) ? 0 : 1;
    case "EXTENSION":
      return EXTENSION_LOCKS;
    default:
      return 0;
  }
}

/** Locks on objects that others refer to: row types, constraints, types, functions. */
function dependencyLocks({ kind, definition }: TocEntry): number {
  switch (kind) {
    case "TABLE": // the row type, to which the array type refers
    case "VIEW":
    case "MATERIALIZED VIEW":
    case "FOREIGN TABLE":
    case "CONSTRAINT": // the constraint, to which its index or its triggers refer
    case "FK CONSTRAINT":
    case "CHECK CONSTRAINT":
    case "DOMAIN":
    case "FUNCTION":
    case "PROCEDURE":
    case "AGGREGATE":
    case "OPERATOR":
    case "OPERATOR CLASS":
    case "OPERATOR FAMILY":
    case "TEXT SEARCH DICTIONARY":
    case "SERVER":
      return 1;
    case "TEXT SEARCH CONFIGURATION":
      return 2;
    case "TYPE": // a range: the multirange and the functions of both
      return / AS RANGE /.test(definition) ? 4 : 1;
    case "TRIGGER":
      return /^CREATE CONSTRAINT TRIGGER /.test(definition) ? 1 : 0;
    default:
      return 0;
  }
}

function isComposite(definition: string): boolean {
  return / AS \(/.test(definition);
}

/** A column of a table's definition, on a line of its own. */
const COLUMN = /^ {4}(?!CONSTRAINT )(?:"(?:[^"]|"")+"|[^\s"]+) (.+?),?$/gm;
const FIXED_TYPE =
  /^(?:smallint|integer|bigint|real|double precision|boolean|date|oid|uuid|money|name|"char"|interval|numeric\([\d,]+\)|(?:time|timestamp)(?:\(\d\))? with(?:out)? time zone)(?![\w[])/;
const BOUNDED_TEXT = /^character(?: varying)?\((\d+)\)(?!\[)/;
/** Bytes of one character, at most. */
const CHARACTER_BYTES = 4;
/** PostgreSQL's TOAST_TUPLE_THRESHOLD, less a row's header and its columns of fixed size. */
const LONGEST_ROW = 1_600;

/** Whether the table gets a TOAST table: a row may become longer than a quarter of a page. */
function hasOutOfLineRows(definition: string): boolean {
  if (/^PARTITION BY /m.test(definition)) return false;
  // the columns of a parent or of a type are not listed
  if (/^INHERITS |^CREATE (?:UNLOGGED )?TABLE \S+ OF /m.test(definition)) return true;
  let bytes = 0;
  for (const [, type = ""] of definition.matchAll(COLUMN)) {
    const length = BOUNDED_TEXT.exec(type)?.[1];
    if (length !== undefined) bytes += Number(length) * CHARACTER_BYTES;
    else if (!FIXED_TYPE.test(type)) return true;
  }
  return bytes > LONGEST_ROW;
}
