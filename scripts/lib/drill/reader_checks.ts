/** Who can read what in the restored database, tried as the API's roles. */
import { z } from "zod";
import { literal, type PsqlSession } from "../postgres/psql.ts";
import { NO_ROWS, ownersCheck, passUnless, skipped } from "./check.ts";
import { findMembers, type Member } from "./company_members.ts";
import { companyScopes, privateRelations, type Scope } from "./company_scope.ts";
import { ANON, askAll, OWNER, readRelations } from "./readers.ts";

/**
 * Nobody without an account reads a row of a company or of a person, whatever the source allowed: a hole that was
 * backed up is still a hole. Other tables may be open; they are named.
 */
export const anonCheck = ownersCheck("anon_reads", async (session, { manifest, anonReads }) => {
  if (manifest?.mode === "schema-only") return skipped(NO_ROWS);
  const relations = await readRelations(session);
  const questions = relations.map(({ name }) => ({
    reader: ANON,
    query: `select to_jsonb(count(*)) from (select from ${name} limit 1) found`,
  }));
  const answers = await askAll(session, questions, z.number());
  const open = relations.filter((_, i) => (answers[i] ?? 0) > 0).map(({ name }) => name);
  const closed = privateRelations(relations);
  const leaks = open.filter((name) => closed.has(name) && !anonReads.includes(name));
  return passUnless(
    leaks.map((name) => `anon reads rows of ${name}`),
    `anon reads no row of companies or people in ${relations.length} tables and views` +
      (open.length > 0 ? `; open to everybody: ${open.join(", ")}` : ""),
  );
});

/** A signed-in user of one company reads nothing of another. */
export const companyCheck = ownersCheck("company_reads", async (session, { manifest, sharedReads }) => {
  if (manifest?.mode === "schema-only") return skipped(NO_ROWS);
  const relations = await readRelations(session);
  const scopes = [...companyScopes(relations).values()]
    .filter(({ relation }) => !sharedReads.includes(relation.name));
  const members = await findMembers(session, relations);
  if (typeof members === "string") return skipped(members);
  const seen: Seen[] = [];
  for (const member of members) seen.push(...await readAs(session, member, scopes));
  const own = seen.reduce((sum, { all, foreign }) => sum + all - foreign, 0);
  const leaks = seen.filter(({ foreign }) => foreign > 0).map(({ member, name, foreign }) =>
    `a user of ${member.company} reads ${foreign} rows of other companies in ${name}`
  );
  if (leaks.length === 0 && own === 0) return skipped("no user reads a row, so nothing is shown");
  return passUnless(
    leaks,
    `read by users of one company each (${members.length}): ${own} rows of their own, none of another, in ` +
      `${scopes.length} tables; ${
        relations.length - scopes.length
      } tables and views are not told apart by company`,
  );
});

/** What one user reads of one relation. */
interface Seen {
  member: Member;
  name: string;
  all: number;
  /** Of them, rows of other companies. */
  foreign: number;
}

async function readAs(session: PsqlSession, member: Member, scopes: readonly Scope[]): Promise<Seen[]> {
  const company = literal(member.company);
  const reader = { role: "authenticated", userId: member.userId } as const;
  const counted = await askAll(
    session,
    scopes.map((scope) => ({ reader, query: countSeen(scope, company) })),
    z.tuple([z.number(), z.number()]),
  );
  const seen = scopes.map((scope, i) => {
    const [all, foreign] = counted[i] ?? [0, 0];
    return { scope, member, name: scope.relation.name, all, foreign };
  });
  // Where only a parent tells the company, the parent may be hidden from the user: the owner counts what is his
  const indirect = seen.filter(({ scope, all }) => scope.column === null && all > 0);
  const owned = await askAll(
    session,
    indirect.map(({ scope }) => ({ reader: OWNER, query: countOwned(scope, company) })),
    z.number(),
  );
  for (const [i, one] of indirect.entries()) one.foreign = Math.max(0, one.all - (owned[i] ?? 0));
  return seen;
}

function countSeen({ relation, column }: Scope, company: string): string {
  const foreign = column === null ? "0" : `count(*) filter (where t.${column} <> ${company})`;
  return `select jsonb_build_array(count(*), ${foreign}) from ${relation.name} t`;
}

function countOwned({ relation, belongs }: Scope, company: string): string {
  return `select to_jsonb(count(*)) from ${relation.name} t where ${belongs("t", company)}`;
}
