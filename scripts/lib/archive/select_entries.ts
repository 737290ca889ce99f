/**
 * Which entries of an archive a restore takes: everything of the project, of the platform's schemas only the
 * rows, policies and our triggers. What is left out has a reason.
 */
import {
  DATA_ONLY_SCHEMAS,
  OLD_CONTENT_PREFIX,
  OPS_OBJECT_PREFIX,
  PLATFORM_ROWS,
  PLATFORM_SCHEMAS,
} from "@backup/vault/platform.ts";
import type { TocEntry } from "./archive_toc.ts";

export interface SelectionContext {
  /** The target holds the catalog's own objects: they stay as they are. */
  keepOps: boolean;
  /** Extensions that the target has, and those that it could create. */
  installedExtensions: ReadonlySet<string>;
  availableExtensions: ReadonlySet<string>;
}

export interface Selection {
  /** Dump ids in the archive's order. */
  main: number[];
  /** Contents of large objects: restored in a pass of their own, their BEGIN and COMMIT taken out. */
  largeObjects: number[];
  skipped: { entry: TocEntry; reason: string }[];
  /** The archive brings the catalog's objects, since the target has none. */
  makesOps: boolean;
}

/** pg_restore's own, taken whatever the list says. */
const SPECIAL = new Set(["ENCODING", "STDSTRINGS", "SEARCHPATH"]);
const LARGE_OBJECT_DATA = "BLOBS";
/** Roles that Supabase reserves. */
const PLATFORM_OWNER =
  /^(anon|authenticated|authenticator|dashboard_user|pgbouncer|service_role|supabase_.*|cli_login_.*|pgsodium_.*|pgtle_admin|pg_.*)$/;
const SCHEMA_OWNER = "pg_database_owner";

export function selectEntries(entries: readonly TocEntry[], context: SelectionContext): Selection {
  const selection: Selection = { main: [], largeObjects: [], skipped: [], makesOps: !context.keepOps };
  for (const entry of entries) {
    if (SPECIAL.has(entry.kind)) continue;
    const reason = reasonToSkip(entry, context);
    if (reason !== null) selection.skipped.push({ entry, reason });
    else if (entry.kind === LARGE_OBJECT_DATA) selection.largeObjects.push(entry.dumpId);
    else selection.main.push(entry.dumpId);
  }
  return selection;
}

/**
 * Entries that build the platform's own schemas, for a server that is ours and lacks them: their structure,
 * as the source had it, without rows.
 */
export function selectPlatformStructure(entries: readonly TocEntry[]): number[] {
  const isData = (entry: TocEntry) => ["TABLE DATA", "SEQUENCE SET", "POLICY"].includes(entry.kind);
  return entries.filter((entry) => {
    if (entry.schema === null) return entry.kind === "SCHEMA" && isDataOnly(entry.tag);
    return isDataOnly(entry.schema) && !isData(entry) && !isOurTrigger(entry);
  }).map(({ dumpId }) => dumpId);
}

function reasonToSkip(entry: TocEntry, context: SelectionContext): string | null {
  if (entry.schema === null) return reasonWithoutSchema(entry, context);
  if (isDataOnly(entry.schema)) return reasonInPlatformSchema(entry);
  if (PLATFORM_SCHEMAS.includes(entry.schema)) return "schema of the platform";
  if (entry.schema.startsWith(OLD_CONTENT_PREFIX)) return "left over from an earlier restore";
  if (isOps(entry)) {
    if (entry.kind === "TABLE DATA" || entry.kind === "SEQUENCE SET") {
      return "the catalog is rebuilt from the vault";
    }
    if (context.keepOps) return "the catalog stays as it is";
  }
  return ownedByPlatform(entry) ? "belongs to a role of the platform" : null;
}

function reasonWithoutSchema(entry: TocEntry, context: SelectionContext): string | null {
  switch (entry.kind) {
    case "SCHEMA":
      return entry.tag === "public" || PLATFORM_SCHEMAS.includes(entry.tag) ||
          entry.tag.startsWith(OLD_CONTENT_PREFIX)
        ? "schema that exists on every target"
        : ownedBy(entry);
    case "EXTENSION":
      if (context.installedExtensions.has(entry.tag)) return "extension is installed";
      // one that the platform brings is no loss; another one is, and fails in the restore, by name
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

function reasonForAnnotation(entry: TocEntry): string | null {
  const [kind = "", ...rest] = entry.tag.split(" ");
  const name = rest.join(" ").replace(/^"(.*)"$/, "$1").replaceAll('""', '"');
  if (kind === "DATABASE" || kind === "EXTENSION") return "belongs to the target itself";
  if (kind === "SCHEMA") return PLATFORM_SCHEMAS.includes(name) ? "schema of the platform" : null;
  return ownedBy(entry);
}

function reasonInPlatformSchema(entry: TocEntry): string | null {
  if (entry.kind === "TABLE DATA") return carriesRows(entry) ? null : "rows that the platform writes itself";
  if (entry.kind === "POLICY" || isOurTrigger(entry)) return null;
  if (entry.kind === "COMMENT" && /^(POLICY|TRIGGER) /.test(entry.tag)) return null;
  // setval() is not undone by ROLLBACK: the driver sets these last, and never backwards
  if (entry.kind === "SEQUENCE SET") return "set after everything else";
  return "structure of the platform";
}

function carriesRows(entry: TocEntry): boolean {
  const rule = DATA_ONLY_SCHEMAS.map((name) => name === entry.schema ? PLATFORM_ROWS[name] : null)
    .find((found) => found !== null);
  return rule?.only ? rule.only.includes(entry.tag) : !rule?.except?.includes(entry.tag);
}

const TRIGGER_FUNCTION = /EXECUTE (?:FUNCTION|PROCEDURE) (?:"((?:[^"]|"")+)"|([^".( ]+))\./;

/** A trigger is the project's when its function is. */
function isOurTrigger(entry: TocEntry): boolean {
  if (entry.kind !== "TRIGGER") return false;
  const match = TRIGGER_FUNCTION.exec(entry.definition);
  const schema = match?.[1]?.replaceAll('""', '"') ?? match?.[2];
  return schema !== undefined && !PLATFORM_SCHEMAS.includes(schema) && !schema.startsWith("pg_");
}

function isDataOnly(schema: string): boolean {
  return (DATA_ONLY_SCHEMAS as readonly string[]).includes(schema);
}

const OPS_TAG = new RegExp(`^(?:[A-Z ]+ )?"?${OPS_OBJECT_PREFIX}`);

function isOps(entry: TocEntry): boolean {
  return entry.schema === "public" && OPS_TAG.test(entry.tag);
}

function isPlatformExtension(entry: TocEntry): boolean {
  const schema = /WITH SCHEMA (\S+);/.exec(entry.definition)?.[1] ?? "";
  return schema === "pg_catalog" || PLATFORM_SCHEMAS.includes(schema);
}

function ownedBy(entry: TocEntry): string | null {
  return ownedByPlatform(entry) ? "belongs to a role of the platform" : null;
}

function ownedByPlatform(entry: TocEntry): boolean {
  return entry.owner !== SCHEMA_OWNER && PLATFORM_OWNER.test(entry.owner);
}
