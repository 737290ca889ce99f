/**
 * The precondition of a restore: it keeps the objects whose names begin with ops_db_backup and moves the other
 * objects of public.
 */
import type { Sql } from "postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { backupRowSchema } from "@backup/vault/catalog.ts";
import { OPS_OBJECT_PREFIX } from "@backup/vault/platform.ts";
import { runSchema } from "@backup/runs/run.ts";
import { asCaller, TestCluster } from "./cluster.ts";

let cluster: TestCluster;
let sql: Sql;
beforeAll(async () => {
  cluster = await TestCluster.start();
  sql = await cluster.createMigrated("objects");
});
afterAll(() => cluster.stop());

/** Objects of public, with their names, by the prefix of the name of the object they belong to. */
const OBJECTS = `
  with named as (
    select 'pg_class'::regclass as class, c.oid, c.relname as name from pg_class c
     where c.relnamespace = 'public'::regnamespace
    union all
    select 'pg_proc'::regclass, p.oid, p.proname from pg_proc p where p.pronamespace = 'public'::regnamespace
    union all
    select 'pg_type'::regclass, t.oid, ltrim(t.typname, '_') from pg_type t where t.typnamespace = 'public'::regnamespace
    union all
    select 'pg_constraint'::regclass, k.oid, r.relname from pg_constraint k join pg_class r on r.oid = k.conrelid
     where k.connamespace = 'public'::regnamespace
    union all
    select 'pg_trigger'::regclass, t.oid, r.relname from pg_trigger t join pg_class r on r.oid = t.tgrelid
     where r.relnamespace = 'public'::regnamespace
    union all
    select 'pg_policy'::regclass, p.oid, r.relname from pg_policy p join pg_class r on r.oid = p.polrelid
     where r.relnamespace = 'public'::regnamespace
    union all
    select 'pg_attrdef'::regclass, d.oid, r.relname from pg_attrdef d join pg_class r on r.oid = d.adrelid
     where r.relnamespace = 'public'::regnamespace
  )`;

describe("the catalog's objects", () => {
  it("have no dependency on other objects of public, nor those on them", async () => {
    const crossing = await sql.unsafe(
      `${OBJECTS}
       select a.name as dependent, b.name as on_what
         from pg_depend d
         join named a on a.class = d.classid and a.oid = d.objid
         join named b on b.class = d.refclassid and b.oid = d.refobjid
        where starts_with(a.name, $1) <> starts_with(b.name, $1)`,
      [OPS_OBJECT_PREFIX],
    );
    expect(crossing).toEqual([]);
  });

  it("are checked by a query that finds such a dependency", async () => {
    const crossing = await asCaller(sql, "owner", async (tx) => {
      await tx.unsafe(`alter table public.ops_db_backup_runs add constraint ops_db_backup_runs_company
        foreign key (requested_by_id) references public.empresas (id)`);
      return await tx.unsafe(
        `${OBJECTS} select from pg_depend d join named a on a.class = d.classid and a.oid = d.objid
           join named b on b.class = d.refclassid and b.oid = d.refobjid
          where starts_with(a.name, $1) <> starts_with(b.name, $1)`,
        [OPS_OBJECT_PREFIX],
      );
    });
    expect(crossing.length).toBeGreaterThan(0);
  });

  it("all carry the prefix: what the migrations add to the baseline's tables and functions", async () => {
    const others = await sql.unsafe<{ name: string }[]>(
      `${OBJECTS}
       select distinct name from named
        where not starts_with(name, $1)
          and name !~ '^(empresas|papeis|papel_permissoes|empresa_usuarios|usuario_empresa_ativa)'
          and name not in ('has_permission_for_current_user', 'require_permission_for_current_user', 'current_empresa_id')`,
      [OPS_OBJECT_PREFIX],
    );
    expect(others).toEqual([]);
    const parts = await sql.unsafe<{ name: string }[]>(
      `select conname as name from pg_constraint k join pg_class r on r.oid = k.conrelid where starts_with(r.relname, $1)
       union all select indexrelid::regclass::text from pg_index join pg_class r on r.oid = indrelid where starts_with(r.relname, $1)`,
      [OPS_OBJECT_PREFIX],
    );
    expect(parts.length).toBeGreaterThan(10);
    expect(parts.filter(({ name }) => !name.startsWith(OPS_OBJECT_PREFIX))).toEqual([]);
  });
});

