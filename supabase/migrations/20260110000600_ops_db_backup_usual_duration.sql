-- How long a run of this size usually takes: a restore of 20 GB says nothing about one of 200 MB.

create or replace function public.ops_db_backup_run_bytes(p_kind text, p_target text, p_mode text, p_r2_key text, p_result jsonb)
  returns bigint
  language sql stable
  set search_path = ''
as $$
  select case
    when p_kind = 'prune' then null
    when p_kind <> 'backup' then (
      select b.bytes from public.ops_db_backups b
       where b.r2_key = p_r2_key
       order by b.duplicate_of is null desc, b.created_at desc
       limit 1)
    when p_result ->> 'bytes' ~ '^\d{1,18}$' then (p_result ->> 'bytes')::bigint
    else (
      select b.bytes from public.ops_db_backups b
       where b.target = p_target and b.mode = p_mode and b.status <> 'deleted'
       order by b.created_at desc, b.id desc
       limit 1)
  end
$$;
comment on function public.ops_db_backup_run_bytes(text, text, text, text, jsonb) is
  'Stored bytes of the backup that a run makes or uses; of one under way those of the backup before it. null: not known.';
revoke all on function public.ops_db_backup_run_bytes(text, text, text, text, jsonb)
  from public, anon, authenticated, service_role;

create or replace function public.ops_db_backup_usual_duration(p_request_id uuid) returns jsonb
  language plpgsql
  stable
  security definer
  set search_path = ''
as $$
declare
  v_run public.ops_db_backup_runs;
  v_bytes bigint;
begin
  perform public.require_permission_for_current_user('ops', 'view');
  select * into v_run from public.ops_db_backup_runs r where r.request_id = p_request_id;
  v_bytes := public.ops_db_backup_run_bytes(v_run.kind, v_run.target, v_run.mode, v_run.r2_key, v_run.result);
  return (
    select jsonb_build_object(
             'samples', count(*),
             'p50_ms', percentile_cont(0.5) within group (order by alike.ms)::bigint,
             'p90_ms', percentile_cont(0.9) within group (order by alike.ms)::bigint)
      from (
        select last.ms
          from (
            select extract(epoch from r.finished_at - r.started_at) * 1000 as ms, r.finished_at,
                   public.ops_db_backup_run_bytes(r.kind, r.target, r.mode, r.r2_key, r.result) as bytes
              from public.ops_db_backup_runs r
             where r.kind = v_run.kind and r.target = v_run.target and r.status = 'succeeded'
               and r.started_at is not null and r.reason is distinct from 'Dado de amostra'
             order by r.finished_at desc
             limit 100
          ) last
         where last.bytes between v_bytes / 2 and v_bytes * 2
         order by last.finished_at desc
         limit 20
      ) alike);
end
$$;
comment on function public.ops_db_backup_usual_duration(uuid) is
  'How long runs like this one took: the last 20 succeeded ones of its kind and target whose backup has half to twice its '
  'bytes, sample runs excepted. {samples, p50_ms, p90_ms}; 0 samples where its size is not known; ops:view.';
revoke all on function public.ops_db_backup_usual_duration(uuid) from public, anon, authenticated, service_role;
grant execute on function public.ops_db_backup_usual_duration(uuid) to authenticated;
