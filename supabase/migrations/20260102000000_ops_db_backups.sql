-- The catalog of backups: what lies in the vault (ops_db_backups), and what was asked and became of it
-- (ops_db_backup_runs). It lives in prod, whichever database was dumped.
--
-- A restore replaces everything in public except objects whose names begin with ops_db_backup, so that the
-- history is never taken back in time. For that to work, every object here
--   * has a name that begins so: tables, constraints, indexes, functions;
--   * depends on no other object of public, and none depends on it: no foreign key (who asked is kept as uuid and
--     text), no policy, and functions that name Revo's permission functions only in plpgsql bodies.
-- Without policies and grants, the functions of the next files are the only way in.
--
-- An ops_db_backups of an earlier time is adopted: its rows stay, its missing columns are added.

create table if not exists public.ops_db_backups (
  id uuid not null default gen_random_uuid() constraint ops_db_backups_pkey primary key,
  created_at timestamptz not null default now(),
  target text not null,
  mode text not null,
  r2_bucket text not null,
  r2_key text not null,
  sha256 text,
  bytes bigint,
  git_sha text,
  status text not null default 'uploaded'
);

alter table public.ops_db_backups
  add column if not exists kind text,
  add column if not exists label text,
  add column if not exists raw_bytes bigint,
  add column if not exists tables_total integer,
  add column if not exists rows_total bigint,
  add column if not exists duration_ms bigint,
  add column if not exists server_version text,
  add column if not exists requested_by text,
  add column if not exists run_url text,
  add column if not exists verified_at timestamptz,
  add column if not exists proven_at timestamptz,
  add column if not exists manifest jsonb,
  add column if not exists duplicate_of uuid,
  add column if not exists updated_at timestamptz not null default now(),
  add column if not exists proof jsonb constraint ops_db_backups_proof_is_object check (jsonb_typeof(proof) = 'object'),
  add column if not exists hold_until timestamptz,
  add column if not exists hold_reason text,
  add column if not exists held_by text,
  -- 'antes-da-restauracao' is the label of the copy that a restore takes first
  add column if not exists origin text not null generated always as (
    case
      when kind = 'supabase_db_backup_local' then 'local'
      when label = 'antes-da-restauracao' then 'safety'
      when requested_by = 'schedule' then 'schedule'
      when requested_by ~ '@|^github:' then 'person'
      else 'other'
    end
  ) stored;

comment on table public.ops_db_backups is
  'Index of the vault, one row per archive; the bucket is the truth and this table can be rebuilt from it.';
comment on column public.ops_db_backups.created_at is 'Start of the backup, as its manifest says.';
comment on column public.ops_db_backups.bytes is 'Size of the .dump.gz as stored.';
comment on column public.ops_db_backups.raw_bytes is 'Size of the archive before compression.';
comment on column public.ops_db_backups.status is 'uploaded, failed, restored or deleted.';
comment on column public.ops_db_backups.verified_at is
  'When size and sha256 were last confirmed at the vault.';
comment on column public.ops_db_backups.proven_at is 'When a drill last restored exactly these bytes.';
comment on column public.ops_db_backups.proof is
  'The newest drill''s receipt in short: {receipt_key, drilled_at, passed, failed, skipped, seconds, total_seconds}.';
comment on column public.ops_db_backups.hold_until is 'Retention does not delete it before; null: not held.';
comment on column public.ops_db_backups.held_by is 'E-mail of who held it.';
comment on column public.ops_db_backups.origin is
  'Who wanted it: schedule, person, safety (the copy before a restore), local (an admin''s machine) or other.';
comment on column public.ops_db_backups.manifest is
  'The manifest as it lies in the vault; null for rows older than this column.';
comment on column public.ops_db_backups.duplicate_of is
  'Earlier times could write an object twice: the id of the row that counts; null for the row that counts.';

