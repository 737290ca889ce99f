-- What an approval is for, and how a request is counted.
--
-- An approval named backup, reason and plan, and the same request could end sessions or take another database's backup. A
-- break-glass variable that was left set passed by the approval of a restore that had one. Drills and plans were counted
-- without a lock. A requester wrote any address as the link of a run.

alter table public.ops_db_backup_runs add column if not exists options jsonb;
comment on column public.ops_db_backup_runs.options is
  'Of a restore: what was requested beside the backup, {end_sessions, confirm_source, allow_unsigned}. Of a plan: the '
  'options that its script has. Without those that are not set.';
alter table public.ops_db_backup_approvals add column if not exists options jsonb not null default '{}';
comment on column public.ops_db_backup_approvals.options is
  'What was requested beside the backup: {end_sessions, confirm_source, allow_unsigned}, without those that are not set.';

-- What a requester chooses. The rest is set where the scripts run, and is bound as the plan had it.
create or replace function public.ops_db_backup_requested_options() returns text[]
  language sql immutable set search_path = ''
as $$ select array['end_sessions', 'confirm_source', 'allow_unsigned'] $$;
comment on function public.ops_db_backup_requested_options() is
  'The options of a restore that its request has; a script that has others has them from its own settings.';

create or replace function public.ops_db_backup_check_options(p_kind text, p_options jsonb) returns void
  language plpgsql immutable set search_path = ''
as $$
begin
  if p_options = '{}' then
    return;
  end if;
  if p_kind <> 'restore' or jsonb_typeof(p_options) <> 'object' or length(p_options::text) > 1000
     or (p_options - public.ops_db_backup_requested_options()) <> '{}' then
    perform public.ops_db_backup_refuse(400, 'invalid_payload', 'the options are not those of a restore',
      jsonb_build_object('field', 'options'));
  end if;
end
$$;
comment on function public.ops_db_backup_check_options(text, jsonb) is
  'Refuses (invalid_payload) options that a request of this kind does not have.';

create or replace function public.ops_db_backup_named_options(p_options jsonb, p_plan_request_id uuid) returns jsonb
  language sql stable set search_path = ''
