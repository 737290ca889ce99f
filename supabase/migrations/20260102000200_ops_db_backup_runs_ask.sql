-- What signed-in users with ops:manage do to runs: ask for one, and say what GitHub answered. The lock is taken
-- by the insert itself (unique indexes), so two askers cannot both get it, whatever their timing.

create or replace function public.ops_db_backup_run_json(p_request_id uuid) returns jsonb
  language plpgsql stable set search_path = ''
as $$
begin
  return (
    select to_jsonb(r) - array['requested_by_id', 'updated_at']
      from public.ops_db_backup_runs r
     where r.request_id = p_request_id
  );
end
$$;
comment on function public.ops_db_backup_run_json(uuid) is
  'One run as ops_db_backup_runs_list shows it, as JSON; null when there is none.';

create or replace function public.ops_db_backup_runs_expire() returns integer
  language plpgsql security definer set search_path = ''
as $$
declare
  v_lost integer;
begin
  update public.ops_db_backup_runs r
     set status = 'lost', error_code = 'run_lost', finished_at = clock_timestamp(),
     updated_at = clock_timestamp(),
         error_message = case r.status
           when 'running' then 'The script gave no sign of life for 10 minutes'
           else 'The run did not begin within 6 hours'
         end
   where r.id in (
     select stale.id
       from public.ops_db_backup_runs stale
      where (stale.status = 'running'
             and coalesce(stale.heartbeat_at, stale.started_at, stale.created_at)
                 < clock_timestamp() - interval '10 minutes')
         or (stale.status in ('queued',
         'unknown') and stale.created_at < clock_timestamp() - interval '6 hours')
      order by stale.id
        for update skip locked -- whoever holds it is giving it up or bringing it to life just now
   );
  get diagnostics v_lost = row_count;
  return v_lost;
end
$$;
comment on function public.ops_db_backup_runs_expire() is
  'Runs without sign of life become lost: running for 10 minutes, queued or unknown for 6 hours. Returns how many. '
  'Done before every start, and by whoever looks at runs with the service key.';

create or replace function public.ops_db_backup_refuse_if_held(p_kind text, p_target text) returns void
  language plpgsql set search_path = ''
as $$
declare
  v_holder jsonb;
begin
  select jsonb_build_object(
           'kind', r.kind, 'target', r.target, 'status', r.status, 'requested_by', r.requested_by,
           'created_at', r.created_at, 'request_id', r.request_id, 'run_url', r.run_url)
    into v_holder
    from public.ops_db_backup_runs r
   where r.status in ('queued', 'running', 'unknown')
     and p_kind in ('backup', 'restore')
     and ((r.kind in ('backup', 'restore') and r.target = p_target)
          or (r.kind = 'restore' and p_kind = 'restore'))
   order by r.target = p_target desc
   limit 1;
  if v_holder is not null then
    perform public.ops_db_backup_refuse(409, 'busy', format('a %s of %s is %s already',
      v_holder ->> 'kind', v_holder ->> 'target', v_holder ->> 'status'), v_holder);
  end if;
end
$$;
comment on function public.ops_db_backup_refuse_if_held(text, text) is
  'Refuses with busy when another run holds the lock that this kind of run on this target needs.';

create or replace function public.ops_db_backup_check_order(
  p_kind text, p_target text, p_mode text, p_label text, p_r2_key text
) returns void
  language plpgsql stable set search_path = ''
as $$
declare
  v_wrong text;
begin
  v_wrong := case
    when p_kind is null or p_kind not in ('backup', 'restore', 'drill', 'plan', 'prune') then 'kind'
    when p_target is null or p_target not in ('prod', 'dev', 'verify') then 'target'
    when p_mode not in ('full', 'schema-only') or (p_kind = 'backup' and p_mode is null) then 'mode'
  end;
  if v_wrong is not null then
    perform public.ops_db_backup_refuse(400, 'invalid_payload',
      format('%s is not one of the known values', v_wrong),
      jsonb_build_object('field', v_wrong));
  end if;
  if p_label !~ '^[A-Za-z0-9._-]{1,40}$' then
    perform public.ops_db_backup_refuse(400, 'invalid_label',
      'the label has a character or a length that no key takes');
  end if;
  if public.ops_db_backup_is_archive_key(p_r2_key) is false
     or (p_kind in ('restore', 'plan') and p_r2_key is null) then
    perform public.ops_db_backup_refuse(400, 'invalid_r2_key',
      'the key is not the key of an archive in the vault');
  end if;
end
$$;
comment on function public.ops_db_backup_check_order(text, text, text, text, text) is
  'Refuses a kind, target, mode, label or key that is not allowed.';

create or replace function public.ops_db_backup_is_archive_key(p_r2_key text) returns boolean
  language plpgsql immutable set search_path = ''
