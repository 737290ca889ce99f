/**
 * The order in which a restore loads an archive's entries: extensions, structure, rows and what is built on them, large
 * objects, privileges. Within a pass the archive's order is kept, but for rows: they come before what is beside them.
 */
import type { TocEntry } from "./archive_toc.ts";
import type { Selection } from "./select_entries.ts";

export type PassName = "extensions" | "structure" | "content" | "large_objects" | "privileges";

export interface LoadPass {
  name: PassName;
  dumpIds: number[];
}

/** pg_dump's section of what exists before rows do. */
const PRE_DATA = 2;
const EXTENSION_KINDS = new Set(["SCHEMA", "EXTENSION"]);
/** What pg_restore itself runs last: a view may be filled only by who has the privileges for it. */
const LAST_KINDS = new Set(["ACL", "DEFAULT ACL", "MATERIALIZED VIEW DATA", "EVENT TRIGGER"]);
/** Tags of comments on what is there only after the rows: event triggers, and foreign keys that are restored unvalidated. */
const OF_LATE_OBJECTS = /^(EVENT TRIGGER|CONSTRAINT) /;

/** Every pass, in order; some have no entries. */
export function loadPasses(entries: readonly TocEntry[], { main, largeObjects }: Selection): LoadPass[] {
  const taken = new Set(main);
  const passes: Record<PassName, number[]> = {
    extensions: [],
    structure: [],
    content: [],
    large_objects: [...largeObjects],
    privileges: [],
  };
  for (const entry of entries.filter(({ dumpId }) => taken.has(dumpId))) {
    passes[passOf(entry)].push(entry.dumpId);
  }
  return Object.entries(passes).map(([name, dumpIds]) => ({ name: name as PassName, dumpIds }));
}

function passOf({ kind, tag, section }: TocEntry): PassName {
  if (EXTENSION_KINDS.has(kind)) return "extensions";
  if (LAST_KINDS.has(kind) || kind === "COMMENT" && OF_LATE_OBJECTS.test(tag)) return "privileges";
  return section === PRE_DATA ? "structure" : "content";
}
