-- Default privileges for the objects of another role.
-- @platform
do $$ begin create role integrador nologin; exception when duplicate_object then null; end $$;
grant integrador to postgres;
-- @project
alter default privileges for role integrador in schema public grant select on tables to anon;
create table public.t (id int primary key);
insert into public.t values (1);
-- @check
select json_agg(defaclacl::text) from pg_default_acl where pg_get_userbyid(defaclrole) = 'integrador';
