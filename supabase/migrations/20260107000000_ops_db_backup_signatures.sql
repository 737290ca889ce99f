-- Who signed a backup. From the first signed one on, a backup without a signature that counts protects nothing: it is
-- neither the newest nor proven, and no day has it. decisions/0035 says which keys count; the scripts check the signature.

alter table public.ops_db_backups add column if not exists signed_by text
  constraint ops_db_backups_signed_by_check check (signed_by ~ '^[0-9a-f]{16}$');
comment on column public.ops_db_backups.signed_by is
  'The id of the trusted key whose signature of the manifest was checked; null: unsigned, by a key that is not trusted, or '
  'not checked.';

create index if not exists ops_db_backups_signed_idx on public.ops_db_backups (created_at desc)
  where signed_by is not null;

create or replace function public.ops_db_backup_requires_signature() returns boolean
  language sql stable set search_path = ''
as $$
  select exists (select from public.ops_db_backups where signed_by is not null)
$$;
comment on function public.ops_db_backup_requires_signature() is
  'Whether only signed backups count: since the first one was entered, also when it was deleted from the vault.';

-- As in 20260102000100: its columns change, and those who could execute it still can.
do $replace$
declare
  v_old record;
  v_roles text := '';
begin
  for v_old in
    select p.oid::regprocedure as signature, p.proacl
      from pg_catalog.pg_proc p
     where p.pronamespace = 'public'::regnamespace and p.proname = 'ops_db_backups_list'
  loop
    select concat_ws(', ', nullif(v_roles, ''), string_agg(quote_ident(r.rolname), ', '))
      into v_roles
      from aclexplode(v_old.proacl) a
      join pg_catalog.pg_roles r on r.oid = a.grantee
     where r.rolname not in ('anon', 'authenticated', 'service_role', current_user);
    execute format('drop function %s', v_old.signature);
  end loop;
  perform set_config('ops_db_backup.granted_before', v_roles, false);
end
$replace$;

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
  proof jsonb,
  signed_by text,
  is_unsigned boolean
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
           b.proof, b.signed_by, $12 and b.signed_by is null
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
        public.ops_db_backup_page_size(p_limit), greatest(coalesce(p_offset, 0), 0),
        public.ops_db_backup_requires_signature();
end
$$;
comment on function public.ops_db_backups_list(
  text, integer, integer, text, text, timestamptz, timestamptz, text, text, uuid, text
) is
  'Backups, newest first unless p_sort says oldest, largest or slowest; ops:view. A filter that is null does not filter; '
  'p_from is included, p_to is not. p_after_id: the rows after that row (newest and oldest only), whatever the size of '
  'the table; an offset costs what it skips. p_search (in label and key) looks at the first 20,000 rows that the other '
  'filters leave, after p_after_id. At most 1000 rows a call. is_unsigned: no signature of it counts, and one is required.';

revoke all on function
  public.ops_db_backups_list(
    text, integer, integer, text, text, timestamptz, timestamptz, text, text, uuid, text
  ),
  public.ops_db_backup_requires_signature()
from public, anon, authenticated, service_role;

grant execute on function
  public.ops_db_backups_list(
    text, integer, integer, text, text, timestamptz, timestamptz, text, text, uuid, text
  )
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

create or replace function public.ops_db_backup_record(p jsonb) returns jsonb
  language plpgsql security definer set search_path = ''
as $$
declare
  v_key constant text := p ->> 'r2_key';
  v_manifest constant jsonb := p -> 'manifest';
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
     coalesce(v_manifest ->> 'label', substring(v_key from '_\d{8}_\d{6}_([A-Za-z0-9._-]+)\.dump\.gz$')),
     (v_manifest ->> 'raw_bytes')::bigint, (v_manifest ->> 'tables_total')::integer,
     (v_manifest ->> 'rows_total')::bigint, (v_manifest ->> 'duration_ms')::bigint,
     v_manifest ->> 'server_version',
     coalesce(p ->> 'requested_by', v_manifest ->> 'requested_by'),
     coalesce(p ->> 'run_url', v_manifest #>> '{run,url}'), (p ->> 'verified_at')::timestamptz, v_manifest,
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
  'requested_by, run_url, verified_at, signed_by}. signed_by is the id of the trusted key whose signature was checked, or '
  'null; left out, nothing was checked. Returns the row.';

drop trigger if exists ops_db_backups_audit_mark on public.ops_db_backups;
create constraint trigger ops_db_backups_audit_mark after update on public.ops_db_backups
  deferrable initially deferred for each row
  when ((old.status, old.sha256, old.proven_at, old.proof, old.signed_by)
        is distinct from (new.status, new.sha256, new.proven_at, new.proof, new.signed_by))
  execute function public.ops_db_backup_audit_backup('mark');
alter table public.ops_db_backups enable always trigger ops_db_backups_audit_mark;
