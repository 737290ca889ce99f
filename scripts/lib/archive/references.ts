/** Which entries of an archive refer to an object of the platform. */
import type { TocEntry } from "./archive_toc.ts";

/** Kinds whose definition is looked up when it is loaded. */
const BOUND = new Set([
  ...["POLICY", "VIEW", "MATERIALIZED VIEW", "TRIGGER", "DEFAULT", "TABLE", "CONSTRAINT", "CHECK CONSTRAINT"],
  ...["FK CONSTRAINT", "INDEX", "RULE", "TYPE", "DOMAIN", "STATISTICS", "EVENT TRIGGER", "PUBLICATION TABLE"],
]);
const ROUTINES = new Set(["FUNCTION", "PROCEDURE", "AGGREGATE"]);
/** The body of a routine as a text, which is looked up when it runs. */
const BODY = /^\s*AS [$'][^]*/m;

/**
 * The entries that cannot be loaded without an object.
 * @param object `schema.name` or `schema.name(arguments)`, as PostgreSQL prints it
 */
export function entriesUsing(entries: readonly TocEntry[], object: string): TocEntry[] {
  const isCall = object.includes("(");
  const name = isCall ? object.slice(0, object.indexOf("(") + 1) : object;
  const reference = new RegExp(
    `(?<![\\w$."])${name.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")}${isCall ? "" : '(?![\\w$"])'}`,
  );
  return entries.filter(({ kind, definition }) =>
    BOUND.has(kind) && reference.test(definition) ||
    ROUTINES.has(kind) && reference.test(definition.replace(BODY, ""))
  );
}
