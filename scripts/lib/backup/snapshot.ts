/**
 * The snapshot of a backup: the dump, the counts and the fingerprint read the same rows. The transaction that exports
 * the snapshot reads catalogs only. It holds no lock on a table, view or sequence while it waits for the dump, so DDL
 * never waits for it.
 */
import { z } from "zod";
import type { Mode } from "@backup/target.ts";
import type { Measure } from "@backup/vault/measures.ts";
import type { Warning } from "@backup/vault/warnings.ts";
import { type DefinitionMarks, readDefinitionMarks } from "../postgres/catalog_state.ts";
import {
  applySettings,
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
import { beginInSnapshot, type DumpedTable, readDumpedTables } from "../postgres/dumped_tables.ts";
import type { SqlSession } from "../postgres/sql_session.ts";
import { type ForeignKey, readForeignKeys } from "./orphans.ts";
import { type PathUser, readPathUsers } from "./safe_path.ts";
import { readLeftOutTables, readWarnings } from "../postgres/warnings.ts";

export interface Snapshot {
  /** The argument of `pg_dump --snapshot`. */
  id: string;
  /** The first transaction (xid8) that may be missing in it. */
  firstMissing: string;
  server: ServerFacts;
  schemas: SchemaPlan;
  tables: DumpedTable[];
  /** Readable tables of the schemas that are left out. */
  leftOut: DumpedTable[];
  catalog: DefinitionMarks;
}

/** Facts that are read in the snapshot, except the rows. */
export interface SchemaFacts {
  fingerprint: Fingerprint;
  extensions: Awaited<ReturnType<typeof readExtensions>>;
  roles: string[];
  platformSequences: Record<string, string>;
  migrationHead: string | null;
  /** What the backup does not hold, and what would keep it from being restored. */
  warnings: Warning[];
  foreignKeys: ForeignKey[];
  pathUsers: PathUser[];
}

export interface SnapshotFacts extends SchemaFacts {
  tables: TableRows[];
  /** `undefined`: nothing is defined, or the backup has no rows. */
  measures: Measure[] | undefined;
}

/** Exports the snapshot; it can be imported until the session ends. Does not work through a transaction pooler. */
export async function openSnapshot(session: SqlSession): Promise<Snapshot> {
  await session.run("begin isolation level repeatable read read only;");
  await applySettings(session);
  const id = z.string().parse(await session.value("select to_json(pg_catalog.pg_export_snapshot());"));
  const schemas = await planSchemas(session);
  const firstMissing = z.string().parse(
    await session.value(
      "select to_json(pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot())::text);",
    ),
  );
  return {
    id,
    firstMissing,
    schemas,
    server: await readServerFacts(session),
    tables: await readDumpedTables(session, schemas),
    leftOut: await readLeftOutTables(session, schemas.unknown),
    catalog: await readDefinitionMarks(session),
  };
}

/**
 * The manifest's facts of the schema, read in a transaction that imports the snapshot and ends at once: the
 * fingerprint locks every table that a view names.
 * @throws {BackupError} with SQLSTATE 55P03 when such a lock is not granted in time.
 */
export async function readSchemaFacts(
  session: SqlSession,
  snapshotId: string,
  mode: Mode,
  lockTimeoutMs: number,
): Promise<SchemaFacts> {
  await session.run(`${beginInSnapshot(snapshotId)} set local lock_timeout = ${lockTimeoutMs};`);
  await applySettings(session);
  const facts = {
    fingerprint: await readFingerprint(session, mode),
    extensions: await readExtensions(session),
    roles: await readRoles(session),
    platformSequences: await readPlatformSequences(session),
    migrationHead: await readMigrationHead(session),
    warnings: await readWarnings(session),
    foreignKeys: await readForeignKeys(session),
    pathUsers: await readPathUsers(session),
  };
  await session.run("commit;");
  return facts;
}

/** The newest version in the table that Supabase's CLI keeps of migrations. */
export async function readMigrationHead(session: SqlSession): Promise<string | null> {
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
