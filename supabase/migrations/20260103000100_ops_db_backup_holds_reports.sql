-- What people decide about a backup (hold it), and what the unattended commands saw last (their reports).

create or replace function public.ops_db_backup_hold(p_r2_key text, p_until timestamptz, p_reason text)
  returns jsonb
  language plpgsql security definer set search_path = ''
as $$
declare
  v_reason constant text := nullif(left(trim(p_reason), 500), '');
  v_row jsonb;
begin
  perform public.require_permission_for_current_user('ops', 'manage');
  if v_reason is null then
    perform public.ops_db_backup_refuse(400, 'reason_required', 'to hold or to release a backup needs a reason');
  end if;
  if p_until <= clock_timestamp() or p_until = 'infinity' then
    perform public.ops_db_backup_refuse(400, 'invalid_payload', 'until is not a moment to come',
      jsonb_build_object('field', 'until'));
  end if;
  update public.ops_db_backups b
     set hold_until = p_until, hold_reason = v_reason, held_by = (auth.jwt()) ->> 'email',
         updated_at = clock_timestamp()
   where b.r2_key = p_r2_key and b.status <> 'deleted';
  if not found then
    perform public.ops_db_backup_refuse(404, 'no_backup_found', 'the catalog has no such backup in the vault');
  end if;
  select to_jsonb(b) - array['manifest', 'duplicate_of', 'updated_at'] into v_row
    from public.ops_db_backups b
   where b.r2_key = p_r2_key and b.status <> 'deleted'
   order by b.duplicate_of is null desc, b.created_at desc
   limit 1;
  return v_row;
end
$$;
comment on function public.ops_db_backup_hold(text, timestamptz, text) is
  'Keeps a backup from retention until then, or releases it (p_until null); ops:manage. The reason of either is '
  'compulsory and stays readable. Returns the row.';

create table if not exists public.ops_db_backup_reports (
  name text not null constraint ops_db_backup_reports_pkey primary key
    constraint ops_db_backup_reports_name_is_word check (name ~ '^[a-z][a-z0-9_-]{0,39}$'),
  at timestamptz not null,
  status text not null constraint ops_db_backup_reports_status_known check (status in ('ok', 'warning', 'failed')),
  report jsonb not null constraint ops_db_backup_reports_report_is_object check (jsonb_typeof(report) = 'object')
);
comment on table public.ops_db_backup_reports is
  'The last report of each unattended command (watchdog, doctor): when it looked, and what it found.';
alter table public.ops_db_backup_reports enable row level security;
revoke all on public.ops_db_backup_reports from public, anon, authenticated, service_role;

create or replace function public.ops_db_backup_report(p jsonb) returns void
  language plpgsql security definer set search_path = ''
as $$
declare
  v_wrong constant text := case
    when coalesce(p ->> 'name', '') !~ '^[a-z][a-z0-9_-]{0,39}$' then 'name'
    when coalesce(p ->> 'status', '') not in ('ok', 'warning', 'failed') then 'status'
    when jsonb_typeof(p -> 'report') is distinct from 'object' then 'report'
  end;
begin
  if v_wrong is not null then
    perform public.ops_db_backup_refuse(400, 'invalid_payload', format('%s is not what a report has there', v_wrong),
      jsonb_build_object('field', v_wrong));
  end if;
  insert into public.ops_db_backup_reports as r (name, at, status, report)
  values (p ->> 'name', clock_timestamp(), p ->> 'status', p -> 'report')
  on conflict (name) do update set at = excluded.at, status = excluded.status, report = excluded.report;
end
$$;
comment on function public.ops_db_backup_report(jsonb) is
  'An unattended command tells what it found: {name, status: ok, warning or failed, report}. Takes the place of its '
  'report before.';

create or replace function public.ops_db_backup_reports_list()
  returns table (name text, at timestamptz, status text, report jsonb)
  language plpgsql stable security definer set search_path = ''
as $$
#variable_conflict use_column
begin
  perform public.require_permission_for_current_user('ops', 'view');
  return query select r.name, r.at, r.status, r.report from public.ops_db_backup_reports r order by r.name;
end
$$;
comment on function public.ops_db_backup_reports_list() is 'The last report of each unattended command; ops:view.';

revoke all on function
  public.ops_db_backup_hold(text, timestamptz, text),
  public.ops_db_backup_report(jsonb),
  public.ops_db_backup_reports_list()
from public, anon, authenticated, service_role;

grant execute on function
  public.ops_db_backup_hold(text, timestamptz, text),
  public.ops_db_backup_reports_list()
to authenticated;
grant execute on function public.ops_db_backup_report(jsonb) to service_role;
