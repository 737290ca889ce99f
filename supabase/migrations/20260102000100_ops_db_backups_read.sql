-- What signed-in users read of the catalog. Each function asks Revo's permission function first.
--
-- Refusals of all ops_db_backup functions carry the product's error code in HINT and, where there are any, facts
-- as JSON in DETAIL. SQLSTATE PTnnn makes PostgREST answer with HTTP status nnn:
--   42501  forbidden                                   PT404  run_not_found, no_backup_found
--   PT400  empresa_not_selected, invalid_payload,      PT409  busy (DETAIL: the run that holds the lock),
--          invalid_label, invalid_r2_key                      request_id_reused

create or replace function public.ops_db_backup_refuse(
  p_http_status integer, p_code text, p_message text, p_detail jsonb default null
) returns void
  language plpgsql set search_path = ''
as $$
begin
  raise exception using
    errcode = 'PT' || p_http_status, message = p_message, hint = p_code, detail = coalesce(p_detail::text,
    '');
end
$$;
comment on function public.ops_db_backup_refuse(integer, text, text, jsonb) is
  'Raises a refusal: SQLSTATE PT<http status>, the code as HINT, facts as DETAIL.';

-- An ops_db_backups_list of an earlier time returns other columns or takes other arguments: it is replaced, not
-- overloaded, and whoever might execute it still may.
do $replace$
declare
  v_old record;
  v_roles text := '';
begin
  for v_old in
    select p.oid::regprocedure as signature, p.proacl
      from pg_proc p
     where p.pronamespace = 'public'::regnamespace and p.proname = 'ops_db_backups_list'
  loop
    select concat_ws(', ', nullif(v_roles, ''), string_agg(quote_ident(r.rolname), ', '))
      into v_roles
      from aclexplode(v_old.proacl) a
      join pg_roles r on r.oid = a.grantee
     where r.rolname not in ('anon', 'authenticated', 'service_role', current_user);
    execute format('drop function %s', v_old.signature);
  end loop;
  perform set_config('ops_db_backup.granted_before', v_roles, false);
end
$replace$;

create function public.ops_db_backups_list(
  p_target text default null, p_limit integer default 50, p_offset integer default 0
) returns table (
  id uuid,
  created_at timestamptz,
  target text,
  mode text,
  r2_bucket text,
  r2_key text,
  sha256 text,
  bytes bigint,
  git_sha text,
  status text,
  kind text,
  label text,
  raw_bytes bigint,
  tables_total integer,
  rows_total bigint,
  duration_ms bigint,
  server_version text,
  requested_by text,
  run_url text,
  verified_at timestamptz,
  proven_at timestamptz
)
  language plpgsql stable security definer
  set search_path = ''
  set plan_cache_mode = force_custom_plan -- so that a null filter costs no index
as $$
#variable_conflict use_column
begin
  perform public.require_permission_for_current_user('ops', 'view');
  return query
    select b.id, b.created_at, b.target, b.mode, b.r2_bucket, b.r2_key, b.sha256, b.bytes, b.git_sha,
    b.status,
           b.kind, b.label, b.raw_bytes, b.tables_total, b.rows_total, b.duration_ms, b.server_version,
           b.requested_by, b.run_url, b.verified_at, b.proven_at
      from public.ops_db_backups b
     where p_target is null or b.target = p_target
     order by b.created_at desc, b.id desc
     limit least(greatest(coalesce(p_limit, 50), 0), 1000)
    offset greatest(coalesce(p_offset, 0), 0);
end
$$;
comment on function public.ops_db_backups_list(text, integer, integer) is
  'Backups, newest first; ops:view. p_target null means all; at most 1000 rows a call.';

create or replace function public.ops_db_backup_runs_list(
  p_target text default null, p_limit integer default 50, p_request_id uuid default null,
  p_active_only boolean default false
) returns table (
  id uuid,
  created_at timestamptz,
  kind text,
  target text,
  mode text,
  label text,
  r2_key text,
  reason text,
  status text,
  phase text,
  bytes_done bigint,
  bytes_expected bigint,
  requested_by text,
  request_id uuid,
  github_run_id bigint,
  run_url text,
  error_code text,
  error_message text,
  result jsonb,
  started_at timestamptz,
  heartbeat_at timestamptz,
  finished_at timestamptz
)
  language plpgsql stable security definer
  set search_path = ''
  set plan_cache_mode = force_custom_plan
as $$
#variable_conflict use_column
begin
  perform public.require_permission_for_current_user('ops', 'view');
  return query
    select r.id, r.created_at, r.kind, r.target, r.mode, r.label, r.r2_key, r.reason, r.status, r.phase,
           r.bytes_done, r.bytes_expected, r.requested_by, r.request_id, r.github_run_id, r.run_url,
           r.error_code, r.error_message, r.result, r.started_at, r.heartbeat_at, r.finished_at
      from public.ops_db_backup_runs r
     where (p_target is null or r.target = p_target)
       and (p_request_id is null or r.request_id = p_request_id)
       and (p_active_only is not true or r.status in ('queued', 'running', 'unknown'))
     order by r.created_at desc, r.id desc
     limit least(greatest(coalesce(p_limit, 50), 0), 1000);
end
$$;
comment on function public.ops_db_backup_runs_list(text, integer, uuid, boolean) is
  'Runs, newest first; ops:view. Filters that are null do not filter; at most 1000 rows a call.';

create or replace function public.ops_db_backup_permissions() returns jsonb
  language plpgsql stable security definer set search_path = ''
as $$
begin
  return jsonb_build_object(
    'view', coalesce(public.has_permission_for_current_user('ops', 'view'), false),
    'manage', coalesce(public.has_permission_for_current_user('ops', 'manage'), false),
    'empresa', public.current_empresa_id() is not null
  );
end
$$;
comment on function public.ops_db_backup_permissions() is
  'What the screen may offer the signed-in user: {view, manage, empresa}, three booleans.';

revoke all on function
  public.ops_db_backup_refuse(integer, text, text, jsonb),
  public.ops_db_backups_list(text, integer, integer),
  public.ops_db_backup_runs_list(text, integer, uuid, boolean),
  public.ops_db_backup_permissions()
from public, anon, authenticated, service_role;

grant execute on function
  public.ops_db_backups_list(text, integer, integer),
  public.ops_db_backup_runs_list(text, integer, uuid, boolean),
  public.ops_db_backup_permissions()
to authenticated;

do $grant$
declare
  v_roles constant text := nullif(current_setting('ops_db_backup.granted_before', true), '');
begin
  if v_roles is not null then
    execute format('grant execute on function public.ops_db_backups_list(text, integer, integer) to %s',
    v_roles);
  end if;
end
$grant$;
