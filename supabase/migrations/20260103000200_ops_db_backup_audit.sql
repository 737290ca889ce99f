-- The audit: who asked, what was refused, what runs became, what was held, proven, deleted. Append-only.
--
-- A record is a text (JSON), and its hash is over that text and the hash before it, so that no record can be changed,
-- taken out or put in without breaking every hash after it. The other columns repeat what the text says, to be found by.
-- Whoever owns the database could still write the whole chain anew: the copies in the vault tell (scripts/lib/audit).
--
-- A chain is one life of this table: a database that was taken back in time or copied goes on in another chain, so that
-- two records never carry the same number.

create table if not exists public.ops_db_backup_audit (
  chain_id uuid not null,
  seq bigint not null constraint ops_db_backup_audit_seq_counts check (seq > 0),
  at timestamptz not null,
  event text not null constraint ops_db_backup_audit_event_is_word check (event ~ '^[a-z][a-z_]{0,39}$'),
  actor text,
  actor_id uuid,
  target text,
  request_id uuid,
  r2_key text,
  code text,
  record text not null,
  prev_hash text not null,
  hash text not null,
  constraint ops_db_backup_audit_pkey primary key (chain_id, seq)
);
comment on table public.ops_db_backup_audit is
  'What was asked, refused, done and decided, for ever. Refuses update, delete and truncate.';
comment on column public.ops_db_backup_audit.actor is
  'E-mail of the user, what started the run, or script (a run reports), watch (given up for lost), rebuild.';
comment on column public.ops_db_backup_audit.record is 'The record as JSON: exactly this text is hashed.';
comment on column public.ops_db_backup_audit.prev_hash is 'Hash of the record before; 64 zeros for the first of a chain.';
comment on column public.ops_db_backup_audit.hash is 'sha256(prev_hash || record), hexadecimal.';

create index if not exists ops_db_backup_audit_newest_idx
  on public.ops_db_backup_audit (at desc, chain_id desc, seq desc);
create index if not exists ops_db_backup_audit_request_idx
  on public.ops_db_backup_audit (request_id, at desc) where request_id is not null;
create index if not exists ops_db_backup_audit_r2_key_idx
  on public.ops_db_backup_audit (r2_key, at desc) where r2_key is not null;

create table if not exists public.ops_db_backup_audit_mirrored (
  chain_id uuid not null constraint ops_db_backup_audit_mirrored_pkey primary key,
  seq bigint not null,
  at timestamptz not null
);
comment on table public.ops_db_backup_audit_mirrored is
  'Up to which record of each chain the vault has a copy. May be lost: then the copies are compared and taken again.';

alter table public.ops_db_backup_audit enable row level security;
alter table public.ops_db_backup_audit_mirrored enable row level security;
revoke all on public.ops_db_backup_audit, public.ops_db_backup_audit_mirrored
  from public, anon, authenticated, service_role;

create or replace function public.ops_db_backup_audit_keep() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  raise exception 'the audit is append-only: % is refused', lower(tg_op)
    using errcode = 'insufficient_privilege',
          hint = 'Whoever has to change it disables its triggers by hand; the chain will tell.';
end
$$;
comment on function public.ops_db_backup_audit_keep() is 'Refuses whatever is not an insert.';

drop trigger if exists ops_db_backup_audit_keep_rows on public.ops_db_backup_audit;
create trigger ops_db_backup_audit_keep_rows before update or delete on public.ops_db_backup_audit
  for each row execute function public.ops_db_backup_audit_keep();
drop trigger if exists ops_db_backup_audit_keep_all on public.ops_db_backup_audit;
create trigger ops_db_backup_audit_keep_all before truncate on public.ops_db_backup_audit
  for each statement execute function public.ops_db_backup_audit_keep();
-- also in replica role, in which rows are loaded
alter table public.ops_db_backup_audit enable always trigger ops_db_backup_audit_keep_rows;
alter table public.ops_db_backup_audit enable always trigger ops_db_backup_audit_keep_all;

create or replace function public.ops_db_backup_audit_chain() returns uuid
  language plpgsql stable set search_path = ''
as $$
begin
  -- two digits make it a UUID of version 8, which is anybody's own kind
  return overlay(overlay(md5(concat_ws(':',
    (select system_identifier from pg_catalog.pg_control_system()),
    left(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 8), -- the timeline
    (select d.oid from pg_catalog.pg_database d where d.datname = current_database()),
    'public.ops_db_backup_audit'::regclass::oid
  )) placing '8' from 13) placing '8' from 17)::uuid;
