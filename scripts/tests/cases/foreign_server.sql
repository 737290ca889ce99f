-- A foreign server with a user's password, whose tables are read like local ones.
-- @platform
create extension postgres_fdw schema extensions;
grant usage on foreign data wrapper postgres_fdw to postgres;
-- @project
create server sistema_antigo foreign data wrapper postgres_fdw options (host '127.0.0.1', dbname 'antigo', fetch_size '200');
comment on server sistema_antigo is 'migração de 2019';
create user mapping for postgres server sistema_antigo options (user 'consulta', password 'nao-e-segredo');
grant usage on foreign server sistema_antigo to service_role;
create schema antigo;
create foreign table antigo.notas (numero int options (column_name 'nr_nota'), emitida date)
  server sistema_antigo options (schema_name 'fiscal', table_name 'nf');
create foreign table public.cidades_antigas (codigo int) server sistema_antigo options (table_name 'cidade');
create table public.notas (numero int primary key);
insert into public.notas values (10), (11);
create view public.todas as select numero from public.notas union all select numero from antigo.notas;
-- @check
select json_build_array(
  (select json_agg(json_build_array(srvname, (select array_agg(o order by o) from unnest(srvoptions) o), srvacl::text)) from pg_foreign_server),
  (select json_agg(json_build_array(srvname, usename, (select array_agg(o order by o) from unnest(umoptions) o))) from pg_user_mappings),
  (select json_agg(json_build_array(ftrelid::regclass::text, ftoptions) order by ftrelid::regclass::text) from pg_foreign_table));