create table if not exists public.ops_db_backup_runs (
  id uuid not null default gen_random_uuid() constraint ops_db_backup_runs_pkey primary key,
  created_at timestamptz not null default now(),
  kind text not null constraint ops_db_backup_runs_kind_known check (
    kind in ('backup', 'restore', 'drill', 'plan', 'prune')
  ),
  target text not null constraint ops_db_backup_runs_target_known check (target in ('prod', 'dev', 'verify')),
  mode text constraint ops_db_backup_runs_mode_known check (mode in ('full', 'schema-only')),
  label text,
  r2_key text,
  reason text,
  status text not null default 'queued' constraint ops_db_backup_runs_status_known check (
    status in ('queued', 'running', 'unknown', 'succeeded', 'failed', 'cancelled', 'lost')
  ),
  phase text,
  bytes_done bigint constraint ops_db_backup_runs_bytes_done_counts check (bytes_done >= 0),
  bytes_expected bigint constraint ops_db_backup_runs_bytes_expected_counts check (bytes_expected >= 0),
  rows_done bigint constraint ops_db_backup_runs_rows_done_counts check (rows_done >= 0),
  requested_by text,
  requested_by_id uuid,
  request_id uuid not null constraint ops_db_backup_runs_request_id_key unique,
  github_run_id bigint,
  run_url text constraint ops_db_backup_runs_run_url_is_web check (run_url ~ '^https?://' and length(run_url) <= 500),
  attempt integer,
  plan_request_id uuid,
  error_code text,
  error_message text,
  result jsonb constraint ops_db_backup_runs_result_is_object check (jsonb_typeof(result) = 'object'),
  started_at timestamptz,
  heartbeat_at timestamptz,
  finished_at timestamptz,
  updated_at timestamptz not null default now(),
  constraint ops_db_backup_runs_restore_names_key check (kind not in ('restore', 'plan') or r2_key is not null),
  constraint ops_db_backup_runs_final_has_end check (
    (status in ('succeeded', 'failed', 'cancelled', 'lost')) = (finished_at is not null)
  )
);

comment on table public.ops_db_backup_runs is
  'Backups, restores, drills, plans and prunes: who asked what, how far it is, how it ended. Rows are never deleted.';
comment on column public.ops_db_backup_runs.status is
  'queued asked, not begun; running a script reports; unknown GitHub gave no clear answer; '
  'succeeded, failed, cancelled final; lost no news for too long.';
comment on column public.ops_db_backup_runs.requested_by is
  'E-mail of the user, or what started it (schedule, command line).';
comment on column public.ops_db_backup_runs.requested_by_id is
  'The signed-in user who asked; kept when the user is deleted.';
comment on column public.ops_db_backup_runs.request_id is 'Idempotency key: the same id is the same request.';
comment on column public.ops_db_backup_runs.attempt is
  'Which attempt of the GitHub run this is; 1 for the first.';
comment on column public.ops_db_backup_runs.rows_done is 'Rows that the script has seen go by in this phase.';
comment on column public.ops_db_backup_runs.plan_request_id is
  'Of a restore: the request id of the plan that its asker had seen.';
comment on column public.ops_db_backup_runs.heartbeat_at is 'Last sign of life of the script.';
comment on column public.ops_db_backup_runs.result is 'What was checked, and what came out.';

-- What an older catalog may have brought along: policies (they would tie the table to functions that a restore
-- replaces) and names without the prefix.
do $adopt$
declare
  v_item record;
begin
  for v_item in
    select policyname, tablename
      from pg_policies
     where schemaname = 'public' and tablename in ('ops_db_backups', 'ops_db_backup_runs')
  loop
    execute format('drop policy %I on public.%I', v_item.policyname, v_item.tablename);
  end loop;
  for v_item in
    select i.relname as name
      from pg_index x
      join pg_class i on i.oid = x.indexrelid
     where x.indrelid = 'public.ops_db_backups'::regclass and i.relname !~ '^ops_db_backup'
  loop
    execute format('alter index public.%I rename to %I', v_item.name,
    left('ops_db_backups_' || v_item.name, 63));
  end loop;
  for v_item in
    select conname as name
      from pg_constraint
     where conrelid = 'public.ops_db_backups'::regclass and conname !~ '^ops_db_backup'
  loop
    execute format('alter table public.ops_db_backups rename constraint %I to %I',
      v_item.name, left('ops_db_backups_' || v_item.name, 63));
  end loop;
end
$adopt$;

-- One row per object counts. Of an earlier time's duplicates it is the newest; the others stay, marked.
update public.ops_db_backups older
   set duplicate_of = newest.id
  from (
    select distinct on (r2_bucket, r2_key) id, r2_bucket, r2_key
      from public.ops_db_backups
     where duplicate_of is null
     order by r2_bucket, r2_key, created_at desc, id desc
  ) newest
 where older.r2_bucket = newest.r2_bucket
   and older.r2_key = newest.r2_key
   and older.duplicate_of is null
   and older.id <> newest.id;

