/** The catalog's database, accessed as the scripts do: creates the states that tests need. */
import { randomUUID } from "node:crypto";
import postgres from "postgres";
import { readStack } from "./stack.ts";

const stack = readStack();

/** Runs work in the catalog's database as its owner, in one connection. */
export function inCatalog<T>(work: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  return inDatabase(stack.prodDatabase, work);
}

/** Runs work in any database, in one connection. */
export async function inDatabase<T>(url: string, work: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    return await work(sql);
  } finally {
    await sql.end({ timeout: 5 });
  }
}

/** Removes all runs and simulations. */
export async function forgetRuns(): Promise<void> {
  await inCatalog((sql) => sql`delete from public.ops_db_backup_runs`);
}

type RunFacts = Record<string, postgres.JSONValue>;

/** Begins a run as a script does. A drill holds no lock, so it blocks no other run. @returns the request id. */
export async function beginRun(facts: RunFacts = {}): Promise<string> {
  const run = {
    kind: "drill",
    target: "verify",
    request_id: randomUUID(),
    requested_by: "e2e",
    github_run_id: 1,
    run_url: `${stack.screen}/run/1`,
    ...facts,
  };
  await inCatalog((sql) => sql`select public.ops_db_backup_run_start(${sql.json(run)})`);
  return run.request_id;
}

export async function reportProgress(requestId: string, facts: RunFacts): Promise<void> {
  const progress = { request_id: requestId, ...facts };
  await inCatalog((sql) => sql`select public.ops_db_backup_run_progress(${sql.json(progress)})`);
}

export async function finishRun(requestId: string, facts: RunFacts = { status: "succeeded" }): Promise<void> {
  const end = { request_id: requestId, ...facts };
  await inCatalog((sql) => sql`select public.ops_db_backup_run_finish(${sql.json(end)})`);
}

/** Moves the timestamps of a run back in time. */
export async function ageRun(requestId: string, minutes: number): Promise<void> {
  await inCatalog((sql) =>
    sql`update public.ops_db_backup_runs
           set created_at = created_at - make_interval(mins => ${minutes}),
               started_at = started_at - make_interval(mins => ${minutes}),
               heartbeat_at = heartbeat_at - make_interval(mins => ${minutes}),
               finished_at = finished_at - make_interval(mins => ${minutes})
         where request_id = ${requestId}`
  );
}

/** The newest run of a kind. */
export async function newestRun(kind: string): Promise<{ request_id: string; status: string }> {
  const [run] = await inCatalog((sql) =>
    sql<{ request_id: string; status: string }[]>`
      select request_id, status from public.ops_db_backup_runs where kind = ${kind}
       order by created_at desc limit 1`
  );
  if (run === undefined) throw new Error(`The catalog has no run of kind ${kind}`);
  return run;
}

/** The key of the newest backup of production, which is the first of the history. */
export async function newestKey(): Promise<string> {
  const [backup] = await inCatalog((sql) =>
    sql<{ r2_key: string }[]>`select r2_key from public.ops_db_backups
                                 where target = 'prod' order by created_at desc limit 1`
  );
  if (backup === undefined) throw new Error("The catalog has no backup");
  return backup.r2_key;
}

/** Locks the catalog's tables during the work: readers wait. */
export function whileCatalogWaits(work: () => Promise<void>): Promise<void> {
  return whileLocked(["ops_db_backups", "ops_db_backup_runs"], work);
}

/** Locks tables of prod during the work: all other sessions wait, `pg_dump` too. */
export async function whileLocked(tables: readonly string[], work: () => Promise<void>): Promise<void> {
  await inCatalog((sql) =>
    sql.begin(async (transaction) => {
      for (const table of tables) {
        await transaction.unsafe(`lock table public.${table} in access exclusive mode`);
      }
      await work();
    })
  );
}
