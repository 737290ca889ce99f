/** The facts of a target that decide which entries of an archive can be restored into it. */
import { z } from "zod";
import { type AnyManifest, isProving } from "@backup/vault/manifest.ts";
import { readOwnRoles } from "../postgres/database_facts.ts";
import type { SqlSession } from "../postgres/sql_session.ts";
import { type LockTableFacts, readLockTable } from "./lock_table.ts";

export interface RestoreTargetFacts {
  /** The target holds the catalog, whose objects a restore leaves as they are. */
  keepOps: boolean;
  installedExtensions: ReadonlySet<string>;
  availableExtensions: ReadonlySet<string>;
  /** Roles that the backup names and the target lacks; none for a backup that does not hold its roles. */
  missingRoles: string[];
  /** The role that reads, as which a restore runs. */
  user: string;
  /** Other roles that it may act for and give objects to, with those of `missingRoles`. */
  ownRoles: ReadonlySet<string>;
  /** Extensions in schemas of the project, with their schema. */
  projectExtensions: ReadonlyMap<string, string>;
  lockTable: LockTableFacts;
}

const targetSchema = z.object({
  keepOps: z.boolean(),
  roles: z.array(z.string()),
  installed: z.array(z.string()),
  available: z.array(z.string()),
  user: z.string(),
  projectExtensions: z.array(z.tuple([z.string(), z.string()])),
});

/** Needs the settings of settings.sql. */
export async function readTargetFacts(
  session: SqlSession,
  manifest: AnyManifest | null,
): Promise<RestoreTargetFacts> {
  const facts = targetSchema.parse(
    await session.value(
      `select json_build_object(
          'keepOps', to_regclass('public.ops_db_backups') is not null,
          'roles', (select json_agg(rolname) from pg_catalog.pg_roles),
          'installed', (select json_agg(extname) from pg_catalog.pg_extension),
          'available', (select json_agg(name) from pg_catalog.pg_available_extensions),
          'user', current_user,
          'projectExtensions', coalesce((select json_agg(json_build_array(extname, n.nspname))
                                           from pg_catalog.pg_extension x join pg_catalog.pg_namespace n on n.oid = x.extnamespace
                                          where n.nspname = any (current_setting('revo.our_schemas')::text[])), '[]'));`,
    ),
  );
  const wanted = manifest && isProving(manifest) ? manifest.roles : [];
  const missingRoles = wanted.filter((role) => !facts.roles.includes(role));
  return {
    keepOps: facts.keepOps,
    installedExtensions: new Set(facts.installed),
    availableExtensions: new Set(facts.available),
    missingRoles,
    user: facts.user,
    ownRoles: new Set([...await readOwnRoles(session), ...missingRoles]),
    projectExtensions: new Map(facts.projectExtensions),
    lockTable: await readLockTable(session),
  };
}