as $$
begin
  return p_r2_key ~ (
    '^revo/(prod|dev|verify)/(\d{4})/(0[1-9]|1[0-2])/(0[1-9]|[12]\d|3[01])/'
    'supabase_\1_\2\3\4_([01]\d|2[0-3])[0-5]\d[0-5]\d(_[A-Za-z0-9._-]{1,40})?\.dump\.gz$');
end
$$;
comment on function public.ops_db_backup_is_archive_key(text) is
  'Whether it is revo/<target>/YYYY/MM/DD/supabase_<target>_<YYYYMMDD_HHMMSS>[_<label>].dump.gz.';

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
    when v_plan.finished_at < clock_timestamp() - interval '30 minutes' then 'too_old'
  end;
  if v_why is not null then
    perform public.ops_db_backup_refuse(409, 'plan_required',
      format('the plan does not speak for this restore: %s', v_why), jsonb_build_object('why', v_why));
  end if;
end
$$;
comment on function public.ops_db_backup_refuse_without_plan(text, text, uuid) is
  'Refuses a restore (plan_required) unless the plan it names succeeded for the same target and backup within the last '
  '30 minutes; DETAIL says why: unknown, other_target, other_backup, not_succeeded or too_old.';

create or replace function public.ops_db_backup_run_request(
  p_kind text, p_target text, p_mode text default null, p_label text default null, p_r2_key text default null,
  p_reason text default null, p_request_id uuid default null, p_plan_request_id uuid default null
) returns jsonb
  language plpgsql security definer set search_path = ''
as $$
declare
  v_request_id constant uuid := coalesce(p_request_id, gen_random_uuid());
  v_label constant text := nullif(p_label, '');
  v_reason constant text := nullif(left(trim(p_reason), 500), '');
  v_mode constant text := case when p_kind = 'backup' then p_mode end;
  v_is_same boolean;
  v_wrong text;
begin
  perform public.require_permission_for_current_user('ops', 'manage');
  if public.current_empresa_id() is null then
    perform public.ops_db_backup_refuse(400, 'empresa_not_selected', 'the user has no active company');
  end if;
  perform public.ops_db_backup_check_order(p_kind, p_target, p_mode, v_label, p_r2_key);
  v_wrong := case
    when p_kind = 'prune' then 'kind' -- the schedule's alone
    when p_kind = 'backup' and p_r2_key is not null then 'r2_key' -- a backup gets its key when it is made
    when p_kind <> 'restore' and p_plan_request_id is not null then 'plan_request_id'
  end;
  if v_wrong is not null then
    perform public.ops_db_backup_refuse(400, 'invalid_payload', format('%s is not for this kind of run', v_wrong),
      jsonb_build_object('field', v_wrong));
  end if;
  perform public.ops_db_backup_runs_expire();

  -- The plan is asked for by whoever asks first; the same request once more answers the same run, however old its plan.
  if p_plan_request_id is not null
     and not exists (select from public.ops_db_backup_runs r where r.request_id = v_request_id) then
    perform public.ops_db_backup_refuse_without_plan(p_target, p_r2_key, p_plan_request_id);
  end if;

  -- A holder may end between the refused insert and the look at it: then there is room, and it is tried again.
  for v_try in 1..5 loop
    insert into public.ops_db_backup_runs as r
      (kind, target, mode, label, r2_key, reason, requested_by, requested_by_id, request_id, plan_request_id,
       created_at)
    values
      (p_kind, p_target, v_mode, v_label, p_r2_key, v_reason, (auth.jwt()) ->> 'email', auth.uid(), v_request_id,
       p_plan_request_id, clock_timestamp())
    on conflict do nothing;
    if found then
      return jsonb_build_object('created', true, 'run', public.ops_db_backup_run_json(v_request_id));
    end if;

    -- an order without a key gets one when it is done: that is no other order
    select (r.kind, r.target, r.mode, r.label, case when p_r2_key is not null then r.r2_key end, r.reason,
            r.plan_request_id, r.requested_by_id)
           is not distinct from
           (p_kind, p_target, v_mode, v_label, p_r2_key, v_reason, p_plan_request_id, auth.uid())
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
comment on function public.ops_db_backup_run_request(text, text, text, text, text, text, uuid, uuid) is
  'Asks for a run and takes its lock; ops:manage and an active company. Returns {created, run}; the same '
  'p_request_id with the same arguments answers the same run with created false.';

create or replace function public.ops_db_backup_run_found(p_request_id uuid) returns jsonb
  language plpgsql stable set search_path = ''
as $$
declare
  v_run constant jsonb := public.ops_db_backup_run_json(p_request_id);
begin
  if v_run is null then
    perform public.ops_db_backup_refuse(404, 'run_not_found', 'there is no run with this request id');
  end if;
  return v_run;
end
$$;
comment on function public.ops_db_backup_run_found(uuid) is
  'Like ops_db_backup_run_json, but refuses with run_not_found when there is none.';

