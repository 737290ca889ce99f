-- Extensions in schemas of the project.
create schema util;
create extension citext schema util;
create extension hstore schema public;
create table public.contas (id int primary key, email util.citext unique, dados public.hstore);
insert into public.contas values (1, 'Ana@Exemplo.invalid', 'a=>1');
-- @target
create schema util;
comment on schema util is 'só do destino';
create extension citext schema util;
