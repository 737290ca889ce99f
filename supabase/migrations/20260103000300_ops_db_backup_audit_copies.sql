-- The audit's copies in the vault: what still has to be copied, and how a lost catalog comes back from the copies.
-- Called by the scripts as the database's owner; nobody else.

create or replace function public.ops_db_backup_audit_unmirrored(p_limit integer default 1000)
  returns table (chain_id uuid, seq bigint, record text, prev_hash text, hash text)
  language plpgsql stable set search_path = ''
as $$
#variable_conflict use_column
begin
  return query
    select a.chain_id, a.seq, a.record, a.prev_hash, a.hash
      from (
        select distinct chain_id from public.ops_db_backup_audit
      ) c
      left join public.ops_db_backup_audit_mirrored m on m.chain_id = c.chain_id
      join public.ops_db_backup_audit a on a.chain_id = c.chain_id and a.seq > coalesce(m.seq, 0)
     order by a.chain_id, a.seq
     limit p_limit;
end
$$;
comment on function public.ops_db_backup_audit_unmirrored(integer) is
  'The next records of which the vault has no copy yet, chain by chain.';

create or replace function public.ops_db_backup_audit_mirrored_to(p jsonb) returns void
  language plpgsql set search_path = ''
as $$
begin
  insert into public.ops_db_backup_audit_mirrored as m (chain_id, seq, at)
  values ((p ->> 'chain_id')::uuid, (p ->> 'seq')::bigint, clock_timestamp())
  on conflict (chain_id) do update set seq = excluded.seq, at = excluded.at where excluded.seq > m.seq;
end
$$;
comment on function public.ops_db_backup_audit_mirrored_to(jsonb) is
  'The vault has copies of a chain up to this record: {chain_id, seq}.';

create or replace function public.ops_db_backup_audit_load(p jsonb) returns jsonb
  language plpgsql set search_path = ''
as $$
declare
  v_wrong jsonb;
  v_added integer;
begin
  select coalesce(jsonb_agg(jsonb_build_object('chain_id', a.chain_id, 'seq', a.seq) order by a.chain_id, a.seq), '[]')
    into v_wrong
    from jsonb_to_recordset(p) line (record text, prev_hash text, hash text)
   cross join lateral jsonb_populate_record(null::public.ops_db_backup_audit, line.record::jsonb) said
    join public.ops_db_backup_audit a on a.chain_id = said.chain_id and a.seq = said.seq
   where (a.record, a.prev_hash, a.hash) is distinct from (line.record, line.prev_hash, line.hash);
  insert into public.ops_db_backup_audit
    (chain_id, seq, at, event, actor, actor_id, target, request_id, r2_key, code, record, prev_hash, hash)
  select said.chain_id, said.seq, said.at, said.event, said.actor, said.actor_id, said.target, said.request_id,
         said.r2_key, said.code, line.record, line.prev_hash, line.hash
    from jsonb_to_recordset(p) line (record text, prev_hash text, hash text)
   cross join lateral jsonb_populate_record(null::public.ops_db_backup_audit, line.record::jsonb) said
   order by said.chain_id, said.seq
  on conflict do nothing;
  get diagnostics v_added = row_count;
  return jsonb_build_object('added', v_added, 'different', v_wrong);
end
$$;
comment on function public.ops_db_backup_audit_load(jsonb) is
  'Puts copies back that the table lacks: [{record, prev_hash, hash}]. A record that is there stays as it is. Returns '
  '{added, different: [{chain_id, seq}]}: those that say something else than their copy.';

create or replace function public.ops_db_backup_audit_columns(p_table regclass) returns text[]
  language plpgsql stable set search_path = ''
as $$
begin
  return array(
    select format('%I', a.attname)
      from pg_catalog.pg_attribute a
     where a.attrelid = p_table and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
     order by a.attnum);
end
$$;
comment on function public.ops_db_backup_audit_columns(regclass) is
  'The columns of a table that can be written, quoted: so that a column of tomorrow is rebuilt too.';

create or replace function public.ops_db_backup_rebuild_runs() returns integer
  language plpgsql set search_path = ''
as $$
declare
  v_columns constant text[] := public.ops_db_backup_audit_columns('public.ops_db_backup_runs');
  v_written integer;
