-- Service levels in one place; ends of runs that follow the script; keys whose date and time exist.
--
-- The numbers are those of supabase/functions/_shared/backup/service_levels.ts; a test compares both.

create or replace function public.ops_db_backup_service_level(p_name text) returns interval
  language plpgsql immutable set search_path = ''
as $$
begin
  case p_name
    when 'plan_valid' then return interval '30 minutes';
    when 'settle_after_silence' then return interval '2 minutes';
    when 'run_silent' then return interval '10 minutes';
    when 'run_unconfirmed' then return interval '10 minutes';
    when 'run_not_begun' then return interval '6 hours';
    when 'vault_time_ahead' then return interval '1 hour';
    when 'restore_request_valid' then return interval '30 minutes';
    when 'break_glass_shown' then return interval '24 hours';
    when 'approval_valid' then return interval '30 minutes';
    when 'hold_longest' then return interval '36600 days';
    when 'audit_whole' then return interval '12 hours';
    else raise exception using errcode = 'invalid_parameter_value',
      message = format('there is no service level %L', p_name);
  end case;
end
$$;
comment on function public.ops_db_backup_service_level(text) is
  'How long something may take or be silent, by name; an unknown name is an error (22023). plan_valid: a plan allows a '
  'restore; settle_after_silence: a running script keeps its row from being settled by others; run_silent: a running '
  'script is given up; run_unconfirmed: a queued or unknown run that has no GitHub run is given up; run_not_begun: one '
  'that has a GitHub run is given up; vault_time_ahead: a backup dated further in the future counts for nothing; '
  'restore_request_valid: a request of a signed-in user allows a restore of prod on GitHub; break_glass_shown: a restore '
  'without such a request is an alarm; approval_valid: a request waits for a second user; hold_longest: a backup is held; '
  'audit_whole: the audit is read as a whole.';

alter table public.ops_db_backup_runs add column if not exists reported_at timestamptz;
comment on column public.ops_db_backup_runs.reported_at is
  'When the script itself reported the end; null for an end that was written by anything else.';

create or replace function public.ops_db_backup_run_json(p_request_id uuid) returns jsonb
  language plpgsql stable set search_path = ''
as $$
begin
  return (
    select to_jsonb(r) - array['requested_by_id', 'reported_at', 'updated_at', 'break_glass']
      from public.ops_db_backup_runs r
     where r.request_id = p_request_id
  );
end
$$;

create or replace function public.ops_db_backup_runs_expire() returns integer
  language plpgsql security definer set search_path = ''
as $$
declare
  v_silent constant interval := public.ops_db_backup_service_level('run_silent');
  v_unconfirmed constant interval := public.ops_db_backup_service_level('run_unconfirmed');
  v_not_begun constant interval := public.ops_db_backup_service_level('run_not_begun');
  v_lost integer;
begin
  update public.ops_db_backup_runs r
     set status = 'lost', error_code = 'run_lost', finished_at = clock_timestamp(), updated_at = clock_timestamp(),
         error_message = case
           when r.status = 'running'
             then format('The script gave no sign of life for %s minutes', (extract(epoch from v_silent) / 60)::integer)
           when r.github_run_id is null
             then format('GitHub did not confirm the run within %s minutes',
               (extract(epoch from v_unconfirmed) / 60)::integer)
           else format('The run did not begin within %s hours', (extract(epoch from v_not_begun) / 3600)::integer)
         end
   where r.id in (
     select stale.id
       from public.ops_db_backup_runs stale
      where (stale.status = 'running'
             and coalesce(stale.heartbeat_at, stale.started_at, stale.created_at) < clock_timestamp() - v_silent)
         or (stale.status in ('queued', 'unknown')
             and stale.created_at < clock_timestamp()
                                    - case when stale.github_run_id is null then v_unconfirmed else v_not_begun end)
      order by stale.id
        for update skip locked -- a locked row is being expired or started by another session
   );
  get diagnostics v_lost = row_count;
  return v_lost;
end
$$;
comment on function public.ops_db_backup_runs_expire() is
  'Ends runs without sign of life as lost, by the service levels run_silent, run_unconfirmed and run_not_begun. Returns '
  'how many. Called before every request and every start, by the watch and by readers with the service key: a run that '
  'GitHub never confirmed does not keep the next backup from its target.';

create or replace function public.ops_db_backup_refuse_without_plan(
  p_target text, p_r2_key text, p_plan_request_id uuid
) returns void
  language plpgsql stable set search_path = ''
as $$
declare
  v_plan record;
  v_why text;
