-- Tables and indexes that a run has done: the screen shows that a restore goes on while it builds indexes.

create or replace function public.ops_db_backup_run_progress(p jsonb) returns jsonb
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  v_request_id constant uuid := (p ->> 'request_id')::uuid;
  v_attempt constant integer := (p ->> 'attempt')::integer;
begin
  update public.ops_db_backup_runs r
     set phase = coalesce(p ->> 'phase', r.phase),
         bytes_done = case when p ? 'bytes_done' then (p ->> 'bytes_done')::bigint else r.bytes_done end,
         bytes_expected = case when p ? 'bytes_expected' then (p ->> 'bytes_expected')::bigint
                               else r.bytes_expected end,
         rows_done = case when p ? 'rows_done' then (p ->> 'rows_done')::bigint else r.rows_done end,
         result = case when jsonb_typeof(p -> 'objects') = 'object' then jsonb_build_object('objects', p -> 'objects')
                       else r.result end,
         heartbeat_at = clock_timestamp(),
         updated_at = clock_timestamp()
   where r.request_id = v_request_id and r.status = 'running'
     and (v_attempt is null or v_attempt = coalesce(r.attempt, v_attempt));
  perform public.ops_db_backup_refuse_other_attempt(v_request_id, v_attempt);
  return public.ops_db_backup_run_found(v_request_id);
end
$$;
comment on function public.ops_db_backup_run_progress(jsonb) is
  'Progress and sign of life: {request_id, attempt, phase, bytes_done, bytes_expected, rows_done, objects}. A run that has '
  'ended stays as it is. Refuses (PT409, request_id_reused) when another attempt has replaced this one. Returns the run.';

comment on column public.ops_db_backup_runs.result is
  'What was checked, and what came out. Of a running restore {objects: {tables, indexes}}, each {done, expected}.';
