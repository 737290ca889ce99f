-- Settings of who may do what to the database of all companies; holds end; one right for restores.
--
-- ops:manage is a right within one company, and the database is every company's: an admin of any company could replace the
-- data of all others. Settings are rows that only the database's owner changes, in SQL: docs/production.md.

create table if not exists public.ops_db_backup_settings (
  name text not null constraint ops_db_backup_settings_pkey primary key,
  value jsonb not null,
  constraint ops_db_backup_settings_value_known check (coalesce(case name
    when 'operators' then jsonb_typeof(value -> 'companies') = 'array' and jsonb_typeof(value -> 'users') = 'array'
                          and not jsonb_path_exists(value,
                            '$.*[*] ? (!(@.type() == "string" && @ like_regex "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"))')
    when 'restore_approval' then value in ('"one-person"', '"two-person"')
    when 'restore_assurance' then value in ('"aal1"', '"aal2"')
    when 'restore_right' then value in ('"manage"', '"restore"')
  end, false))
);
comment on table public.ops_db_backup_settings is
  'Who may act, by name: operators {companies: [uuid], users: [uuid]}: whose members and which users may act, unset: every '
  'company''s; restore_approval one-person or two-person: a restore of prod needs a second user; restore_assurance aal1 or '
  'aal2: it needs a second factor; restore_right manage or restore: the right of module ops that a restore needs. Written '
  'by the owner alone, and audited.';
alter table public.ops_db_backup_settings enable row level security;
revoke all on public.ops_db_backup_settings from public, anon, authenticated, service_role;

create or replace function public.ops_db_backup_setting(p_name text) returns jsonb
  language plpgsql stable set search_path = ''
as $$
declare
  v_default jsonb;
begin
  case p_name
    when 'operators' then v_default := 'null';
    when 'restore_approval' then v_default := '"one-person"';
    when 'restore_assurance' then v_default := '"aal1"';
    when 'restore_right' then v_default := '"manage"';
    else raise exception using errcode = 'invalid_parameter_value', message = format('there is no setting %L', p_name);
  end case;
  return coalesce((select s.value from public.ops_db_backup_settings s where s.name = p_name), v_default);
end
$$;
comment on function public.ops_db_backup_setting(text) is
  'The value of a setting, else its default; an unknown name is an error (22023).';

create or replace function public.ops_db_backup_limit(p_name text) returns integer
  language plpgsql immutable set search_path = ''
as $$
begin
  case p_name
    when 'drill' then return 4;
    when 'plan' then return 8;
    else return null; -- a lock limits the other kinds
  end case;
end
$$;
comment on function public.ops_db_backup_limit(text) is
  'How many runs of a kind without a lock may be active on a target; null for the other kinds.';

create or replace function public.ops_db_backup_refuse_over_limit(p_kind text, p_target text) returns void
  language plpgsql stable set search_path = ''
as $$
declare
  v_active integer;
begin
  select count(*) into v_active
    from public.ops_db_backup_runs r
   where r.kind = p_kind and r.target = p_target and r.status in ('queued', 'running', 'unknown');
  if v_active >= public.ops_db_backup_limit(p_kind) then
    perform public.ops_db_backup_refuse(409, 'busy', format('%s runs of this kind are active on this target', v_active),
      jsonb_build_object('kind', p_kind, 'target', p_target, 'active', v_active));
  end if;
end
$$;
comment on function public.ops_db_backup_refuse_over_limit(text, text) is
  'Refuses (busy) a drill or a plan beyond the limit of its target: GitHub''s minutes are paid, and each reads an archive.';

create or replace function public.ops_db_backup_audit_setting() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  perform public.ops_db_backup_audit_write('setting', session_user, null, null, null, null,
    case when tg_op = 'DELETE' then old.name else new.name end,
    jsonb_build_object('old', case when tg_op <> 'INSERT' then old.value end,
                       'new', case when tg_op <> 'DELETE' then new.value end));
  return null;
end
$$;
comment on function public.ops_db_backup_audit_setting() is 'Records each change of a setting, by the name of its session.';
drop trigger if exists ops_db_backup_settings_audit on public.ops_db_backup_settings;
create constraint trigger ops_db_backup_settings_audit after insert or update or delete on public.ops_db_backup_settings
  deferrable initially deferred for each row execute function public.ops_db_backup_audit_setting();