begin
  select r.target, r.r2_key, r.status, r.finished_at
    into v_plan
    from public.ops_db_backup_runs r
   where r.request_id = p_plan_request_id and r.kind = 'plan';
  v_why := case
    when not found then 'unknown'
    when v_plan.target <> p_target then 'other_target'
    when v_plan.r2_key <> p_r2_key then 'other_backup'
    when v_plan.status <> 'succeeded' then 'not_succeeded'
    when v_plan.finished_at < clock_timestamp() - public.ops_db_backup_service_level('plan_valid') then 'too_old'
  end;
  if v_why is not null then
    perform public.ops_db_backup_refuse(409, 'plan_required',
      format('the plan is not valid for this restore: %s', v_why), jsonb_build_object('why', v_why));
  end if;
end
$$;
comment on function public.ops_db_backup_refuse_without_plan(text, text, uuid) is
  'Refuses a restore (plan_required) unless the plan it names succeeded for the same target and backup within the '
  'service level plan_valid; DETAIL says why: unknown, other_target, other_backup, not_succeeded or too_old.';

create or replace function public.ops_db_backup_run_settle(
  p_request_id uuid, p_status text, p_error_code text default null, p_error_message text default null
) returns jsonb
  language plpgsql security definer set search_path = ''
as $$
begin
  perform public.ops_db_backup_require('either');
  if p_status is null or p_status not in ('failed', 'cancelled', 'lost') then
    perform public.ops_db_backup_refuse(400, 'invalid_payload',
      'only failed, cancelled and lost can be settled', jsonb_build_object('field', 'status'));
  end if;
  update public.ops_db_backup_runs r
     set status = p_status,
         error_code = left(p_error_code, 100),
         error_message = left(p_error_message, 4000),
         finished_at = clock_timestamp(),
         updated_at = clock_timestamp()
   where r.request_id = p_request_id
     and (r.status in ('queued', 'unknown')
          or (r.status = 'running'
              and coalesce(r.heartbeat_at, r.started_at, r.created_at)
                  < clock_timestamp() - public.ops_db_backup_service_level('settle_after_silence')));
  return public.ops_db_backup_run_found(p_request_id);
end
$$;
comment on function public.ops_db_backup_run_settle(uuid, text, text, text) is
  'Ends a run whose script did not: failed, cancelled or lost (only the script reports success); ops:manage. A run whose '
  'script gave a sign of life within the service level settle_after_silence, or that has ended, stays as it is. The '
  'script''s own end replaces this one. Returns the run.';

-- Called with rows of the table; declared as anyelement so that no object depends on the table's type.
create or replace function public.ops_db_backup_refuse_start(p_old anyelement, p_new anyelement) returns void
  language plpgsql stable set search_path = ''
as $$
declare
  v_same_run constant boolean :=
    coalesce(p_old.github_run_id is null or p_old.github_run_id = p_new.github_run_id, false);
  v_why text;
begin
  v_why := case
    when p_old.kind <> p_new.kind or p_old.target <> p_new.target
         or (p_old.kind in ('restore', 'plan') and p_old.r2_key <> p_new.r2_key)
      then 'the request id belongs to another order'
    when p_old.status in ('queued', 'unknown') then
      case when not v_same_run then 'another GitHub run carries this request' end
    when p_old.status = 'succeeded' then 'the run has succeeded already'
    when p_old.status = 'running' then
      case when p_old.github_run_id is null or not v_same_run or p_new.attempt <= coalesce(p_old.attempt, 1)
        then 'the run is running already' end
    -- given up before it began; a restore may have been requested and done again since then
    when p_old.status = 'lost' and p_old.started_at is null and p_old.kind <> 'restore' and v_same_run then null
    when p_new.attempt <= coalesce(p_old.attempt, 1) then format('the run has ended: %s', p_old.status)
  end;
  if v_why is not null then
    perform public.ops_db_backup_refuse(409, 'request_id_reused', v_why);
  end if;
end
$$;
comment on function public.ops_db_backup_refuse_start(anyelement, anyelement) is
  'Refuses a start that its row does not allow. A run that was given up before it began, other than a restore, may begin. '
  'A run that failed, was cancelled, was lost or stopped reporting may begin again as a later attempt, which a user '
  'requested at GitHub.';

create or replace function public.ops_db_backup_run_start(p jsonb) returns jsonb
  language plpgsql security definer set search_path = ''
as $$
declare
  v_new public.ops_db_backup_runs%rowtype;
  v_old public.ops_db_backup_runs%rowtype;
