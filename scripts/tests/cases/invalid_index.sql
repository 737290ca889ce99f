-- A unique index that failed on a duplicate and was left behind, invalid.
create table public.estoque (id int primary key, codigo text);
insert into public.estoque select g, 'P' || least(g, 29) from generate_series(1, 30) g;
\set ON_ERROR_STOP off
create unique index concurrently estoque_codigo on public.estoque (codigo);
\set ON_ERROR_STOP on
