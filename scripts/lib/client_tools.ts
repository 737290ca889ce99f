/**
 * PostgreSQL's client programs and which servers they may be used with. Rules:
 * same major on both sides (an older pg_dump refuses a newer server; what a newer pg_restore writes contains
 * settings that an older server does not know), and a minor that is not older than the server's
 * (a 15.18 pg_dump writes column options of a 15.20 server that are not the user's).
 */
import { BackupError } from "../../supabase/functions/_shared/backup/errors.ts";
import type { ServerFacts } from "./database_facts.ts";

export interface ClientTools {
  psql: string;
  pgDump: string;
  pgRestore: string;
  /** For example `15.18`. */
  version: string;
}

/** @throws {BackupError} `version_mismatch` with both versions. */
export function requireMatchingVersions(tools: ClientTools, server: ServerFacts): void {
  const [major = 0, minor = 0] = tools.version.split(".").map(Number);
  const serverMajor = Math.floor(server.versionNumber / 10_000);
  const serverMinor = server.versionNumber % 10_000;
  if (major === serverMajor && minor >= serverMinor) return;
  throw new BackupError(
    "version_mismatch",
    `Cannot use PostgreSQL client ${tools.version} with server ${server.version}: ` +
      (major === serverMajor ? "the client's minor version is older" : "the major versions differ"),
    { hint: `Install the PostgreSQL ${serverMajor} client, ${serverMajor}.${serverMinor} or newer.` },
  );
}
