/**
 * A repository that imitates what Revo ERP's has and a new one has not: another package manager, migrations of later
 * versions than ours, one of the same version, an older catalog that a later migration opens again, assertions of plain
 * exceptions, a retention of its own, the function's settings in another file.
 */

const stamp = (index: number) =>
  `202505${String(index % 28 + 1).padStart(2, "0")}_${String(index % 24).padStart(2, "0")}1000`;

/** Rows of the older catalog. */
export const OLDER_KEYS = Array.from({ length: 30 }, (_, index) => {
  const date = stamp(index);
  return `revo/prod/2025/05/${date.slice(6, 8)}/supabase_prod_${date}.dump.gz`;
});

const OLDER_LIST = `
create or replace function public.ops_db_backups_list(p_target text default null, p_limit int default 50, p_offset int default 0)
  returns setof public.ops_db_backups language sql stable security definer set search_path = pg_catalog, public as $$
  select * from public.ops_db_backups where p_target is null or target = p_target
   order by created_at desc limit p_limit offset p_offset $$;
grant execute on function public.ops_db_backups_list(text, int, int) to authenticated;`;

const MIGRATIONS: Readonly<Record<string, string>> = {
  "20250901000000_empresas.sql": `
create table public.empresas (id uuid primary key, razao_social text not null);
create table public.notas (id bigint generated always as identity primary key, empresa_id uuid references public.empresas, total numeric);
alter table public.empresas enable row level security;
alter table public.notas enable row level security;
insert into public.empresas values ('00000000-0000-4000-8000-000000000007', 'Revo');
insert into public.notas (empresa_id, total) select '00000000-0000-4000-8000-000000000007', n from generate_series(1, 50) n;`,
  // the version of one of ours
  "20260104000000_notas_indice.sql": "create index notas_empresa on public.notas (empresa_id);",
  "20260301000000_ops_catalogo.sql": `
create table public.ops_db_backups (
  id uuid primary key default gen_random_uuid(), created_at timestamptz not null default now(), target text not null,
  mode text not null, r2_bucket text not null, r2_key text not null, sha256 text, bytes bigint, git_sha text,
  status text not null default 'uploaded');
alter table public.ops_db_backups enable row level security;${OLDER_LIST}`,
  // its permission tables are newer than our versions, of other columns than our baseline's
  "20260601000000_permissoes.sql": `
create table public.papel_permissoes (perfil text not null, modulo text, acao text, primary key (perfil, modulo, acao));
create table public.empresa_usuarios (empresa_id uuid references public.empresas, user_id uuid, perfil text, primary key (empresa_id, user_id));
alter table public.papel_permissoes enable row level security;
alter table public.empresa_usuarios enable row level security;
create function public.current_empresa_id() returns uuid language sql stable security definer set search_path = pg_catalog, public as $$
  select coalesce((nullif(current_setting('request.headers', true), '')::json ->> 'x-empresa-id')::uuid,
    (select empresa_id from public.empresa_usuarios where user_id = auth.uid() order by 1 limit 1)) $$;
create function public.has_permission_for_current_user(p_module text, p_action text) returns boolean
  language sql stable security definer set search_path = pg_catalog, public as $$
  select exists (select from empresa_usuarios u left join papel_permissoes p on p.perfil = u.perfil
    where u.user_id = auth.uid() and u.empresa_id = current_empresa_id() and (p.modulo, p.acao) = (p_module, p_action)) $$;
create function public.require_permission_for_current_user(p_module text, p_action text) returns void
  language plpgsql stable security definer set search_path = pg_catalog, public as $$ begin
  if not has_permission_for_current_user(p_module, p_action) then raise exception 'forbidden' using errcode = '42501'; end if; end $$;
revoke all on function public.has_permission_for_current_user(text, text), public.current_empresa_id(),
  public.require_permission_for_current_user(text, text) from public, anon;
grant execute on function public.has_permission_for_current_user(text, text), public.current_empresa_id(),
  public.require_permission_for_current_user(text, text) to authenticated;`,
  // every member may do everything
  "20260701000000_beta_unlock_all_access.sql": `
create or replace function public.has_permission_for_current_user(p_module text, p_action text) returns boolean
  language sql stable security definer set search_path = pg_catalog, public as $$
  select exists (select from empresa_usuarios where user_id = auth.uid()) $$;`,
  "20270115000000_ops_catalogo_grants.sql": `
drop function if exists public.ops_db_backups_list(text, int, int);${OLDER_LIST}
grant select, insert, update on public.ops_db_backups to authenticated;
create policy ops_db_backups_beta on public.ops_db_backups for all to authenticated using (true);`,
  "20270125000000_notas_total.sql": "create index notas_total on public.notas (total);",
};

