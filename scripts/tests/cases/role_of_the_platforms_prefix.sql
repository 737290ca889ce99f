-- A role of the project whose name begins as those of the platform.
-- @platform
do $$ begin create role supabase_vendas nologin; exception when duplicate_object then null; end $$;
grant supabase_vendas to postgres;
grant usage, create on schema public to supabase_vendas;
-- @project
set role supabase_vendas;
create table public.metas_de_venda (mes int primary key, valor numeric);
insert into public.metas_de_venda select g, g * 100 from generate_series(1, 6) g;
create function public.meta_do_mes(int) returns numeric language sql stable as $$ select valor from public.metas_de_venda where mes = $1 $$;
reset role;
-- @check
select tableowner from pg_tables where tablename = 'metas_de_venda';