as $$
  select coalesce(p_options, '{}') || coalesce((
    select jsonb_build_object('privileges_from', r.result #> '{plan,access,from}')
      from public.ops_db_backup_runs r
     where r.request_id = p_plan_request_id and r.kind = 'plan' and p_options ->> 'privileges_from' = 'newest'
       and r.result #>> '{plan,access,from}' is not null), '{}')
$$;
comment on function public.ops_db_backup_named_options(jsonb, uuid) is
  'The options, with the backup that the plan found where privileges_from is newest: a restore takes the plan''s, and its '
  'request from the screen names it.';

create or replace function public.ops_db_backup_bound_options(p_options jsonb, p_plan_request_id uuid) returns jsonb
  language sql stable set search_path = ''
as $$
  select coalesce((select public.ops_db_backup_named_options(r.options, r.request_id) - public.ops_db_backup_requested_options()
                     from public.ops_db_backup_runs r
                    where r.request_id = p_plan_request_id and r.kind = 'plan'), '{}') || coalesce(p_options, '{}')
$$;
comment on function public.ops_db_backup_bound_options(jsonb, uuid) is
  'The options that a restore has to begin with: those of its request, and the others as its plan had them.';

create or replace function public.ops_db_backup_await_approval(
  p_request_id uuid, p_r2_key text, p_reason text, p_plan_request_id uuid, p_options jsonb
) returns jsonb
  language plpgsql set search_path = ''
as $$
declare
  v_row record;
  v_why text;
begin
  insert into public.ops_db_backup_approvals
    (request_id, r2_key, sha256, plan_request_id, reason, options, requested_by, requested_by_id)
  values (p_request_id, p_r2_key, public.ops_db_backup_stored_sha256(p_r2_key), p_plan_request_id, p_reason, p_options,
          auth.jwt() ->> 'email', auth.uid())
  on conflict do nothing;
  select * into v_row from public.ops_db_backup_approvals a where a.request_id = p_request_id for update;
  if (v_row.r2_key, v_row.reason, v_row.plan_request_id, v_row.options, v_row.requested_by_id)
     is distinct from (p_r2_key, p_reason, p_plan_request_id, p_options, auth.uid()) then
    perform public.ops_db_backup_refuse(409, 'request_id_reused', 'the request id belongs to another request');
  end if;
  v_why := case
    when v_row.decision = 'denied' then 'denied'
    when v_row.requested_at < clock_timestamp() - public.ops_db_backup_service_level('approval_valid') then 'expired'
    when v_row.sha256 is distinct from public.ops_db_backup_stored_sha256(p_r2_key) then 'other_archive'
  end;
  if v_why is not null then
    perform public.ops_db_backup_refuse(409, 'approval_refused', format('the request was not approved: %s', v_why),
      jsonb_build_object('why', v_why));
  end if;
  return case when v_row.decision is null then jsonb_build_object(
    'request_id', p_request_id,
    'expires_at', v_row.requested_at + public.ops_db_backup_service_level('approval_valid')) end;
end
$$;
comment on function public.ops_db_backup_await_approval(uuid, text, text, uuid, jsonb) is
  'Enters a request that needs a second user. Returns {request_id, expires_at} while it waits, null once it is approved; '
  'refuses (approval_refused) one that was denied, has expired or whose archive is another one by now.';
drop function if exists public.ops_db_backup_await_approval(uuid, text, text, uuid);

create or replace function public.ops_db_backup_control() returns jsonb
  language plpgsql stable security definer set search_path = ''
as $$
begin
  perform public.require_permission_for_current_user('ops', 'view');
  return public.ops_db_backup_control_state() || jsonb_build_object('waiting', (
    select coalesce(jsonb_agg(jsonb_build_object(
             'request_id', a.request_id, 'r2_key', a.r2_key, 'sha256', a.sha256, 'reason', a.reason,
             'plan_request_id', a.plan_request_id, 'requested_by', a.requested_by, 'requested_at', a.requested_at,
             'expires_at', a.requested_at + public.ops_db_backup_service_level('approval_valid'),
             'options', public.ops_db_backup_bound_options(a.options, a.plan_request_id),
             'decision', a.decision, 'is_own', a.requested_by_id is not distinct from auth.uid())
             order by a.requested_at), '[]')
      from public.ops_db_backup_approvals a
     where a.requested_at > clock_timestamp() - public.ops_db_backup_service_level('approval_valid')
       and (a.decision is null or a.requested_by_id = auth.uid())
       and not exists (select from public.ops_db_backup_runs r where r.request_id = a.request_id)));
end
$$;
comment on function public.ops_db_backup_control() is
  'Who may restore what, for the screen; ops:view: ops_db_backup_control_state and waiting, the requests that wait for a '
  'second user, and the caller''s own that were decided and have not begun: [{request_id, r2_key, sha256, reason, '
  'plan_request_id, requested_by, requested_at, expires_at, options, decision, is_own}].';

create or replace function public.ops_db_backup_take_approval(p_request_id uuid, p_options jsonb) returns boolean
  language plpgsql set search_path = ''
as $$
begin
  update public.ops_db_backup_approvals a
     set used_at = clock_timestamp()
    from public.ops_db_backup_runs r
   where a.request_id = p_request_id and a.decision = 'approved' and a.used_at is null
     and r.request_id = a.request_id and r.r2_key = a.r2_key and r.plan_request_id = a.plan_request_id
     and r.requested_by_id = a.requested_by_id
     and public.ops_db_backup_named_options(p_options, a.plan_request_id)
         = public.ops_db_backup_bound_options(a.options, a.plan_request_id)
     and a.sha256 is not distinct from public.ops_db_backup_stored_sha256(a.r2_key);
  return found;
end
$$;
comment on function public.ops_db_backup_take_approval(uuid, jsonb) is
  'Uses the approval of a restore of prod for its one start; false when there is none for exactly this requester, backup, '
  'content, plan and options.';

-- Called with a row of the table; declared as anyelement so that no object depends on the table's type.
create or replace function public.ops_db_backup_admit(p_new anyelement) returns boolean
  language plpgsql set search_path = ''
as $$
declare
  v_request record;
  v_why text;
begin
  if p_new.kind <> 'restore' or p_new.target <> 'prod' or p_new.github_run_id is null then
    return null;
  end if;
  select r.requested_by_id, r.created_at into v_request
    from public.ops_db_backup_runs r
   where r.request_id = p_new.request_id;
  v_why := case
    when not found then 'missing'
    when v_request.requested_by_id is null then 'not_signed_in'
    when v_request.created_at < clock_timestamp() - public.ops_db_backup_service_level('restore_request_valid')
      then 'too_old'
  end;
  if v_why is null and public.ops_db_backup_setting('restore_approval') = '"two-person"'
     and not public.ops_db_backup_take_approval(p_new.request_id, p_new.options) then
    v_why := 'not_approved';
  end if;
  if v_why is null then
    return null;
  end if;
  if p_new.break_glass then
    if coalesce(trim(p_new.reason), '') = '' then
      perform public.ops_db_backup_refuse(400, 'reason_required', 'a restore of prod needs a reason');
    end if;
    return true;
  end if;
  if v_why = 'not_approved' then
    perform public.ops_db_backup_refuse(403, 'approval_required',
      'no second user approved this restore of prod with these options, or the approval was used');
  end if;
  perform public.ops_db_backup_refuse(403, 'request_required',
    format('no signed-in user requested this restore of prod lately: %s', v_why), jsonb_build_object('why', v_why));
end
$$;
comment on function public.ops_db_backup_admit(anyelement) is
  'Refuses (request_required) to start a restore of prod on GitHub unless a signed-in user requested it within the '
  'service level restore_request_valid; DETAIL says why: missing, not_signed_in or too_old. With the setting '
  'restore_approval two-person it needs an approval, too (approval_required). What would be refused is admitted by '
  'break_glass, with a reason: only then true is returned, else null. A run outside GitHub has the owner''s password and '
  'is not refused.';
drop function if exists public.ops_db_backup_refuse_unrequested(anyelement);
drop function if exists public.ops_db_backup_use_approval(uuid);

create or replace function public.ops_db_backup_own_run_url(p_run_url text) returns text
  language plpgsql stable set search_path = ''
as $$
declare
  v_base text;
begin
  select substring(r.run_url from '^(.*)/actions/runs/\d+$') into v_base
    from public.ops_db_backup_runs r
   where r.started_at is not null and r.github_run_id is not null and r.run_url ~ '/actions/runs/\d+$'
   order by r.started_at desc
   limit 1;
  return case
    when v_base is not null then
      case when starts_with(p_run_url, v_base) and substr(p_run_url, length(v_base) + 1) ~ '^/actions/runs/\d+$'
        then p_run_url end
    -- before a script has begun: GitHub, or the GitHub of this machine
    when p_run_url ~ '^(https://github\.com|http://(127\.0\.0\.1|localhost):\d+)/[\w.-]+/[\w.-]+/actions/runs/\d+$'
      then p_run_url
  end;
end
$$;
comment on function public.ops_db_backup_own_run_url(text) is
  'The address when it is of a run of the repository whose script began last, else null: an address that a user or an '
  'unsigned manifest gives becomes a link on the screen.';

create or replace function public.ops_db_backup_run_dispatched(
  p_request_id uuid, p_github_run_id bigint default null, p_run_url text default null
) returns jsonb
  language plpgsql security definer set search_path = ''
as $$
begin
  perform public.ops_db_backup_require('either');
  if p_run_url !~ '^https?://' or length(p_run_url) > 500 then
    perform public.ops_db_backup_refuse(400, 'invalid_payload', 'run_url is not a web address',
      jsonb_build_object('field', 'run_url'));
  end if;
  update public.ops_db_backup_runs r
     set github_run_id = coalesce(r.github_run_id, p_github_run_id),
         run_url = coalesce(r.run_url, case when p_run_url like '%/' || p_github_run_id
                                         then public.ops_db_backup_own_run_url(p_run_url) end),
         status = case r.status when 'unknown' then 'queued' else r.status end,
         error_code = case r.status when 'unknown' then null else r.error_code end,
         error_message = case r.status when 'unknown' then null else r.error_message end,
         updated_at = clock_timestamp()
   where r.request_id = p_request_id and r.status in ('queued', 'unknown', 'running');
  return public.ops_db_backup_run_found(p_request_id);
end
$$;
comment on function public.ops_db_backup_run_dispatched(uuid, bigint, text) is
  'GitHub accepted the run; ops:manage. What is known of it already is not overwritten, and an address is kept only when it '
  'is the page of this run in the own repository. Returns the run.';

drop function if exists public.ops_db_backup_run_request(text, text, text, text, text, text, uuid, uuid);
create or replace function public.ops_db_backup_run_request(
  p_kind text,
  p_target text,
  p_mode text default null,
  p_label text default null,
  p_r2_key text default null,
  p_reason text default null,
  p_request_id uuid default null,
  p_plan_request_id uuid default null,
  p_options jsonb default '{}'
) returns jsonb
  language plpgsql security definer set search_path = ''
as $$
declare
  v_request_id constant uuid := coalesce(p_request_id, gen_random_uuid());
  v_label constant text := public.ops_db_backup_label(p_label);
  v_reason constant text := nullif(left(trim(p_reason), 500), '');
  v_options constant jsonb := coalesce(p_options, '{}');
  v_mode constant text := case when p_kind = 'backup' then p_mode end;
  v_is_same boolean;
  v_waiting jsonb;
  v_wrong text;
begin
  perform public.ops_db_backup_require(
    case p_kind when 'restore' then 'restore' when 'plan' then 'either' else 'manage' end);
  if public.current_empresa_id() is null then
    perform public.ops_db_backup_refuse(400, 'empresa_not_selected', 'the user has no active company');
  end if;
  perform public.ops_db_backup_check_order(p_kind, p_target, p_mode, v_label, p_r2_key);
  perform public.ops_db_backup_check_options(p_kind, v_options);
  v_wrong := case
    when p_kind = 'prune' then 'kind' -- by schedule only
    when p_kind = 'backup' and p_r2_key is not null then 'r2_key' -- a backup gets its key when it is made
    when p_kind <> 'restore' and p_plan_request_id is not null then 'plan_request_id'
  end;
  if v_wrong is not null then
    perform public.ops_db_backup_refuse(400, 'invalid_payload', format('%s is not for this kind of run', v_wrong),
      jsonb_build_object('field', v_wrong));
  end if;
  if p_kind = 'restore' and p_target = 'prod' then
    perform public.ops_db_backup_require_second_factor();
    if not public.ops_db_backup_is_reason(v_reason) then
      perform public.ops_db_backup_refuse(400, 'reason_required', 'a restore of prod needs a reason');
    end if;
    if p_plan_request_id is null then
      perform public.ops_db_backup_refuse(409, 'plan_required', 'a restore of prod needs a plan',
        jsonb_build_object('why', 'missing'));
    end if;
  end if;
  perform public.ops_db_backup_runs_expire();

  if public.ops_db_backup_limit(p_kind) is not null then
    -- one request at a time until it is committed: parallel ones would each count without the others
    perform pg_advisory_xact_lock(hashtextextended(format('ops_db_backup_limit %s %s', p_kind, p_target), 0));
  end if;
  if not exists (select from public.ops_db_backup_runs r where r.request_id = v_request_id) then
    perform public.ops_db_backup_refuse_over_limit(p_kind, p_target);
  end if;

  -- Only the first request needs a valid plan; the same request again returns the same run, however old its plan is.
  if p_plan_request_id is not null
     and not exists (select from public.ops_db_backup_runs r where r.request_id = v_request_id)
     and not exists (select from public.ops_db_backup_approvals a where a.request_id = v_request_id) then
    perform public.ops_db_backup_refuse_without_plan(p_target, p_r2_key, p_plan_request_id);
  end if;

  if p_kind = 'restore' and p_target = 'prod'
     and public.ops_db_backup_setting('restore_approval') = '"two-person"'
     and not exists (select from public.ops_db_backup_runs r where r.request_id = v_request_id) then
    v_waiting := public.ops_db_backup_await_approval(
      v_request_id, p_r2_key, v_reason, p_plan_request_id, v_options);
    if v_waiting is not null then
      return jsonb_build_object('created', false, 'run', null, 'approval', v_waiting);
    end if;
  end if;

  -- The run that holds the target may end between the refused insert and the query for it: then the insert is repeated.
  for v_try in 1..5 loop
    insert into public.ops_db_backup_runs as r
      (kind, target, mode, label, r2_key, reason, requested_by, requested_by_id, request_id, plan_request_id,
       options, created_at)
    values
      (p_kind, p_target, v_mode, v_label, p_r2_key, v_reason, (auth.jwt()) ->> 'email', auth.uid(), v_request_id,
       p_plan_request_id, case when p_kind = 'restore' then v_options end, clock_timestamp())
    on conflict do nothing;
    if found then
      return jsonb_build_object('created', true, 'run', public.ops_db_backup_run_json(v_request_id));
    end if;

    -- an order without a key gets one when it is done, and stays the same order
    select (r.kind, r.target, r.mode, r.label, case when p_r2_key is not null then r.r2_key end, r.reason,
            r.plan_request_id, coalesce(r.options, '{}'), r.requested_by_id)
           is not distinct from
           (p_kind, p_target, v_mode, v_label, p_r2_key, v_reason, p_plan_request_id,
            case when p_kind = 'restore' then v_options else coalesce(r.options, '{}') end, auth.uid())
      into v_is_same
      from public.ops_db_backup_runs r
     where r.request_id = v_request_id;
    if v_is_same then
      return jsonb_build_object('created', false, 'run', public.ops_db_backup_run_json(v_request_id));
    elsif not v_is_same then
      perform public.ops_db_backup_refuse(409, 'request_id_reused',
        'the request id belongs to another request');
    end if;
    perform public.ops_db_backup_refuse_if_held(p_kind, p_target);
  end loop;
  perform public.ops_db_backup_refuse(409, 'busy', 'the lock changes hands too fast');
end
$$;
comment on function public.ops_db_backup_run_request(text, text, text, text, text, text, uuid, uuid, jsonb) is
  'Requests a run and takes its lock; the right to make backups or to restore, and an active company. A restore of '
  'prod needs a reason (reason_required) and a plan (plan_required), and may have p_options: {end_sessions, '
  'confirm_source, allow_unsigned}. Returns {created, run}; the same p_request_id with the same arguments returns '
  'the same run with created false. While a restore waits for a second user, returns {created: false, run: null, '
  'approval: {request_id, expires_at}}; the same call again, once it is approved, requests the run.';

create or replace function public.ops_db_backup_run_start(p jsonb) returns jsonb
  language plpgsql security definer set search_path = ''
as $$
declare
  v_new public.ops_db_backup_runs%rowtype;
  v_old public.ops_db_backup_runs%rowtype;
  v_answer jsonb;
begin
  v_new := jsonb_populate_record(null::public.ops_db_backup_runs, p);
  v_new.attempt := coalesce(v_new.attempt, 1);
  v_new.label := public.ops_db_backup_label(v_new.label);
  perform public.ops_db_backup_check_order(v_new.kind, v_new.target, v_new.mode, v_new.label, v_new.r2_key);
  v_new.break_glass := public.ops_db_backup_admit(v_new);
  v_answer := jsonb_build_object('break_glass', coalesce(v_new.break_glass, false));
  perform public.ops_db_backup_runs_expire();

  for v_try in 1..5 loop
    insert into public.ops_db_backup_runs as r
      (kind, target, mode, label, r2_key, reason, status, requested_by, request_id, github_run_id, run_url, attempt,
       break_glass, options, bytes_expected, created_at, started_at, heartbeat_at)
    values
      (v_new.kind, v_new.target, v_new.mode, v_new.label, v_new.r2_key, nullif(left(trim(v_new.reason), 500), ''),
       'running', v_new.requested_by, v_new.request_id, v_new.github_run_id, v_new.run_url, v_new.attempt,
       v_new.break_glass, v_new.options, v_new.bytes_expected, clock_timestamp(), clock_timestamp(), clock_timestamp())
    on conflict do nothing;
    if found then
      return v_answer || public.ops_db_backup_run_json(v_new.request_id);
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
               options = case when r.kind = 'plan' then v_new.options else r.options end,
               error_code = null, error_message = null, result = null, finished_at = null, reported_at = null,
               started_at = clock_timestamp(), heartbeat_at = clock_timestamp(),
               updated_at = clock_timestamp()
         where r.id = v_old.id;
        return v_answer || public.ops_db_backup_run_json(v_new.request_id);
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
  'attempt, break_glass, options, bytes_expected}. Takes the queued row, or makes one for a run without a request. '
  'Refuses (PT409) with busy when another run holds the target, with request_id_reused when the id is another '
  'run''s or the run has ended; PT403 request_required or approval_required for a restore of prod on GitHub that no '
  'signed-in user requested lately. Returns the run, and whether break_glass admitted it: it counts only where no '
  'request does.';

create or replace function public.ops_db_backup_record(p jsonb) returns jsonb
  language plpgsql security definer set search_path = ''
as $$
declare
  v_key constant text := p ->> 'r2_key';
  v_manifest constant jsonb := p -> 'manifest';
  v_run_url constant text := coalesce(p ->> 'run_url', p #>> '{manifest,run,url}');
  v_row jsonb;
begin
  perform public.ops_db_backup_check_record(p ->> 'r2_bucket', v_key, v_manifest);
  insert into public.ops_db_backups as b
    (r2_bucket, r2_key, created_at, target, mode, sha256, bytes, git_sha, status, kind, label, raw_bytes,
     tables_total, rows_total, duration_ms, server_version, requested_by, run_url, verified_at, manifest,
     signed_by, updated_at)
  values
    (p ->> 'r2_bucket', v_key, (v_manifest ->> 'created_at_utc')::timestamptz, v_manifest ->> 'target',
     v_manifest ->> 'mode', v_manifest ->> 'sha256', (v_manifest ->> 'bytes')::bigint,
     v_manifest ->> 'git_sha',
     'uploaded', v_manifest ->> 'kind',
     coalesce(v_manifest ->> 'label', substring(v_key from '_\d{8}_\d{6}_([A-Za-z0-9._-]+)\.dump\.gz(?:\.age)?$')),
     (v_manifest ->> 'raw_bytes')::bigint, (v_manifest ->> 'tables_total')::integer,
     (v_manifest ->> 'rows_total')::bigint, (v_manifest ->> 'duration_ms')::bigint,
     v_manifest ->> 'server_version',
     coalesce(p ->> 'requested_by', v_manifest ->> 'requested_by'),
     case when p ->> 'signed_by' is null then public.ops_db_backup_own_run_url(v_run_url) else v_run_url end,
     (p ->> 'verified_at')::timestamptz, v_manifest,
     p ->> 'signed_by', clock_timestamp())
  on conflict (r2_bucket, r2_key) where duplicate_of is null do update
     set created_at = excluded.created_at, target = excluded.target, mode = excluded.mode,
         sha256 = excluded.sha256, bytes = excluded.bytes, git_sha = excluded.git_sha,
         -- it is there: what spoke of a missing object no longer holds
         status = case when b.status in ('failed', 'deleted') then 'uploaded' else b.status end,
         kind = excluded.kind, label = excluded.label, raw_bytes = excluded.raw_bytes,
         tables_total = excluded.tables_total, rows_total = excluded.rows_total,
         duration_ms = excluded.duration_ms,
         server_version = excluded.server_version,
         requested_by = coalesce(excluded.requested_by, b.requested_by),
         run_url = coalesce(excluded.run_url, b.run_url),
         -- proofs are about bytes: other bytes have none
         verified_at = case when b.sha256 = excluded.sha256 then coalesce(excluded.verified_at, b.verified_at)
                            else excluded.verified_at end,
         proven_at = case when b.sha256 = excluded.sha256 then b.proven_at end,
         proof = case when b.sha256 = excluded.sha256 then b.proof end,
         -- not given: it was not checked, and what was checked of these bytes holds
         signed_by = case when p ? 'signed_by' then excluded.signed_by when b.sha256 = excluded.sha256 then b.signed_by end,
         manifest = excluded.manifest, updated_at = excluded.updated_at
  returning to_jsonb(b) - array['manifest', 'duplicate_of', 'updated_at'] into v_row;
  return v_row;
end
$$;
comment on function public.ops_db_backup_record(jsonb) is
  'Inserts or renews the row of one archive from its manifest, of version 2 or older: {r2_bucket, r2_key, manifest, '
  'requested_by, run_url, verified_at, signed_by}. signed_by is the id of the trusted key whose signature was '
  'checked, or null; left out, nothing was checked. Without it the address of the run is kept only when it is in '
  'the own repository. Returns the row.';

create or replace function public.ops_db_backup_run_json(p_request_id uuid) returns jsonb
  language plpgsql stable set search_path = ''
as $$
begin
  return (
    select to_jsonb(r) - array['requested_by_id', 'reported_at', 'updated_at', 'break_glass', 'options']
      from public.ops_db_backup_runs r
     where r.request_id = p_request_id
  );
end
$$;

revoke all on function
  public.ops_db_backup_requested_options(),
  public.ops_db_backup_check_options(text, jsonb),
  public.ops_db_backup_named_options(jsonb, uuid),
  public.ops_db_backup_bound_options(jsonb, uuid),
  public.ops_db_backup_await_approval(uuid, text, text, uuid, jsonb),
  public.ops_db_backup_take_approval(uuid, jsonb),
  public.ops_db_backup_admit(anyelement),
  public.ops_db_backup_own_run_url(text),
  public.ops_db_backup_run_request(text, text, text, text, text, text, uuid, uuid, jsonb)
from public, anon, authenticated, service_role;
grant execute on function
  public.ops_db_backup_run_request(text, text, text, text, text, text, uuid, uuid, jsonb)
to authenticated;
