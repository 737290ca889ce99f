-- A backup that a drill rejected is no protection: its row keeps the drill's receipt, and it is neither the newest nor
-- compared with. One without rows is no protection either, and the figures of a day leave out what the newest backup does.
-- Estimates leave out sample runs.

create or replace function public.ops_db_backup_is_rejected(p_proof jsonb) returns boolean
  language sql immutable set search_path = ''
as $$
  select coalesce(p_proof ->> 'failed' <> '0', false)
$$;
comment on function public.ops_db_backup_is_rejected(jsonb) is
  'Whether the newest drill that said something of a backup rejected it, by the row''s proof; false for null. The same as '
  'isRejected of the domain.';

create index if not exists ops_db_backups_rejected_idx on public.ops_db_backups (target, created_at desc, id desc)
  where proof ->> 'failed' <> '0'; -- without the function: writers may not execute it

comment on column public.ops_db_backups.proof is
  'The receipt in short of the newest drill that proved or rejected these bytes: {receipt_key, drilled_at, passed, failed, '
  'skipped, seconds, total_seconds}. With a failed check the backup is rejected, and proven_at is null.';

create or replace function public.ops_db_backup_mark(p jsonb) returns jsonb
  language plpgsql security definer set search_path = ''
as $$
declare
  v_status constant text := p ->> 'status';
  v_disproved_at constant timestamptz := p ->> 'disproved_at';
  v_drilled_at constant timestamptz := coalesce(v_disproved_at, (p ->> 'proven_at')::timestamptz);
  v_row jsonb;
begin
  if v_status not in ('uploaded', 'failed', 'restored', 'deleted') then
    perform public.ops_db_backup_refuse(400, 'invalid_payload', 'status is not one of the known values',
      jsonb_build_object('field', 'status'));
  end if;
  update public.ops_db_backups b
     set status = coalesce(v_status, b.status),
         proven_at = case
           when known.is_newer then b.proven_at
           when v_disproved_at is null then v_drilled_at
         end,
         proof = case
           when known.is_newer then b.proof
           when v_disproved_at is not null or public.ops_db_backup_is_rejected(b.proof) then nullif(p -> 'proof', 'null')
           else coalesce(nullif(p -> 'proof', 'null'), b.proof)
         end,
         updated_at = clock_timestamp()
    from (
      select o.id,
             coalesce(v_drilled_at < greatest(o.proven_at, (o.proof ->> 'drilled_at')::timestamptz),
                      v_drilled_at is null) as is_newer
        from public.ops_db_backups o
       where o.r2_bucket = p ->> 'r2_bucket' and o.r2_key = p ->> 'r2_key'
         for update
    ) known
   where b.id = known.id; -- duplicates tell the same
  if not found then
    perform public.ops_db_backup_refuse(404, 'no_backup_found', 'the catalog has no row for this object');
  end if;
  select to_jsonb(b) - array['manifest', 'duplicate_of', 'updated_at'] into v_row
    from public.ops_db_backups b
   where b.r2_bucket = p ->> 'r2_bucket' and b.r2_key = p ->> 'r2_key' and b.duplicate_of is null;
  return v_row;
end
$$;
comment on function public.ops_db_backup_mark(jsonb) is
  'Says of an archive that it was restored, deleted, proven or rejected: {r2_bucket, r2_key, status, proven_at, proof, '
  'disproved_at}; what is not given stays. The newest drill decides: one older than the row''s changes nothing, and one that '
  'failed (disproved_at) takes away the proofs before it. Returns the row.';

create or replace function public.ops_db_backup_in_short(p_target text, p_only_proven boolean) returns jsonb
  language plpgsql stable set search_path = ''
as $$
declare
  v_requires_signature constant boolean := public.ops_db_backup_requires_signature();
begin
  return (
    select jsonb_build_object(
             'id', b.id, 'created_at', b.created_at, 'r2_key', b.r2_key, 'bytes', b.bytes,
             'rows_total', b.rows_total, 'label', b.label, 'origin', b.origin, 'proven_at', b.proven_at)
      from public.ops_db_backups b
     where b.target = p_target and b.mode = 'full' and b.duplicate_of is null and b.status in ('uploaded', 'restored')
       and b.origin <> 'safety' and not public.ops_db_backup_is_rejected(b.proof)
       and (b.signed_by is not null or not v_requires_signature)
       and b.created_at <= now() + public.ops_db_backup_service_level('vault_time_ahead')
       and (p_only_proven is not true or b.proven_at is not null)
     order by b.created_at desc, b.id desc
     limit 1
  );
