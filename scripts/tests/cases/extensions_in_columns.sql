-- Types, defaults and indexes of extensions, in public and in extensions.
create extension hstore schema public;
create extension citext schema extensions;
create extension btree_gist schema extensions;
create table public.etiquetas_livres (id uuid default gen_random_uuid(), h public.hstore, codigo extensions.citext unique,
  segredo text default encode(extensions.gen_random_bytes(4), 'hex'));
insert into public.etiquetas_livres (h, codigo) values ('a=>1', 'Ab');
create index on public.etiquetas_livres using gin (h);
create table public.agendas (sala int, horas int4range, exclude using gist (sala with =, horas with &&));
insert into public.agendas values (1, '[1,3)'), (1, '[3,4)');
