-- What the scripts tell the catalog, as the database's owner or service_role. Each function takes one jsonb
-- object; keys it does not know are ignored, so that a newer script can talk to an older catalog.

create or replace function public.ops_db_backup_run_start(p jsonb) returns jsonb
  language plpgsql security definer set search_path = ''
as $$
declare
  v_new public.ops_db_backup_runs%rowtype;
  v_old public.ops_db_backup_runs%rowtype;
begin
  v_new := jsonb_populate_record(null::public.ops_db_backup_runs, p);
  v_new.attempt := coalesce(v_new.attempt, 1);
  v_new.label := nullif(v_new.label, '');
  perform public.ops_db_backup_check_order(v_new.kind, v_new.target, v_new.mode, v_new.label, v_new.r2_key);
  perform public.ops_db_backup_runs_expire();

  for v_try in 1..5 loop
    insert into public.ops_db_backup_runs as r
      (kind, target, mode, label, r2_key, reason, status, requested_by, request_id, github_run_id, run_url,
      attempt,
       bytes_expected, created_at, started_at, heartbeat_at)
    values
      (v_new.kind, v_new.target, v_new.mode, v_new.label, v_new.r2_key, nullif(left(trim(v_new.reason),
      500), ''),
       'running', v_new.requested_by, v_new.request_id, v_new.github_run_id, v_new.run_url, v_new.attempt,
       v_new.bytes_expected, clock_timestamp(), clock_timestamp(), clock_timestamp())
    on conflict do nothing;
    if found then
      return public.ops_db_backup_run_json(v_new.request_id);
    end if;

    select * into v_old from public.ops_db_backup_runs r where r.request_id = v_new.request_id for update;
    if found then
      perform public.ops_db_backup_refuse_start(v_old, v_new);
      begin
        update public.ops_db_backup_runs r
           set status = 'running',
               phase = null, bytes_done = null, bytes_expected = v_new.bytes_expected, rows_done = null,
               r2_key = coalesce(v_new.r2_key, r.r2_key),
               requested_by = coalesce(r.requested_by, v_new.requested_by),
               github_run_id = coalesce(v_new.github_run_id, r.github_run_id),
               run_url = coalesce(v_new.run_url, r.run_url),
               attempt = v_new.attempt,
               error_code = null, error_message = null, result = null, finished_at = null,
               started_at = clock_timestamp(), heartbeat_at = clock_timestamp(),
               updated_at = clock_timestamp()
         where r.id = v_old.id;
        return public.ops_db_backup_run_json(v_new.request_id);
      exception when unique_violation then
        null; -- a repeated attempt whose lock another run took meanwhile: the holder is named below
      end;
    end if;
    perform public.ops_db_backup_refuse_if_held(v_new.kind, v_new.target);
  end loop;
  perform public.ops_db_backup_refuse(409, 'busy', 'the lock changes hands too fast');
end
$$;
comment on function public.ops_db_backup_run_start(jsonb) is
  'A script begins: {request_id, kind, target, mode, label, r2_key, reason, requested_by, '
  'github_run_id, run_url, '
  'attempt, bytes_expected}. Takes the queued row, or makes one when nobody asked. Refuses (PT409) '
  'with busy when '
  'another run holds the target,
  with request_id_reused when the id is another run''s or the run was given up.';

-- Called with rows of the table; declared as anyelement so that no object depends on the table's type.
create or replace function public.ops_db_backup_refuse_start(p_old anyelement, p_new anyelement) returns void
  language plpgsql stable set search_path = ''
as $$
declare
  v_same_run constant boolean :=
    coalesce(p_old.github_run_id is null or p_old.github_run_id = p_new.github_run_id, false);
  v_why text;
begin
  v_why := case
    when p_old.kind <> p_new.kind or p_old.target <> p_new.target
         or (p_old.kind in ('restore', 'plan') and p_old.r2_key <> p_new.r2_key)
      then 'the request id belongs to another order'
    when p_old.status in ('queued', 'unknown') then
      case when not v_same_run then 'another GitHub run carries this request' end
    when p_old.status = 'succeeded' then 'the run has succeeded already'
    when p_old.status = 'running' then
      case when p_old.github_run_id is null or not v_same_run or p_new.attempt <= coalesce(p_old.attempt, 1)
        then 'the run is running already' end
    when p_new.attempt <= coalesce(p_old.attempt, 1) then format('the run has ended: %s', p_old.status)
  end;
  if v_why is not null then
    perform public.ops_db_backup_refuse(409, 'request_id_reused', v_why);
  end if;