end
$$;
comment on function public.ops_db_backup_in_short(text, boolean) is
  'The newest full backup of a target that the vault holds and no drill rejected, or the newest that a drill proved; null '
  'when there is none. Copies that restores took of what they replaced do not count, nor do backups that are dated in the '
  'future, nor unsigned ones where signatures are required.';

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
  v_requires_signature constant boolean := public.ops_db_backup_requires_signature();
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
           and b.duplicate_of is null and b.status <> 'failed' and b.mode = 'full' and b.origin <> 'safety'
           and (b.signed_by is not null or not v_requires_signature)
      ) b on true
      left join lateral (
        select b.bytes, b.rows_total, b.created_at
          from public.ops_db_backups b
         where b.target = p_target and b.created_at >= d.begins and b.created_at < d.ends
           and b.duplicate_of is null and b.status <> 'failed' and b.mode = 'full' and b.origin <> 'safety'
           and (b.signed_by is not null or not v_requires_signature)
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
  'One row a day, oldest first, days without anything too; at most 366; ops:view. made: full backups begun that day, without '
  'the copies that restores took of what they replaced, and without unsigned ones where signatures are required; failed: backup runs that failed or were lost; proven: of those made '
  'that day, how many a drill has restored since; running: backup runs not ended; drills, restores: runs of the target, '
  'however they ended; last_…: the newest of those made that day.';

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
           and r.reason is distinct from 'Dado de amostra'
        order by r.finished_at desc
        limit 20
     ) last
     group by k.kind, t.target
     order by k.kind, t.target;
end
$$;
comment on function public.ops_db_backup_durations() is
  'How long the last 20 succeeded runs of each kind and target took, half and nine tenths of them, sample runs excepted; '
  'ops:view.';

create or replace function public.ops_db_backup_watch_facts(p_target text) returns jsonb
  language plpgsql security definer set search_path = ''
  -- PostgREST takes it for the whole call: reading a long audit outlasts its roles' usual limit
  set statement_timeout = '60s'
as $$
declare
  v_requires_signature constant boolean := public.ops_db_backup_requires_signature();
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
           'rows', case when jsonb_typeof(b.manifest -> 'rows') = 'object' then b.manifest -> 'rows' end,
           'rejected_at', case when public.ops_db_backup_is_rejected(b.proof) then b.proof ->> 'drilled_at' end)
           order by b.created_at desc), '[]')
    into v_backups
    from (
      select *
        from public.ops_db_backups
       where target = p_target and mode = 'full' and status in ('uploaded', 'restored') and duplicate_of is null
         -- a copy of what a restore replaced is not a backup of the current content
         and origin <> 'safety'
         and (signed_by is not null or not v_requires_signature)
         and created_at <= now() + public.ops_db_backup_service_level('vault_time_ahead')
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
                -- the age of the newest backup says nothing of the backup that was drilled
                where c ->> 'verdict' = 'FAIL' and c ->> 'name' <> 'freshness'), '[]') as failed, r.status
        from public.ops_db_backup_runs r
       where r.kind = 'drill' and r.target = p_target and r.r2_key is not null
         and (r.status = 'succeeded' or r.status = 'failed' and r.error_code = 'drill_failed')
      union all
      select b.r2_key, b.proven_at, '[]', 'succeeded'
        from public.ops_db_backups b
       where b.target = p_target and b.proven_at is not null
         and greatest(b.created_at, b.proven_at) <= now() + public.ops_db_backup_service_level('vault_time_ahead')
       order by 2 desc
       limit 20
    ) d
   where (d.status = 'succeeded' or d.failed <> '[]')
     and (not v_requires_signature or exists (
       select from public.ops_db_backups b
        where b.r2_key = d.r2_key and b.duplicate_of is null and b.signed_by is not null));

  select coalesce(jsonb_object_agg(r.name, jsonb_build_object('at', r.at, 'status', r.status, 'report', r.report)), '{}')
    into v_reports
    from public.ops_db_backup_reports r
   where r.name in ('watchdog', 'watch');

  return jsonb_build_object(
    'time', clock_timestamp(), 'backups', v_backups, 'drills', v_drills, 'lost_runs', public.ops_db_backup_lost_runs(),
    'break_glass', public.ops_db_backup_break_glass_uses(),
    'audit', public.ops_db_backup_audit_verify(), 'reports', v_reports);
end
$$;
comment on function public.ops_db_backup_watch_facts(text) is
  'For the watch inside the project: {time, backups: newest full ones, drills that proved or rejected one, lost_runs, break_glass, '
  'audit, reports: the last of watchdog and watch}. Expires silent runs first. Vault and GitHub are not read.';

