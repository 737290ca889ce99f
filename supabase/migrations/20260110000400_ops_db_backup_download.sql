-- A signed-in user takes a backup away from the vault: the record is made before the function signs the link
-- (docs/decisions/0045-a-backup-is-downloaded-by-a-signed-link.md).

create or replace function public.ops_db_backup_download(p_r2_key text, p_reason text) returns jsonb
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  v_reason constant text := nullif(left(trim(p_reason), 500), '');
  v_caller constant jsonb := public.ops_db_backup_audit_caller();
  v_backup jsonb;
begin
  perform public.ops_db_backup_require('manage');
  perform public.ops_db_backup_require_second_factor();
  if not public.ops_db_backup_is_reason(v_reason) then
    perform public.ops_db_backup_refuse(400, 'reason_required', 'to download a backup needs a reason');
  end if;
  select jsonb_build_object(
           'r2_bucket', b.r2_bucket, 'r2_key', b.r2_key, 'target', b.target, 'sha256', b.sha256, 'bytes', b.bytes)
    into v_backup
    from public.ops_db_backups b
   where b.r2_key = p_r2_key and b.status <> 'deleted'
   order by b.duplicate_of is null desc, b.created_at desc
   limit 1;
  if v_backup is null then
    perform public.ops_db_backup_refuse(404, 'no_backup_found', 'the catalog has no such backup in the vault');
  end if;
  perform public.ops_db_backup_audit_write(
    'download', v_caller ->> 'email', (v_caller ->> 'sub')::uuid, v_backup ->> 'target', null, p_r2_key, null,
    jsonb_build_object('reason', v_reason, 'sha256', v_backup -> 'sha256', 'bytes', v_backup -> 'bytes'));
  return v_backup;
end
$$;
comment on function public.ops_db_backup_download(text, text) is
  'Records in the audit that the caller downloads a backup, and why; ops:manage of an operator, with a second factor where '
  'restore_assurance is aal2. Returns where it lies: {r2_bucket, r2_key, target, sha256, bytes}.';
revoke all on function public.ops_db_backup_download(text, text) from public, anon, authenticated, service_role;
grant execute on function public.ops_db_backup_download(text, text) to authenticated;

-- as in 20260108000200, with download among the events that only the catalog itself writes
create or replace function public.ops_db_backup_audit_append(p jsonb) returns jsonb
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  v_event constant text := p ->> 'event';
  v_uuid constant text := '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$';
  v_detail jsonb := nullif(p -> 'detail', 'null');
begin
  if coalesce(v_event, '') !~ '^[a-z][a-z_]{0,39}$'
     or v_event in ('run', 'record', 'hold', 'mark', 'setting', 'approval', 'download') then
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
