-- Tables, sequences and functions of the project that each role of the API has a privilege on, as counts by role.
-- Without the constructors of range types, which no restore can close.
select coalesce(json_object_agg(role, (
  select count(*) from (
    select case c.relkind when 'S' then has_sequence_privilege(role, c.oid, 'usage, select, update')
                          else has_any_column_privilege(role, c.oid, 'select, insert, update')
                            or has_table_privilege(role, c.oid, 'delete, truncate') end as open
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = any (current_setting('revo.our_schemas')::text[]) and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
       and not (n.nspname = 'public' and starts_with(c.relname, current_setting('revo.ops_prefix')))
       and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')
    union all
    select has_function_privilege(role, p.oid, 'execute')
      from pg_proc p join pg_namespace n on n.oid = p.pronamespace
     where n.nspname = any (current_setting('revo.our_schemas')::text[])
       and not (n.nspname = 'public' and starts_with(p.proname, current_setting('revo.ops_prefix')))
       and not exists (select from pg_depend d where d.objid = p.oid and d.deptype in ('e', 'i'))) objects
   where open)), '{}')
  from (select rolname as role from pg_roles where rolname in ('anon', 'authenticated', 'service_role')) roles;
