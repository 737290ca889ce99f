/** What can be read without an account, tried as the role anon. */
import { z } from "zod";
import { passUnless, skipped, unreadable } from "./check.ts";
import { privateRelations } from "./company_scope.ts";
import { ANON, queryAsReaders, readRelations } from "./readers.ts";
import { ownerCheck } from "./transactions.ts";

/**
 * Without an account no row of a company or of a person can be read, whatever the source allowed: a leak of the source
 * is a failure here too. Other tables may be open to everybody; they are named.
 */
export const anonCheck = ownerCheck("anon_reads", async (session, database) => {
  const reason = unreadable(database);
  if (reason !== null) return skipped(reason);
  const { anonReads } = database;
  const relations = await readRelations(session);
  const queries = relations.map(({ name }) => ({
    reader: ANON,
    query: `select to_jsonb(count(*)) from (select from ${name} limit 1) found`,
  }));
  const found = await queryAsReaders(session, queries, z.number());
  const open = relations.filter((_, i) => (found[i] ?? 0) > 0).map(({ name }) => name);
  const closed = privateRelations(relations);
  const leaks = open.filter((name) => closed.has(name) && !anonReads.includes(name));
  return passUnless(
    leaks.map((name) => `anon reads rows of ${name}`),
    `anon reads no row of companies or people in ${relations.length} tables and views` +
      (open.length > 0 ? `; open to everybody: ${open.join(", ")}` : ""),
  );
});
