-- A privilege that its grantee has granted to another role.
create table public.balancete (id int primary key);
insert into public.balancete values (1);
grant select on public.balancete to service_role with grant option;
set role service_role;
grant select on public.balancete to authenticated;
reset role;
create table public.textos (t text);
insert into public.textos values ('SET SESSION AUTHORIZATION service_role;'), ('RESET SESSION AUTHORIZATION;');
-- @check
select json_build_array((select json_agg(a::text order by a::text) from pg_class, unnest(relacl) a where oid = 'public.balancete'::regclass), (select json_agg(t order by t) from public.textos));
