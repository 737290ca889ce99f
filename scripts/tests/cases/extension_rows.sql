-- A table of an extension to which the project has added a row, as with PostGIS and its reference systems.
-- @platform
create table extensions.sistemas (codigo int primary key, nome text);
insert into extensions.sistemas values (4326, 'WGS 84');
alter extension "uuid-ossp" add table extensions.sistemas;
update pg_extension set extconfig = array['extensions.sistemas'::regclass::oid], extcondition = array['where codigo >= 900000']
 where extname = 'uuid-ossp';
grant all on extensions.sistemas to postgres;
-- @project
insert into extensions.sistemas values (900001, 'Planta da fábrica');
create table public.lojas (id int primary key, sistema int);
insert into public.lojas values (1, 900001);
-- @check
select json_agg(nome order by codigo) from extensions.sistemas;
