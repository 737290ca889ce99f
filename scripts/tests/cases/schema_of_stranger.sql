-- A schema of a role that postgres may not act for: its rows are in no backup. A view there reads a table of the project.
-- @platform
do $$ begin create role relatorios nologin; exception when duplicate_object then null; end $$;
-- @project
create table public.vendas (id int primary key, valor numeric);
insert into public.vendas select g, g from generate_series(1, 9) g;
create function public.ao_criar() returns event_trigger language plpgsql as $$ begin null; end $$;
-- @admin
create schema bi authorization relatorios;
grant usage on schema bi to postgres;
grant select, references on public.vendas to relatorios;
grant usage on schema public to relatorios;
set role relatorios;
create view bi.faturamento as select sum(valor) as total from public.vendas;
create table bi.metas (mes int primary key, meta numeric);
insert into bi.metas select g, 1000 from generate_series(1, 12) g;
create sequence bi.numeracao;
reset role;
create event trigger ao_criar on ddl_command_end when tag in ('CREATE TABLE') execute function public.ao_criar();
create publication replica_bi for table public.vendas;