begin
  v_new := jsonb_populate_record(null::public.ops_db_backup_runs, p);
  v_new.attempt := coalesce(v_new.attempt, 1);
  v_new.label := public.ops_db_backup_label(v_new.label);
  perform public.ops_db_backup_check_order(v_new.kind, v_new.target, v_new.mode, v_new.label, v_new.r2_key);
  perform public.ops_db_backup_refuse_unrequested(v_new);
  perform public.ops_db_backup_runs_expire();

  for v_try in 1..5 loop
    insert into public.ops_db_backup_runs as r
      (kind, target, mode, label, r2_key, reason, status, requested_by, request_id, github_run_id, run_url, attempt,
       break_glass, bytes_expected, created_at, started_at, heartbeat_at)
    values
      (v_new.kind, v_new.target, v_new.mode, v_new.label, v_new.r2_key, nullif(left(trim(v_new.reason), 500), ''),
       'running', v_new.requested_by, v_new.request_id, v_new.github_run_id, v_new.run_url, v_new.attempt,
       v_new.break_glass, v_new.bytes_expected, clock_timestamp(), clock_timestamp(), clock_timestamp())
    on conflict do nothing;
    if found then
      return public.ops_db_backup_run_json(v_new.request_id);
    end if;

    select * into v_old from public.ops_db_backup_runs r where r.request_id = v_new.request_id for update;
    if found then
      perform public.ops_db_backup_refuse_start(v_old, v_new);
      begin
        update public.ops_db_backup_runs r
           set status = 'running',
               phase = null, bytes_done = null, bytes_expected = v_new.bytes_expected, rows_done = null,
               r2_key = coalesce(v_new.r2_key, r.r2_key),
               requested_by = coalesce(r.requested_by, v_new.requested_by),
               github_run_id = coalesce(v_new.github_run_id, r.github_run_id),
               run_url = coalesce(v_new.run_url, r.run_url),
               attempt = v_new.attempt,
               reason = case when v_new.break_glass then left(trim(v_new.reason), 500) else r.reason end,
               break_glass = coalesce(v_new.break_glass, r.break_glass), -- a later attempt takes back no alarm
               error_code = null, error_message = null, result = null, finished_at = null, reported_at = null,
               started_at = clock_timestamp(), heartbeat_at = clock_timestamp(),
               updated_at = clock_timestamp()
         where r.id = v_old.id;
        return public.ops_db_backup_run_json(v_new.request_id);
      exception when unique_violation then
        null; -- another run took the lock since this one ended: the refusal below names it
      end;
    end if;
    perform public.ops_db_backup_refuse_if_held(v_new.kind, v_new.target);
  end loop;
  perform public.ops_db_backup_refuse(409, 'busy', 'the lock changes hands too fast');
end
$$;
comment on function public.ops_db_backup_run_start(jsonb) is
  'A script begins: {request_id, kind, target, mode, label, r2_key, reason, requested_by, github_run_id, run_url, '
  'attempt, break_glass, bytes_expected}. Takes the queued row, or makes one for a run without a request. Refuses (PT409) '
  'with busy when another run holds the target, with request_id_reused when the id is another run''s or the run has '
  'ended; PT403 request_required for a restore of prod on GitHub that no signed-in user requested lately.';

create or replace function public.ops_db_backup_refuse_other_attempt(p_request_id uuid, p_attempt integer) returns void
  language plpgsql stable set search_path = ''
as $$
declare
  v_attempt integer;
begin
  select r.attempt into v_attempt from public.ops_db_backup_runs r where r.request_id = p_request_id;
  if v_attempt <> p_attempt then
    perform public.ops_db_backup_refuse(409, 'request_id_reused',
      format('attempt %s reports, but the run is at attempt %s', p_attempt, v_attempt));
  end if;
end
$$;
comment on function public.ops_db_backup_refuse_other_attempt(uuid, integer) is
  'Refuses (request_id_reused) the report of an attempt that another one has replaced. A report without an attempt, as '
  'earlier scripts send it, is never refused.';

create or replace function public.ops_db_backup_run_progress(p jsonb) returns jsonb
  language plpgsql security definer set search_path = ''
as $$
declare
  v_request_id constant uuid := (p ->> 'request_id')::uuid;
  v_attempt constant integer := (p ->> 'attempt')::integer;
begin
  update public.ops_db_backup_runs r
     set phase = coalesce(p ->> 'phase', r.phase),
         bytes_done = case when p ? 'bytes_done' then (p ->> 'bytes_done')::bigint else r.bytes_done end,
         bytes_expected = case when p ? 'bytes_expected' then (p ->> 'bytes_expected')::bigint
                               else r.bytes_expected end,
         rows_done = case when p ? 'rows_done' then (p ->> 'rows_done')::bigint else r.rows_done end,
         heartbeat_at = clock_timestamp(),
         updated_at = clock_timestamp()
   where r.request_id = v_request_id and r.status = 'running'
     and (v_attempt is null or v_attempt = coalesce(r.attempt, v_attempt));
  perform public.ops_db_backup_refuse_other_attempt(v_request_id, v_attempt);
  return public.ops_db_backup_run_found(v_request_id);
