-- A role for the commands that need the catalog and no data of the project: retention, the watchdog, the doctor, and the
-- preview of reconcile. It reads the catalog's own tables, marks backups, reports runs of retention, and has no further
-- right; it cannot sign in until the owner gives it a password (docs/production.md). What reconcile applies is the owner's:
-- it brings back runs in the name of who requested them.

do $role$
begin
  create role ops_db_backup_maintenance nologin;
exception
  when duplicate_object or unique_violation then null; -- of another database of this server, or made at the same time
end
$role$;

grant usage on schema public to ops_db_backup_maintenance;

create or replace function public.ops_db_backup_migrations() returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  v_names jsonb;
begin
  if to_regclass('supabase_migrations.schema_migrations') is null then
    return null;
  end if;
  execute $names$
    select coalesce(jsonb_agg(name order by version), '[]')
      from supabase_migrations.schema_migrations where starts_with(name, 'ops_db_backup')
  $names$ into v_names;
  return v_names;
end
$$;
comment on function public.ops_db_backup_migrations() is
  'Names of the applied migrations of the catalog, oldest first; null where the database keeps no record of migrations.';
revoke all on function public.ops_db_backup_migrations() from public, anon, authenticated, service_role;

-- These read as their owner, whose further functions they call.
alter function public.ops_db_backup_lost_runs() security definer;
alter function public.ops_db_backup_break_glass_uses() security definer;
alter function public.ops_db_backup_audit_break(boolean) security definer;
alter function public.ops_db_backup_audit_unmirrored(integer) security definer;
alter function public.ops_db_backup_audit_mirrored_to(jsonb) security definer;

do $rights$
declare
  v_function regprocedure;
  v_table regclass;
begin
  foreach v_function in array array[
    'public.ops_db_backup_run_start(jsonb)',
    'public.ops_db_backup_run_progress(jsonb)',
    'public.ops_db_backup_run_finish(jsonb)',
    'public.ops_db_backup_mark(jsonb)',
    'public.ops_db_backup_report(jsonb)',
    'public.ops_db_backup_runs_expire()',
    'public.ops_db_backup_lost_runs()',
    'public.ops_db_backup_break_glass_uses()',
    'public.ops_db_backup_audit_append(jsonb)',
    'public.ops_db_backup_audit_unmirrored(integer)',
    'public.ops_db_backup_audit_mirrored_to(jsonb)',
    'public.ops_db_backup_audit_advance()',
    'public.ops_db_backup_audit_break(boolean)',
    'public.ops_db_backup_service_level(text)',
    'public.ops_db_backup_migrations()'
  ]::regprocedure[]
  loop
    -- taken first, so that it is the last of the grants also where the migrations are applied again
    execute format('revoke all on function %s from ops_db_backup_maintenance', v_function);
    execute format('grant execute on function %s to ops_db_backup_maintenance', v_function);
  end loop;
  foreach v_table in array array[
    'public.ops_db_backups', 'public.ops_db_backup_runs', 'public.ops_db_backup_reports', 'public.ops_db_backup_audit'
  ]::regclass[]
  loop
    execute format('revoke all on %s from ops_db_backup_maintenance', v_table);
    execute format('grant select on %s to ops_db_backup_maintenance', v_table);
    -- the only policy of the catalog (supabase/tests/access.test.ts)
    execute format('drop policy if exists ops_db_backup_maintenance_reads on %s', v_table);
    execute format(
      'create policy ops_db_backup_maintenance_reads on %s for select to ops_db_backup_maintenance using (true)', v_table);
  end loop;
end
$rights$;

create or replace trigger ops_db_backup_runs_by_maintenance before insert or update on public.ops_db_backup_runs
  for each row when (session_user = 'ops_db_backup_maintenance')
  execute function public.ops_db_backup_bound_run('prune');
create or replace trigger ops_db_backups_by_maintenance after update on public.ops_db_backups
  for each row when (session_user = 'ops_db_backup_maintenance')
  execute function public.ops_db_backup_bound_backup('status');
create or replace trigger ops_db_backup_audit_by_maintenance before insert on public.ops_db_backup_audit
  for each row when (session_user = 'ops_db_backup_maintenance')
  execute function public.ops_db_backup_bound_record('prune');
