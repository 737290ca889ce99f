/** The facts of a target that decide which entries of an archive can be restored into it. */
import { z } from "zod";
import { type AnyManifest, isProving } from "@backup/vault/manifest.ts";
import type { SqlSession } from "../postgres/sql_session.ts";
import { type LockTableFacts, readLockTable } from "./lock_table.ts";

export interface RestoreTargetFacts {
  /** The target holds the catalog, whose objects a restore leaves as they are. */
  keepOps: boolean;
  installedExtensions: ReadonlySet<string>;
  availableExtensions: ReadonlySet<string>;
  /** Roles that the backup names and the target lacks; none for a backup that does not hold its roles. */
  missingRoles: string[];
  lockTable: LockTableFacts;
}

const targetSchema = z.object({
  keepOps: z.boolean(),
  roles: z.array(z.string()),
  installed: z.array(z.string()),
  available: z.array(z.string()),
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
          'available', (select json_agg(name) from pg_catalog.pg_available_extensions));`,
    ),
  );
  const wanted = manifest && isProving(manifest) ? manifest.roles : [];
  return {
    keepOps: facts.keepOps,
    installedExtensions: new Set(facts.installed),
    availableExtensions: new Set(facts.available),
    missingRoles: wanted.filter((role) => !facts.roles.includes(role)),
    lockTable: await readLockTable(session),
  };
}
