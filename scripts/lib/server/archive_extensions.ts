/**
 * The extensions that an archive names, created by the superuser of a server of ours before anything of the archive is
 * loaded: an ordinary owner may create trusted ones only.
 */
import { z } from "zod";
import { toBackupError } from "@backup/errors.ts";
import { EXTENSIONS_SCHEMA, PLATFORM_SCHEMAS } from "@backup/vault/platform.ts";
import type { TocEntry } from "../archive/archive_toc.ts";
import type { SqlSession } from "../postgres/sql_session.ts";
import { identifier, literal } from "../postgres/sql_text.ts";
import { packageOf } from "./extension_packages.ts";

export interface ArchiveExtension {
  name: string;
  schema: string;
}

/** An extension that could not be created on this server. */
export interface UnavailableExtension extends ArchiveExtension {
  why: string;
}

/**
 * What the platform grants to a project's owner when it creates an extension.
 * Source: the scripts `after-create.sql` of https://github.com/supabase/postgres.
 */
const GRANTS: Readonly<Record<string, (owner: string) => string>> = {
  pg_cron: (owner) =>
    `grant usage on schema cron to ${owner}; grant select on cron.job, cron.job_run_details to ${owner};`,
};

const stateSchema = z.object({
  major: z.number(),
  isAvailable: z.boolean(),
  isTrusted: z.boolean(),
  schema: z.string().nullable(),
});

/** The extensions of an archive, in its order, each with the schema that the archive gives. */
export function extensionsIn(entries: readonly TocEntry[]): ArchiveExtension[] {
  return entries.filter(({ kind }) => kind === "EXTENSION").map(({ tag, definition }) => {
    const [, quoted, plain] = /\bWITH SCHEMA (?:"((?:[^"]|"")+)"|([^\s;"]+))\s*;/.exec(definition) ?? [];
    return { name: tag, schema: quoted?.replaceAll('""', '"') ?? plain ?? EXTENSIONS_SCHEMA };
  });
}

/**
 * Creates those which the server has. A trusted extension of a project's own schema is left to the restore, which
 * creates both as the owner.
 * @param session of the superuser, in a database without anything of an archive
 * @param owner of the project's schemas
 * @returns what is not available
 */
export async function createExtensions(
  session: SqlSession,
  extensions: readonly ArchiveExtension[],
  owner: string,
): Promise<UnavailableExtension[]> {
  const unavailable: UnavailableExtension[] = [];
  for (const extension of extensions) {
    const why = await create(session, extension, owner);
    if (why !== null) unavailable.push({ ...extension, why });
  }
  return unavailable;
}

/** @returns why it cannot be created, `null` when it is there or left to the restore */
async function create(
  session: SqlSession,
  { name, schema }: ArchiveExtension,
  owner: string,
): Promise<string | null> {
  const state = stateSchema.parse(
    await session.value(
      `select json_build_object(
       'major', current_setting('server_version_num')::int / 10000,
       'isAvailable', exists (select from pg_catalog.pg_available_extensions where name = ${literal(name)}),
       'isTrusted', exists (select from pg_catalog.pg_available_extension_versions
                             where name = ${literal(name)} and trusted),
       'schema', (select n.nspname from pg_catalog.pg_extension x
                    join pg_catalog.pg_namespace n on n.oid = x.extnamespace where x.extname = ${
        literal(name)
      }));`,
    ),
  );
  if (state.schema === schema) return null;
  if (!state.isAvailable) {
    const missing = packageOf(name, state.major);
    return `extension ${name} is not available on this server` + (missing ? ` (package ${missing})` : "");
  }
  if (!isOnEveryTarget(schema) && state.isTrusted) return null;
  try {
    // a server of ours comes with some, in the schema that new projects have them in
    if (state.schema !== null) await session.run(`drop extension ${identifier(name)};`);
    if (schema !== "pg_catalog") {
      const of = isOnEveryTarget(schema) ? "" : ` authorization ${identifier(owner)}`;
      await session.run(`create schema if not exists ${identifier(schema)}${of};`);
    }
    await session.run(`create extension ${identifier(name)} schema ${identifier(schema)};`);
    const grants = GRANTS[name];
    if (grants !== undefined) await session.run(grants(identifier(owner)));
    return null;
  } catch (thrown) {
    return `extension ${name} cannot be created on this server: ${toBackupError(thrown).message}`;
  }
}

/** Whether a restore leaves the schema where it is. */
function isOnEveryTarget(schema: string): boolean {
  return schema === "public" || schema === "pg_catalog" || PLATFORM_SCHEMAS.includes(schema);
}

/** Lets the owner compare indexes with their tables: creates amcheck, where the server has it. */
export async function offerIndexCheck(session: SqlSession, owner: string): Promise<void> {
  const isAvailable = await session.value(
    "select to_json(exists (select from pg_catalog.pg_available_extensions where name = 'amcheck'));",
  );
  if (isAvailable !== true) return;
  await session.run(`create extension if not exists amcheck schema ${identifier(EXTENSIONS_SCHEMA)};`);
  const functions = z.array(z.string()).parse(
    await session.rows(
      `select to_json(d.objid::pg_catalog.regprocedure::text)
         from pg_catalog.pg_depend d join pg_catalog.pg_extension x on x.oid = d.refobjid
        where x.extname = 'amcheck' and d.deptype = 'e' and d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass;`,
    ),
  );
  for (const name of functions) {
    await session.run(`grant execute on function ${name} to ${identifier(owner)};`);
  }
}

/** Lets the owner make foreign servers with the wrappers of the extensions, as a hosted project does. */
export async function offerForeignData(session: SqlSession, owner: string): Promise<void> {
  const wrappers = z.array(z.string()).parse(
    await session.rows("select to_json(fdwname) from pg_catalog.pg_foreign_data_wrapper;"),
  );
  for (const name of wrappers) {
    await session.run(`grant usage on foreign data wrapper ${identifier(name)} to ${identifier(owner)};`);
  }
}
