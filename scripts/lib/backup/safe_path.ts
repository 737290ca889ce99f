/**
 * Indexes and materialized views that a server from PostgreSQL 17 on cannot build: their functions find objects by the
 * caller's search_path, and it builds with a safe one. An older server holds them, and so does one that pg_upgrade made.
 */
import { z } from "zod";
import type { Warning } from "@backup/vault/warnings.ts";
import { sqlFile } from "../postgres/database_facts.ts";
import { beginInSnapshot } from "../postgres/dumped_tables.ts";
import type { SqlSession } from "../postgres/sql_session.ts";
import { literal } from "../postgres/sql_text.ts";

export interface PathUser {
  /** With its type, quoted. */
  name: string;
  /** Evaluates it for one row. */
  query: string;
}

/** The longest that all of them together are evaluated, in milliseconds: the backup ends after them. */
const LIMIT_MS = 20_000;
const QUERY_CANCELED = "57014";
/** Of an unknown schema, relation, function, and type. */
const UNDEFINED = ["3F000", "42P01", "42883", "42704"];

/** Needs the settings of `applySettings`. */
export async function readPathUsers(session: SqlSession): Promise<PathUser[]> {
  return z.array(z.tuple([z.string(), z.string()])).parse(await session.rows(await sqlFile("safe_path.sql")))
    .map(([name, query]) => ({ name, query }));
}

/** Evaluates each in a transaction of its own that imports the snapshot. One that takes too long is reported as such. */
export async function findUnsafePaths(
  send: (sql: string) => Promise<string[]>,
  snapshotId: string,
  users: readonly PathUser[],
  limitMs = LIMIT_MS,
): Promise<Warning[]> {
  const end = performance.now() + limitMs;
  const found: Warning[] = [];
  for (const { name, query } of users) {
    // 0 would be no limit
    const leftMs = Math.max(1, Math.round(end - performance.now()));
    const [answer = ""] = await send(
      `${beginInSnapshot(snapshotId)} set local statement_timeout = ${leftMs};
       set local search_path = pg_catalog, pg_temp; ${evaluation(query)}`,
    );
    const { state, message } = z.object({ state: z.string(), message: z.string() }).parse(JSON.parse(answer));
    if (state !== "") found.push({ ...verdictOf(state, message, limitMs), name, rows: null });
  }
  return found;
}

/** An error of the query is read from a setting: it would end the session. */
function evaluation(query: string): string {
  const keep = "perform set_config('revo.state', sqlstate, true), set_config('revo.message', sqlerrm, true)";
  const block = `begin
    execute ${literal(query)};
  exception when others or query_canceled then ${keep};
  end`;
  return `do ${literal(block)};
    select json_build_object('state', coalesce(current_setting('revo.state', true), ''),
                             'message', coalesce(current_setting('revo.message', true), ''));
    commit;`;
}

/** Only the message of an unknown object is repeated: others may hold values of the row. */
function verdictOf(state: string, message: string, limitMs: number): Pick<Warning, "kind" | "detail"> {
  if (state === QUERY_CANCELED) {
    const detail = `a avaliação com um search_path seguro passou de ${limitMs / 1000} s`;
    return { kind: "not_checked", detail };
  }
  return { kind: "safe_path", detail: UNDEFINED.includes(state) ? message : `SQLSTATE ${state}` };
}