end
$$;
comment on function public.ops_db_backup_refuse_start(anyelement, anyelement) is
  'Refuses a start that its row does not allow. A run that failed, was cancelled, was lost or died '
  'may begin again '
  'only as a later attempt, which somebody asked GitHub for.';

create or replace function public.ops_db_backup_run_progress(p jsonb) returns jsonb
  language plpgsql security definer set search_path = ''
as $$
declare
  v_request_id constant uuid := (p ->> 'request_id')::uuid;
begin
  update public.ops_db_backup_runs r
     set phase = coalesce(p ->> 'phase', r.phase),
         bytes_done = case when p ? 'bytes_done' then (p ->> 'bytes_done')::bigint else r.bytes_done end,
         bytes_expected = case when p ? 'bytes_expected' then (p ->> 'bytes_expected')::bigint
                               else r.bytes_expected end,
         rows_done = case when p ? 'rows_done' then (p ->> 'rows_done')::bigint else r.rows_done end,
         heartbeat_at = clock_timestamp(),
         updated_at = clock_timestamp()
   where r.request_id = v_request_id and r.status = 'running';
  return public.ops_db_backup_run_found(v_request_id);
end
$$;
comment on function public.ops_db_backup_run_progress(jsonb) is
  'Progress and sign of life: {request_id, phase, bytes_done, bytes_expected, rows_done}. A run that has ended '
  'stays as it is. '
  'Returns the run.';

create or replace function public.ops_db_backup_run_finish(p jsonb) returns jsonb
  language plpgsql security definer set search_path = ''
as $$
declare
  v_request_id constant uuid := (p ->> 'request_id')::uuid;
  v_status constant text := p ->> 'status';
begin
  if v_status is null or v_status not in ('succeeded', 'failed', 'cancelled') then
    perform public.ops_db_backup_refuse(400, 'invalid_payload',
      'a script ends as succeeded, failed or cancelled',
      jsonb_build_object('field', 'status'));
  end if;
  update public.ops_db_backup_runs r
     set status = v_status,
         r2_key = coalesce(p ->> 'r2_key', r.r2_key),
         error_code = left(p ->> 'error_code', 100),
         error_message = left(p ->> 'error_message', 4000),
         result = nullif(p -> 'result', 'null'),
         heartbeat_at = clock_timestamp(),
         finished_at = clock_timestamp(),
         updated_at = clock_timestamp()
   where r.request_id = v_request_id
     and r.status in ('queued', 'unknown', 'running', 'lost'); -- "lost" was a guess, the script knows
  return public.ops_db_backup_run_found(v_request_id);
end
$$;
comment on function public.ops_db_backup_run_finish(jsonb) is
  'The end, once: {request_id, status, r2_key, error_code, error_message, result}. Only a run that '
  'was given up for '
  'lost is corrected; any other end stays. Returns the run.';

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
     updated_at)
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
     clock_timestamp())
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
         manifest = excluded.manifest, updated_at = excluded.updated_at
  returning to_jsonb(b) - array['manifest', 'duplicate_of', 'updated_at'] into v_row;
  return v_row;
end
$$;
comment on function public.ops_db_backup_record(jsonb) is
  'Inserts or renews the row of one archive from its manifest, of version 2 or older: {r2_bucket, '
  'r2_key, manifest, '
  'requested_by, run_url, verified_at}. Returns the row.';

create or replace function public.ops_db_backup_check_record(p_r2_bucket text, p_r2_key text,
p_manifest jsonb)
  returns void
  language plpgsql stable set search_path = ''
as $$
declare
  v_wrong text;
