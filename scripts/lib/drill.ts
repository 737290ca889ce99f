/**
 * The drill: restores a backup into a throwaway server through the engine of a real restore, then asks the
 * questions of rg03. A backup that was never restored is a hope.
 */
import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { BackupError } from "../../supabase/functions/_shared/backup/errors.ts";
import { type AnyManifest, isProving } from "../../supabase/functions/_shared/backup/manifest.ts";
import {
  parseArchiveKey,
  siblingKeys,
  targetPrefix,
  tryParseArchiveKey,
} from "../../supabase/functions/_shared/backup/object_key.ts";
import { DATA_ONLY_SCHEMAS } from "../../supabase/functions/_shared/backup/platform.ts";
import type { Target } from "../../supabase/functions/_shared/backup/target.ts";
import type { TocEntry } from "./archive_toc.ts";
import { describeFailure, forgiveCutOff, type Stage, startPipeline } from "./children.ts";
import type { ClientTools } from "./client_tools.ts";
import type { Connection } from "./connection.ts";
import type { Gzip } from "./gzip.ts";
import type { Progress } from "./progress.ts";
import { identifier, literal, PsqlSession } from "./psql.ts";
import { type FetchedBackup, readManifest, withFetchedBackup } from "./restore/fetch_backup.ts";
import { restoreFetched } from "./restore/restore_backup.ts";
import { selectPlatformStructure } from "./restore/select_entries.ts";
import type { Verified } from "./restore/verify.ts";
import type { Vault } from "./vault.ts";

/** A database of a server that is ours, gone after the drill. */
export interface Throwaway {
  superuser: Connection;
  /** The role that a restore runs as. */
  owner: Connection;
}

export interface DrillContext {
  vault: Vault;
  tools: ClientTools;
  gzip: Gzip;
  progress: Progress;
  now: () => Date;
  signal?: AbortSignal;
}

export interface DrillReport {
  key: string;
  manifest: AnyManifest | null;
  verified: Verified;
  /** Names of rg03's assertions that held. */
  assertions: string[];
  seconds: Record<string, number>;
}

/** The key of the newest backup of a target. @throws {BackupError} `no_backup_found`. */
export async function newestBackup(vault: Vault, target: Target): Promise<string> {
  const archives: string[] = [];
  const others = new Set<string>();
  for await (const { key } of vault.list(targetPrefix(target))) {
    if (tryParseArchiveKey(key)) archives.push(key);
    else others.add(key);
  }
  const backups = archives.filter((key) => others.has(siblingKeys(key).manifest))
    .sort((a, b) => parseArchiveKey(a).createdAtUtc.localeCompare(parseArchiveKey(b).createdAtUtc));
  const newest = backups.at(-1);
  if (newest !== undefined) return newest;
  throw new BackupError("no_backup_found", `Cannot drill: the vault holds no backup of ${target}`, {
    hint: "Run a backup first.",
  });
}

/** The major version of the server that was backed up; `undefined`, any, where the manifest does not tell. */
export async function wantedMajor(vault: Vault, key: string): Promise<number | undefined> {
  const manifest = await readManifest(vault, key);
  return manifest && isProving(manifest) ? Number.parseInt(manifest.server_version) : undefined;
}

/** @throws {BackupError} naming the phase and what did not hold. */
export async function drill(context: DrillContext, key: string, throwaway: Throwaway): Promise<DrillReport> {
  const seconds: Record<string, number> = {};
  const timed = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    const started = performance.now();
    const result = await work();
    seconds[name] = Math.round((performance.now() - started) / 10) / 100;
    return result;
  };
  const order = { target: "verify", confirm: null, allowSchemaOnly: true, safety: null } as const;
  const started = performance.now();
  return await withFetchedBackup(context, key, async (backup) => {
    seconds.download = Math.round((performance.now() - started) / 10) / 100;
    context.progress.phase("prepare");
    await timed("prepare", () => preparePlatform(context, backup, throwaway));
    const restored = await timed(
      "restore",
      () => restoreFetched({ ...context, connection: throwaway.owner }, order, backup),
    );
    context.progress.phase("assert");
    const assertions = await timed("assert", () => runAssertions(context.tools, throwaway.owner));
    return { key, manifest: backup.manifest, verified: restored.verified, assertions, seconds };
  });
}

/** Roles of the source, and auth and storage as the source had them: their rows need just these columns. */
async function preparePlatform(
  context: DrillContext,
  backup: FetchedBackup,
  { superuser }: Throwaway,
): Promise<void> {
  const ids = selectPlatformStructure(backup.toc.entries);
  const { manifest } = backup;
  const session = await PsqlSession.open({
    psql: context.tools.psql,
    connection: superuser,
    signal: context.signal,
  });
  await session.run("set client_min_messages = warning;");
  for (const role of manifest && isProving(manifest) ? manifest.roles : []) {
    await session.run(
      `select format('create role %I nologin', name) from (values (${literal(role)})) wanted(name)
      where not exists (select from pg_catalog.pg_roles where rolname = name) \\gexec`,
    );
  }
  for (const schema of schemasIn(backup.toc.entries)) {
    await session.run(`drop schema if exists ${identifier(schema)} cascade;`);
  }
  await session.close();
  if (ids.length > 0) await restoreStructure(context, backup, ids, superuser);
}

async function restoreStructure(
  { tools, gzip, signal }: DrillContext,
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
  const end = await pipeline.ended;
  const failure = describeFailure(stages, forgiveCutOff(end));
  if (failure !== null) {
    throw new BackupError("drill_failed", `Cannot build the platform's schemas: ${failure}`);
  }
}

function schemasIn(entries: readonly TocEntry[]): string[] {
  return DATA_ONLY_SCHEMAS.filter((name) =>
    entries.some(({ kind, tag }) => kind === "SCHEMA" && tag === name)
  );
}

/** Runs rg03 as an operator would. @throws {BackupError} `drill_failed` naming the assertions that did not hold. */
export async function runAssertions(tools: ClientTools, connection: Connection): Promise<string[]> {
  const file = fileURLToPath(new URL("../rg03_db_asserts.sql", import.meta.url));
  const stages: Stage[] = [[tools.psql, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", file]];
  const pipeline = startPipeline(stages, { env: connection.env });
  for await (const _ of pipeline.stdout);
  const end = await pipeline.ended;
  const told = (verdict: string) =>
    [...end.stderr.matchAll(new RegExp(`${verdict} (.*)$`, "gm"))].map(([, what = ""]) => what);
  if (describeFailure(stages, end) === null) return told("PASS");
  const failures = told("FAIL");
  throw new BackupError(
    "drill_failed",
    `rg03 found: ${failures.length > 0 ? failures.join("; ") : end.stderr}`,
    {
      phase: "assert",
      details: { failed: failures, passed: told("PASS") },
    },
  );
}
