-- Functions of the project with the names of the server's, which its search_path finds first.
-- @platform
do $$ begin execute format('alter database %I set search_path = public, pg_catalog', current_database()); end $$;
-- @project
create function public.format(text, name, name) returns text language sql immutable as $$ select 'nada' $$;
create function public.xpath(text, xml) returns xml[] language sql immutable as $$ select null::xml[] $$;
create function public.query_to_xml(text, boolean, boolean, text) returns xml language sql immutable as $$ select null::xml $$;
create function public.json_build_array(text, name, name) returns json language sql immutable as $$ select '[]'::json $$;
create function public.unnest(text[]) returns setof text language sql immutable as $$ select 'nada' $$;
create table public.pg_class (oid int primary key);
insert into public.pg_class values (1), (2), (3);
