/**
 * Whether every B-tree index has the rows of its table: PostgreSQL's amcheck, where the server has it. The owner runs it,
 * since the expressions of indexes are the archive's.
 */
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { type CheckGroup, passUnless, skipped } from "./check.ts";
import { inTransaction } from "./transactions.ts";

const resultSchema = z.tuple([z.array(z.string()), z.number(), z.array(z.string())]);

export const indexCheck: CheckGroup = {
  names: ["index_contents"],
  run: (database) =>
    inTransaction(database, database.owner, async (session) => {
      const isAvailable = await session.value(
        "select to_json(exists(select from pg_catalog.pg_extension where extname = 'amcheck'));",
      );
      if (isAvailable !== true) {
        return new Map([["index_contents", skipped("the throwaway server has no amcheck")]]);
      }
      const sql = await readFile(new URL("./index_contents.sql", import.meta.url), "utf8");
      const [wrong, total, unread] = resultSchema.parse(await session.value(sql));
      return new Map([["index_contents", passUnless(wrong, describe(total, unread))]]);
    }),
};

/** @param unread indexes whose structure alone was checked: their functions need a search_path that amcheck does not set */
function describe(total: number, unread: readonly string[]): string {
  if (unread.length === 0) return `${total} B-tree indexes hold every row`;
  return `${total - unread.length} B-tree indexes hold every row; of ${
    unread.join(", ")
  } the structure alone was checked, ` +
    "since their functions need a search_path";
}