end
$$;
comment on function public.ops_db_backup_run_progress(jsonb) is
  'Progress and sign of life: {request_id, attempt, phase, bytes_done, bytes_expected, rows_done}. A run that has ended '
  'stays as it is. Refuses (PT409, request_id_reused) when another attempt has replaced this one. Returns the run.';

create or replace function public.ops_db_backup_run_finish(p jsonb) returns jsonb
  language plpgsql security definer set search_path = ''
as $$
declare
  v_request_id constant uuid := (p ->> 'request_id')::uuid;
  v_attempt constant integer := (p ->> 'attempt')::integer;
  v_status constant text := p ->> 'status';
begin
  if v_status is null or v_status not in ('succeeded', 'failed', 'cancelled') then
    perform public.ops_db_backup_refuse(400, 'invalid_payload',
      'a script ends as succeeded, failed or cancelled', jsonb_build_object('field', 'status'));
  end if;
  update public.ops_db_backup_runs r
     set status = v_status,
         r2_key = coalesce(p ->> 'r2_key', r.r2_key),
         error_code = left(p ->> 'error_code', 100),
         error_message = left(p ->> 'error_message', 4000),
         result = nullif(p -> 'result', 'null'),
         heartbeat_at = clock_timestamp(),
         finished_at = clock_timestamp(),
         reported_at = clock_timestamp(),
         updated_at = clock_timestamp()
   where r.request_id = v_request_id
     and (v_attempt is null or v_attempt = coalesce(r.attempt, v_attempt))
     and (r.status in ('queued', 'unknown', 'running', 'lost')
          -- settled by others while the script was alive
          or (r.status in ('failed', 'cancelled') and r.started_at is not null and r.reported_at is null));
  perform public.ops_db_backup_refuse_other_attempt(v_request_id, v_attempt);
  return public.ops_db_backup_run_found(v_request_id);
end
$$;
comment on function public.ops_db_backup_run_finish(jsonb) is
  'The end as the script reports it, once: {request_id, attempt, status, r2_key, error_code, error_message, result}. '
  'Replaces an end that was settled or expired while the script was alive; the audit keeps both. An end that a script '
  'reported is final. Refuses (PT409, request_id_reused) when another attempt has replaced this one. Returns the run.';

drop trigger if exists ops_db_backup_runs_audit_changed on public.ops_db_backup_runs;
create constraint trigger ops_db_backup_runs_audit_changed after update on public.ops_db_backup_runs
  deferrable initially deferred for each row
  when ((old.status, old.github_run_id, old.run_url, old.attempt, old.r2_key, old.reported_at)
        is distinct from (new.status, new.github_run_id, new.run_url, new.attempt, new.r2_key, new.reported_at))
  execute function public.ops_db_backup_audit_run();
alter table public.ops_db_backup_runs enable always trigger ops_db_backup_runs_audit_changed;

create or replace function public.ops_db_backup_is_archive_key(p_r2_key text) returns boolean
  language plpgsql immutable set search_path = ''
as $$
declare
  v_parts constant text[] := regexp_match(p_r2_key,
    '^revo/(prod|dev|verify)/([1-9][0-9]{3})/(0[1-9]|1[0-2])/(0[1-9]|[12][0-9]|3[01])/'
    'supabase_\1_\2\3\4_([01][0-9]|2[0-3])[0-5][0-9][0-5][0-9](_[A-Za-z0-9._-]{1,40})?\.dump\.gz$');
begin
  if p_r2_key is null then
    return null;
  end if;
  return coalesce(
    v_parts[4]::integer <= extract(day from make_date(v_parts[2]::integer, v_parts[3]::integer, 1)
                                            + interval '1 month' - interval '1 day'),
    false);
end
$$;
comment on function public.ops_db_backup_is_archive_key(text) is
  'Whether it is revo/<target>/YYYY/MM/DD/supabase_<target>_<YYYYMMDD_HHMMSS>[_<label>].dump.gz with a date and a time '
  'that exist, as parseArchiveKey of the domain; null for null.';

revoke all on function
  public.ops_db_backup_service_level(text),
  public.ops_db_backup_refuse_other_attempt(uuid, integer)
from public, anon, authenticated, service_role;
