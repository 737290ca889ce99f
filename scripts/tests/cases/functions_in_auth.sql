-- Policies that call a function which the project has put into schema auth.
-- @admin
grant create on schema auth to postgres;
-- @project
create function auth.empresa_atual() returns int language sql stable
  as $$ select (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'empresa')::int $$;
create table public.contratos (id int primary key, empresa int);
insert into public.contratos values (1, 1);
alter table public.contratos enable row level security;
create policy da_empresa on public.contratos for select to authenticated using (empresa = auth.empresa_atual());
create function auth.pode_ver(public.contratos) returns boolean language sql stable as $$ select $1.empresa = 1 $$;
