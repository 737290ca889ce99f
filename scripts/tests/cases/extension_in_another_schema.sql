-- An extension in public that the target has elsewhere.
create extension pg_trgm schema public;
create table public.artigos (id int primary key, nome text);
insert into public.artigos select g, 'artigo ' || g from generate_series(1, 5) g;
create index artigos_nome on public.artigos using gin (nome public.gin_trgm_ops);
-- @target
create extension pg_trgm schema extensions;
