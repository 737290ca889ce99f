/**
 * PostgreSQL's client programs and which servers they may be used with. Rules:
 * same major on both sides (an older pg_dump refuses a newer server; what a newer pg_restore writes contains
 * settings that an older server does not know), and a minor that is not older than the server's
 * (a 15.18 pg_dump writes column options of a 15.20 server that are not the user's). Older minors than the first with
 * `\restrict` are refused: their pg_restore lets the name of an object in an archive run a program here.
 */
import process from "node:process";
import { BackupError } from "@backup/errors.ts";
import type { Connection } from "./connection.ts";
import { readServerFacts, type ServerFacts } from "./database_facts.ts";
import type { Environment } from "../process/environment.ts";
import { findPostgres } from "./binaries.ts";
import { Session } from "./session.ts";

export interface ClientTools {
  psql: string;
  pgDump: string;
  pgRestore: string;
  /** For example `15.18`. */
  version: string;
}

/** The first minor of each major whose psql and pg_restore know `\restrict` (CVE-2025-8714, CVE-2025-8715). */
const FIRST_RESTRICTED: Readonly<Record<number, number>> = { 13: 22, 14: 19, 15: 14, 16: 10, 17: 6 };

export const PROGRAMS = ["pg_dump", "pg_restore", "psql"] as const;

/**
 * The programs of this machine that fit a server: of its own major version.
 * @throws {BackupError} `version_mismatch` with both versions when there are none; what connecting throws.
 */
export async function findToolsFor(connection: Connection, signal?: AbortSignal): Promise<ClientTools> {
  const session = await Session.open({ connection, signal });
  const server = await readServerFacts(session);
  await session.close();
  return toolsFor(server);
}

/**
 * {@link findToolsFor} a server whose facts are known.
 * @param environment whose PATH and REVO_PG_BIN are used
 * @throws {BackupError} `version_mismatch`, `missing_tool`.
 */
export function toolsFor(server: ServerFacts, environment: Environment = process.env): ClientTools {
  const tools = findTools(environment, Math.floor(server.versionNumber / 10_000)) ?? findTools(environment);
  if (tools === null) {
    throw new BackupError("missing_tool", `Cannot find ${PROGRAMS.join(", ")} on this machine`, {
      hint: `Install the PostgreSQL client of the server's version, ${server.version}.`,
    });
  }
  requireMatchingVersions(tools, server);
  return tools;
}

function findTools(environment: Environment, major?: number): ClientTools | null {
  try {
    const found = findPostgres(PROGRAMS, { major, environment });
    const [pgDump, pgRestore, psql] = [found.path("pg_dump"), found.path("pg_restore"), found.path("psql")];
    return { pgDump, pgRestore, psql, version: found.version };
  } catch (error) {
    if (error instanceof BackupError && error.code === "missing_tool") return null;
    throw error;
  }
}

/** @throws {BackupError} `version_mismatch` with both versions. */
export function requireMatchingVersions(tools: ClientTools, server: ServerFacts): void {
  const [major = 0, minor = 0] = tools.version.split(".").map(Number);
  const serverMajor = Math.floor(server.versionNumber / 10_000);
  const serverMinor = server.versionNumber % 10_000;
  const floor = FIRST_RESTRICTED[major] ?? 0;
  if (minor < floor) {
    throw new BackupError(
      "version_mismatch",
      `Cannot use PostgreSQL client ${tools.version}: before ${major}.${floor} an archive can run programs on this machine`,
      {
        hint: `Install the PostgreSQL ${serverMajor} client, ${serverMajor}.${
          Math.max(FIRST_RESTRICTED[serverMajor] ?? 0, serverMinor)
        } or newer.`,
      },
    );
  }
  if (major === serverMajor && minor >= serverMinor) return;
  throw new BackupError(
    "version_mismatch",
    `Cannot use PostgreSQL client ${tools.version} with server ${server.version}: ` +
      (major === serverMajor ? "the client's minor version is older" : "the major versions differ"),
    { hint: `Install the PostgreSQL ${serverMajor} client, ${serverMajor}.${serverMinor} or newer.` },
  );
}
