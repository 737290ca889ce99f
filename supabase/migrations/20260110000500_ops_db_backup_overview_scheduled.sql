-- The screen says when the next backup is due: it sees by the last scheduled backups whether they are made every four hours.

create or replace function public.ops_db_backup_overview(p_target text default 'prod') returns jsonb
  language plpgsql stable security definer set search_path = ''
as $$
declare
  v_newest jsonb;
  v_rejected jsonb;
  v_last_drill jsonb;
  v_last_failed jsonb;
begin
  perform public.require_permission_for_current_user('ops', 'view');
  v_newest := public.ops_db_backup_in_short(p_target, false);
  select coalesce(jsonb_agg(jsonb_build_object(
           'id', b.id, 'created_at', b.created_at, 'r2_key', b.r2_key, 'status', b.status,
           'drilled_at', b.proof ->> 'drilled_at') order by b.created_at desc, b.id desc), '[]')
    into v_rejected
    from (
      select *
        from public.ops_db_backups
       where target = p_target and proof ->> 'failed' <> '0' and duplicate_of is null -- as the index
         and mode = 'full' and status <> 'failed' and origin <> 'safety'
         and created_at <= now() + public.ops_db_backup_service_level('vault_time_ahead')
       order by created_at desc, id desc
       limit 100
    ) b;
  select jsonb_build_object('request_id', r.request_id, 'status', r.status, 'finished_at', r.finished_at,
                            'error_code', r.error_code, 'r2_key', r.r2_key)
    into v_last_drill
    from public.ops_db_backup_runs r
   where r.kind = 'drill' and r.target = p_target
   order by r.created_at desc, r.id desc
   limit 1;
  select jsonb_build_object('kind', r.kind, 'status', r.status, 'finished_at', r.finished_at,
                            'error_code', r.error_code, 'request_id', r.request_id)
    into v_last_failed
    from public.ops_db_backup_runs r
   where r.kind = 'backup' and r.target = p_target and r.status in ('failed', 'lost')
     and r.created_at > coalesce(greatest((v_newest ->> 'created_at')::timestamptz,
                                          (v_rejected #>> '{0,created_at}')::timestamptz), '-infinity')
   order by r.created_at desc, r.id desc
   limit 1;
  return jsonb_build_object(
    'newest', v_newest,
    'rejected', v_rejected,
    'newest_proven', public.ops_db_backup_in_short(p_target, true),
    'rto', public.ops_db_backup_recovery_time(p_target),
    'last_drill', v_last_drill,
    'last_failed', v_last_failed,
    'active', (
      select count(*) from public.ops_db_backup_runs r
       where r.target = p_target and r.status in ('queued', 'running', 'unknown')),
    'scheduled', (
      select coalesce(jsonb_agg(b.created_at order by b.created_at desc), '[]') from (
        select created_at from public.ops_db_backups
         where target = p_target and mode = 'full' and origin = 'schedule' and duplicate_of is null
         order by created_at desc
         limit 3) b),
    'time', clock_timestamp()
  );
end
$$;
comment on function public.ops_db_backup_overview(text) is
  'A target at a glance; ops:view: {newest, rejected, newest_proven, rto, last_drill, last_failed, active, scheduled, time}. rejected '
  'has the full backups that a drill rejected, newest first, deleted ones too, at most 100; last_failed is the newest backup run '
  'that failed or was lost since the newest backup; scheduled has the times of the last three full backups that '
  'the schedule made; time is the database''s clock.';