begin
  if public.ops_db_backup_is_archive_key(p_r2_key) is not true then
    perform public.ops_db_backup_refuse(400, 'invalid_r2_key',
      'the key is not the key of an archive in the vault');
  end if;
  v_wrong := case
    when coalesce(p_r2_bucket, '') = '' then 'r2_bucket'
    when jsonb_typeof(p_manifest) is distinct from 'object' then 'manifest'
    when p_manifest ->> 'target' is distinct from split_part(p_r2_key, '/', 2) then 'manifest.target'
    when coalesce(p_manifest ->> 'mode', '') not in ('full', 'schema-only') then 'manifest.mode'
    when p_manifest ->> 'file' is distinct from split_part(p_r2_key, '/', 6) then 'manifest.file'
    when coalesce(p_manifest ->> 'sha256', '') !~ '^[0-9a-f]{64}$' then 'manifest.sha256'
    when jsonb_typeof(p_manifest -> 'bytes') is distinct from 'number' then 'manifest.bytes'
    when coalesce(p_manifest ->> 'created_at_utc', '') !~ '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$'
      then 'manifest.created_at_utc'
  end;
  if v_wrong is not null then
    perform public.ops_db_backup_refuse(400, 'invalid_payload',
      format('%s is missing or not of this object', v_wrong),
      jsonb_build_object('field', v_wrong));
  end if;
end
$$;
comment on function public.ops_db_backup_check_record(text, text, jsonb) is
  'Refuses a record whose manifest is not the manifest of the object it names.';

create or replace function public.ops_db_backup_mark(p jsonb) returns jsonb
  language plpgsql security definer set search_path = ''
as $$
declare
  v_status constant text := p ->> 'status';
  v_row jsonb;
begin
  if v_status not in ('uploaded', 'failed', 'restored', 'deleted') then
    perform public.ops_db_backup_refuse(400, 'invalid_payload', 'status is not one of the known values',
      jsonb_build_object('field', 'status'));
  end if;
  update public.ops_db_backups b
     set status = coalesce(v_status, b.status),
         proven_at = case
           when p ->> 'disproved_at' is null then greatest(b.proven_at, (p ->> 'proven_at')::timestamptz)
           when b.proven_at > (p ->> 'disproved_at')::timestamptz then b.proven_at
         end,
         proof = case
           when p ->> 'disproved_at' is not null then
             case when b.proven_at > (p ->> 'disproved_at')::timestamptz then b.proof end
           when (p #>> '{proof,drilled_at}')::timestamptz < (b.proof ->> 'drilled_at')::timestamptz then b.proof
           else coalesce(nullif(p -> 'proof', 'null'), b.proof)
         end,
         updated_at = clock_timestamp()
   where b.r2_bucket = p ->> 'r2_bucket' and b.r2_key = p ->> 'r2_key'; -- duplicates tell the same
  if not found then
    perform public.ops_db_backup_refuse(404, 'no_backup_found', 'the catalog has no row for this object');
  end if;
  select to_jsonb(b) - array['manifest', 'duplicate_of', 'updated_at'] into v_row
    from public.ops_db_backups b
   where b.r2_bucket = p ->> 'r2_bucket' and b.r2_key = p ->> 'r2_key' and b.duplicate_of is null;
  return v_row;
end
$$;
comment on function public.ops_db_backup_mark(jsonb) is
  'Says of an archive that it was restored, deleted, proven or disproved: {r2_bucket, r2_key, status, proven_at, proof, '
  'disproved_at}; what is not given stays, a proof is never taken back in time, and a drill that fails takes away the '
  'proofs before it. Returns the row.';

revoke all on function
  public.ops_db_backup_run_start(jsonb),
  public.ops_db_backup_refuse_start(anyelement, anyelement),
  public.ops_db_backup_run_progress(jsonb),
  public.ops_db_backup_run_finish(jsonb),
  public.ops_db_backup_record(jsonb),
  public.ops_db_backup_check_record(text, text, jsonb),
  public.ops_db_backup_mark(jsonb)
from public, anon, authenticated, service_role;

grant execute on function
  public.ops_db_backup_run_start(jsonb),
  public.ops_db_backup_run_progress(jsonb),
  public.ops_db_backup_run_finish(jsonb),
  public.ops_db_backup_record(jsonb),
  public.ops_db_backup_mark(jsonb)
to service_role;
