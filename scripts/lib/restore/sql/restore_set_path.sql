-- An archive is loaded with an empty search path, while functions of the project may rely on the one that its statements
-- have: in expression indexes, generated columns, constraints, materialized views. Until restore_reset_path.sql, functions
-- without a search path of their own get that path.
create temp table restore_paths on commit drop as
select format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)) as routine
  from pg_proc p
  join pg_namespace n on n.oid = p.pronamespace
  join pg_language l on l.oid = p.prolang
 where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
   and n.nspname <> all (current_setting('revo.platform_schemas')::text[])
   and not starts_with(n.nspname, current_setting('revo.old_content_prefix'))
   and not (n.nspname = 'public' and starts_with(p.proname, current_setting('revo.ops_prefix')))
   and l.lanname not in ('c', 'internal') and p.prokind <> 'a' and pg_has_role(p.proowner, 'usage')
   and not exists (select from unnest(p.proconfig) c where starts_with(c, 'search_path='))
   and not exists (select from pg_depend d
                    where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype in ('e', 'i'));
do $$
declare
  item record;
  empty constant text := current_setting('search_path');
begin
  perform set_config('search_path', (select reset_val from pg_settings where name = 'search_path') || ', extensions', true);
  for item in select routine from pg_temp.restore_paths loop
    execute 'alter routine ' || item.routine || ' set search_path from current';
  end loop;
  perform set_config('search_path', empty, true);
end $$;
