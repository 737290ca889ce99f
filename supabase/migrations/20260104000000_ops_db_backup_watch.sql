-- Facts for a watch that cannot reach the vault, from the catalog alone. Read by the watchdog and by the Edge Function
-- with the secret key.

create or replace function public.ops_db_backup_lost_runs() returns jsonb
  language sql stable set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
           'request_id', r.request_id, 'kind', r.kind, 'target', r.target,
           'at', coalesce(r.finished_at, r.created_at), 'run_url', r.run_url) order by r.created_at desc), '[]')
    from (
      select distinct on (kind, target) *
        from public.ops_db_backup_runs
       where status not in ('queued', 'running', 'unknown')
       order by kind, target, created_at desc
    ) r
   where r.status = 'lost'
$$;
comment on function public.ops_db_backup_lost_runs() is
  'Lost runs that are the newest of their kind and target: a later run replaces them.';

create or replace function public.ops_db_backup_watch_facts(p_target text) returns jsonb
  language plpgsql security definer set search_path = ''
  -- PostgREST takes it for the whole call: reading a long audit outlasts its roles' usual limit
  set statement_timeout = '60s'
as $$
declare
  v_backups jsonb;
  v_drills jsonb;
  v_reports jsonb;
begin
  if p_target is null or p_target not in ('prod', 'dev', 'verify') then
    perform public.ops_db_backup_refuse(400, 'invalid_payload', 'target is not one of the databases',
      jsonb_build_object('field', 'target'));
  end if;
  perform public.ops_db_backup_runs_expire();

  select coalesce(jsonb_agg(jsonb_build_object(
           'key', b.r2_key, 'created_at', b.created_at, 'bytes', b.bytes,
           'rows', case when jsonb_typeof(b.manifest -> 'rows') = 'object' then b.manifest -> 'rows' end)
           order by b.created_at desc), '[]')
    into v_backups
    from (
      select *
        from public.ops_db_backups
       where target = p_target and mode = 'full' and status in ('uploaded', 'restored') and duplicate_of is null
         -- a copy of what a restore replaced is not a backup of the current content
         and origin <> 'safety'
       order by created_at desc
       -- the newest and those before it that it is compared with
       limit 8
    ) b;

  -- drills without a verdict are left out; proofs without a run count
  select coalesce(jsonb_agg(jsonb_build_object('key', d.r2_key, 'drilled_at', d.at, 'failed', d.failed)
           order by d.at desc), '[]')
    into v_drills
    from (
      select r.r2_key, r.finished_at as at, coalesce((
               select jsonb_agg(c -> 'name')
                 from jsonb_array_elements(
                   case when jsonb_typeof(r.result -> 'checks') = 'array' then r.result -> 'checks' end) c
                where c ->> 'verdict' = 'FAIL'), '[]') as failed
        from public.ops_db_backup_runs r
       where r.kind = 'drill' and r.target = p_target and r.r2_key is not null
         and (r.status = 'succeeded' or r.status = 'failed' and r.error_code = 'drill_failed')
      union all
      select b.r2_key, b.proven_at, '[]'
        from public.ops_db_backups b
       where b.target = p_target and b.proven_at is not null
       order by 2 desc
       limit 20
    ) d;

  select coalesce(jsonb_object_agg(r.name, jsonb_build_object('at', r.at, 'status', r.status, 'report', r.report)), '{}')
    into v_reports
    from public.ops_db_backup_reports r
   where r.name in ('watchdog', 'watch');

  return jsonb_build_object(
    'time', clock_timestamp(), 'backups', v_backups, 'drills', v_drills, 'lost_runs', public.ops_db_backup_lost_runs(),
    'audit', public.ops_db_backup_audit_verify(), 'reports', v_reports);
end
$$;
comment on function public.ops_db_backup_watch_facts(text) is
  'For the watch inside the project: {time, backups: newest full ones, drills, lost_runs, audit, reports: the last of '
  'watchdog and watch}. Expires silent runs first. Vault and GitHub are not read.';

revoke all on function
  public.ops_db_backup_lost_runs(),
  public.ops_db_backup_watch_facts(text)
from public, anon, authenticated, service_role;
grant execute on function public.ops_db_backup_watch_facts(text) to service_role;
