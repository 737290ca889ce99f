-- A Revo database before this product's migrations: its own permission functions and companies, and a catalog with the
-- contract's columns only, as an operator may have made it by hand. Its rows include an object written twice and a mode
-- that is not known today.
create table public.empresas (codigo integer primary key, fantasia text);
insert into public.empresas values (7, 'Revo');
create function public.has_permission_for_current_user(p_module text, p_action text) returns boolean
  language sql stable as $$ select current_setting('revo.may', true) = p_module || ':' || p_action $$;
create function public.require_permission_for_current_user(p_module text, p_action text) returns boolean
  language plpgsql as $$
begin
  if not coalesce(public.has_permission_for_current_user(p_module, p_action), false) then
    raise exception 'sem permissão' using errcode = '42501';
  end if;
  return true;
end $$;
create function public.current_empresa_id() returns uuid
  language sql stable as $$ select '00000000-0000-4000-8000-000000000007'::uuid $$;

create table public.ops_db_backups (
  id uuid primary key default gen_random_uuid(),
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
create index idx_backups_created on public.ops_db_backups (created_at desc);
alter table public.ops_db_backups add constraint backups_bytes_positive check (bytes > 0);
alter table public.ops_db_backups enable row level security;
create policy "quem vê" on public.ops_db_backups for select to authenticated
  using (public.has_permission_for_current_user('ops', 'view'));
insert into public.ops_db_backups (created_at, target, mode, r2_bucket, r2_key, bytes, status) values
  ('2025-12-01', 'prod', 'full', 'b', 'revo/prod/2025/12/01/supabase_prod_20251201_031000.dump.gz', 10, 'uploaded'),
  ('2025-12-02', 'prod', 'full', 'b', 'revo/prod/2025/12/02/supabase_prod_20251202_031000.dump.gz', 11, 'uploaded'),
  ('2025-12-02 01:00', 'prod', 'full', 'b', 'revo/prod/2025/12/02/supabase_prod_20251202_031000.dump.gz', 11, 'restored'),
  ('2025-12-03', 'prod', 'data-only', 'b', 'revo/prod/2025/12/03/supabase_prod_20251203_031000.dump.gz', 12, 'uploaded');

create role older_reader nologin;
create function public.ops_db_backups_list(p_target text, p_limit integer, p_offset integer)
  returns table (id uuid, created_at timestamptz, target text, r2_key text)
  language sql stable security definer as $$ select id, created_at, target, r2_key from public.ops_db_backups $$;
grant execute on function public.ops_db_backups_list(text, integer, integer) to older_reader;
create function public.ops_db_backups_list(p_target text) returns setof public.ops_db_backups
  language sql stable as $$ select * from public.ops_db_backups where target = p_target $$;