create unique index if not exists ops_db_backups_object_key
  on public.ops_db_backups (r2_bucket, r2_key) where duplicate_of is null;
create index if not exists ops_db_backups_newest_idx on public.ops_db_backups (created_at desc, id desc);
create index if not exists ops_db_backups_target_newest_idx
  on public.ops_db_backups (target, created_at desc, id desc);
create index if not exists ops_db_backups_origin_newest_idx
  on public.ops_db_backups (origin, created_at desc, id desc);
create index if not exists ops_db_backups_status_newest_idx
  on public.ops_db_backups (status, created_at desc, id desc) where status <> 'uploaded';
create index if not exists ops_db_backups_proven_idx
  on public.ops_db_backups (target, created_at desc, id desc) where proven_at is not null;
create index if not exists ops_db_backups_r2_key_idx on public.ops_db_backups (r2_key);
create index if not exists ops_db_backups_largest_idx on public.ops_db_backups (bytes desc nulls last, id desc);
create index if not exists ops_db_backups_slowest_idx
  on public.ops_db_backups (duration_ms desc nulls last, id desc);

create index if not exists ops_db_backup_runs_newest_idx on public.ops_db_backup_runs (created_at desc,
id desc);
create index if not exists ops_db_backup_runs_target_newest_idx
  on public.ops_db_backup_runs (target, created_at desc, id desc);
create index if not exists ops_db_backup_runs_kind_newest_idx
  on public.ops_db_backup_runs (kind, created_at desc, id desc);
create index if not exists ops_db_backup_runs_status_newest_idx
  on public.ops_db_backup_runs (status, created_at desc, id desc) where status <> 'succeeded';
create index if not exists ops_db_backup_runs_r2_key_idx
  on public.ops_db_backup_runs (r2_key, created_at desc, id desc) where r2_key is not null;
create index if not exists ops_db_backup_runs_active_idx
  on public.ops_db_backup_runs (created_at desc, id desc) where status in ('queued', 'running', 'unknown');
create index if not exists ops_db_backup_runs_succeeded_idx
  on public.ops_db_backup_runs (kind, target, finished_at desc) where status = 'succeeded';

-- The lock. It is the row itself, so it cannot outlive the run: one backup or restore at a time per target, and
-- one restore at a time in all.
create unique index if not exists ops_db_backup_runs_one_per_target
  on public.ops_db_backup_runs (target)
  where kind in ('backup', 'restore') and status in ('queued', 'running', 'unknown');
create unique index if not exists ops_db_backup_runs_one_restore
  on public.ops_db_backup_runs (kind)
  where kind = 'restore' and status in ('queued', 'running', 'unknown');

-- New rows are checked from here on; rows of an earlier time may break a rule and are kept: then the rule stays
-- "not valid", which is PostgreSQL's way to say so.
do $rules$
declare
  v_rule record;
  v_kept boolean;
begin
  for v_rule in
    select *
      from (values
        ('ops_db_backups_target_known', $check$target in ('prod', 'dev', 'verify')$check$),
        ('ops_db_backups_mode_known', $check$mode in ('full', 'schema-only')$check$),
        ('ops_db_backups_status_known', $check$status in ('uploaded', 'failed', 'restored', 'deleted')$check$)
      ) rule (name, condition)
  loop
    if not exists (
      select from pg_constraint where conrelid = 'public.ops_db_backups'::regclass and conname = v_rule.name
    ) then
      execute format('alter table public.ops_db_backups add constraint %I check (%s) not valid',
        v_rule.name, v_rule.condition);
    end if;
    execute format('select not exists (select from public.ops_db_backups where not (%s))', v_rule.condition)
      into v_kept;
    if v_kept then
      execute format('alter table public.ops_db_backups validate constraint %I', v_rule.name);
    end if;
  end loop;
end
$rules$;

alter table public.ops_db_backups enable row level security;
alter table public.ops_db_backup_runs enable row level security;
revoke all on public.ops_db_backups, public.ops_db_backup_runs from public, anon, authenticated, service_role;