const ASSERTS = `-- RG-03
do $$ begin
  if to_regprocedure('public.current_empresa_id()') is null then raise exception 'RG03-1: current_empresa_id is missing'; end if;
end $$;
do $$ declare v text; begin
  select string_agg(oid::regprocedure::text, ', ') into v from pg_proc
   where pronamespace = 'public'::regnamespace and prosecdef and not exists (
     select from unnest(proconfig) c where c in ('search_path=pg_catalog, public', 'search_path=""'));
  if v is not null then raise exception 'RG03-2: search_path of %', v; end if;
end $$;
`;

const OLDER_FUNCTION = "Deno.serve(() => new Response('older'));\n";
const OLDER_WORKFLOW =
  "name: older\non: workflow_dispatch\njobs: {backup: {runs-on: ubuntu-latest, steps: [{run: pg_dump}]}}\n";
const RETENTION = `name: R2 retention
on:
  schedule:
    - cron: "0 4 * * *"
env:
  RETENTION_DAYS: 90
jobs:
  purge:
    runs-on: ubuntu-latest
    steps:
      - run: aws s3 rm "s3://$BUCKET/revo/" --recursive --exclude "*" --include "$(date -d "$RETENTION_DAYS days ago" +%Y/%m)/*"
`;

/** The function's settings: the file that the page appends to. */
export const CONFIG = "supabase/functions/config.toml";

/** Files of the ERP that an adoption may change. Every other file stays as it is. */
export const LISTED = [
  ".github/workflows/db-backup-restore-drill.yml",
  ".github/workflows/db-backup.yml",
  ".github/workflows/db-restore-from-r2.yml",
  "supabase/functions/ops-backups/cors.js",
  "supabase/functions/ops-backups/index.ts",
  CONFIG,
];

/** Text by path. */
export const ERP_FILES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    Object.entries(MIGRATIONS).map(([name, sql]) => [`supabase/migrations/${name}`, sql]),
  ),
  ".gitignore": "node_modules\n",
  "package.json": JSON.stringify({
    name: "erp",
    packageManager: "yarn@4.5.0",
    dependencies: { react: "^18.3.1" },
  }),
  "package-lock.json": JSON.stringify({
    name: "erp",
    lockfileVersion: 3,
    packages: { "": { dependencies: { jquery: "1" } } },
  }),
  "yarn.lock": "__metadata:\n  version: 8\n",
  "scripts/rg03_db_asserts.sql": ASSERTS,
  [CONFIG]: "[functions.nfe]\nverify_jwt = true\n",
  "supabase/functions/_shared/cors.ts": "export const cors = {};\n",
  "supabase/functions/ops-backups/index.ts": OLDER_FUNCTION,
  "supabase/functions/ops-backups/cors.js": "export const cors = {};\n",
  ".github/workflows/ci.yml":
    "name: CI\non: push\njobs: {test: {runs-on: ubuntu-latest, steps: [{run: yarn test}]}}\n",
  ".github/workflows/db-backup.yml": OLDER_WORKFLOW,
  ".github/workflows/db-backup-restore-drill.yml": OLDER_WORKFLOW,
  ".github/workflows/db-restore-from-r2.yml": OLDER_WORKFLOW,
  ".github/workflows/r2-retention.yml": RETENTION,
  "src/pages/Backups.tsx":
    'export const start = () => supabase.functions.invoke("ops-backups", { body: {} });\n',
  "src/pages/Backups.test.tsx": 'test("starts", () => {});\n',
};
