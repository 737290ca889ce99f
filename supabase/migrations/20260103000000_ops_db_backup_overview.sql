-- What the screen shows above the lists: the newest backup and the newest proof, how long a restore takes, what each
-- day brought. All of it ops:view, all of it answered out of indexes, whatever the size of the tables.

create or replace function public.ops_db_backup_manifest(p_r2_key text) returns jsonb
  language plpgsql stable security definer set search_path = ''
as $$
declare
  v_manifest jsonb;
begin
  perform public.require_permission_for_current_user('ops', 'view');
  select b.manifest into v_manifest
    from public.ops_db_backups b
   where b.r2_key = p_r2_key
   order by b.duplicate_of is null desc, b.created_at desc
   limit 1;
  if not found then
    perform public.ops_db_backup_refuse(404, 'no_backup_found', 'the catalog has no row for this object');
  end if;
  return v_manifest;
end
$$;
comment on function public.ops_db_backup_manifest(text) is
  'The manifest of a backup as it lies in the vault; ops:view. Null for rows older than the column.';

create or replace function public.ops_db_backup_durations()
  returns table (kind text, target text, samples integer, p50_ms bigint, p90_ms bigint)
  language plpgsql stable security definer set search_path = ''
as $$
#variable_conflict use_column
begin
  perform public.require_permission_for_current_user('ops', 'view');
  return query
    select k.kind, t.target, count(*)::integer,
           percentile_cont(0.5) within group (order by last.ms)::bigint,
           percentile_cont(0.9) within group (order by last.ms)::bigint
      from unnest(array['backup', 'restore', 'drill', 'plan', 'prune']) k (kind)
     cross join unnest(array['prod', 'dev', 'verify']) t (target)
     cross join lateral (
       select extract(epoch from r.finished_at - r.started_at) * 1000 as ms
         from public.ops_db_backup_runs r
        where r.kind = k.kind and r.target = t.target and r.status = 'succeeded' and r.started_at is not null
        order by r.finished_at desc
        limit 20
     ) last
     group by k.kind, t.target
     order by k.kind, t.target;
end
$$;
comment on function public.ops_db_backup_durations() is
  'How long the last 20 succeeded runs of each kind and target took, half and nine tenths of them; ops:view.';

create or replace function public.ops_db_backup_days(
  p_target text default 'prod', p_days integer default 30, p_time_zone text default 'America/Sao_Paulo'
) returns table (
  day date,
  made integer,
  failed integer,
  proven integer,
  running integer,
  drills integer,
  restores integer,
  last_bytes bigint,
  last_rows bigint,
  last_at timestamptz
)
  language plpgsql stable security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  v_days constant integer := least(greatest(coalesce(p_days, 30), 1), 366);
  v_today date;
begin
  perform public.require_permission_for_current_user('ops', 'view');
  begin
    v_today := (clock_timestamp() at time zone p_time_zone)::date;
  exception when invalid_parameter_value then
    perform public.ops_db_backup_refuse(400, 'invalid_payload', 'time_zone is not a time zone',
      jsonb_build_object('field', 'time_zone'));
  end;
  return query
    with days as (
      select v_today - n as day,
             (v_today - n)::timestamp at time zone p_time_zone as begins,
             (v_today - n + 1)::timestamp at time zone p_time_zone as ends
        from generate_series(0, v_days - 1) n
    )
    select d.day, coalesce(b.made, 0), coalesce(r.failed, 0), coalesce(b.proven, 0), coalesce(r.running, 0),
           coalesce(r.drills, 0), coalesce(r.restores, 0), newest.bytes, newest.rows_total, newest.created_at
      from days d
      left join lateral (
        select count(*)::integer as made, count(b.proven_at)::integer as proven
          from public.ops_db_backups b
         where b.target = p_target and b.created_at >= d.begins and b.created_at < d.ends
           and b.duplicate_of is null and b.status <> 'failed'
      ) b on true
      left join lateral (
        select b.bytes, b.rows_total, b.created_at
          from public.ops_db_backups b
         where b.target = p_target and b.created_at >= d.begins and b.created_at < d.ends
           and b.duplicate_of is null and b.status <> 'failed'
         order by b.created_at desc, b.id desc
         limit 1
      ) newest on true
      left join lateral (
        select count(*) filter (where r.kind = 'backup' and r.status in ('failed', 'lost'))::integer as failed,
               count(*) filter (
                 where r.kind = 'backup' and r.status in ('queued', 'running', 'unknown'))::integer as running,
               count(*) filter (where r.kind = 'drill')::integer as drills,
               count(*) filter (where r.kind = 'restore')::integer as restores
          from public.ops_db_backup_runs r
         where r.target = p_target and r.created_at >= d.begins and r.created_at < d.ends
      ) r on true
     order by d.day;
