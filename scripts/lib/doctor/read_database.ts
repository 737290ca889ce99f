/** The doctor's facts of one database, read in one read-only transaction. */
import { readFile } from "node:fs/promises";
import { z } from "zod";
import type { Warning } from "@backup/vault/warnings.ts";
import type { Connection } from "../postgres/connection.ts";
import {
  applySettings,
  planSchemas,
  readExtensions,
  readServerFacts,
  type ServerFacts,
} from "../postgres/database_facts.ts";
import { PsqlSession } from "../postgres/psql.ts";
import { findUnsafePaths, readPathUsers } from "../backup/safe_path.ts";
import { Session } from "../postgres/session.ts";
import { readWarnings } from "../postgres/warnings.ts";
import { type LockTableFacts, readLockTable } from "../restore/lock_table.ts";

const rightsSchema = z.object({
  /** Tables, sequences and large objects that a dump cannot read. */
  unreadable: z.array(z.string()),
  /** Tables with row security that applies to the role, on which pg_dump fails. */
  hiddenRows: z.array(z.string()),
  /** Objects of the project's schemas that a restore cannot replace, since other roles own them. */
  notOwned: z.array(z.string()),
  /** Event triggers of other roles, which no backup contains. */
  foreignTriggers: z.array(z.string()),
  mayCreateSchemas: z.boolean(),
  /** Estimate of the locks that a restore of a copy of this database takes on the objects that it creates. */
  locksOfCopy: z.number(),
  /** The further locks on a server that locks what a new object refers to. */
  dependencyLocksOfCopy: z.number(),
});

export interface DatabaseFacts {
  server: ServerFacts;
  /** The server's clock and that of this machine at the same moment, in milliseconds since 1970. */
  clock: { remote: number; local: number };
  rights: z.infer<typeof rightsSchema> & {
    /** May disable triggers during a load (`session_replication_role`). */
    mayDisableTriggers: boolean;
  };
  /** Schemas of unknown owners: left out of a backup. */
  foreignSchemas: string[];
  /** What a backup of the database lacks, and what would keep it from being restored. */
  warnings: Warning[];
  extensions: { name: string; schema: string }[];
  available: string[];
  lockTable: LockTableFacts;
}

const CLOCK = "select to_json(extract(epoch from clock_timestamp())::float8 * 1000);";
const AVAILABLE =
  "select coalesce(json_agg(name order by name), '[]') from pg_catalog.pg_available_extensions;";
/** The same statement as in a restore: hosted projects allow only this form. */
const DISABLE_TRIGGERS = `do $$ begin
    set local session_replication_role = replica;
    perform set_config('revo.disabled', 'true', true);
  exception when insufficient_privilege then
    perform set_config('revo.disabled', 'false', true);
  end $$;
  select to_json(current_setting('revo.disabled') = 'true');`;

/** @throws {BackupError} `database_*`. */
export async function readDatabase(
  psql: string,
  connection: Connection,
  now: () => Date,
  signal: AbortSignal,
): Promise<DatabaseFacts> {
  const session = await PsqlSession.open({ psql, connection, signal, patienceMs: 0 });
  try {
    const remote = z.number().parse(await session.value(CLOCK));
    const local = now().getTime();
    await session.run("begin isolation level repeatable read read only;");
    await applySettings(session);
    const rights = rightsSchema.parse(await session.value(await rightsQuery()));
    return {
      server: await readServerFacts(session),
      clock: { remote, local },
      foreignSchemas: (await planSchemas(session)).unknown.map(({ name }) => name),
      warnings: [...await readWarnings(session), ...await unsafePaths(session, connection, signal)],
      extensions: await readExtensions(session),
      available: z.array(z.string()).parse(await session.value(AVAILABLE)),
      lockTable: await readLockTable(session),
      rights: { ...rights, mayDisableTriggers: z.boolean().parse(await session.value(DISABLE_TRIGGERS)) },
    };
  } finally {
    await session.kill();
  }
}

/** Shorter than a check may take. What takes longer is reported as not checked. */
const PATHS_LIMIT_MS = 5_000;

/** As a backup evaluates them. */
async function unsafePaths(
  session: PsqlSession,
  connection: Connection,
  signal: AbortSignal,
): Promise<Warning[]> {
  const users = await readPathUsers(session);
  if (users.length === 0) return [];
  const snapshot = z.string().parse(await session.value("select to_json(pg_catalog.pg_export_snapshot());"));
  const reader = await Session.open({ connection, signal });
  try {
    return await findUnsafePaths((sql) => reader.send(sql), snapshot, users, PATHS_LIMIT_MS);
  } finally {
    await reader.kill();
  }
}

function rightsQuery(): Promise<string> {
  return readFile(new URL("./rights.sql", import.meta.url), "utf8");
}
