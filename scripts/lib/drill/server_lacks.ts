/** What the drill's own server lacks: a reason why a backup cannot be tried there that is not a fault of the backup. */
import type { BackupError } from "@backup/errors.ts";
import { EXCLUDED_SCHEMAS } from "@backup/vault/platform.ts";
import { sqlstateOf } from "../postgres/session.ts";
import { type FoundObstacle, obstaclesOf } from "./failed_check.ts";
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

/** Extensions of the project's own schemas that this server lacks: a restore fails without them. */
export function unusableExtensions({ unavailable }: PreparedPlatform): string | null {
  const needed = unavailable.filter(({ isOfProject }) => isOfProject);
  return needed.length === 0 ? null : `not tried: ${needed.map(({ why }) => why).join("; ")}`;
}

/**
 * @returns why a restore failed for an object that this server lacks and an archive never holds: of an extension that is
 * not available, or of a schema of the platform. `null` for every other error.
 */
export function lackOf(error: BackupError, { unavailable }: PreparedPlatform): string | null {
  const obstacles = obstaclesOf(error);
  if (obstacles.length > 0) return lackOfObstacles(obstacles, error.message);
  if (!UNDEFINED.includes(sqlstateOf(error) ?? "")) return null;
  const missing = missingObject(error.message);
  if (missing === null) return null;
  const extensions = unavailable.filter(({ name, schema }) =>
    missing === name || missing.startsWith(`${schema}.`)
  );
  if (extensions.length > 0) {
    return `not tried: ${extensions.map(({ why }) => why).join("; ")}; ${error.message}`;
  }
  const schema = EXCLUDED_SCHEMAS.find((name) => missing === name || missing.startsWith(`${name}.`));
  if (schema === undefined) return null;
  return `not tried: ${needOf(schema)}, which this server has not; ${error.message}`;
}

/** What the restore found beforehand; a fault of the backup's if any other obstacle is among them. */
function lackOfObstacles(obstacles: readonly FoundObstacle[], message: string): string | null {
  const schemas = obstacles.flatMap(({ kind, needs }) =>
    kind === "platform_missing"
      ? EXCLUDED_SCHEMAS.filter((name) => needs === name || needs?.startsWith(`${name}.`))
      : []
  );
  if (schemas.length < obstacles.length) return null;
  return `not tried: ${[...new Set(schemas)].map(needOf).join(", ")}, which this server has not; ${message}`;
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