create or replace function public.ops_db_backup_run_dispatched(
  p_request_id uuid, p_github_run_id bigint default null, p_run_url text default null
) returns jsonb
  language plpgsql security definer set search_path = ''
as $$
begin
  perform public.require_permission_for_current_user('ops', 'manage');
  if p_run_url !~ '^https?://' or length(p_run_url) > 500 then
    perform public.ops_db_backup_refuse(400, 'invalid_payload', 'run_url is not a web address',
      jsonb_build_object('field', 'run_url'));
  end if;
  update public.ops_db_backup_runs r
     set github_run_id = coalesce(r.github_run_id, p_github_run_id),
         run_url = coalesce(r.run_url, p_run_url),
         status = case r.status when 'unknown' then 'queued' else r.status end,
         error_code = case r.status when 'unknown' then null else r.error_code end,
         error_message = case r.status when 'unknown' then null else r.error_message end,
         updated_at = clock_timestamp()
   where r.request_id = p_request_id and r.status in ('queued', 'unknown', 'running');
  return public.ops_db_backup_run_found(p_request_id);
end
$$;
comment on function public.ops_db_backup_run_dispatched(uuid, bigint, text) is
  'GitHub accepted the run; ops:manage. What is known of it already is not overwritten. Returns the run.';

create or replace function public.ops_db_backup_run_not_dispatched(
  p_request_id uuid, p_error_code text, p_error_message text default null, p_unclear boolean default false
) returns jsonb
  language plpgsql security definer set search_path = ''
as $$
begin
  perform public.require_permission_for_current_user('ops', 'manage');
  update public.ops_db_backup_runs r
     set status = case when p_unclear then 'unknown' else 'failed' end,
         finished_at = case when p_unclear then null else clock_timestamp() end,
         error_code = left(p_error_code, 100),
         error_message = left(p_error_message, 4000),
         updated_at = clock_timestamp()
   where r.request_id = p_request_id and r.status in ('queued', 'unknown');
  return public.ops_db_backup_run_found(p_request_id);
end
$$;
comment on function public.ops_db_backup_run_not_dispatched(uuid, text, text, boolean) is
  'GitHub refused (failed) or gave no clear answer (unknown); ops:manage. A run that a script reports '
  'already stays '
  'as it is. Returns the run.';

create or replace function public.ops_db_backup_run_settle(
  p_request_id uuid, p_status text, p_error_code text default null, p_error_message text default null
) returns jsonb
  language plpgsql security definer set search_path = ''
as $$
begin
  perform public.require_permission_for_current_user('ops', 'manage');
  if p_status is null or p_status not in ('failed', 'cancelled', 'lost') then
    perform public.ops_db_backup_refuse(400, 'invalid_payload',
      'only failed, cancelled and lost can be settled from outside',
      jsonb_build_object('field', 'status'));
  end if;
  update public.ops_db_backup_runs r
     set status = p_status,
         error_code = left(p_error_code, 100),
         error_message = left(p_error_message, 4000),
         finished_at = clock_timestamp(),
         updated_at = clock_timestamp()
   where r.request_id = p_request_id
     and (r.status in ('queued', 'unknown')
          or (r.status = 'running' and coalesce(r.heartbeat_at, r.started_at, r.created_at)
                                       < clock_timestamp() - interval '20 seconds'));
  return public.ops_db_backup_run_found(p_request_id);
end
$$;
comment on function public.ops_db_backup_run_settle(uuid, text, text, text) is
  'Ends a run whose script did not say so: failed, cancelled or lost (success is said by the script '
  'alone); ops:manage. '
  'A run whose script gave a sign of life within 20 seconds, or that has ended,
  stays as it is. Returns the run.';

revoke all on function
  public.ops_db_backup_run_json(uuid),
  public.ops_db_backup_runs_expire(),
  public.ops_db_backup_refuse_if_held(text, text),
  public.ops_db_backup_check_order(text, text, text, text, text),
  public.ops_db_backup_is_archive_key(text),
  public.ops_db_backup_refuse_without_plan(text, text, uuid),
  public.ops_db_backup_run_request(text, text, text, text, text, text, uuid, uuid),
  public.ops_db_backup_run_found(uuid),
  public.ops_db_backup_run_dispatched(uuid, bigint, text),
  public.ops_db_backup_run_not_dispatched(uuid, text, text, boolean),
  public.ops_db_backup_run_settle(uuid, text, text, text)
from public, anon, authenticated, service_role;

grant execute on function
  public.ops_db_backup_run_request(text, text, text, text, text, text, uuid, uuid),
  public.ops_db_backup_run_dispatched(uuid, bigint, text),
  public.ops_db_backup_run_not_dispatched(uuid, text, text, boolean),
  public.ops_db_backup_run_settle(uuid, text, text, text)
to authenticated;
grant execute on function public.ops_db_backup_runs_expire() to service_role;
