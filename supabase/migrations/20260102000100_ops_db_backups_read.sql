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

create or replace function public.ops_db_backup_page_size(p_limit integer) returns integer
  language plpgsql immutable set search_path = ''
as $$
begin
  return least(greatest(coalesce(p_limit, 50), 0), 1000);
end
$$;
comment on function public.ops_db_backup_page_size(integer) is 'Rows of one call of a list: 50, at most 1000.';

-- The query is put together for the order that is asked, and planned with the filters' values; what is put into its
-- text are words of this function alone. The rows come in order out of an index, from the first page to the
-- ten-thousandth: enable_sort = off, since near the end of a table the planner would rather read and sort the rest.
create function public.ops_db_backups_list(
  p_target text default null, p_limit integer default 50, p_offset integer default 0,
  p_status text default null, p_origin text default null,
  p_from timestamptz default null, p_to timestamptz default null, p_search text default null,
  p_sort text default 'newest', p_after_id uuid default null, p_r2_key text default null
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
  proven_at timestamptz,
  origin text,
  hold_until timestamptz,
  hold_reason text,
  held_by text,
  proof jsonb
)
  language plpgsql stable security definer
  set search_path = ''
  set enable_sort = off
as $$
#variable_conflict use_column
declare
  v_after_at timestamptz;
  v_order constant text := case coalesce(p_sort, 'newest')
    when 'newest' then 'b.created_at desc, b.id desc'
    when 'oldest' then 'b.created_at, b.id'
    when 'largest' then 'b.bytes desc nulls last, b.id desc'
    when 'slowest' then 'b.duration_ms desc nulls last, b.id desc'
  end;
  v_after constant text := case coalesce(p_sort, 'newest')
    when 'newest' then '(b.created_at, b.id) < ($8, $9)'
    when 'oldest' then '(b.created_at, b.id) > ($8, $9)'
  end;
begin
  perform public.require_permission_for_current_user('ops', 'view');
  if v_order is null then
    perform public.ops_db_backup_refuse(400, 'invalid_payload', 'sort is not one of the known values',
      jsonb_build_object('field', 'sort'));
  end if;
  if p_after_id is not null then
    select b.created_at into v_after_at from public.ops_db_backups b where b.id = p_after_id;
    if not found or v_after is null then
      perform public.ops_db_backup_refuse(400, 'invalid_payload',
        'after_id is not a row of the catalog, or the order is not by time', jsonb_build_object('field', 'after_id'));
    end if;
  end if;
  if p_r2_key is not null or p_sort in ('largest', 'slowest') then
    perform set_config('enable_sort', 'on', true); -- few rows to sort, or an order that a filter may make rare
  end if;
  return query execute format($query$
    select b.id, b.created_at, b.target, b.mode, b.r2_bucket, b.r2_key, b.sha256, b.bytes, b.git_sha, b.status,
           b.kind, b.label, b.raw_bytes, b.tables_total, b.rows_total, b.duration_ms, b.server_version,
           b.requested_by, b.run_url, b.verified_at, b.proven_at, b.origin, b.hold_until, b.hold_reason, b.held_by,
           b.proof
      from (
        select *
          from public.ops_db_backups b
         where ($1 is null or b.target = $1)
           and ($2 is null or b.status = $2)
           and ($3 is null or b.origin = $3)
           and ($4 is null or b.created_at >= $4)
           and ($5 is null or b.created_at < $5)
           and ($7 is null or b.r2_key = $7)
           and ($9 is null or %2$s)
         order by %1$s
         limit case when $6 is not null then 20000 end
      ) b
     where $6 is null or strpos(lower(b.label), lower($6)) > 0 or strpos(lower(b.r2_key), lower($6)) > 0
     order by %1$s
     limit $10 offset $11
  $query$, v_order, coalesce(v_after, 'true'))
  using p_target, p_status, p_origin, p_from, p_to, nullif(trim(p_search), ''), p_r2_key, v_after_at, p_after_id,
        public.ops_db_backup_page_size(p_limit), greatest(coalesce(p_offset, 0), 0);
end
$$;
comment on function public.ops_db_backups_list(
  text, integer, integer, text, text, timestamptz, timestamptz, text, text, uuid, text
) is
  'Backups, newest first unless p_sort says oldest, largest or slowest; ops:view. A filter that is null does not filter; '
  'p_from is included, p_to is not. p_after_id: the rows after that row (newest and oldest only), whatever the size of '
  'the table; an offset costs what it skips. p_search (in label and key) looks at the first 20,000 rows that the other '
  'filters leave, after p_after_id. At most 1000 rows a call.';

