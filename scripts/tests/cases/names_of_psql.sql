-- Names and texts that psql could take for its own.
create table public.vetores (id int primary key, v int[], lock_timeout int, "PORT" int);
insert into public.vetores values (1, array[1, 2, 3], 2, 3);
create view public.partes as select id, v[1 : lock_timeout] as a, v[2 : "PORT"] as b from public.vetores;
create function public.inicio(x int) returns text language sql begin atomic select case when x > 1 then 'a' else 'b' end; end;
create function public."end"() returns text language sql as $$ select ':release_hash' || $q$ :'lock_timeout' $q$ $$;
