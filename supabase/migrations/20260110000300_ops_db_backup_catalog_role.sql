-- A role for the drill, which runs what an archive holds: it may report its run, mark the backup and copy the audit, and
-- nothing else. It has no privilege on a table, and cannot sign in until the owner gives it a password (docs/production.md).
-- Reading the catalog's tables is not part of it: under row level security a job would see no row, and no error.

do $role$
begin
  create role ops_db_backup_catalog nologin;
exception
  when duplicate_object or unique_violation then null; -- of another database of this server, or made at the same time
end
$role$;

grant usage on schema public to ops_db_backup_catalog;

alter function public.ops_db_backup_audit_unmirrored(integer) security definer;
alter function public.ops_db_backup_audit_mirrored_to(jsonb) security definer;

do $rights$
declare
  v_function regprocedure;
begin
  foreach v_function in array array[
    'public.ops_db_backup_run_start(jsonb)',
    'public.ops_db_backup_run_progress(jsonb)',
    'public.ops_db_backup_run_finish(jsonb)',
    'public.ops_db_backup_mark(jsonb)',
    'public.ops_db_backup_audit_append(jsonb)',
    'public.ops_db_backup_audit_unmirrored(integer)',
    'public.ops_db_backup_audit_mirrored_to(jsonb)'
  ]::regprocedure[]
  loop
    -- taken first, so that it is the last of the grants also where the migrations are applied again
    execute format('revoke all on function %s from ops_db_backup_catalog', v_function);
    execute format('grant execute on function %s to ops_db_backup_catalog', v_function);
  end loop;
end
$rights$;
