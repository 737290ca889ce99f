/**
 * Selects the entries of an archive that a restore loads: all of the project's, and of the platform's schemas only rows,
 * policies and the project's triggers. Each skipped entry has a reason.
 */
import {
  DATA_ONLY_SCHEMAS,
  OLD_CONTENT_PREFIX,
  OPS_OBJECT_PREFIX,
  PLATFORM_ROLES,
  PLATFORM_ROWS,
  PLATFORM_SCHEMAS,
} from "@backup/vault/platform.ts";
import type { TocEntry } from "./archive_toc.ts";

export interface SelectionContext {
  /** The target holds the catalog's own objects, which are not changed. */
  keepOps: boolean;
  /** Extensions that the target has, and those that it could create. */
  installedExtensions: ReadonlySet<string>;
  availableExtensions: ReadonlySet<string>;
  /** Schemas of the project that stay in place, with the extensions that are in them. */
  keptSchemas: ReadonlySet<string>;
  /** Tables of auth and storage that the target has, as `schema.table`; unknown without. */
  platformColumns?: ReadonlyMap<string, unknown>;
  /** Dump ids of what the server cannot hold. */
  omitted?: ReadonlySet<number>;
}

/** Why a restore leaves an entry out. */
export type SkipReason =
  | "needs what this server lacks"
  | "schema of the platform"
  | "left over from an earlier restore"
  | "the catalog is rebuilt from the vault"
  | "the catalog stays as it is"
  | "belongs to a role of the platform"
  | "schema that exists on every target"
  | "extension is installed"
  | "extension of the platform"
  | "the target is its own database"
  | "a subscription needs a superuser"
  | "belongs to the target itself"
  | "rows that the platform writes itself"
  | "table that this target lacks"
  | "set after everything else"
  | "structure of the platform";

export interface Selection {
  /** Dump ids in the archive's order. */
  main: number[];
  /** Contents of large objects: restored separately, without pg_restore's BEGIN and COMMIT. */
  largeObjects: number[];
  skipped: { entry: TocEntry; reason: SkipReason }[];
  /** The restore creates the catalog's objects, since the target has none. */
  createsOps: boolean;
}

/** Entries that pg_restore processes whatever the list selects. */
const SPECIAL = new Set(["ENCODING", "STDSTRINGS", "SEARCHPATH"]);
const LARGE_OBJECT_DATA = "BLOBS";
const PLATFORM_OWNER = new RegExp(PLATFORM_ROLES);
const SCHEMA_OWNER = "pg_database_owner";

export function selectEntries(entries: readonly TocEntry[], context: SelectionContext): Selection {
  const selection: Selection = { main: [], largeObjects: [], skipped: [], createsOps: !context.keepOps };
  const created = new Set(
    entries.map(({ kind, schema, tag }) => JSON.stringify([schema, kind, nameIn(kind, tag)])),
  );
  for (const entry of entries) {
    if (SPECIAL.has(entry.kind)) continue;
    const reason = reasonToSkip(entry, context, created);
    if (reason !== null) selection.skipped.push({ entry, reason });
    else if (entry.kind === LARGE_OBJECT_DATA) selection.largeObjects.push(entry.dumpId);
    else selection.main.push(entry.dumpId);
  }
  return selection;
}

/**
 * Entries with the structure of the platform's schemas, without rows, for a throwaway server that lacks them.
 */
export function selectPlatformStructure(entries: readonly TocEntry[]): number[] {
  const isData = (entry: TocEntry) => ["TABLE DATA", "SEQUENCE SET", "POLICY"].includes(entry.kind);
  return entries.filter((entry) => {
    if (entry.schema === null) return entry.kind === "SCHEMA" && isDataOnly(entry.tag);
    return isDataOnly(entry.schema) && !isData(entry) && !isProjectTrigger(entry);
  }).map(({ dumpId }) => dumpId);
}

function reasonToSkip(
  entry: TocEntry,
  context: SelectionContext,
  created: ReadonlySet<string>,
): SkipReason | null {
  if (context.omitted?.has(entry.dumpId)) return "needs what this server lacks";
  if (entry.schema === null) return reasonWithoutSchema(entry, context);
  if (isDataOnly(entry.schema)) return reasonInPlatformSchema(entry, context);
  if (PLATFORM_SCHEMAS.includes(entry.schema)) return "schema of the platform";
  if (entry.schema.startsWith(OLD_CONTENT_PREFIX)) return "left over from an earlier restore";
  if (isOps(entry)) {
    if (entry.kind === "TABLE DATA" || entry.kind === "SEQUENCE SET") {
      return "the catalog is rebuilt from the vault";
    }
    if (context.keepOps) return "the catalog stays as it is";
  }
  if (!ownedByPlatform(entry)) return null;
  return isOfCreated(entry, created) ? null : "belongs to a role of the platform";
}

function reasonWithoutSchema(entry: TocEntry, context: SelectionContext): SkipReason | null {
  switch (entry.kind) {
    case "SCHEMA":
      return entry.tag === "public" || PLATFORM_SCHEMAS.includes(entry.tag) ||
          entry.tag.startsWith(OLD_CONTENT_PREFIX) || context.keptSchemas.has(entry.tag)
        ? "schema that exists on every target"
        : ownedBy(entry);
    case "EXTENSION":
      if (context.installedExtensions.has(entry.tag)) return "extension is installed";
      // only the platform's extensions may be missing: another one fails in the restore, by name
      return context.availableExtensions.has(entry.tag) || !isPlatformExtension(entry)
        ? null
        : "extension of the platform";
    case "DATABASE":
    case "DATABASE PROPERTIES":
      return "the target is its own database";
    case "ACL":
    case "COMMENT":
    case "SECURITY LABEL":
      return reasonForAnnotation(entry);
    case "SUBSCRIPTION":
      return "a subscription needs a superuser";
    default:
      return ownedBy(entry);
  }
}

