-- A foreign server of the project: another role has a login there, and a foreign table in a schema of its own.
-- @platform
do $$ begin create role analise nologin; exception when duplicate_object then null; end $$;
create extension postgres_fdw schema extensions;
grant usage on foreign data wrapper postgres_fdw to postgres;
-- @project
create server fiscal foreign data wrapper postgres_fdw options (host '127.0.0.1');
create user mapping for service_role server fiscal options (user 'consulta', password 'nao-e-segredo');
create table public.guias (id int primary key);
insert into public.guias values (1);
grant usage on foreign server fiscal to analise;
-- @admin
create schema painel authorization analise;
grant usage on schema painel to postgres;
set role analise;
create foreign table painel.notas (id int) server fiscal;
reset role;
