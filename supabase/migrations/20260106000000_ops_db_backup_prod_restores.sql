-- A restore of prod needs a reason and a plan, from any user and any client.
--
-- Both were required only of requests with an id, so a client could leave them out with it.

create or replace function public.ops_db_backup_run_request(
  p_kind text, p_target text, p_mode text default null, p_label text default null, p_r2_key text default null,
  p_reason text default null, p_request_id uuid default null, p_plan_request_id uuid default null
) returns jsonb
  language plpgsql security definer set search_path = ''
as $$
declare
  v_request_id constant uuid := coalesce(p_request_id, gen_random_uuid());
  v_label constant text := public.ops_db_backup_label(p_label);
  v_reason constant text := nullif(left(trim(p_reason), 500), '');
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
    v_waiting := public.ops_db_backup_await_approval(v_request_id, p_r2_key, v_reason, p_plan_request_id);
    if v_waiting is not null then
      return jsonb_build_object('created', false, 'run', null, 'approval', v_waiting);
    end if;
  end if;

  -- The run that holds the target may end between the refused insert and the query for it: then the insert is repeated.
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

    -- an order without a key gets one when it is done, and stays the same order
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
  'Requests a run and takes its lock; the right to make backups or to restore, and an active company. A restore of prod '
  'needs a reason (reason_required) and a plan (plan_required). Returns {created, run}; the same p_request_id with the same '
  'arguments returns the same run with created false. While a restore waits for a second user, returns {created: false, '
  'run: null, approval: {request_id, expires_at}}; the same call again, once it is approved, requests the run.';
