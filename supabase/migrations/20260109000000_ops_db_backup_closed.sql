-- Closes what another migration may have opened after ours. A host's own, older catalog migration can have a later version
-- than the files above: it creates its ops_db_backups_list again, beside ours (PostgREST then cannot choose, PGRST203), and
-- grants the tables to the roles of the API. Can be applied again at any time; the doctor's check catalog_access says when.

do $overloads$
declare
  v_other regprocedure;
begin
  for v_other in
    select p.oid::regprocedure
      from pg_catalog.pg_proc p
     where p.pronamespace = 'public'::regnamespace and p.proname = 'ops_db_backups_list'
       and not p.proargnames @> '{p_r2_key}'
  loop
    execute format('drop function %s', v_other);
  end loop;
end
$overloads$;

do $closed$
declare
  v_table regclass;
  v_policy name;
  v_function regprocedure;
begin
  for v_table in
    select c.oid from pg_catalog.pg_class c
     where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and starts_with(c.relname, 'ops_db_backup')
  loop
    execute format('alter table %s enable row level security', v_table);
    execute format('revoke all on %s from public, anon, authenticated, service_role', v_table);
    for v_policy in -- all but that of a later migration of ours
      select p.polname from pg_catalog.pg_policy p
       where p.polrelid = v_table
         and p.polroles <> array(select r.oid from pg_catalog.pg_roles r where r.rolname = 'ops_db_backup_maintenance')
    loop
      execute format('drop policy %I on %s', v_policy, v_table);
    end loop;
  end loop;
  for v_function in
    select p.oid from pg_catalog.pg_proc p
     where p.pronamespace = 'public'::regnamespace and starts_with(p.proname, 'ops_db_backup')
  loop
    execute format('revoke all on function %s from public, anon', v_function);
  end loop;
end
$closed$;
