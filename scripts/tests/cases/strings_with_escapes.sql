-- A database whose plain strings have backslash escapes, as very old clients need them.
-- @admin
do $$ begin execute format('alter role postgres in database %I set standard_conforming_strings = off', current_database()); end $$;
-- @project
create table public."lote\n" (id int primary key, caminho text default E'c:\\dados');
insert into public."lote\n" values (1, E'c:\\velho''s');
comment on table public."lote\n" is E'pasta \\\\servidor';
create view public.caminhos as select id, caminho || E'\\fim' as caminho from public."lote\n";
create function public.pasta() returns text language sql immutable as $$ select E'\\\\servidor\\x' $$;
alter table public."lote\n" add constraint sem_barra check (caminho !~ E'\\\\$');