alter table public.ops_db_backup_settings enable always trigger ops_db_backup_settings_audit;

create or replace function public.ops_db_backup_is_operator() returns boolean
  language plpgsql stable set search_path = ''
as $$
declare
  v_operators constant jsonb := public.ops_db_backup_setting('operators');
begin
  return coalesce(
    v_operators = 'null' or v_operators -> 'users' ? auth.uid()::text
    or v_operators -> 'companies' ? public.current_empresa_id()::text, false);
end
$$;
comment on function public.ops_db_backup_is_operator() is
  'Whether the setting operators names the signed-in user or the active company; true while it is unset.';

create or replace function public.ops_db_backup_require(p_action text) returns void
  language plpgsql stable set search_path = ''
as $$
declare
  v_restore constant text := public.ops_db_backup_setting('restore_right') #>> '{}';
  v_rights constant text[] := case p_action
    when 'manage' then array['manage']
    when 'restore' then array[v_restore]
    when 'either' then array['manage', v_restore]
  end;
begin
  if not exists (
    select from unnest(v_rights) r (name) where public.has_permission_for_current_user('ops', r.name)
  ) then
    perform public.require_permission_for_current_user('ops', v_rights[1]);
  end if;
  if not public.ops_db_backup_is_operator() then
    perform public.ops_db_backup_refuse(403, 'not_operator',
      'neither the user nor the active company is named by the setting operators');
  end if;
end
$$;
comment on function public.ops_db_backup_require(text) is
  'Refuses a caller who may not act (42501 forbidden, PT403 not_operator): manage needs ops:manage; restore the right of '
  'the setting restore_right; either, for plans and for what becomes of a requested run, one of both.';

create or replace function public.ops_db_backup_require_second_factor() returns void
  language plpgsql stable set search_path = ''
as $$
begin
  if public.ops_db_backup_setting('restore_assurance') = '"aal2"' and auth.jwt() ->> 'aal' is distinct from 'aal2' then
    perform public.ops_db_backup_refuse(403, 'second_factor_required',
      'a restore of prod needs a session with a second factor');
  end if;
end
$$;
comment on function public.ops_db_backup_require_second_factor() is
  'Refuses (second_factor_required) a session without a second factor where the setting restore_assurance is aal2.';

create or replace function public.ops_db_backup_acting_companies() returns integer
  language plpgsql stable set search_path = ''
as $$
declare
  v_count integer;
