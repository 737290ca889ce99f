-- An application with a role of its own, which postgres may act for, in a schema of its own and in public.
-- @platform
do $$ begin create role app_orm nologin; exception when duplicate_object then null; end $$;
grant app_orm to postgres;
grant usage, create on schema public to app_orm;
-- @admin
create schema financeiro authorization app_orm;
-- @project
create table public.empresas (id int primary key);
insert into public.empresas values (1);
set role app_orm;
create table public."Pedido" (id serial primary key, total numeric, empresa int);
insert into public."Pedido" (total) select g from generate_series(1, 20) g;
create type public.forma as enum ('pix', 'boleto');
create table financeiro.parcelas (id bigint generated always as identity primary key, valor numeric, forma public.forma);
insert into financeiro.parcelas (valor) select g * 10 from generate_series(1, 40) g;
create function financeiro.saldo() returns numeric language sql stable as $$ select sum(valor) from financeiro.parcelas $$;
create materialized view financeiro.total as select sum(valor) from financeiro.parcelas;
grant select on financeiro.parcelas to service_role;
grant usage on schema financeiro to service_role;
reset role;
-- @check
select json_agg(json_build_array(schemaname, tablename, tableowner) order by tablename) from pg_tables where schemaname in ('public', 'financeiro');