create or replace function public.ops_db_backup_rebuild_backups() returns integer
  language plpgsql set search_path = ''
as $$
declare
  v_columns constant text[] := public.ops_db_backup_audit_columns('public.ops_db_backups');
  v_added integer;
  v_changed integer;
begin
  perform set_config('ops_db_backup.rebuild', 'on', true);
  execute format($statement$
    insert into public.ops_db_backups (%1$s)
    select %2$s
      from (
        select distinct on (a.r2_key, a.record::jsonb #>> '{detail,backup,r2_bucket}')
               a.record::jsonb #> '{detail,backup}' as backup
          from public.ops_db_backup_audit a
         where a.event in ('record', 'hold', 'mark') and a.record::jsonb #> '{detail,backup,duplicate_of}' = 'null'
         order by a.r2_key, a.record::jsonb #>> '{detail,backup,r2_bucket}', a.at desc, a.seq desc
      ) newest
     cross join lateral jsonb_populate_record(null::public.ops_db_backups, newest.backup) m
    on conflict do nothing
  $statement$, array_to_string(v_columns, ', '), 'm.' || array_to_string(v_columns, ', m.'));
  get diagnostics v_added = row_count;

  with said as (
    select a.event, a.at, a.seq, m.*
      from public.ops_db_backup_audit a
     cross join lateral jsonb_populate_record(null::public.ops_db_backups, a.record::jsonb #> '{detail,backup}') m
     where a.event in ('hold', 'mark')
  ), held as (
    select distinct on (s.r2_bucket, s.r2_key) s.r2_bucket, s.r2_key, s.hold_until, s.hold_reason, s.held_by
      from said s
     where s.event = 'hold'
     order by s.r2_bucket, s.r2_key, s.at desc, s.seq desc
  ), judged as (
    select distinct on (s.r2_bucket, s.r2_key, s.sha256) s.r2_bucket, s.r2_key, s.sha256, s.proven_at, s.proof,
           greatest(s.proven_at, (s.proof ->> 'drilled_at')::timestamptz) as drilled_at
      from said s
     where s.proven_at is not null or s.proof is not null
     order by s.r2_bucket, s.r2_key, s.sha256, drilled_at desc nulls last, s.at desc, s.seq desc
  ), marked as (
    select distinct on (s.r2_bucket, s.r2_key) s.r2_bucket, s.r2_key, s.status
      from said s
     where s.event = 'mark'
     order by s.r2_bucket, s.r2_key, s.at desc, s.seq desc
  ), wanted as (
    select b.id, case when h.r2_key is null then b.hold_until else h.hold_until end as hold_until,
           case when h.r2_key is null then b.hold_reason else h.hold_reason end as hold_reason,
           case when h.r2_key is null then b.held_by else h.held_by end as held_by,
           case when known.is_newer then j.proven_at else b.proven_at end as proven_at,
           case when known.is_newer then j.proof else b.proof end as proof,
           case when b.status = 'uploaded' and m.status = 'restored' then m.status else b.status end as status
      from public.ops_db_backups b
      left join held h on h.r2_bucket = b.r2_bucket and h.r2_key = b.r2_key
      left join judged j on j.r2_bucket = b.r2_bucket and j.r2_key = b.r2_key and j.sha256 = b.sha256
      left join marked m on m.r2_bucket = b.r2_bucket and m.r2_key = b.r2_key
     cross join lateral (
       select coalesce(j.drilled_at > greatest(b.proven_at, (b.proof ->> 'drilled_at')::timestamptz),
                       j.drilled_at is not null) as is_newer
     ) known
     where b.duplicate_of is null
  )
  update public.ops_db_backups b
     set hold_until = w.hold_until, hold_reason = w.hold_reason, held_by = w.held_by, proven_at = w.proven_at,
         proof = w.proof, status = w.status
    from wanted w
   where w.id = b.id
     and (b.hold_until, b.hold_reason, b.held_by, b.proven_at, b.proof, b.status)
         is distinct from (w.hold_until, w.hold_reason, w.held_by, w.proven_at, w.proof, w.status);
  get diagnostics v_changed = row_count;
  return v_added + v_changed;
end
$$;
comment on function public.ops_db_backup_rebuild_backups() is
  'Gives backups back what no manifest knows: holds, the newest proof or rejection, that they were restored or deleted. Rows '
  'of which the vault holds no object any more come back without their manifest. Returns how many rows were written.';

revoke all on function public.ops_db_backup_is_rejected(jsonb) from public, anon, authenticated, service_role;
