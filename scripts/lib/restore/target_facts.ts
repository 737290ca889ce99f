/** The facts of a target that decide which entries of an archive can be restored into it. */
import { z } from "zod";
import { type AnyManifest, isProving } from "@backup/vault/manifest.ts";
import type { Warning } from "@backup/vault/warnings.ts";
import { readExtensions, readOwnRoles } from "../postgres/database_facts.ts";
import type { SqlSession } from "../postgres/sql_session.ts";
import { literal } from "../postgres/sql_text.ts";
import { readDependents, readWarnings } from "../postgres/warnings.ts";
import { type ExtensionNames, readExtensionNames } from "./extension_names.ts";
import { type LockTableFacts, readLockTable } from "./lock_table.ts";

export interface RestoreTargetFacts {
  /** The target holds the catalog, whose objects a restore leaves as they are. */
  keepOps: boolean;
  installedExtensions: ReadonlySet<string>;
  availableExtensions: ReadonlySet<string>;
  /** Roles that the backup names and the target lacks; none for a backup that does not hold its roles. */
  missingRoles: string[];
  /** Major version of the server. */
  major: number;
  /** On the server's disk, before the restore. */
  databaseBytes: number;
  /** The role that reads, as which a restore runs. */
  user: string;
  /** Other roles that it may act for and give objects to, with those of `missingRoles`. */
  ownRoles: ReadonlySet<string>;
  /** Extensions in schemas of the project, with their schema. */
  projectExtensions: ReadonlyMap<string, string>;
  extensions: Awaited<ReturnType<typeof readExtensions>>;
  extensionNames: ExtensionNames;
  /** Columns of the tables of auth and storage, by `schema.table`; a required one has no default. */
  platformColumns: ReadonlyMap<string, readonly { name: string; isRequired: boolean }[]>;
  /** Objects of the project's schemas that only their owners can move aside. */
  notOwned: { name: string; owner: string }[];
  /** Own rows in tables of extensions, by the name of a warning. */
  extensionRows: ReadonlyMap<string, number>;
  /** Objects of other roles that depend on the target's old content, and go with it. */
  dependents: Warning[];
  /** Those of the platform's objects which the backup needs that the target lacks. */
  missingObjects: ReadonlySet<string>;
  lockTable: LockTableFacts;
}

const targetSchema = z.object({
  major: z.number(),
  databaseBytes: z.number(),
  keepOps: z.boolean(),
  roles: z.array(z.string()),
  installed: z.array(z.string()),
  available: z.array(z.string()),
  user: z.string(),
  projectExtensions: z.array(z.tuple([z.string(), z.string()])),
});

/**
 * Needs the settings of settings.sql.
 * @param otherRoles that the restore needs besides those of the manifest
 */
export async function readTargetFacts(
  session: SqlSession,
  manifest: AnyManifest | null,
  otherRoles: readonly string[] = [],
): Promise<RestoreTargetFacts> {
  const facts = targetSchema.parse(
    await session.value(
      `select json_build_object(
          'major', current_setting('server_version_num')::int / 10000,
          'databaseBytes', pg_catalog.pg_database_size(current_database()),
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
  const wanted = new Set([...manifest && isProving(manifest) ? manifest.roles : [], ...otherRoles]);
  const warnings = await readWarnings(session);
  const missingRoles = [...wanted].filter((role) => !facts.roles.includes(role));
  return {
    keepOps: facts.keepOps,
    installedExtensions: new Set(facts.installed),
    availableExtensions: new Set(facts.available),
    missingRoles,
    major: facts.major,
    databaseBytes: facts.databaseBytes,
    user: facts.user,
    ownRoles: new Set([...await readOwnRoles(session), ...missingRoles]),
    projectExtensions: new Map(facts.projectExtensions),
    extensions: await readExtensions(session),
    extensionNames: await readExtensionNames(session),
    platformColumns: await readPlatformColumns(session),
    notOwned: warnings.filter(({ kind }) => kind === "other_owner")
      .map(({ name, detail }) => ({ name, owner: detail ?? "" })),
    extensionRows: new Map(
      warnings.filter(({ kind }) => kind === "extension_rows").map(({ name, rows }) => [name, rows ?? 0]),
    ),
    dependents: await readDependents(session),
    missingObjects: await readMissingObjects(session, manifest),
    lockTable: await readLockTable(session),
  };
}

async function readPlatformColumns(session: SqlSession): Promise<RestoreTargetFacts["platformColumns"]> {
  const rows = z.array(z.tuple([z.string(), z.string(), z.boolean()]));
  const columns = new Map<string, { name: string; isRequired: boolean }[]>();
  const found = await session.rows(
    `select json_build_array(n.nspname || '.' || c.relname, a.attname,
                             a.attnotnull and not a.atthasdef and a.attidentity = '')
       from pg_catalog.pg_class c
       join pg_catalog.pg_namespace n on n.oid = c.relnamespace
       join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
      where n.nspname in ('auth', 'storage') and c.relkind in ('r', 'p');`,
  );
  for (const [table, name, isRequired] of rows.parse(found)) {
    columns.set(table, [...columns.get(table) ?? [], { name, isRequired }]);
  }
  return columns;
}

/** What the warnings of the backup name of the platform, as far as the target lacks it. */
export async function readMissingObjects(
  session: SqlSession,
  manifest: AnyManifest | null,
): Promise<ReadonlySet<string>> {
  const warnings = manifest && isProving(manifest) ? manifest.warnings ?? [] : [];
  const wanted = new Set(
    warnings.flatMap(({ kind, name, detail }) =>
      kind === "needs_platform" && detail !== null
        ? [detail]
        : kind === "platform_function"
        ? [name.replace(/^function /, "")]
        : []
    ),
  );
  if (wanted.size === 0) return new Set();
  return new Set(
    z.array(z.string()).parse(
      // to_regprocedure() of PostgreSQL 15 fails for a type that does not exist
      await session.rows(
        `select to_json(name) from unnest(array[${[...wanted].map(literal).join(", ")}]) wanted (name)
          where case when strpos(name, '(') > 0
                     then name not in (select p.oid::pg_catalog.regprocedure::text from pg_catalog.pg_proc p)
                     else coalesce(to_regclass(name)::oid, to_regtype(name)::oid) is null end;`,
      ),
    ),
  );
}
