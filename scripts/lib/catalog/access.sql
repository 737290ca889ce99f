-- What of the catalog differs from what its migrations make: one text for each difference, as a JSON array. Another
-- migration can have granted a table, or created a function again.
with tables as (
  select c.oid, c.relname, c.relacl, c.relrowsecurity
    from pg_catalog.pg_class c
   where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm')
     and starts_with(c.relname, 'ops_db_backup')
),
functions as (
  select p.*
    from pg_catalog.pg_proc p
   where p.pronamespace = 'public'::regnamespace and starts_with(p.proname, 'ops_db_backup')
),
grants as (
  select t.relname, a.grantee, a.privilege_type from tables t, pg_catalog.aclexplode(t.relacl) a
  union
  select t.relname, a.grantee, a.privilege_type
    from tables t join pg_catalog.pg_attribute c on c.attrelid = t.oid, pg_catalog.aclexplode(c.attacl) a
),
problems (problem) as (
  select format('%s may use table %s: %s', coalesce(r.rolname, 'PUBLIC'), g.relname,
                string_agg(g.privilege_type, ', ' order by g.privilege_type))
    from grants g left join pg_catalog.pg_roles r on r.oid = g.grantee
   where coalesce(r.rolname, 'PUBLIC') in ('PUBLIC', 'anon', 'authenticated', 'service_role')
   group by r.rolname, g.relname
  union all
  select format('table %s has no row level security', relname) from tables where not relrowsecurity
  union all
  select format('table %s has policy %s', t.relname, p.polname)
    from tables t join pg_catalog.pg_policy p on p.polrelid = t.oid
   where p.polcmd <> 'r'
      or p.polroles <> array(select r.oid from pg_catalog.pg_roles r where r.rolname = 'ops_db_backup_maintenance')
  union all
  select format('there are %s functions %s', count(*), proname) from functions group by proname having count(*) > 1
  union all
  select format('function %s has other arguments or columns', proname)
    from functions
   where proname = 'ops_db_backups_list' and not coalesce(proargnames @> '{p_r2_key,signed_by}', false)
  union all
  select format('function %s has no search_path of its own', proname)
    from functions where not coalesce('search_path=""' = any (proconfig), false)
  union all
  select format('%s may execute function %s', coalesce(r.rolname, 'PUBLIC'), f.proname)
    from functions f
   cross join pg_catalog.aclexplode(coalesce(f.proacl, pg_catalog.acldefault('f', f.proowner))) a
    left join pg_catalog.pg_roles r on r.oid = a.grantee
   where coalesce(r.rolname, 'PUBLIC') in ('PUBLIC', 'anon')
)
select case when to_regclass('public.ops_db_backup_runs') is null then 'null'::json
       else coalesce((select json_agg(problem order by problem) from problems), '[]') end;
