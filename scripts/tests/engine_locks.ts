/** The estimated and the actual number of locks of a restore. */
import { selectEntries } from "../lib/archive/select_entries.ts";
import type { ClientTools } from "../lib/postgres/client_tools.ts";
import type { Connection } from "../lib/postgres/connection.ts";
import { locksOfLoad } from "../lib/restore/load_locks.ts";
import { readTargetNow } from "../lib/restore/read_target.ts";
import { readStoredToc } from "../lib/vault/stored_toc.ts";
import { atPhase, sqlNow } from "./engine_breakage.ts";
import { backUp, type EnginePlace, restore, tools as newestTools } from "./engine_fixture.ts";

/**
 * Every lock of the session that holds the restore's advisory lock, of any type and on any object: each occupies one
 * entry of the lock table.
 */
const ALL_LOCKS =
  `select count(distinct (locktype, database, relation, page, tuple, virtualxid, transactionid::text,
    classid, objid, objsubid)) from pg_locks
  where pid = (select l.pid from pg_locks l join pg_database d on d.oid = l.database
                where l.locktype = 'advisory' and d.datname = current_database())`;

/** Backs the database up and restores it over itself. */
export async function countLocks(
  { server, store: { vault } }: EnginePlace,
  database: Connection,
  tools: ClientTools = newestTools,
): Promise<{ counted: number; taken: number }> {
  const { keys } = await backUp(vault, database, { tools });
  const { facts } = await readTargetNow({ connection: database, tools }, null);
  const { moved, locksDependencies } = facts.lockTable;
  const toc = await readStoredToc(vault, keys.archive);
  const counted = moved +
    locksOfLoad(
      {
        toc,
        selection: selectEntries(toc.entries, { ...facts, keptSchemas: new Set<string>() }),
        extensionNames: facts.extensionNames,
        unvalidatedKeys: [],
        salvage: false,
      },
      locksDependencies,
    );
  let taken = Number.NaN;
  const admin = server.connection("supabase_admin", database.database);
  const progress = atPhase("commit", () => taken = Number(sqlNow(admin, ALL_LOCKS)));
  await restore(vault, database, keys.archive, { progress, tools });
  return { counted, taken };
}
