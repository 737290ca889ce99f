/** What the drill's own server lacks: it cannot be tried there, which is no fault of the backup. */
import type { BackupError } from "@backup/errors.ts";
import { EXCLUDED_SCHEMAS } from "@backup/vault/platform.ts";
import type { TocEntry } from "../archive/archive_toc.ts";
import { type Omission, omissionOf } from "../archive/omission.ts";
import { entriesUsing } from "../archive/references.ts";
import { superuserEntries } from "../archive/superuser_entries.ts";
import { sqlstateOf } from "../postgres/session.ts";
import type { PreparedPlatform } from "../server/prepare_platform.ts";

/** SQLSTATEs of an unknown schema, relation, function, and type or language. */
const UNDEFINED = ["3F000", "42P01", "42883", "42704"];

/** What has to be done in a new project before a backup that needs the schema is restored there. */
const REMEDIES: Readonly<Record<string, string>> = {
  supabase_functions: "needs Database Webhooks",
  cron: "needs the extension pg_cron",
  net: "needs the extension pg_net",
  vault: "needs Vault",
};

/**
 * What of an archive this server cannot hold: objects of extensions that are not available, of schemas of the platform that
 * no backup holds, and what its superuser alone could create, with all that depends on them.
 * @param missing objects of the platform, as `schema.name` or `schema.name(arguments)`
 * @returns `undefined` when it can hold everything
 */
export function omissionFor(
  entries: readonly TocEntry[],
  { unavailable }: PreparedPlatform,
  missing: ReadonlySet<string>,
): Omission | undefined {
  const roots = superuserEntries(entries);
  for (const { dumpId, kind, tag } of entries) {
    const extension = unavailable.find(({ name }) => kind === "EXTENSION" && tag === name);
    if (extension !== undefined) roots.set(dumpId, extension.why);
  }
  const needs = new Set([...missing].filter((object) => schemaOf(object) !== undefined));
  for (const object of needs) {
    const why = `${object} is missing on this server: ${needOf(schemaOf(object) ?? "")}`;
    for (const { dumpId } of entriesUsing(entries, object)) roots.set(dumpId, why);
  }
  return roots.size === 0 ? undefined : omissionOf(entries, roots, needs);
}

/**
 * @returns why a restore failed for an object that this server lacks and an archive never holds: a function ran that
 * uses an extension which is not available, or a schema of the platform. `null` for every other error.
 */
export function lackOf(error: BackupError, { unavailable }: PreparedPlatform): string | null {
  if (!UNDEFINED.includes(sqlstateOf(error) ?? "")) return null;
  const missing = missingObject(error.message);
  if (missing === null) return null;
  const extensions = unavailable.filter(({ name, schema }) =>
    missing === name || missing.startsWith(`${schema}.`)
  );
  if (extensions.length > 0) {
    return `not tried: ${extensions.map(({ why }) => why).join("; ")}; ${error.message}`;
  }
  const schema = schemaOf(missing);
  return schema === undefined
    ? null
    : `not tried: ${needOf(schema)}, which this server has not; ${error.message}`;
}

/** The schema of the platform in which an object is, if no backup holds it. */
function schemaOf(object: string): string | undefined {
  return EXCLUDED_SCHEMAS.find((name) => object === name || object.startsWith(`${name}.`));
}

function needOf(schema: string): string {
  return REMEDIES[schema] ?? `needs schema ${schema} of the platform`;
}

/** Names functions of the project in schema auth: the likely cause when a restore fails for a function there. */
export function withOwnFunctions({ message }: BackupError, { leftOut }: PreparedPlatform): string {
  const own = leftOut.filter(({ name }) =>
    name.startsWith("FUNCTION ") && message.includes(schemaAndName(name))
  );
  return [message, ...own.map(({ name, why }) => `${name} is ${why}`)].join("; ");
}

function schemaAndName(name: string): string {
  return name.slice("FUNCTION ".length).replace(/\(.*$/, "(");
}

/** The name in `relation "cron.job" does not exist` and its like. */
function missingObject(message: string): string | null {
  const [, quoted, called] =
    /(?:"([^"]+)"|(?:function|type|operator class) ([^\s(]+)\S*(?:\([^)]*\))?) does not exist/.exec(
      message,
    ) ?? [];
  return quoted ?? called ?? null;
}
