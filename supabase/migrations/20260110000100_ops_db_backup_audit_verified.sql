-- The audit is verified from the last verified record on, and as a whole at least once a day.
--
-- Each view of the screen's page and each round of a watch read the whole audit: who makes many records made every check
-- slower.

create table if not exists public.ops_db_backup_audit_verified (
  chain_id uuid not null constraint ops_db_backup_audit_verified_pkey primary key,
  seq bigint not null,
  hash text not null,
  whole_at timestamptz not null
);
comment on table public.ops_db_backup_audit_verified is
  'How far each chain of the audit was verified, and when it was last read as a whole.';
alter table public.ops_db_backup_audit_verified enable row level security;
revoke all on public.ops_db_backup_audit_verified from public, anon, authenticated, service_role;

create or replace function public.ops_db_backup_audit_break(p_from_verified boolean) returns jsonb
  language sql stable set search_path = ''
as $$
  with verified as (
    select v.chain_id, v.seq, v.hash
      from public.ops_db_backup_audit_verified v
     where p_from_verified
       and v.whole_at > clock_timestamp() - 2 * public.ops_db_backup_service_level('audit_whole')
  ), rest as (
    select a.*, row_number() over chain + coalesce(v.seq, 0) as expected_seq,
           coalesce(lag(a.hash) over chain, v.hash, repeat('0', 64)) as expected_prev
      from public.ops_db_backup_audit a
      left join verified v on v.chain_id = a.chain_id
     where a.seq > coalesce(v.seq, 0)
    window chain as (partition by a.chain_id order by a.seq)
  ), broken as (
    select w.chain_id, w.seq, w.why
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
          from rest a
      ) w
     where w.why is not null
    union all
    -- what was verified is not read again: only that all of it is there, and ends as it did
    select v.chain_id, v.seq, 'records before it are missing, or it was changed'
      from verified v
     where (select count(*) from public.ops_db_backup_audit a where a.chain_id = v.chain_id and a.seq <= v.seq) <> v.seq
        or not exists (select from public.ops_db_backup_audit a
                        where a.chain_id = v.chain_id and a.seq = v.seq and a.hash = v.hash)
  )
  select jsonb_build_object('chain_id', b.chain_id, 'seq', b.seq, 'why', b.why)
    from broken b
   order by b.chain_id, b.seq
   limit 1
$$;
comment on function public.ops_db_backup_audit_break(boolean) is
  'The first record that is not what it was, {chain_id, seq, why}, or null. With p_from_verified records that were verified '
  'are counted and not read, unless their chain was read as a whole longer ago than twice audit_whole.';

create or replace function public.ops_db_backup_audit_verify() returns jsonb
  language plpgsql stable set search_path = ''
as $$
declare
  v_broken constant jsonb := public.ops_db_backup_audit_break(true);
begin
  return jsonb_build_object('ok', v_broken is null, 'broken_at', v_broken,
    'records', (select count(*) from public.ops_db_backup_audit));
end
$$;
comment on function public.ops_db_backup_audit_verify() is
  'Reads the audit from the last verified record on and names the first record that is not what it was: {ok, records, '
  'broken_at: {chain_id, seq, why} or null}. A change of a verified record is found when it is read as a whole, at '
  'least once a day. Records cut off at the end are seen only beside the vault''s copies.';

create or replace function public.ops_db_backup_audit_advance() returns jsonb
  language plpgsql security definer set search_path = ''
as $$
declare
  v_whole constant boolean := exists (
    select from (select distinct a.chain_id from public.ops_db_backup_audit a) c
      left join public.ops_db_backup_audit_verified v on v.chain_id = c.chain_id
     where v.whole_at is null or v.whole_at < clock_timestamp() - public.ops_db_backup_service_level('audit_whole'));
  -- found before the verification, which therefore reads all that is remembered: a record may be appended at any time
  v_ends constant jsonb := (
    select coalesce(jsonb_agg(e), '[]')
      from (select distinct on (a.chain_id) a.chain_id, a.seq, a.hash
              from public.ops_db_backup_audit a
             order by a.chain_id, a.seq desc) e);
  v_broken constant jsonb := public.ops_db_backup_audit_break(not v_whole);
begin
  if v_broken is null then
    insert into public.ops_db_backup_audit_verified as v (chain_id, seq, hash, whole_at)
    select e.chain_id, e.seq, e.hash, clock_timestamp()
      from jsonb_to_recordset(v_ends) e (chain_id uuid, seq bigint, hash text)
    on conflict (chain_id) do update
       set seq = excluded.seq, hash = excluded.hash, whole_at = case when v_whole then excluded.whole_at else v.whole_at end;
  else
    delete from public.ops_db_backup_audit_verified;
  end if;
  return jsonb_build_object('ok', v_broken is null, 'broken_at', v_broken,
    'records', (select count(*) from public.ops_db_backup_audit));
end
$$;
comment on function public.ops_db_backup_audit_advance() is
  'ops_db_backup_audit_verify for the scripts, which remembers how far the audit was verified. Reads it as a whole after '
  'audit_whole, and until it is sound again.';

revoke all on function
  public.ops_db_backup_audit_break(boolean),
  public.ops_db_backup_audit_advance()
from public, anon, authenticated, service_role;
