-- A role for the drill, which runs what an archive holds: it may report its run and mark the backup, and nothing else. It
-- has no privilege on a table, and cannot sign in until the owner gives it a password (docs/production.md).

do $role$
begin
  create role ops_db_backup_catalog nologin;
exception
  when duplicate_object or unique_violation then null; -- of another database of this server, or made at the same time
end
$role$;

grant usage on schema public to ops_db_backup_catalog;

do $rights$
declare
  v_function regprocedure;
begin
  foreach v_function in array array[
    'public.ops_db_backup_run_start(jsonb)',
    'public.ops_db_backup_run_progress(jsonb)',
    'public.ops_db_backup_run_finish(jsonb)',
    'public.ops_db_backup_mark(jsonb)',
    'public.ops_db_backup_audit_append(jsonb)'
  ]::regprocedure[]
  loop
    -- taken first, so that it is the last of the grants also where the migrations are applied again
    execute format('revoke all on function %s from ops_db_backup_catalog', v_function);
    execute format('grant execute on function %s to ops_db_backup_catalog', v_function);
  end loop;
end
$rights$;

-- These functions serve every command. What a role may change by them is decided where rows change. They run as their
-- owner: who signed in is session_user.

create or replace function public.ops_db_backup_bound_run() returns trigger
language plpgsql set search_path = '' as $$
begin
  -- a start also marks silent runs as lost, which the clock decides
  if new.kind <> tg_argv[0] and not (tg_op = 'UPDATE' and new.status = 'lost') then
    perform public.ops_db_backup_refuse(403, 'forbidden', format('this role reports runs of kind %s alone', tg_argv[0]));
  end if;
  return new;
end
$$;
comment on function public.ops_db_backup_bound_run() is 'Admits changes of runs of the kind that the trigger names.';

create or replace function public.ops_db_backup_bound_backup() returns trigger
language plpgsql set search_path = '' as $$
declare
  v_columns constant text[] := tg_argv || array['updated_at'];
begin
  if to_jsonb(new) - v_columns is distinct from to_jsonb(old) - v_columns then
    perform public.ops_db_backup_refuse(403, 'forbidden',
      format('this role changes of a backup alone: %s', array_to_string(tg_argv, ', ')));
  end if;
  return null;
end
$$;
comment on function public.ops_db_backup_bound_backup() is 'Admits changes of the columns that the trigger names.';

create or replace function public.ops_db_backup_bound_record() returns trigger
language plpgsql set search_path = '' as $$
begin
  if new.event not in ('run', 'mark')
     and (new.event <> 'refusal' or (new.record::jsonb #>> '{detail,action}') is distinct from tg_argv[0]) then
    perform public.ops_db_backup_refuse(403, 'forbidden', format('this role records refusals of kind %s alone', tg_argv[0]));
  end if;
  return new;
end
$$;
comment on function public.ops_db_backup_bound_record() is
  'Admits records of the audit about changes, and refusals of the kind of run that the trigger names.';

revoke all on function
  public.ops_db_backup_bound_run(),
  public.ops_db_backup_bound_backup(),
  public.ops_db_backup_bound_record()
from public, anon, authenticated, service_role;

create or replace trigger ops_db_backup_runs_by_drill before insert or update on public.ops_db_backup_runs
  for each row when (session_user = 'ops_db_backup_catalog')
  execute function public.ops_db_backup_bound_run('drill');
-- after the change: a generated column has no value before it
create or replace trigger ops_db_backups_by_drill after update on public.ops_db_backups
  for each row when (session_user = 'ops_db_backup_catalog')
  execute function public.ops_db_backup_bound_backup('proven_at', 'proof');
create or replace trigger ops_db_backup_audit_by_drill before insert on public.ops_db_backup_audit
  for each row when (session_user = 'ops_db_backup_catalog')
  execute function public.ops_db_backup_bound_record('drill');
