-- Functions whose own settings have to stay as they are.
create function public.com_caminho(t text) returns text language sql immutable set search_path = pg_catalog as $$ select upper(t) $$;
create function public.com_memoria() returns int language sql stable set work_mem = '8MB' as $$ select 1 $$;
create procedure public.rotina() language plpgsql as $$ begin perform com_memoria(); end $$;
create function public.atomica() returns int language sql begin atomic select 2; end;
create table public.gerados (id int primary key, x text generated always as (public.com_caminho('a')) stored);
insert into public.gerados (id) values (1);
-- @check
select json_agg(json_build_array(proname, proconfig) order by proname) from pg_proc where pronamespace = 'public'::regnamespace;
