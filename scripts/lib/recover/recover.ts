/**
 * Recovery from the vault alone, without catalog, GitHub or project. Lists the backups, checks one, or restores it into
 * an empty database of a Supabase project or of any PostgreSQL server, and rebuilds the catalog there.
 */
import { z } from "zod";
import { BackupError, toBackupError } from "@backup/errors.ts";
import { targetSchema } from "@backup/target.ts";
import { rebuildRuns } from "../reconcile/rebuild_audit.ts";
import { omissionOf } from "../archive/omission.ts";
import { superuserEntries } from "../archive/superuser_entries.ts";
import { Catalog } from "../catalog/catalog.ts";
import { findToolsFor } from "../postgres/client_tools.ts";
import { type Connection, parseDatabaseUrl } from "../postgres/connection.ts";
import { newestBackup } from "../vault/newest_backup.ts";
import { preparePlatform } from "../server/prepare_platform.ts";
import { type Emptiness, readEmptiness } from "../server/empty_database.ts";
import { grantDefaults, makeProjectOwner } from "../server/project_owner.ts";
import { type Environment, readEnvironment, yes } from "../process/environment.ts";
import { identityFields } from "../vault/encryption.ts";
import { vaultFields, vaultOf } from "../vault/environment.ts";
import { chooseGzip } from "../process/gzip.ts";
import { type Output, progressOn } from "../run/output.ts";
import type { Progress } from "../run/progress.ts";
import { Session, type SessionOptions } from "../postgres/session.ts";
import { adoptMissing } from "../reconcile/adopt_missing.ts";
import type { Vault } from "../vault/vault.ts";
import { type FetchedBackup, type WantedBackup, withFetchedBackup } from "../vault/fetch_backup.ts";
import { describeManifest, listBackups } from "./list_backups.ts";
import { restoreFetched, type RestoreResult } from "../restore/restore_backup.ts";
import type { RestoreOrder } from "../restore/restore_order.ts";

const NEWEST = "newest";
/** The bootstrap superuser of Supabase's servers. */
const PLATFORM_SUPERUSER = "supabase_admin";

export const fromVaultEnvironment = z.object({
  ...vaultFields,
  ...identityFields,
  /** The database whose backups are listed. */
  TARGET: targetSchema.default("prod"),
  /** A key, or `newest`. Without it the backups are listed. */
  R2_KEY: z.string().optional(),
  /** The database to restore into. Without it the backup is only checked. */
  DATABASE_URL: z.string().optional(),
  /** Brings what can be brought and lists the rest. */
  SALVAGE: yes,
  ALLOW_SCHEMA_ONLY: z.enum(["yes", "true", "no", "false"]).default("no").transform((it) =>
    /yes|true/.test(it)
  ),
  ALLOW_UNSIGNED: z.string().optional(),
});

/**
 * Lists, checks or restores, as the environment requests.
 * @throws {BackupError} `target_not_empty`, `missing_environment`, and what a check or a restore throws.
 */
export async function recoverFromVault(
  environment: Environment,
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  const env = readEnvironment(fromVaultEnvironment, environment);
  const print = (line: string) => output.print(line);
  const vault = vaultOf(env);
  if (env.R2_KEY === undefined) {
    if (env.DATABASE_URL === undefined) return await listBackups(vault, env.TARGET, print);
    throw new BackupError("missing_environment", "Cannot restore: R2_KEY is missing", {
      hint: `Run it without DATABASE_URL to see the list, then name a key, or R2_KEY=${NEWEST}.`,
    });
  }
  const key = env.R2_KEY === NEWEST ? await newestBackup(vault, env.TARGET) : env.R2_KEY;
  const progress = progressOn(output);
  const wanted = { key, allowUnsigned: env.ALLOW_UNSIGNED ?? null };
  if (env.DATABASE_URL === undefined) return await check({ vault, progress, signal }, wanted);
  const connection = parseDatabaseUrl(env.DATABASE_URL, "DATABASE_URL");
  const deps = { vault, connection, progress, signal };
  const { verified, skipped, warnings } = await restoreIntoEmpty(deps, wanted, {
    allowSchemaOnly: env.ALLOW_SCHEMA_ONLY,
    salvage: env.SALVAGE,
  });
  output.setResult({ r2_key: key, verified, skipped, warnings });
  const outcome = verified.salvaged === null ? "restored and checked" : "SALVAGED, which proves nothing";
  print(`${outcome}: ${verified.tables} tables, ${verified.rows} rows`);
  for (const what of verified.notChecked) print(`not checked: ${what}`);
  for (const { kind, name, reason } of skipped) print(`left out: ${kind} ${name}: ${reason}`);
  for (const warning of warnings) print(`warning: ${warning}`);
  for (const loss of verified.salvaged ?? []) print(`SALVAGED, not as it was: ${loss}`);
}

/** Downloads the backup and checks its size, its hash and the head of its archive. */
async function check(deps: Omit<Context, "connection">, wanted: WantedBackup): Promise<void> {
  const { progress } = deps;
  await withFetchedBackup(deps, wanted, ({ key, manifest, toc }) => {
    progress.log(`${key} is good: ${toc.entries.length} entries, ${describeManifest(manifest)}`);
    if (manifest !== null) progress.log(`SHA-256 ${manifest.sha256}, as its manifest says`);
    return Promise.resolve();
  });
}