begin
  perform set_config('ops_db_backup.rebuild', 'on', true); -- these rows are audited, too, as done by "rebuild"
  execute format($statement$
    with newest as (
      select distinct on (a.request_id) a.record::jsonb #> '{detail,run}' as run
        from public.ops_db_backup_audit a
       where a.event = 'run'
       order by a.request_id, (a.record::jsonb #>> '{detail,run,updated_at}')::timestamptz desc, a.at desc, a.seq desc
    ), missing as (
      select case
               when n.run ->> 'status' in ('queued', 'running', 'unknown') then n.run || jsonb_build_object(
                 'status', 'lost', 'error_code', 'run_lost', 'finished_at', clock_timestamp(),
                 'updated_at', clock_timestamp(), 'error_message', 'The catalog was lost while this run was open')
               else n.run
             end as run
        from newest n
        left join public.ops_db_backup_runs r on r.request_id = (n.run ->> 'request_id')::uuid
       where r.request_id is null or r.updated_at < (n.run ->> 'updated_at')::timestamptz
    )
    insert into public.ops_db_backup_runs as r (%1$s)
    select %2$s from missing cross join lateral jsonb_populate_record(null::public.ops_db_backup_runs, missing.run) m
    on conflict (request_id) do update set (%1$s) = row(%3$s)
  $statement$, array_to_string(v_columns, ', '), 'm.' || array_to_string(v_columns, ', m.'),
    'excluded.' || array_to_string(v_columns, ', excluded.'));
  get diagnostics v_written = row_count;
  return v_written;
end
$$;
comment on function public.ops_db_backup_rebuild_runs() is
  'Brings runs back as the newest record of each shows it: those that the table lacks or knows an older state of. What '
  'was open then is lost; a script that lives on corrects that with its end. Returns how many rows were written.';

create or replace function public.ops_db_backup_rebuild_backups() returns integer
  language plpgsql set search_path = ''
as $$
declare
  v_columns constant text[] := public.ops_db_backup_audit_columns('public.ops_db_backups');
  v_added integer;
  v_changed integer;
begin
  perform set_config('ops_db_backup.rebuild', 'on', true);
  execute format($statement$
    insert into public.ops_db_backups (%1$s)
    select %2$s
      from (
        select distinct on (a.r2_key, a.record::jsonb #>> '{detail,backup,r2_bucket}')
               a.record::jsonb #> '{detail,backup}' as backup
          from public.ops_db_backup_audit a
         where a.event in ('record', 'hold', 'mark') and a.record::jsonb #> '{detail,backup,duplicate_of}' = 'null'
         order by a.r2_key, a.record::jsonb #>> '{detail,backup,r2_bucket}', a.at desc, a.seq desc
      ) newest
     cross join lateral jsonb_populate_record(null::public.ops_db_backups, newest.backup) m
    on conflict do nothing
  $statement$, array_to_string(v_columns, ', '), 'm.' || array_to_string(v_columns, ', m.'));
  get diagnostics v_added = row_count;

  with said as (
    select a.event, a.at, a.seq, m.*
      from public.ops_db_backup_audit a
     cross join lateral jsonb_populate_record(null::public.ops_db_backups, a.record::jsonb #> '{detail,backup}') m
     where a.event in ('hold', 'mark')
  ), held as (
    select distinct on (s.r2_bucket, s.r2_key) s.r2_bucket, s.r2_key, s.hold_until, s.hold_reason, s.held_by
      from said s
     where s.event = 'hold'
     order by s.r2_bucket, s.r2_key, s.at desc, s.seq desc
  ), proven as (
    select distinct on (s.r2_bucket, s.r2_key, s.sha256) s.r2_bucket, s.r2_key, s.sha256, s.proven_at, s.proof
      from said s
     where s.proven_at is not null
     order by s.r2_bucket, s.r2_key, s.sha256, s.proven_at desc, s.at desc, s.seq desc
  ), marked as (
    select distinct on (s.r2_bucket, s.r2_key) s.r2_bucket, s.r2_key, s.status
      from said s
     where s.event = 'mark'
     order by s.r2_bucket, s.r2_key, s.at desc, s.seq desc
  ), wanted as (
    select b.id, case when h.r2_key is null then b.hold_until else h.hold_until end as hold_until,
           case when h.r2_key is null then b.hold_reason else h.hold_reason end as hold_reason,
           case when h.r2_key is null then b.held_by else h.held_by end as held_by,
           greatest(b.proven_at, p.proven_at) as proven_at,
           case when p.proven_at >= b.proven_at or b.proven_at is null then coalesce(p.proof, b.proof)
                else b.proof end as proof,
           case when b.status = 'uploaded' and m.status = 'restored' then m.status else b.status end as status
      from public.ops_db_backups b
      left join held h on h.r2_bucket = b.r2_bucket and h.r2_key = b.r2_key
      left join proven p on p.r2_bucket = b.r2_bucket and p.r2_key = b.r2_key and p.sha256 = b.sha256
      left join marked m on m.r2_bucket = b.r2_bucket and m.r2_key = b.r2_key
     where b.duplicate_of is null
  )
  update public.ops_db_backups b
     set hold_until = w.hold_until, hold_reason = w.hold_reason, held_by = w.held_by, proven_at = w.proven_at,
         proof = w.proof, status = w.status
    from wanted w
   where w.id = b.id
     and (b.hold_until, b.hold_reason, b.held_by, b.proven_at, b.proof, b.status)
         is distinct from (w.hold_until, w.hold_reason, w.held_by, w.proven_at, w.proof, w.status);
  get diagnostics v_changed = row_count;
  return v_added + v_changed;
end
$$;
comment on function public.ops_db_backup_rebuild_backups() is
  'Gives backups back what no manifest knows: holds, proofs, that they were restored or deleted. Rows of which the '
  'vault holds no object any more come back without their manifest. Returns how many rows were written.';

revoke all on function
  public.ops_db_backup_audit_unmirrored(integer),
  public.ops_db_backup_audit_mirrored_to(jsonb),
  public.ops_db_backup_audit_load(jsonb),
  public.ops_db_backup_audit_columns(regclass),
  public.ops_db_backup_rebuild_runs(),
  public.ops_db_backup_rebuild_backups()
from public, anon, authenticated, service_role;