function reasonForAnnotation(entry: TocEntry): SkipReason | null {
  const [kind = "", ...rest] = entry.tag.split(" ");
  const name = rest.join(" ").replace(/^"(.*)"$/, "$1").replaceAll('""', '"');
  if (kind === "DATABASE" || kind === "EXTENSION") return "belongs to the target itself";
  if (kind === "SCHEMA") return PLATFORM_SCHEMAS.includes(name) ? "schema of the platform" : null;
  return ownedBy(entry);
}

function reasonInPlatformSchema(entry: TocEntry, { platformColumns }: SelectionContext): SkipReason | null {
  if (entry.kind === "TABLE DATA" && !carriesRows(entry)) return "rows that the platform writes itself";
  if (
    entry.kind === "TABLE DATA" && platformColumns && !platformColumns.has(`${entry.schema}.${entry.tag}`)
  ) return "table that this target lacks";
  if (entry.kind === "TABLE DATA") return null;
  if (entry.kind === "POLICY" || isProjectTrigger(entry)) return null;
  if (entry.kind === "COMMENT" && /^(POLICY|TRIGGER) /.test(entry.tag)) return null;
  // setval() is not undone by ROLLBACK: the restore sets these last, and never to a lower value
  if (entry.kind === "SEQUENCE SET") return "set after everything else";
  return "structure of the platform";
}

/** Whether a restore loads the rows of a table of the platform. */
export function carriesRows(entry: TocEntry): boolean {
  const rule = DATA_ONLY_SCHEMAS.map((name) => name === entry.schema ? PLATFORM_ROWS[name] : null)
    .find((found) => found !== null);
  return rule?.only ? rule.only.includes(entry.tag) : !rule?.except?.includes(entry.tag);
}

const TRIGGER_FUNCTION = /EXECUTE (?:FUNCTION|PROCEDURE) (?:"((?:[^"]|"")+)"|([^".( ]+))\./;

/** A trigger belongs to the project if its function does. */
function isProjectTrigger(entry: TocEntry): boolean {
  if (entry.kind !== "TRIGGER") return false;
  const match = TRIGGER_FUNCTION.exec(entry.definition);
  const schema = match?.[1]?.replaceAll('""', '"') ?? match?.[2];
  return schema !== undefined && !PLATFORM_SCHEMAS.includes(schema) && !schema.startsWith("pg_");
}

function isDataOnly(schema: string): boolean {
  return (DATA_ONLY_SCHEMAS as readonly string[]).includes(schema);
}

/** Kinds whose owner need not be the platform's: in a schema of the project they come back as the project's. */
const OBJECTS = new Set([
  ...[
    "TABLE",
    "VIEW",
    "MATERIALIZED VIEW",
    "SEQUENCE",
    "FOREIGN TABLE",
    "FUNCTION",
    "PROCEDURE",
    "AGGREGATE",
  ],
  ...[
    "TYPE",
    "DOMAIN",
    "SEQUENCE OWNED BY",
    "SEQUENCE SET",
    "MATERIALIZED VIEW DATA",
    "INDEX",
    "INDEX ATTACH",
  ],
  ...["TABLE ATTACH", "DEFAULT", "CONSTRAINT", "CHECK CONSTRAINT", "FK CONSTRAINT", "STATISTICS", "RULE"],
  ...["TRIGGER", "POLICY", "ROW SECURITY"],
]);
const ANNOTATIONS = new Set(["ACL", "COMMENT", "SECURITY LABEL"]);
const RELATIONS = ["TABLE", "VIEW", "MATERIALIZED VIEW", "FOREIGN TABLE"];

/** Whether the archive creates the object that the entry is or is about: it does not for what belongs to an extension. */
function isOfCreated({ kind, schema, tag }: TocEntry, created: ReadonlySet<string>): boolean {
  const has = (of: string, name: string) => created.has(JSON.stringify([schema, of, name]));
  if (kind === "TABLE DATA") return has("TABLE", tag);
  if (!ANNOTATIONS.has(kind)) return OBJECTS.has(kind);
  const [, of = "", name = ""] = /^([A-Z ]+) ([^]*)$/.exec(tag) ?? [];
  const plain = name.replace(/^"(.*)"$/s, "$1").replaceAll('""', '"');
  if (of === "COLUMN") return RELATIONS.some((relation) => has(relation, plain.split(".")[0] ?? ""));
  return has(of, nameIn(of, plain)) || of === "TABLE" && RELATIONS.some((relation) => has(relation, plain));
}

/** A routine without its arguments: the tag of its privileges has their names, its own has not. */
function nameIn(kind: string, tag: string): string {
  return ROUTINES.has(kind) ? tag.replace(/\(.*$/s, "") : tag;
}

const ROUTINES = new Set(["FUNCTION", "PROCEDURE", "AGGREGATE"]);

const OPS_TAG = new RegExp(`^(?:[A-Z ]+ )?"?${OPS_OBJECT_PREFIX}`);

function isOps(entry: TocEntry): boolean {
  return entry.schema === "public" && OPS_TAG.test(entry.tag);
}

function isPlatformExtension(entry: TocEntry): boolean {
  const schema = /WITH SCHEMA (\S+);/.exec(entry.definition)?.[1] ?? "";
  return schema === "pg_catalog" || PLATFORM_SCHEMAS.includes(schema);
}

function ownedBy(entry: TocEntry): SkipReason | null {
  return ownedByPlatform(entry) ? "belongs to a role of the platform" : null;
}

function ownedByPlatform(entry: TocEntry): boolean {
  return entry.owner !== SCHEMA_OWNER && PLATFORM_OWNER.test(entry.owner);
}