/** The rules of Supabase's database linter, by number: each query finds violations. */
describe("the lint rules, for everything that the migrations create", () => {
  const OUR_TABLES = "c.relnamespace = 'public'::regnamespace";
  const rules: [rule: string, query: string][] = [
    [
      "0001 every foreign key begins an index",
      `select k.conrelid::regclass::text as name, k.conname from pg_constraint k
        where k.contype = 'f' and k.connamespace = 'public'::regnamespace and not exists (
          select from pg_index i where i.indrelid = k.conrelid
             and (i.indkey::int2[])[0:cardinality(k.conkey) - 1] @> k.conkey)`,
    ],
    [
      "0003 policies ask who the user is once a statement, not once a row",
      `select policyname as name from pg_policies p, unnest(array[p.qual, p.with_check]) expression
        where p.schemaname = 'public'
          and regexp_replace(lower(expression), 'select (auth\\.\\w+|current_setting)\\(', '', 'g')
              ~ '(auth\\.(uid|jwt|role|email)|current_setting)\\('`,
    ],
    [
      "0006 one permissive policy for each table, role and action",
      `select p.tablename as name, role, command from pg_policies p, unnest(p.roles) role,
              unnest(case p.cmd when 'ALL' then array['SELECT', 'INSERT', 'UPDATE', 'DELETE'] else array[p.cmd] end) command
        where p.schemaname = 'public' and p.permissive = 'PERMISSIVE'
        group by p.tablename, role, command having count(*) > 1`,
    ],
    [
      "0010 no view reads with its owner's rights",
      `select relname as name from pg_class c
        where ${OUR_TABLES} and relkind = 'v' and not coalesce(reloptions @> '{security_invoker=on}', false)`,
    ],
    [
      "0011 every function fixes its search_path",
      `select p.oid::regprocedure::text as name from pg_proc p
        where p.pronamespace = 'public'::regnamespace and not coalesce('search_path=""' = any (p.proconfig), false)`,
    ],
    [
      "0013 every table has row security",
      `select relname as name from pg_class c where ${OUR_TABLES} and relkind in ('r', 'p') and not relrowsecurity`,
    ],
    [
      "0028 anonymous callers and the public execute nothing",
      `select p.oid::regprocedure::text as name from pg_proc p
        where p.pronamespace = 'public'::regnamespace and has_function_privilege('anon', p.oid, 'execute')`,
    ],
    [
      "0029 what signed-in users execute with the owner's rights checks their permission first",
      `select p.oid::regprocedure::text as name from pg_proc p
        where p.pronamespace = 'public'::regnamespace and p.prosecdef
          and has_function_privilege('authenticated', p.oid, 'execute')
          and p.prosrc !~ 'begin\\s+perform public\\.(require_permission_for_current_user\\(''ops'', ''view''\\)|ops_db_backup_require\\()'
          -- these answer about the caller
          and p.proname not in ('ops_db_backup_permissions', 'current_empresa_id', 'has_permission_for_current_user',
                                'require_permission_for_current_user')`,
    ],
    [
      "no function is overloaded: PostgREST could not choose",
      `select proname as name from pg_proc where pronamespace = 'public'::regnamespace group by proname having count(*) > 1`,
    ],
  ];
  it.each(rules)("%s", async (_rule, query) => {
    expect(await sql.unsafe(query)).toEqual([]);
  });

  /** One violation of each rule, which its query must find. */
  const BREACHES = `
    create table public.breach (id int primary key, parent int references public.breach (id), owner uuid);
    create index breach_other on public.breach (owner);
    create policy breach_1 on public.breach for select to authenticated using (owner = auth.uid());
    create policy breach_2 on public.breach for all to authenticated using (owner = (select auth.uid()));
    create view public.breach_view as select 1 as one;
    create function public.breach() returns int language sql as 'select 1';
    create function public.breach(p int) returns int language sql security definer as 'select 1';
    grant execute on function public.breach(), public.breach(int) to anon, authenticated;`;
  it.each(rules)("finds a violation of %s", async (_rule, query) => {
    const found = await asCaller(sql, "owner", async (tx) => {
      await tx.unsafe(BREACHES);
      return await tx.unsafe(query);
    });
    expect(found.length).toBeGreaterThan(0);
    expect(JSON.stringify(found)).toContain("breach");
  });
});

it.each([
  ["ops_db_backups_list", backupRowSchema.shape],
  ["ops_db_backup_runs_list", runSchema.shape],
])("%s returns exactly the columns that the product parses", async (name, shape) => {
  const [row] = await sql.unsafe<{ columns: string[] }[]>(
    `select array(select n from unnest(proargnames, proargmodes) a (n, m) where m = 't') as columns
       from pg_proc where proname = $1`,
    [name],
  );
  expect(row?.columns).toEqual(Object.keys(shape));
});