begin
  if to_regclass('public.empresa_usuarios') is null or to_regclass('public.papel_permissoes') is null then
    return null;
  end if;
  execute $query$
    select count(distinct m.empresa_id)::integer
      from public.empresa_usuarios m
      join public.papel_permissoes r on r.papel_id = m.papel_id
     where m.ativo and r.modulo = 'ops' and r.acao = any ($1)
  $query$ into v_count using array['manage', public.ops_db_backup_setting('restore_right') #>> '{}'];
  return v_count;
exception when undefined_column then
  return null; -- the ERP has tables of its own under these names
end
$$;
comment on function public.ops_db_backup_acting_companies() is
  'In how many companies a user has a right to act; null where the ERP keeps its rights in other tables.';

create or replace function public.ops_db_backup_control_state() returns jsonb
  language sql stable set search_path = ''
as $$
  select jsonb_build_object(
    'operators_named', public.ops_db_backup_setting('operators') <> 'null',
    'acting_companies', public.ops_db_backup_acting_companies(),
    'restore_approval', public.ops_db_backup_setting('restore_approval'),
    'restore_assurance', public.ops_db_backup_setting('restore_assurance'),
    'restore_right', public.ops_db_backup_setting('restore_right'))
$$;
comment on function public.ops_db_backup_control_state() is
  'The settings as doctor and screen show them: {operators_named, acting_companies, restore_approval, restore_assurance, '
  'restore_right}.';

create or replace function public.ops_db_backup_permissions() returns jsonb
  language plpgsql stable security definer set search_path = ''
as $$
begin
  return jsonb_build_object(
    'view', coalesce(public.has_permission_for_current_user('ops', 'view'), false),
    'manage', coalesce(public.has_permission_for_current_user('ops', 'manage'), false)
              and public.ops_db_backup_is_operator(),
    'restore', coalesce(public.has_permission_for_current_user('ops',
                 public.ops_db_backup_setting('restore_right') #>> '{}'), false)
               and public.ops_db_backup_is_operator(),
    'empresa', public.current_empresa_id() is not null
  );
end
$$;
comment on function public.ops_db_backup_permissions() is
  'What the screen may offer the signed-in user: {view, manage, restore, empresa}, four booleans.';

create or replace function public.ops_db_backup_hold(p_r2_key text, p_until timestamptz, p_reason text)
  returns jsonb
  language plpgsql security definer set search_path = ''
as $$
declare
  v_reason constant text := nullif(left(trim(p_reason), 500), '');
  v_row jsonb;
begin
  perform public.ops_db_backup_require('manage');
  if not public.ops_db_backup_is_reason(v_reason) then
    perform public.ops_db_backup_refuse(400, 'reason_required', 'to hold or to release a backup needs a reason');
  end if;
  if p_until <= clock_timestamp()
     or p_until > clock_timestamp() + public.ops_db_backup_service_level('hold_longest') then
    perform public.ops_db_backup_refuse(400, 'invalid_payload', 'until is in the past, or too far in the future',
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
  'Keeps a backup from retention until then, at most for the service level hold_longest, or releases it (p_until null); '
  'ops:manage of an operator. The reason of either is compulsory and stays readable. Returns the row.';

-- holds without an end of earlier versions: dates that programs cannot read
update public.ops_db_backups b
   set hold_until = date_trunc('second', now()) + public.ops_db_backup_service_level('hold_longest')
 where b.hold_until > now() + public.ops_db_backup_service_level('hold_longest');

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
         run_url = coalesce(r.run_url, p_run_url),
         status = case r.status when 'unknown' then 'queued' else r.status end,
         error_code = case r.status when 'unknown' then null else r.error_code end,
         error_message = case r.status when 'unknown' then null else r.error_message end,
         updated_at = clock_timestamp()
   where r.request_id = p_request_id and r.status in ('queued', 'unknown', 'running');
  return public.ops_db_backup_run_found(p_request_id);
end
$$;

create or replace function public.ops_db_backup_run_not_dispatched(
  p_request_id uuid, p_error_code text, p_error_message text default null, p_unclear boolean default false
) returns jsonb
  language plpgsql security definer set search_path = ''
as $$
begin
  perform public.ops_db_backup_require('either');
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

create or replace function public.ops_db_backup_audit_append(p jsonb) returns jsonb
  language plpgsql security definer set search_path = ''
as $$
declare
  v_event constant text := p ->> 'event';
  v_uuid constant text := '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$';
  v_detail jsonb := nullif(p -> 'detail', 'null');
begin
  if coalesce(v_event, '') !~ '^[a-z][a-z_]{0,39}$'
     or v_event in ('run', 'record', 'hold', 'mark', 'setting', 'approval') then
    perform public.ops_db_backup_refuse(400, 'invalid_payload',
      'event is not a word, or one that only the catalog itself writes', jsonb_build_object('field', 'event'));
  end if;
  if length(v_detail::text) > 16000 then -- a record is never refused for its length
    v_detail := jsonb_build_object('cut', left(v_detail::text, 16000));
  end if;
  return public.ops_db_backup_audit_write(
    v_event, left(p ->> 'actor', 200),
    case when lower(p ->> 'actor_id') ~ v_uuid then (p ->> 'actor_id')::uuid end,
    left(p ->> 'target', 100),
    case when lower(p ->> 'request_id') ~ v_uuid then (p ->> 'request_id')::uuid end,
    left(p ->> 'r2_key', 500), left(p ->> 'code', 100), v_detail);
end
$$;

revoke all on function
  public.ops_db_backup_setting(text),
  public.ops_db_backup_limit(text),
  public.ops_db_backup_refuse_over_limit(text, text),
  public.ops_db_backup_audit_setting(),
  public.ops_db_backup_is_operator(),
  public.ops_db_backup_require(text),
  public.ops_db_backup_require_second_factor(),
  public.ops_db_backup_acting_companies(),
  public.ops_db_backup_control_state()
from public, anon, authenticated, service_role;