end
$$;
comment on function public.ops_db_backup_days(text, integer, text) is
  'One row a day, oldest first, days without anything too; at most 366; ops:view. made: backups begun that day; failed: '
  'backup runs that failed or were lost; proven: of those made that day, how many a drill has restored since; running: '
  'backup runs not ended; drills, restores: runs of the target, however they ended; last_…: the day''s newest backup.';

create or replace function public.ops_db_backup_in_short(p_target text, p_only_proven boolean) returns jsonb
  language plpgsql stable set search_path = ''
as $$
begin
  return (
    select jsonb_build_object(
             'id', b.id, 'created_at', b.created_at, 'r2_key', b.r2_key, 'bytes', b.bytes,
             'rows_total', b.rows_total, 'label', b.label, 'origin', b.origin, 'proven_at', b.proven_at)
      from public.ops_db_backups b
     where b.target = p_target and b.duplicate_of is null and b.status in ('uploaded', 'restored')
       and (p_only_proven is not true or b.proven_at is not null)
     order by b.created_at desc, b.id desc
     limit 1
  );
end
$$;
comment on function public.ops_db_backup_in_short(text, boolean) is
  'The newest backup of a target that the vault holds, or the newest that a drill proved; null when there is none.';

create or replace function public.ops_db_backup_recovery_time(p_target text) returns jsonb
  language plpgsql stable set search_path = ''
as $$
begin
  return (
    select nullif(jsonb_build_object(
             'p50_ms', percentile_cont(0.5) within group (order by last.ms)::bigint,
             'p90_ms', percentile_cont(0.9) within group (order by last.ms)::bigint,
             'samples', count(*)), jsonb_build_object('p50_ms', null, 'p90_ms', null, 'samples', 0))
      from (
        select extract(epoch from of_kind.finished_at - of_kind.started_at) * 1000 as ms
          from unnest(array['restore', 'drill']) k (kind)
         cross join lateral (
           select r.started_at, r.finished_at
             from public.ops_db_backup_runs r
            where r.kind = k.kind and r.target = p_target and r.status = 'succeeded' and r.started_at is not null
            order by r.finished_at desc
            limit 20
         ) of_kind
         order by of_kind.finished_at desc
         limit 20
      ) last
  );
end
$$;
comment on function public.ops_db_backup_recovery_time(text) is
  'How long the last 20 successful restores into a target and drills of its backups took; null when there was none.';

create or replace function public.ops_db_backup_overview(p_target text default 'prod') returns jsonb
  language plpgsql stable security definer set search_path = ''
as $$
declare
  v_newest jsonb;
  v_last_drill jsonb;
  v_last_failed jsonb;
begin
  perform public.require_permission_for_current_user('ops', 'view');
  v_newest := public.ops_db_backup_in_short(p_target, false);
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
     and r.created_at > coalesce((v_newest ->> 'created_at')::timestamptz, '-infinity')
   order by r.created_at desc, r.id desc
   limit 1;
  return jsonb_build_object(
    'newest', v_newest,
    'newest_proven', public.ops_db_backup_in_short(p_target, true),
    'rto', public.ops_db_backup_recovery_time(p_target),
    'last_drill', v_last_drill,
    'last_failed', v_last_failed,
    'active', (
      select count(*) from public.ops_db_backup_runs r
       where r.target = p_target and r.status in ('queued', 'running', 'unknown')),
    'time', clock_timestamp()
  );
end
$$;
comment on function public.ops_db_backup_overview(text) is
  'A target at a glance; ops:view: {newest, newest_proven, rto, last_drill, last_failed, active, time}. last_failed is '
  'the newest backup run that failed or was lost since the newest backup; time is the database''s clock.';

revoke all on function
  public.ops_db_backup_manifest(text),
  public.ops_db_backup_durations(),
  public.ops_db_backup_days(text, integer, text),
  public.ops_db_backup_in_short(text, boolean),
  public.ops_db_backup_recovery_time(text),
  public.ops_db_backup_overview(text)
from public, anon, authenticated, service_role;

grant execute on function
  public.ops_db_backup_manifest(text),
  public.ops_db_backup_durations(),
  public.ops_db_backup_days(text, integer, text),
  public.ops_db_backup_overview(text)
to authenticated;
