/** Whether the indexes hold what their tables hold: PostgreSQL's own amcheck, where the server has it. */
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { type CheckGroup, inTransaction, passUnless, skipped } from "./check.ts";

const answerSchema = z.tuple([z.array(z.string()), z.number()]);

export const indexCheck: CheckGroup = {
  names: ["index_contents"],
  ask: (restored) =>
    inTransaction(restored, restored.superuser, async (session) => {
      const isAvailable = await session.value(
        "select to_json(exists(select from pg_catalog.pg_available_extensions where name = 'amcheck'));",
      );
      if (isAvailable !== true) {
        return new Map([["index_contents", skipped("the throwaway server has no amcheck")]]);
      }
      await session.run("create extension if not exists amcheck schema extensions;");
      const sql = await readFile(new URL("./index_contents.sql", import.meta.url), "utf8");
      const [wrong, total] = answerSchema.parse(await session.value(sql));
      return new Map([["index_contents", passUnless(wrong, `${total} B-tree indexes hold every row`)]]);
    }),
};
