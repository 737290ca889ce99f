-- A restore of prod on GitHub needs the request of a signed-in user, or the repository's break-glass variable.
--
-- Who may start a workflow could replace production without the screen: the request, its reason and its plan were
-- required by the screen's path only.

alter table public.ops_db_backup_runs add column if not exists break_glass boolean;
comment on column public.ops_db_backup_runs.break_glass is
  'True of a restore of prod that began without the request of a signed-in user, by the repository''s variable.';

-- Called with a row of the table; declared as anyelement so that no object depends on the table's type.
create or replace function public.ops_db_backup_refuse_unrequested(p_new anyelement) returns void
  language plpgsql set search_path = ''
as $$
declare
  v_request record;
  v_why text;
begin
  if p_new.kind <> 'restore' or p_new.target <> 'prod' or p_new.github_run_id is null then
    return;
  end if;
  if p_new.break_glass then
    if coalesce(trim(p_new.reason), '') = '' then
      perform public.ops_db_backup_refuse(400, 'reason_required', 'a restore of prod needs a reason');
    end if;
    return;
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
  if v_why is not null then
    perform public.ops_db_backup_refuse(403, 'request_required',
      format('no signed-in user requested this restore of prod lately: %s', v_why), jsonb_build_object('why', v_why));
  end if;
  if public.ops_db_backup_setting('restore_approval') = '"two-person"' then
    perform public.ops_db_backup_use_approval(p_new.request_id);
  end if;
end
$$;
comment on function public.ops_db_backup_refuse_unrequested(anyelement) is
  'Refuses (request_required) to start a restore of prod on GitHub unless a signed-in user requested it within the '
  'service level restore_request_valid; DETAIL says why: missing, not_signed_in or too_old. With the setting restore_approval two-person it needs an approval, too. With break_glass it is not '
  'refused, but needs a reason. A run outside GitHub has the owner''s password and is not refused.';

create or replace function public.ops_db_backup_break_glass_uses() returns jsonb
  language sql stable set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
           'request_id', u.request_id, 'at', u.at, 'actor', u.actor, 'r2_key', u.r2_key, 'reason', u.reason,
           'run_url', u.run_url) order by u.at desc), '[]')
    from (
      select r.request_id, r.started_at as at, r.requested_by as actor, r.r2_key, r.reason, r.run_url
        from public.ops_db_backup_runs r
       where r.kind = 'restore' and r.break_glass
         and r.started_at > now() - public.ops_db_backup_service_level('break_glass_shown')
      union all
      select a.request_id, a.at, a.actor, a.r2_key, a.record::jsonb #>> '{detail,reason}',
             a.record::jsonb #>> '{detail,run_url}'
        from public.ops_db_backup_audit a
       where a.event = 'break_glass' and a.at > now() - public.ops_db_backup_service_level('break_glass_shown')
    ) u
$$;
comment on function public.ops_db_backup_break_glass_uses() is
  'Restores of prod by break-glass within the service level break_glass_shown, newest first: [{request_id, at, actor, '
  'r2_key, reason, run_url}]: runs, and records of event break_glass, which a script appends when the catalog did not '
  'answer at its start.';

revoke all on function
  public.ops_db_backup_refuse_unrequested(anyelement),
  public.ops_db_backup_break_glass_uses()
from public, anon, authenticated, service_role;
