-- A restore of prod may need a second user: the setting restore_approval = two-person.

create table if not exists public.ops_db_backup_approvals (
  request_id uuid not null constraint ops_db_backup_approvals_pkey primary key,
  r2_key text not null,
  sha256 text,
  plan_request_id uuid not null,
  reason text not null,
  requested_at timestamptz not null default clock_timestamp(),
  requested_by text,
  requested_by_id uuid not null,
  decision text constraint ops_db_backup_approvals_decision_known check (decision in ('approved', 'denied')),
  decided_at timestamptz,
  decided_by text,
  decided_by_id uuid,
  used_at timestamptz,
  constraint ops_db_backup_approvals_two_people check (decided_by_id <> requested_by_id),
  constraint ops_db_backup_approvals_decision_whole
    check ((decision is null) = (decided_at is null) and (decision is null) = (decided_by_id is null))
);
comment on table public.ops_db_backup_approvals is
  'Requests of restores of prod that a second user decides, one row each. Rows are never deleted.';
comment on column public.ops_db_backup_approvals.sha256 is 'The archive''s SHA-256 in the catalog when it was requested.';
comment on column public.ops_db_backup_approvals.used_at is 'When the restore began: an approval is for one start.';
alter table public.ops_db_backup_approvals enable row level security;
revoke all on public.ops_db_backup_approvals from public, anon, authenticated, service_role;
create index if not exists ops_db_backup_approvals_newest_idx on public.ops_db_backup_approvals (requested_at desc);

create or replace function public.ops_db_backup_audit_approval() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  perform public.ops_db_backup_audit_write(
    'approval',
    case when new.used_at is not null then 'script' when new.decision is not null then new.decided_by
         else new.requested_by end,
    case when new.used_at is not null then null when new.decision is not null then new.decided_by_id
         else new.requested_by_id end,
    'prod', new.request_id, new.r2_key,
    case when new.used_at is not null then 'used' else coalesce(new.decision, 'requested') end,
    jsonb_build_object('approval', to_jsonb(new)));
  return null;
end
$$;
comment on function public.ops_db_backup_audit_approval() is
  'Records an approval that is requested, approved, denied or used.';
drop trigger if exists ops_db_backup_approvals_audit on public.ops_db_backup_approvals;
create constraint trigger ops_db_backup_approvals_audit after insert or update on public.ops_db_backup_approvals
  deferrable initially deferred for each row execute function public.ops_db_backup_audit_approval();
alter table public.ops_db_backup_approvals enable always trigger ops_db_backup_approvals_audit;

create or replace function public.ops_db_backup_stored_sha256(p_r2_key text) returns text
  language sql stable set search_path = ''
as $$
  select b.sha256 from public.ops_db_backups b
   where b.r2_key = p_r2_key and b.status <> 'deleted'
   order by b.duplicate_of is null desc, b.created_at desc
   limit 1
$$;
comment on function public.ops_db_backup_stored_sha256(text) is 'The SHA-256 of an archive as the catalog has it, or null.';

create or replace function public.ops_db_backup_await_approval(
  p_request_id uuid, p_r2_key text, p_reason text, p_plan_request_id uuid
) returns jsonb
  language plpgsql set search_path = ''
as $$
declare
  v_row record;
  v_why text;
begin
  insert into public.ops_db_backup_approvals
    (request_id, r2_key, sha256, plan_request_id, reason, requested_by, requested_by_id)
  values (p_request_id, p_r2_key, public.ops_db_backup_stored_sha256(p_r2_key), p_plan_request_id, p_reason,
          auth.jwt() ->> 'email', auth.uid())
  on conflict do nothing;
  select * into v_row from public.ops_db_backup_approvals a where a.request_id = p_request_id for update;
  if (v_row.r2_key, v_row.reason, v_row.plan_request_id, v_row.requested_by_id)
     is distinct from (p_r2_key, p_reason, p_plan_request_id, auth.uid()) then
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
comment on function public.ops_db_backup_await_approval(uuid, text, text, uuid) is
  'Enters a request that needs a second user. Returns {request_id, expires_at} while it waits, null once it is approved; '
  'refuses (approval_refused) one that was denied, has expired or whose archive is another one by now.';

