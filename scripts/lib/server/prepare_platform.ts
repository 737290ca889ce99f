/**
 * Prepares a server of ours for a restore: roles, extensions, and the platform's schemas with the structure of the source,
 * since the rows of auth and storage need exactly these columns. The superuser runs statements of this code alone, and
 * only before the first statement of the archive; the archive's are run by the owner, an ordinary role.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { BackupError } from "@backup/errors.ts";
import { isProving } from "@backup/vault/manifest.ts";
import { DATA_ONLY_SCHEMAS } from "@backup/vault/platform.ts";
import type { TocEntry } from "../archive/archive_toc.ts";
import { describeFailure, ignoreBrokenPipe, type Stage, startPipeline } from "../process/pipeline.ts";
import type { ClientTools } from "../postgres/client_tools.ts";
import type { Connection } from "../postgres/connection.ts";
import type { Gzip } from "../process/gzip.ts";
import { Session } from "../postgres/session.ts";
import type { SqlSession } from "../postgres/sql_session.ts";
import { identifier, literal } from "../postgres/sql_text.ts";
import { withTemporaryFolder } from "../process/temporary_folder.ts";
import type { FetchedBackup } from "../vault/fetch_backup.ts";
import {
  createExtensions,
  extensionsIn,
  offerForeignData,
  type UnavailableExtension,
} from "./archive_extensions.ts";
import { forbidEscalation } from "./escalation.ts";
import { type LeftOut, platformStructure } from "./platform_structure.ts";

export interface PlatformTools {
  tools: ClientTools;
  gzip: Gzip;
  signal?: AbortSignal;
}

/** A database of a server of ours, which nothing else uses. */
export interface OwnDatabase {
  superuser: Connection;
  /** The ordinary role that owns the database and runs what an archive holds. */
  owner: Connection;
}

/** What the prepared database lacks of the archive. */
export interface PreparedPlatform {
  unavailable: UnavailableExtension[];
  leftOut: LeftOut[];
}

/**
 * Replaces the platform's schemas of a database by those of the archive. Only for a database that is not in use and has
 * nothing of an archive yet.
 * @param prepareMore what the caller does as the superuser, after the roles and extensions, before the archive
 * @throws {BackupError} `restore_failed` when the structure cannot be created.
 */
export async function preparePlatform(
  deps: PlatformTools,
  backup: FetchedBackup,
  { superuser, owner }: OwnDatabase,
  prepareMore: (session: SqlSession, owner: string) => Promise<void>,
): Promise<PreparedPlatform> {
  const { entries } = backup.toc;
  const unavailable = await asSuperuser(deps, superuser, async (session) => {
    await forbidEscalation(session, owner.user);
    await createRoles(session, rolesOf(backup), owner.user);
    for (const schema of platformSchemasIn(entries)) {
      await session.run(`drop schema if exists ${identifier(schema)} cascade;`);
    }
    const missing = await createExtensions(session, extensionsIn(entries), owner.user);
    await offerForeignData(session, owner.user);
    await prepareMore(session, owner.user);
    return missing;
  });
  const { dumpIds, leftOut } = platformStructure(entries, owner.user, await readMemberships(deps, owner));
  if (dumpIds.length > 0) await restoreStructure(deps, backup, dumpIds, owner);
  return { unavailable, leftOut };
}

async function asSuperuser<T>(
  { signal }: PlatformTools,
  connection: Connection,
  work: (session: SqlSession) => Promise<T>,
): Promise<T> {
  const session = await Session.open({ connection, signal });
  try {
    await session.run("set client_min_messages = warning; set search_path = pg_catalog;");
    return await work(session);
  } finally {
    await session.close();
  }
}

function rolesOf({ manifest }: FetchedBackup): readonly string[] {
  return manifest && isProving(manifest) ? manifest.roles : [];
}

/** Creates those that are missing, without login, and lets the owner act for these alone. */
async function createRoles(session: SqlSession, roles: readonly string[], owner: string): Promise<void> {
  for (const role of roles) {
    const exists = await session.value(
      `select to_json(exists (select from pg_catalog.pg_roles where rolname = ${literal(role)}));`,
    );
    if (exists === true) continue;
    await session.run(
      `create role ${identifier(role)} nologin; grant ${identifier(role)} to ${identifier(owner)};`,
    );
  }
}

/** The roles that the owner may act for. */
async function readMemberships({ signal }: PlatformTools, owner: Connection): Promise<Set<string>> {
  const session = await Session.open({ connection: owner, signal });
  try {
    return new Set(
      z.array(z.string()).parse(
        await session.rows(
          "select to_json(rolname) from pg_catalog.pg_roles where pg_catalog.pg_has_role(oid, 'usage');",
        ),
      ),
    );
  } finally {
    await session.close();
  }
}

function platformSchemasIn(entries: readonly TocEntry[]): string[] {
  return DATA_ONLY_SCHEMAS.filter((name) =>
    entries.some(({ kind, tag }) => kind === "SCHEMA" && tag === name)
  );
}

async function restoreStructure(
  { tools, gzip, signal }: PlatformTools,
  { archive }: FetchedBackup,
  dumpIds: readonly number[],
  owner: Connection,
): Promise<void> {
  await withTemporaryFolder("archive", async (folder) => {
    const list = join(folder, "platform.list");
    await writeFile(list, dumpIds.map((id) => `${id};\n`).join(""));
    const stages: Stage[] = [
      gzip.decompress,
      [
        tools.pgRestore,
        "--exit-on-error",
        "--single-transaction",
        "--no-owner",
        `--use-list=${list}`,
        `--dbname=${owner.database}`,
      ],
    ];
    const pipeline = startPipeline(stages, { env: owner.env, input: archive.open(), signal });
    for await (const _ of pipeline.stdout);
    const failure = describeFailure(stages, ignoreBrokenPipe(await pipeline.ended));
    if (failure !== null) {
      throw new BackupError("restore_failed", `Cannot build the platform's schemas: ${failure}`);
    }
  });
}
