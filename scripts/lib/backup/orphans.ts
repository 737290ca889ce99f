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

/** The longest that one key is read, in milliseconds. */
const LIMIT_MS = 60_000;
const QUERY_CANCELED = "57014";

/** Needs the settings of `applySettings`. */
export async function readForeignKeys(session: SqlSession): Promise<ForeignKey[]> {
  return z.array(z.tuple([z.string(), z.string(), z.string()])).parse(
    await session.rows(await sqlFile("foreign_keys.sql")),
  ).map(([name, parent, query]) => ({ name, parent, query }));
}

/** Reads each key in a transaction of its own that imports the snapshot. What takes too long ends the search, which says so. */
export async function findOrphans(
  send: (sql: string) => Promise<string[]>,
  snapshotId: string,
  keys: readonly ForeignKey[],
): Promise<Warning[]> {
  const found: Warning[] = [];
  for (const { name, parent, query } of keys) {
    try {
      const [answer] = await send(
        `${
          beginInSnapshot(snapshotId)
        } set local statement_timeout = ${LIMIT_MS}; ${PROJECT_PATH} ${query}; commit;`,
      );
      if (answer === "true") found.push({ kind: "orphans", name, detail: parent, rows: null });
    } catch (error) {
      if (sqlstateOf(error) !== QUERY_CANCELED) throw error;
      const detail = `${parent} took longer than ${LIMIT_MS / 1000} s, and the keys after it were not read`;
      return [...found, { kind: "not_checked", name, detail, rows: null }];
    }
  }
  return found;
}