create or replace function public.ops_db_backup_runs_list(
  p_target text default null, p_limit integer default 50, p_request_id uuid default null,
  p_active_only boolean default false, p_kind text default null, p_status text default null,
  p_r2_key text default null, p_from timestamptz default null, p_to timestamptz default null,
  p_search text default null, p_after_id uuid default null
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
  rows_done bigint,
  requested_by text,
  request_id uuid,
  github_run_id bigint,
  run_url text,
  attempt integer,
  plan_request_id uuid,
  error_code text,
  error_message text,
  result jsonb,
  started_at timestamptz,
  heartbeat_at timestamptz,
  finished_at timestamptz
)
  language plpgsql stable security definer
  set search_path = ''
  set enable_sort = off
as $$
#variable_conflict use_column
declare
  v_after_at timestamptz;
begin
  perform public.require_permission_for_current_user('ops', 'view');
  if p_after_id is not null then
    select r.created_at into v_after_at from public.ops_db_backup_runs r where r.id = p_after_id;
    if not found then
      perform public.ops_db_backup_refuse(400, 'invalid_payload', 'after_id is not a row of the catalog',
        jsonb_build_object('field', 'after_id'));
    end if;
  end if;
  if p_request_id is not null or p_r2_key is not null then
    perform set_config('enable_sort', 'on', true); -- few rows to sort
  end if;
  return query execute $query$
    select r.id, r.created_at, r.kind, r.target, r.mode, r.label, r.r2_key, r.reason, r.status, r.phase,
           r.bytes_done, r.bytes_expected, r.rows_done, r.requested_by, r.request_id, r.github_run_id, r.run_url,
           r.attempt, r.plan_request_id, r.error_code, r.error_message,
           case when $2 is null then r.result - 'plan' else r.result end,
           r.started_at, r.heartbeat_at, r.finished_at
      from (
        select *
          from public.ops_db_backup_runs r
         where ($1 is null or r.target = $1)
           and ($2 is null or r.request_id = $2)
           and ($3 is not true or r.status in ('queued', 'running', 'unknown'))
           and ($4 is null or r.kind = $4)
           and ($5 is null or r.status = $5)
           and ($6 is null or r.r2_key = $6)
           and ($7 is null or r.created_at >= $7)
           and ($8 is null or r.created_at < $8)
           and ($11 is null or (r.created_at, r.id) < ($10, $11))
         order by r.created_at desc, r.id desc
         limit case when $9 is not null then 20000 end
      ) r
     where $9 is null
        or strpos(lower(concat_ws(' ', r.label, r.r2_key, r.reason, r.requested_by, r.error_code)), lower($9)) > 0
     order by r.created_at desc, r.id desc
     limit $12
  $query$
  using p_target, p_request_id, p_active_only, p_kind, p_status, p_r2_key, p_from, p_to,
        nullif(trim(p_search), ''), v_after_at, p_after_id, public.ops_db_backup_page_size(p_limit);
end
$$;
comment on function public.ops_db_backup_runs_list(
  text, integer, uuid, boolean, text, text, text, timestamptz, timestamptz, text, uuid
) is
  'Runs, newest first; ops:view. Filters as in ops_db_backups_list; p_search looks into label, key, reason, asker and '
  'error code of the first 20,000 rows. A plan''s own text (result.plan) comes only with p_request_id. At most 1000 rows '
  'a call.';

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
  public.ops_db_backup_page_size(integer),
  public.ops_db_backups_list(
    text, integer, integer, text, text, timestamptz, timestamptz, text, text, uuid, text
  ),
  public.ops_db_backup_runs_list(
    text, integer, uuid, boolean, text, text, text, timestamptz, timestamptz, text, uuid
  ),
  public.ops_db_backup_permissions()
from public, anon, authenticated, service_role;

grant execute on function
  public.ops_db_backups_list(
    text, integer, integer, text, text, timestamptz, timestamptz, text, text, uuid, text
  ),
  public.ops_db_backup_runs_list(
    text, integer, uuid, boolean, text, text, text, timestamptz, timestamptz, text, uuid
  ),
  public.ops_db_backup_permissions()
to authenticated;

do $grant$
declare
  v_roles constant text := nullif(current_setting('ops_db_backup.granted_before', true), '');
begin
  if v_roles is not null then
    execute format('grant execute on function public.ops_db_backups_list(
      text, integer, integer, text, text, timestamptz, timestamptz, text, text, uuid, text) to %s', v_roles);
  end if;
end
$grant$;
