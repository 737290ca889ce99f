-- A project with a webhook, pgvector and pg_cron, which every target has too. A machine without their packages has
-- stand-ins, as the catalogs show an extension to pg_dump; the drill leaves out by name what needs them.
-- @platform
create schema supabase_functions;
grant usage on schema supabase_functions to postgres, anon, authenticated, service_role;
create function supabase_functions.http_request() returns trigger language plpgsql security definer
  as $$ begin return new; end $$;
create schema cron;
create table cron.job (jobid bigserial primary key, schedule text, command text);
create function cron.schedule(name text, schedule text, command text) returns bigint language sql security definer
  as $$ insert into cron.job (schedule, command) values ($2, $3) returning jobid $$;
grant usage on schema cron to postgres with grant option;
grant select on cron.job to postgres with grant option;
insert into pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
  values (99991, 'pg_cron', 'supabase_admin'::regrole, 'pg_catalog'::regnamespace, false, '1.6');
alter extension pg_cron add schema cron;
alter extension pg_cron add table cron.job;
alter extension pg_cron add function cron.schedule(text, text, text);
do $$
begin
  if exists (select from pg_available_extensions where name = 'vector') then
    create extension vector schema extensions;
    return;
  end if;
  create domain extensions.vector as float8[];
  create function extensions.l2_distance(a extensions.vector, b extensions.vector) returns float8 language sql immutable
    as 'select sqrt(sum((x - y) ^ 2)) from unnest(a::float8[], b::float8[]) pair (x, y)';
  insert into pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
    values (99992, 'vector', 'supabase_admin'::regrole, 'extensions'::regnamespace, true, '0.8.0');
  alter extension vector add domain extensions.vector;
  alter extension vector add function extensions.l2_distance(extensions.vector, extensions.vector);
end
$$;
-- @project
create table public.documentos (id int primary key, texto text, sentido extensions.vector);
insert into public.documentos values (1, 'nota', array[1, 0, 2]::extensions.vector), (2, 'pedido', array[0, 1, 2]::extensions.vector);
do $$
begin
  if exists (select from pg_am where amname = 'hnsw') then
    execute 'alter table public.documentos alter sentido type extensions.vector(3)';
    execute 'create index on public.documentos using hnsw (sentido extensions.vector_l2_ops)';
  end if;
end
$$;
create function public.parecidos(com extensions.vector) returns setof int language sql stable
  as $$ select id from public.documentos order by extensions.l2_distance(sentido, com) $$;
create table public.entregas (id int primary key, situacao text);
insert into public.entregas values (1, 'a caminho');
create trigger avisa after update on public.entregas for each row
  execute function supabase_functions.http_request('https://exemplo.invalid/entrega', 'POST', '{}', '{}', '2000');
create view public.rotinas as select jobid, schedule from cron.job;
create function public.agenda() returns bigint language sql
  as $$ select cron.schedule('fecha o dia', '0 3 * * *', 'select 1') $$;
-- @check
select public.parecidos(array[1, 0, 1]::extensions.vector);