end
$$;
comment on function public.ops_db_backup_audit_chain() is
  'The chain that is written now: this table on this timeline of this server. A point-in-time recovery begins a new '
  'timeline; a table that was dropped and made again is another table.';

create or replace function public.ops_db_backup_audit_write(
  p_event text, p_actor text, p_actor_id uuid, p_target text, p_request_id uuid, p_r2_key text, p_code text,
  p_detail jsonb
) returns jsonb
  language plpgsql set search_path = ''
as $$
declare
  v_chain constant uuid := public.ops_db_backup_audit_chain();
  v_seq bigint;
  v_at timestamptz;
  v_prev text;
  v_record text;
begin
  -- One writer at a time, until its transaction ends. Triggers come here at COMMIT, when nothing is waited for any more.
  perform pg_advisory_xact_lock(hashtextextended('ops_db_backup_audit', 0));
  select a.seq, a.hash into v_seq, v_prev
    from public.ops_db_backup_audit a
   where a.chain_id = v_chain
   order by a.seq desc
   limit 1;
  v_seq := coalesce(v_seq, 0) + 1;
  v_prev := coalesce(v_prev, repeat('0', 64));
  v_at := clock_timestamp();
  v_record := jsonb_build_object(
    'chain_id', v_chain, 'seq', v_seq,
    'at', to_char(v_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    'event', p_event, 'actor', p_actor, 'actor_id', p_actor_id, 'target', p_target, 'request_id', p_request_id,
    'r2_key', p_r2_key, 'code', p_code, 'detail', p_detail)::text;
  insert into public.ops_db_backup_audit
    (chain_id, seq, at, event, actor, actor_id, target, request_id, r2_key, code, record, prev_hash, hash)
  values
    (v_chain, v_seq, v_at, p_event, p_actor, p_actor_id, p_target, p_request_id, p_r2_key, p_code, v_record, v_prev,
     public.ops_db_backup_audit_hash(v_prev, v_record));
  return jsonb_build_object('chain_id', v_chain, 'seq', v_seq);
end
$$;
comment on function public.ops_db_backup_audit_write(text, text, uuid, text, uuid, text, text, jsonb) is
  'Appends one record to the chain. Returns {chain_id, seq}.';

create or replace function public.ops_db_backup_audit_hash(p_prev_hash text, p_record text) returns text
  language plpgsql immutable set search_path = ''
as $$
begin
  return encode(sha256(convert_to(p_prev_hash || p_record, 'UTF8')), 'hex');
end
$$;
comment on function public.ops_db_backup_audit_hash(text, text) is 'The hash of a record that follows another''s hash.';

create or replace function public.ops_db_backup_audit_caller() returns jsonb
  language plpgsql stable set search_path = ''
as $$
begin
  return coalesce(nullif(current_setting('request.jwt.claims', true), '')::jsonb, '{}');
end
$$;
comment on function public.ops_db_backup_audit_caller() is
  'The claims of the signed-in user, as PostgREST sets them; {} for a script. Needs no schema auth.';

-- Deferred to COMMIT: by then all locks on runs are taken, so writers of runs and the audit's one-at-a-time lock cannot
-- wait for each other in a circle.
create or replace function public.ops_db_backup_audit_run() returns trigger
  language plpgsql security definer set search_path = ''
as $$
declare
  v_caller constant jsonb := public.ops_db_backup_audit_caller();
begin
  perform public.ops_db_backup_audit_write(
    'run',
    case
      when current_setting('ops_db_backup.rebuild', true) = 'on' then 'rebuild'
      when tg_op = 'INSERT' then coalesce(v_caller ->> 'email', new.requested_by)
      when new.status = 'lost' then 'watch'
      else coalesce(v_caller ->> 'email', 'script')
    end,
    (v_caller ->> 'sub')::uuid, new.target, new.request_id, new.r2_key, new.error_code,
    jsonb_build_object('run', to_jsonb(new)));
  return null;
end
$$;
comment on function public.ops_db_backup_audit_run() is
  'Records a run when it is made and when its status, or what it is known by, changes.';

drop trigger if exists ops_db_backup_runs_audit_new on public.ops_db_backup_runs;
create constraint trigger ops_db_backup_runs_audit_new after insert on public.ops_db_backup_runs
  deferrable initially deferred for each row execute function public.ops_db_backup_audit_run();
drop trigger if exists ops_db_backup_runs_audit_changed on public.ops_db_backup_runs;
create constraint trigger ops_db_backup_runs_audit_changed after update on public.ops_db_backup_runs
  deferrable initially deferred for each row
  when ((old.status, old.github_run_id, old.run_url, old.attempt, old.r2_key)
        is distinct from (new.status, new.github_run_id, new.run_url, new.attempt, new.r2_key))
  execute function public.ops_db_backup_audit_run();
alter table public.ops_db_backup_runs enable always trigger ops_db_backup_runs_audit_new;
alter table public.ops_db_backup_runs enable always trigger ops_db_backup_runs_audit_changed;

create or replace function public.ops_db_backup_audit_backup() returns trigger
  language plpgsql security definer set search_path = ''
as $$
declare
  v_caller constant jsonb := public.ops_db_backup_audit_caller();
begin
  perform public.ops_db_backup_audit_write(
    tg_argv[0],
    case
      when current_setting('ops_db_backup.rebuild', true) = 'on' then 'rebuild'
      when tg_argv[0] = 'record' then coalesce(v_caller ->> 'email', new.requested_by)
      else coalesce(v_caller ->> 'email', 'script')
    end,
    (v_caller ->> 'sub')::uuid, new.target, null, new.r2_key, new.status,
    jsonb_build_object('backup', to_jsonb(new) - array['manifest', 'origin']));
  return null;
end
$$;
comment on function public.ops_db_backup_audit_backup() is
  'Records a backup that is entered (record), held or released (hold), restored, deleted or proven (mark): its row '
  'without the manifest, which lies in the vault.';

drop trigger if exists ops_db_backups_audit_record on public.ops_db_backups;
create constraint trigger ops_db_backups_audit_record after insert on public.ops_db_backups
  deferrable initially deferred for each row execute function public.ops_db_backup_audit_backup('record');
drop trigger if exists ops_db_backups_audit_hold on public.ops_db_backups;
create constraint trigger ops_db_backups_audit_hold after update on public.ops_db_backups
  deferrable initially deferred for each row
  when ((old.hold_until, old.hold_reason, old.held_by) is distinct from (new.hold_until, new.hold_reason, new.held_by))
  execute function public.ops_db_backup_audit_backup('hold');
drop trigger if exists ops_db_backups_audit_mark on public.ops_db_backups;
create constraint trigger ops_db_backups_audit_mark after update on public.ops_db_backups
  deferrable initially deferred for each row
  when ((old.status, old.sha256, old.proven_at, old.proof)
        is distinct from (new.status, new.sha256, new.proven_at, new.proof))
  execute function public.ops_db_backup_audit_backup('mark');
alter table public.ops_db_backups enable always trigger ops_db_backups_audit_record;
alter table public.ops_db_backups enable always trigger ops_db_backups_audit_hold;
alter table public.ops_db_backups enable always trigger ops_db_backups_audit_mark;

create or replace function public.ops_db_backup_audit_append(p jsonb) returns jsonb
  language plpgsql security definer set search_path = ''
as $$
declare
  v_event constant text := p ->> 'event';
  v_uuid constant text := '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$';
  v_detail jsonb := nullif(p -> 'detail', 'null');
begin
  if coalesce(v_event, '') !~ '^[a-z][a-z_]{0,39}$' or v_event in ('run', 'record', 'hold', 'mark') then
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
comment on function public.ops_db_backup_audit_append(jsonb) is
  'Records what no table shows, a refusal for example: {event, actor, actor_id, target, request_id, r2_key, code, '
  'detail}. What is too long is cut; an id that is none is left out. Returns {chain_id, seq}.';

create or replace function public.ops_db_backup_audit_list(
  p_limit integer default 50, p_after_chain_id uuid default null, p_after_seq bigint default null,
  p_event text default null, p_request_id uuid default null, p_r2_key text default null
) returns table (
  chain_id uuid,
  seq bigint,
  at timestamptz,
  event text,
  actor text,
  actor_id uuid,
  target text,
  request_id uuid,
  r2_key text,
  code text,
  detail jsonb,
  hash text
)
  language plpgsql stable security definer
  set search_path = ''
  set enable_sort = off -- as in ops_db_backups_list
as $$
#variable_conflict use_column
declare
  v_after_at timestamptz;
begin
  perform public.require_permission_for_current_user('ops', 'view');
  if p_after_seq is not null then
    select a.at into v_after_at
      from public.ops_db_backup_audit a where a.chain_id = p_after_chain_id and a.seq = p_after_seq;
    if not found then
      perform public.ops_db_backup_refuse(400, 'invalid_payload', 'there is no such record',
        jsonb_build_object('field', 'after_seq'));
    end if;
  end if;
  if p_request_id is not null or p_r2_key is not null then
    perform set_config('enable_sort', 'on', true); -- few rows to sort
  end if;
  return query execute $query$
    select a.chain_id, a.seq, a.at, a.event, a.actor, a.actor_id, a.target, a.request_id, a.r2_key, a.code,
           case when a.event = 'run' then (a.record::jsonb -> 'detail') #- '{run,result,plan}'
                else nullif(a.record::jsonb -> 'detail', 'null') end,
           a.hash
      from public.ops_db_backup_audit a
     where ($1 is null or a.event = $1)
       and ($2 is null or a.request_id = $2)
       and ($3 is null or a.r2_key = $3)
       and ($6 is null or (a.at, a.chain_id, a.seq) < ($4, $5, $6))
     order by a.at desc, a.chain_id desc, a.seq desc
     limit $7
  $query$
  using p_event, p_request_id, p_r2_key, v_after_at, p_after_chain_id, p_after_seq,
        public.ops_db_backup_page_size(p_limit);
end
$$;
comment on function public.ops_db_backup_audit_list(integer, uuid, bigint, text, uuid, text) is
  'The audit, newest first; ops:view. Filters that are null do not filter; after: the records before that one in time. '
  'A plan''s own text is left out of detail. At most 1000 rows a call.';

create or replace function public.ops_db_backup_audit_verify() returns jsonb
  language plpgsql stable set search_path = ''
as $$
declare
  v_records bigint;
  v_broken jsonb;
begin
  select count(*) into v_records from public.ops_db_backup_audit;
  select jsonb_build_object('chain_id', w.chain_id, 'seq', w.seq, 'why', w.why)
    into v_broken
    from (
      select a.chain_id, a.seq, case
               when a.seq <> a.expected_seq then format('record %s is missing before it', a.expected_seq)
               when a.prev_hash <> a.expected_prev then 'it does not follow the record before it'
               when a.hash <> public.ops_db_backup_audit_hash(a.prev_hash, a.record) then 'its text was changed'
               when not exists (
                 select
                   from jsonb_populate_record(null::public.ops_db_backup_audit, a.record::jsonb) said
                  where (said.chain_id, said.seq, said.at, said.event, said.actor, said.actor_id, said.target,
                         said.request_id, said.r2_key, said.code)
                        is not distinct from
                        (a.chain_id, a.seq, a.at, a.event, a.actor, a.actor_id, a.target, a.request_id, a.r2_key, a.code)
               ) then 'a column does not say what its text says'
             end as why
        from (
          select a.*, row_number() over chain as expected_seq,
                 coalesce(lag(a.hash) over chain, repeat('0', 64)) as expected_prev
            from public.ops_db_backup_audit a
          window chain as (partition by a.chain_id order by a.seq)
        ) a
    ) w
   where w.why is not null
   order by w.chain_id, w.seq
   limit 1;
  return jsonb_build_object('ok', v_broken is null, 'records', v_records, 'broken_at', v_broken);
end
$$;
comment on function public.ops_db_backup_audit_verify() is
  'Reads the whole audit and names the first record that is not what it was: {ok, records, broken_at: {chain_id, seq, '
  'why} or null}. Records cut off at the end are seen only beside the vault''s copies.';

create or replace function public.ops_db_backup_audit_check() returns jsonb
  language plpgsql stable security definer set search_path = ''
as $$
begin
  perform public.require_permission_for_current_user('ops', 'view');
  return public.ops_db_backup_audit_verify();
end
$$;
comment on function public.ops_db_backup_audit_check() is 'ops_db_backup_audit_verify for signed-in users; ops:view.';

revoke all on function
  public.ops_db_backup_audit_keep(),
  public.ops_db_backup_audit_chain(),
  public.ops_db_backup_audit_write(text, text, uuid, text, uuid, text, text, jsonb),
  public.ops_db_backup_audit_hash(text, text),
  public.ops_db_backup_audit_caller(),
  public.ops_db_backup_audit_run(),
  public.ops_db_backup_audit_backup(),
  public.ops_db_backup_audit_append(jsonb),
  public.ops_db_backup_audit_list(integer, uuid, bigint, text, uuid, text),
  public.ops_db_backup_audit_verify(),
  public.ops_db_backup_audit_check()
from public, anon, authenticated, service_role;

grant execute on function
  public.ops_db_backup_audit_list(integer, uuid, bigint, text, uuid, text),
  public.ops_db_backup_audit_check()
to authenticated;
grant execute on function public.ops_db_backup_audit_append(jsonb) to service_role;
