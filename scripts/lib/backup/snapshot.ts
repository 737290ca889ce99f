/** One frozen moment of a database: the dump, the counts and the fingerprint all see the same rows. */
import { z } from "zod";
import type { Mode } from "@backup/target.ts";
import {
  applySettings,
  countRows,
  type Fingerprint,
  planSchemas,
  readExtensions,
  readFingerprint,
  readPlatformSequences,
  readRoles,
  readServerFacts,
  type SchemaPlan,
  type ServerFacts,
  type TableRows,
} from "../postgres/database_facts.ts";
import type { PsqlSession } from "../postgres/psql.ts";

export interface Snapshot {
  /** What `pg_dump --snapshot` takes. */
  id: string;
  server: ServerFacts;
  schemas: SchemaPlan;
}

export interface SnapshotFacts {
  tables: TableRows[];
  fingerprint: Fingerprint;
  extensions: Awaited<ReturnType<typeof readExtensions>>;
  roles: string[];
  platformSequences: Record<string, string>;
  migrationHead: string | null;
}

/** Opens the snapshot; it lives until the session ends. Needs a session of its own, not a transaction pooler. */
export async function openSnapshot(session: PsqlSession): Promise<Snapshot> {
  await session.run("begin isolation level repeatable read read only;");
  await applySettings(session);
  const id = z.string().parse(await session.value("select to_json(pg_catalog.pg_export_snapshot());"));
  return { id, server: await readServerFacts(session), schemas: await planSchemas(session) };
}

/** Everything that the manifest says about the snapshot's content. */
export async function readSnapshot(session: PsqlSession, mode: Mode): Promise<SnapshotFacts> {
  return {
    tables: await countRows(session),
    fingerprint: await readFingerprint(session, mode),
    extensions: await readExtensions(session),
    roles: await readRoles(session),
    platformSequences: await readPlatformSequences(session),
    migrationHead: await readMigrationHead(session),
  };
}

/** The newest version in the table that Supabase's CLI keeps of migrations. */
export async function readMigrationHead(session: PsqlSession): Promise<string | null> {
  const isKept = await session.value(
    `select to_json(exists(select from pg_catalog.pg_attribute a
       where a.attrelid = to_regclass('supabase_migrations.schema_migrations') and a.attname = 'version'
         and pg_catalog.has_table_privilege(a.attrelid, 'select')));`,
  );
  if (isKept !== true) return null;
  const head =
    `select json_build_array(max(version::text collate "C")) from supabase_migrations.schema_migrations;`;
  return z.tuple([z.string().nullable()]).parse(await session.value(head))[0];
}
