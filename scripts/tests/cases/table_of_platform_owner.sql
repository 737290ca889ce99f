-- Tables that an assistant of the platform's interface made as its superuser, with a key of the project into one.
-- @admin
create table public.paises (id serial primary key, nome text);
insert into public.paises (nome) select 'País ' || g from generate_series(1, 27) g;
grant all on public.paises to postgres, anon, authenticated, service_role;
create function public.sigla(nome text) returns text language sql immutable as $$ select upper(left(nome, 2)) $$;
-- @project
create table public.cidades (id int primary key, pais int references public.paises (id));
insert into public.cidades values (1, 1), (2, 27);
