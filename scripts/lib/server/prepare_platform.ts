/**
 * Prepares a throwaway server for a restore: creates the roles of the backup, and the platform's schemas with the
 * structure of the source, since the rows of auth and storage need exactly these columns.
 */
import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { BackupError } from "@backup/errors.ts";
import { isProving } from "@backup/vault/manifest.ts";
import { DATA_ONLY_SCHEMAS } from "@backup/vault/platform.ts";
import type { TocEntry } from "../archive/archive_toc.ts";
import { describeFailure, ignoreBrokenPipe, type Stage, startPipeline } from "../process/pipeline.ts";
import type { ClientTools } from "../postgres/client_tools.ts";
import type { Connection } from "../postgres/connection.ts";
import type { Gzip } from "../process/gzip.ts";
import { PsqlSession } from "../postgres/psql.ts";
import { identifier, literal } from "../postgres/sql_text.ts";
import type { FetchedBackup } from "../vault/fetch_backup.ts";
import { selectPlatformStructure } from "../archive/select_entries.ts";

export interface PlatformTools {
  tools: ClientTools;
  gzip: Gzip;
  signal?: AbortSignal;
}

/**
 * Replaces the platform's schemas of a database by those of the archive. Only for a database that is not in use.
 * @param superuser of the throwaway server
 * @throws {BackupError} `restore_failed` when the structure cannot be created.
 */
export async function preparePlatform(
  deps: PlatformTools,
  backup: FetchedBackup,
  superuser: Connection,
): Promise<void> {
  const { manifest, toc } = backup;
  const { tools, signal } = deps;
  const session = await PsqlSession.open({ psql: tools.psql, connection: superuser, signal });
  try {
    await session.run("set client_min_messages = warning;");
    for (const role of manifest && isProving(manifest) ? manifest.roles : []) {
      await session.run(
        `select format('create role %I nologin', name) from (values (${literal(role)})) wanted(name)
          where not exists (select from pg_catalog.pg_roles where rolname = name) \\gexec`,
      );
    }
    for (const schema of platformSchemasIn(toc.entries)) {
      await session.run(`drop schema if exists ${identifier(schema)} cascade;`);
    }
  } finally {
    await session.close();
  }
  const dumpIds = selectPlatformStructure(toc.entries);
  if (dumpIds.length > 0) await restoreStructure(deps, backup, dumpIds, superuser);
}

function platformSchemasIn(entries: readonly TocEntry[]): string[] {
  return DATA_ONLY_SCHEMAS.filter((name) =>
    entries.some(({ kind, tag }) => kind === "SCHEMA" && tag === name)
  );
}

async function restoreStructure(
  { tools, gzip, signal }: PlatformTools,
  { archiveFile }: FetchedBackup,
  dumpIds: readonly number[],
  superuser: Connection,
): Promise<void> {
  const list = join(dirname(archiveFile), "platform.list");
  await writeFile(list, dumpIds.map((id) => `${id};\n`).join(""));
  const stages: Stage[] = [
    gzip.decompress,
    [
      tools.pgRestore,
      "--exit-on-error",
      "--single-transaction",
      `--use-list=${list}`,
      `--dbname=${superuser.database}`,
    ],
  ];
  const pipeline = startPipeline(stages, { env: superuser.env, inputFile: archiveFile, signal });
  for await (const _ of pipeline.stdout);
  const failure = describeFailure(stages, ignoreBrokenPipe(await pipeline.ended));
  if (failure !== null) {
    throw new BackupError("restore_failed", `Cannot build the platform's schemas: ${failure}`);
  }
}
