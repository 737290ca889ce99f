/** What users of one company can read of others, tried as the role authenticated. */
import { z } from "zod";
import type { SqlSession } from "../postgres/sql_session.ts";
import { literal } from "../postgres/sql_text.ts";
import { passUnless, skipped, unreadable } from "./check.ts";
import { findMembers, type Member } from "./company_members.ts";
import { companyScopes, type Scope } from "./company_scope.ts";
import { OWNER, queryAsReaders, readRelations } from "./readers.ts";
import { ownerCheck } from "./transactions.ts";

/** A signed-in user of one company reads no row of another. */
export const companyCheck = ownerCheck("company_reads", async (session, database) => {
  const reason = unreadable(database);
  if (reason !== null) return skipped(reason);
  const { sharedReads } = database;
  const relations = await readRelations(session);
  const scopes = [...companyScopes(relations).values()]
    .filter(({ relation }) => !sharedReads.includes(relation.name));
  const members = await findMembers(session, relations);
  if (typeof members === "string") return skipped(members);
  const reads: MemberRead[] = [];
  for (const member of members) reads.push(...await readAs(session, member, scopes));
  const own = reads.reduce((sum, { all, foreign }) => sum + all - foreign, 0);
  const leaks = reads.filter(({ foreign }) => foreign > 0).map(({ member, name, foreign }) =>
    `a user of ${member.company} reads ${foreign} rows of other companies in ${name}`
  );
  if (leaks.length === 0 && own === 0) return skipped("no user reads a row, so nothing is shown");
  return passUnless(
    leaks,
    `read by users of one company each (${members.length}): ${own} rows of their own, none of another, in ` +
      `${scopes.length} tables; ${relations.length - scopes.length} tables and views have no company`,
  );
});

/** What one user reads of one relation. */
interface MemberRead {
  member: Member;
  name: string;
  all: number;
  /** Of them, rows of other companies. */
  foreign: number;
}

async function readAs(session: SqlSession, member: Member, scopes: readonly Scope[]): Promise<MemberRead[]> {
  const company = literal(member.company);
  const reader = { role: "authenticated", userId: member.userId } as const;
  const counted = await queryAsReaders(
    session,
    scopes.map((scope) => ({ reader, query: countRead(scope, company) })),
    z.tuple([z.number(), z.number()]),
  );
  const reads = scopes.map((scope, i) => {
    const [all, foreign] = counted[i] ?? [0, 0];
    return { scope, member, name: scope.relation.name, all, foreign };
  });
  // the user may not be able to read the parent that has the company: the owner counts the user's own rows then
  const indirect = reads.filter(({ scope, all }) => scope.column === null && all > 0);
  const owned = await queryAsReaders(
    session,
    indirect.map(({ scope }) => ({ reader: OWNER, query: countOwned(scope, company) })),
    z.number(),
  );
  for (const [i, read] of indirect.entries()) read.foreign = Math.max(0, read.all - (owned[i] ?? 0));
  return reads;
}

function countRead({ relation, column }: Scope, company: string): string {
  const foreign = column === null ? "0" : `count(*) filter (where t.${column} <> ${company})`;
  return `select jsonb_build_array(count(*), ${foreign}) from ${relation.name} t`;
}

function countOwned({ relation, belongs }: Scope, company: string): string {
  return `select to_jsonb(count(*)) from ${relation.name} t where ${belongs("t", company)}`;
}
