-- For archives made without privileges: saves the privileges of the target's objects, by name, before they are moved.
-- of_target: the target has the object; otherwise another backup states the privileges (restore_use_privileges.sql).
create temp table restore_privileges on commit drop as
select saved.*, true as of_target from (
with ours as (
  select oid, nspname, nspowner, nspacl from pg_namespace
   where nspname = any (current_setting('revo.our_schemas')::text[])
)
select 'schema' as kind, quote_ident(nspname) as name, coalesce(nspacl, acldefault('n', nspowner)) as acl from ours
union all
select case c.relkind when 'S' then 'sequence' else 'table' end, format('%I.%I', s.nspname, c.relname),
       coalesce(c.relacl, acldefault(case c.relkind when 'S' then 's' else 'r' end::"char", c.relowner))
  from pg_class c join ours s on s.oid = c.relnamespace where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
union all
select 'column', format('%I.%I (%I)', s.nspname, c.relname, a.attname), a.attacl
  from pg_attribute a join pg_class c on c.oid = a.attrelid join ours s on s.oid = c.relnamespace
 where a.attacl is not null and a.attnum > 0 and not a.attisdropped
union all
select 'routine', p.oid::regprocedure::text, coalesce(p.proacl, acldefault('f', p.proowner))
  from pg_proc p join ours s on s.oid = p.pronamespace
union all
select 'type', format('%I.%I', s.nspname, t.typname), coalesce(t.typacl, acldefault('T', t.typowner))
  from pg_type t join ours s on s.oid = t.typnamespace where t.typtype in ('c', 'd', 'e', 'r')
union all
select 'default', format('%s %s', coalesce(quote_ident(n.nspname), '*'), d.defaclobjtype), d.defaclacl
  from pg_default_acl d left join pg_namespace n on n.oid = d.defaclnamespace
 where pg_get_userbyid(d.defaclrole) = current_user
   and (n.oid is null or n.oid in (select oid from ours))
) saved;
