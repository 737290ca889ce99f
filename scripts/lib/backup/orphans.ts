/**
 * Rows whose foreign key is valid although the row that it refers to is missing: they were loaded with triggers disabled,
 * as many guides for moving a database do. A restore builds the key again, and the server refuses it.
 */
import { z } from "zod";
import type { Warning } from "@backup/vault/warnings.ts";
import { PROJECT_PATH, sqlFile } from "../postgres/database_facts.ts";
import { beginInSnapshot } from "../postgres/dumped_tables.ts";
import { sqlstateOf } from "../postgres/session.ts";
import type { SqlSession } from "../postgres/sql_session.ts";

export interface ForeignKey {
  /** `constraint … on schema.table`, quoted. */
  name: string;
  parent: string;
  /** Whether it has orphans, as JSON. */
  query: string;
}

/** The longest that all keys together are read, in milliseconds: the backup ends after them. */
const LIMIT_MS = 300_000;
const QUERY_CANCELED = "57014";

/** Needs the settings of `applySettings`. */
export async function readForeignKeys(session: SqlSession): Promise<ForeignKey[]> {
  return z.array(z.tuple([z.string(), z.string(), z.string()])).parse(
    await session.rows(await sqlFile("foreign_keys.sql")),
  ).map(([name, parent, query]) => ({ name, parent, query }));
}

/** Reads each key in a transaction of its own that imports the snapshot. The search ends at its limit, and says so. */
export async function findOrphans(
  send: (sql: string) => Promise<string[]>,
  snapshotId: string,
  keys: readonly ForeignKey[],
  limitMs = LIMIT_MS,
): Promise<Warning[]> {
  const end = performance.now() + limitMs;
  const found: Warning[] = [];
  for (const { name, parent, query } of keys) {
    // 0 would be no limit
    const leftMs = Math.max(1, Math.round(end - performance.now()));
    try {
      const [answer] = await send(
        `${
          beginInSnapshot(snapshotId)
        } set local statement_timeout = ${leftMs}; ${PROJECT_PATH} ${query}; commit;`,
      );
      if (answer === "true") found.push({ kind: "orphans", name, detail: parent, rows: null });
    } catch (error) {
      if (sqlstateOf(error) !== QUERY_CANCELED) throw error;
      const detail = `a busca de linhas órfãs passou de ${limitMs / 1000} s; nem as chaves depois desta`;
      return [...found, { kind: "not_checked", name, detail, rows: null }];
    }
  }
  return found;
}
