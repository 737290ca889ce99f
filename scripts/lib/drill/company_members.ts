/** Users for the check of companies: each is an active member of exactly one company. */
import { z } from "zod";
import type { SqlSession } from "../postgres/sql_session.ts";
import { companiesTable, type Relation } from "./company_scope.ts";
import { queryAsReaders } from "./readers.ts";

export interface Member {
  userId: string;
  company: string;
}

const CANDIDATES = 200;
const COMPANIES = 3;

/** One user for each of a few companies, or why there is none. */
export async function findMembers(
  session: SqlSession,
  relations: readonly Relation[],
): Promise<Member[] | string> {
  const companies = companiesTable(relations);
  if (companies === null || !await hasMemberships(session)) {
    return "the database has no public.current_empresa_id() with public.empresa_usuarios";
  }
  const total = z.number().parse(await session.value(`select to_json(count(*)) from ${companies.name};`));
  if (total < 2) return "there are less than two companies";
  const candidates = await readCandidates(session);
  const active = await queryAsReaders(
    session,
    candidates.map(({ userId }) => ({
      reader: { role: "authenticated", userId },
      query: "select to_jsonb(public.current_empresa_id())",
    })),
    z.string(),
  );
  const working = candidates.filter(({ company }, i) => active[i] === company);
  const oneEach = new Map(working.map((member) => [member.company, member]));
  return oneEach.size > 0
    ? [...oneEach.values()].slice(0, COMPANIES)
    : "no user is member of one company alone and has it as the active one";
}

async function hasMemberships(session: SqlSession): Promise<boolean> {
  return await session.value(
    `select to_json(to_regprocedure('public.current_empresa_id()') is not null
       and (select count(*) = 2 from pg_attribute where attrelid = to_regclass('public.empresa_usuarios')
              and attname in ('user_id', 'empresa_id') and not attisdropped));`,
  ) === true;
}

async function readCandidates(session: SqlSession): Promise<Member[]> {
  const rows = await session.rows(
    `select json_build_object('userId', user_id, 'company', min(empresa_id::text)) from public.empresa_usuarios
      group by user_id having count(distinct empresa_id) = 1 order by user_id limit ${CANDIDATES};`,
  );
  return z.array(z.object({ userId: z.string(), company: z.string() })).parse(rows);
}