create or replace function public.ops_db_backup_decide(p_request_id uuid, p_approve boolean) returns jsonb
  language plpgsql security definer set search_path = ''
as $$
declare
  v_row record;
begin
  perform public.ops_db_backup_require('restore');
  perform public.ops_db_backup_require_second_factor();
  if public.current_empresa_id() is null then
    perform public.ops_db_backup_refuse(400, 'empresa_not_selected', 'the user has no active company');
  end if;
  if p_approve is null then
    perform public.ops_db_backup_refuse(400, 'invalid_payload', 'approve is neither true nor false',
      jsonb_build_object('field', 'approve'));
  end if;
  select * into v_row from public.ops_db_backup_approvals a where a.request_id = p_request_id for update;
  if not found then
    perform public.ops_db_backup_refuse(404, 'run_not_found', 'no request with this id waits for an approval');
  end if;
  if v_row.requested_by_id = auth.uid() then
    perform public.ops_db_backup_refuse(403, 'approval_own', 'another user than the requester decides');
  end if;
  if v_row.decision is not null then
    perform public.ops_db_backup_refuse(409, 'approval_refused', 'the request was decided before',
      jsonb_build_object('why', 'decided'));
  end if;
  if v_row.requested_at < clock_timestamp() - public.ops_db_backup_service_level('approval_valid') then
    perform public.ops_db_backup_refuse(409, 'approval_refused', 'the request has expired',
      jsonb_build_object('why', 'expired'));
  end if;
  update public.ops_db_backup_approvals a
     set decision = case when p_approve then 'approved' else 'denied' end, decided_at = clock_timestamp(),
         decided_by = auth.jwt() ->> 'email', decided_by_id = auth.uid()
   where a.request_id = p_request_id;
  return public.ops_db_backup_control();
end
$$;
comment on function public.ops_db_backup_decide(uuid, boolean) is
  'A second user approves or denies a restore of prod, once; the right to restore prod, and an active company. Refuses '
  'approval_own for the requester, approval_refused for a request that was decided or has expired. Returns what '
  'ops_db_backup_control does.';

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
  'plan_request_id, requested_by, requested_at, expires_at, decision, is_own}].';

create or replace function public.ops_db_backup_use_approval(p_request_id uuid) returns void
  language plpgsql set search_path = ''
as $$
begin
  update public.ops_db_backup_approvals a
     set used_at = clock_timestamp()
    from public.ops_db_backup_runs r
   where a.request_id = p_request_id and a.decision = 'approved' and a.used_at is null
     and r.request_id = a.request_id and r.r2_key = a.r2_key and r.plan_request_id = a.plan_request_id
     and r.requested_by_id = a.requested_by_id
     and a.sha256 is not distinct from public.ops_db_backup_stored_sha256(a.r2_key);
  if not found then
    perform public.ops_db_backup_refuse(403, 'approval_required',
      'no second user approved this restore of prod, or the approval was used');
  end if;
end
$$;
comment on function public.ops_db_backup_use_approval(uuid) is
  'Uses the approval of a restore of prod for its one start; refuses (approval_required) when there is none for exactly '
  'this requester, backup, content and plan.';

revoke all on function
  public.ops_db_backup_audit_approval(),
  public.ops_db_backup_stored_sha256(text),
  public.ops_db_backup_await_approval(uuid, text, text, uuid),
  public.ops_db_backup_decide(uuid, boolean),
  public.ops_db_backup_control(),
  public.ops_db_backup_use_approval(uuid)
from public, anon, authenticated, service_role;
grant execute on function
  public.ops_db_backup_decide(uuid, boolean),
  public.ops_db_backup_control()
to authenticated;
