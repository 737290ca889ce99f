/** One database as the doctor sees it: read in one transaction that writes nothing. */
import { readFile } from "node:fs/promises";
import { z } from "zod";
import type { Connection } from "../postgres/connection.ts";
import {
  applySettings,
  planSchemas,
  readExtensions,
  readServerFacts,
  type ServerFacts,
} from "../postgres/database_facts.ts";
import { PsqlSession } from "../postgres/psql.ts";
import { type LockTableFacts, readLockTable } from "../restore/lock_table.ts";

const rightsSchema = z.object({
  /** Tables, sequences and large objects that a dump cannot read. */
  unreadable: z.array(z.string()),
  /** Tables of which row security would hide rows from a dump, which is why it fails. */
  hiddenRows: z.array(z.string()),
  /** Of the project's schemas: what a restore cannot replace, since it belongs to others. */
  notOwned: z.array(z.string()),
  /** Event triggers of others, which no backup carries. */
  foreignTriggers: z.array(z.string()),
  mayCreateSchemas: z.boolean(),
  /** Locks that a restore of a copy of this database takes on what it makes, about. */
  locksOfCopy: z.number(),
});

export interface DatabaseFacts {
  server: ServerFacts;
  /** Milliseconds since 1970 by the server's clock, and ours when it said so. */
  clock: { theirs: number; ours: number };
  rights: z.infer<typeof rightsSchema> & {
    /** May switch off triggers while it loads (`session_replication_role`). */
    maySilenceTriggers: boolean;
  };
  /** Schemas of unknown owners: left out of a backup. */
  foreignSchemas: string[];
  extensions: { name: string; schema: string }[];
  available: string[];
  lockTable: LockTableFacts;
}

const CLOCK = "select to_json(extract(epoch from clock_timestamp())::float8 * 1000);";
const AVAILABLE =
  "select coalesce(json_agg(name order by name), '[]') from pg_catalog.pg_available_extensions;";
/** Literally, as the restore does: hosted projects let it pass in that form only. */
const SILENCE = `do $$ begin
    set local session_replication_role = replica;
    perform set_config('revo.silenced', 'true', true);
  exception when insufficient_privilege then
    perform set_config('revo.silenced', 'false', true);
  end $$;
  select to_json(current_setting('revo.silenced') = 'true');`;

/** @throws {BackupError} `database_*`, what connecting throws. */
export async function readDatabase(
  psql: string,
  connection: Connection,
  now: () => Date,
  signal: AbortSignal,
): Promise<DatabaseFacts> {
  const session = await PsqlSession.open({ psql, connection, signal });
  try {
    const theirs = z.number().parse(await session.value(CLOCK));
    const ours = now().getTime();
    await session.run("begin isolation level repeatable read read only;");
    await applySettings(session);
    const rights = rightsSchema.parse(await session.value(await rightsQuery()));
    return {
      server: await readServerFacts(session),
      clock: { theirs, ours },
      foreignSchemas: (await planSchemas(session)).unknown,
      extensions: await readExtensions(session),
      available: z.array(z.string()).parse(await session.value(AVAILABLE)),
      lockTable: await readLockTable(session),
      rights: { ...rights, maySilenceTriggers: z.boolean().parse(await session.value(SILENCE)) },
    };
  } finally {
    await session.kill();
  }
}

function rightsQuery(): Promise<string> {
  return readFile(new URL("./rights.sql", import.meta.url), "utf8");
}