interface Context {
  vault: Vault;
  connection: Connection;
  progress: Progress;
  signal: AbortSignal;
}

/**
 * The restore of every command, without a safety copy: the target is empty.
 * @throws {BackupError} `target_not_empty` before anything is touched.
 */
export async function restoreIntoEmpty(
  deps: Context,
  wanted: WantedBackup,
  { allowSchemaOnly, salvage = false }: Pick<RestoreOrder, "allowSchemaOnly" | "salvage">,
): Promise<RestoreResult> {
  const { vault, progress, signal } = deps;
  progress.phase("connect");
  const tools = await findToolsFor(deps.connection, signal);
  const gzip = chooseGzip();
  const isPlatform = await inspectEmpty(deps);
  let connection = deps.connection;
  const restored = await withFetchedBackup(deps, wanted, async (backup) => {
    if (!isPlatform) {
      progress.phase("prepare");
      const superuser = deps.connection;
      await requireRangesOwner({ connection: superuser, signal }, backup);
      connection = await makeProjectOwner(superuser, signal);
      await preparePlatform({ tools, gzip, signal }, backup, { superuser, owner: connection }, grantDefaults);
    }
    const { entries } = backup.toc;
    const roots = isPlatform ? new Map<number, string>() : superuserEntries(entries);
    // target "verify" needs no confirmation: an empty database has nothing to lose
    const order = {
      target: "verify",
      confirm: null,
      allowSchemaOnly,
      salvage,
      safety: null,
      quarantine: null,
      omission: roots.size === 0 ? undefined : omissionOf(entries, roots, new Set()),
    } as const;
    return await restoreFetched({ ...deps, connection, tools, gzip, now: () => new Date() }, order, backup);
  });
  const warnings = await rebuildCatalog(vault, connection, progress);
  return { ...restored, warnings: [...restored.warnings, ...warnings] };
}

/** @returns whether the platform's schemas exist. @throws {BackupError} unless it is empty and can be restored into. */
async function inspectEmpty({ connection, signal }: SessionOptions): Promise<boolean> {
  const found = await readEmptiness({ connection, signal });
  requireUsable(connection, found);
  return found.isPlatform;
}

function requireUsable(
  connection: Connection,
  { relations, isPlatform, isSuperuser }: Emptiness,
): void {
  if (relations.length > 0) {
    throw new BackupError(
      "target_not_empty",
      `Cannot restore into ${connection}: it holds ${relations.length} tables and views, ${
        relations.slice(0, 5).join(", ")
      }`,
      {
        hint: "Use a new project or a new database. `deno task restore` replaces the content of a known one.",
      },
    );
  }
  if (isPlatform || isSuperuser) return;
  throw new BackupError(
    "missing_environment",
    `Cannot restore into ${connection}: outside Supabase the user has to be a superuser`,
    {
      hint:
        "Roles, extensions and the schemas auth and storage have to be made first, for an owner called postgres.",
    },
  );
}

/**
 * The functions that come with a range type belong to the role that the server was made with: of another name, they
 * differ from what was backed up, and the restore would be refused at its end.
 * @throws {BackupError} `archive_rejected`.
 */
async function requireRangesOwner(
  options: SessionOptions,
  { toc }: FetchedBackup,
): Promise<void> {
  const ranges = toc.entries.filter(({ kind, definition }) =>
    kind === "TYPE" && /\bAS RANGE\b/.test(definition)
  );
  if (ranges.length === 0) return;
  const session = await Session.open(options);
  const owner = await session.value("select to_json(rolname) from pg_catalog.pg_roles where oid = 10;");
  await session.close();
  if (owner === PLATFORM_SUPERUSER) return;
  throw new BackupError(
    "archive_rejected",
    `Cannot restore the range types ${
      ranges.map(({ tag }) => tag).join(", ")
    }: the server was made by ${owner}`,
    {
      hint: `Make it with initdb -U ${PLATFORM_SUPERUSER}, or use the commands in the ` +
        "RECOVERY.md beside the backup.",
    },
  );
}

/** Adds the runs of the audit's copies, then a row for every manifest. A failure is a warning: the data is restored. */
async function rebuildCatalog(
  vault: Vault,
  connection: Connection,
  progress: Progress,
): Promise<string[]> {
  const catalog = new Catalog({ connection });
  try {
    const [isThere] = await catalog.rows("select to_json(to_regclass('public.ops_db_backups') is not null);");
    if (isThere !== true) return [];
    progress.phase("catalog");
    const { broken } = await rebuildRuns(vault, catalog);
    await adoptMissing(vault, catalog, progress);
    return broken.map(({ chain_id, seq, why }) => `audit record ${seq} of ${chain_id}: ${why}`);
  } catch (thrown) {
    const { message } = toBackupError(thrown);
    return [`the history could not be rebuilt, apply the migrations and run deno task reconcile: ${message}`];
  } finally {
    await catalog.close();
  }
}
