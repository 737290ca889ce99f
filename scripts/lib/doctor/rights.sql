-- What the connected role can neither dump nor restore, by name. Needs the settings of settings.sql; one JSON value.
-- pg_has_role(…, 'usage') is the check that PostgreSQL makes for an owner's rights.
with me as (
  select r.rolname, r.rolsuper or r.rolbypassrls as sees_all_rows from pg_catalog.pg_roles r where r.rolname = current_user
),
-- the project's own schemas; those of others are left out of a backup, and reported by another check
schemas as (
  select n.oid, n.nspname
    from pg_catalog.pg_namespace n
   where n.nspname = any (current_setting('revo.our_schemas')::text[])
),
members as (
  select classid, objid from pg_catalog.pg_depend where deptype = 'e'
),
relations as (
  select c.oid, c.relkind, c.relowner, c.relrowsecurity, c.relforcerowsecurity, c.relnamespace,
         c.relnamespace in (select oid from schemas) as ours, format('%I.%I', n.nspname, c.relname) as name
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
   where c.relkind in ('r', 'p', 'v', 'm', 'S', 'f')
     and not exists (select from members m where m.classid = 'pg_catalog.pg_class'::regclass and m.objid = c.oid)
     and not (n.nspname = 'public' and starts_with(c.relname, current_setting('revo.ops_prefix')))
     and (c.relnamespace in (select oid from schemas)
          -- tables of the platform whose rows a backup carries or a restore replaces
          or c.relkind in ('r', 'p')
             and (n.nspname = 'auth' and (c.relname <> all (current_setting('revo.auth_tables_except')::text[])
                                          or c.relname = any (current_setting('revo.auth_session_tables')::text[]))
                  or n.nspname = 'storage' and c.relname = any (current_setting('revo.storage_tables')::text[])))
),
unreadable as (
  select name from relations
   where not has_schema_privilege(relnamespace, 'usage')
      or relkind in ('r', 'p') and not has_table_privilege(oid, 'select')
      or relkind = 'S' and not has_sequence_privilege(oid, 'select')
  union all
  select 'large object ' || l.oid
    from pg_catalog.pg_largeobject_metadata l
   where not pg_has_role(l.lomowner, 'usage')
     and not exists (select from aclexplode(l.lomacl) a
                      where a.privilege_type = 'SELECT' and (a.grantee = 0 or pg_has_role(a.grantee, 'usage')))
),
hidden_rows as (
  select name from relations, me
   where relkind in ('r', 'p') and relrowsecurity and not sees_all_rows
     and (relforcerowsecurity or not pg_has_role(relowner, 'usage'))
),
not_owned as (
  select name from relations where ours and not pg_has_role(relowner, 'usage')
  union all
  select format('%I.%I(%s)', s.nspname, p.proname, pg_get_function_identity_arguments(p.oid))
    from pg_catalog.pg_proc p
    join schemas s on s.oid = p.pronamespace
   where not pg_has_role(p.proowner, 'usage')
     and not starts_with(p.proname, current_setting('revo.ops_prefix'))
     -- with a range type come functions of the bootstrap superuser; extensions have their own
     and not exists (select from pg_catalog.pg_depend d
                      where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid and d.deptype in ('e', 'i'))
),
-- an event trigger of the platform's own roles stays where it is
foreign_triggers as (
  select evtname::text as name from pg_catalog.pg_event_trigger
   where pg_catalog.pg_get_userbyid(evtowner) <> current_user
     and pg_catalog.pg_get_userbyid(evtowner) !~ current_setting('revo.admin_roles')
),
made as (
  -- each relation with its indexes, and the table and index for long values
  select count(*) + 2 * count(*) filter (where c.reltoastrelid <> 0) as locks
    from pg_catalog.pg_class c
   where c.relnamespace in (select oid from schemas)
     and not starts_with(c.relname, current_setting('revo.ops_prefix'))
),
-- on servers that lock what a new object refers to: row types, types, constraints and functions
dependencies as (
  select (select count(*) from pg_catalog.pg_type t
           where t.typnamespace in (select oid from schemas) and t.typcategory <> 'A'
             and not starts_with(t.typname, current_setting('revo.ops_prefix')))
       + (select count(*) from pg_catalog.pg_constraint where connamespace in (select oid from schemas))
       + (select count(*) from pg_catalog.pg_proc where pronamespace in (select oid from schemas)) as locks
)
select json_build_object(
  'unreadable', coalesce((select json_agg(name order by name) from unreadable), '[]'),
  'hiddenRows', coalesce((select json_agg(name order by name) from hidden_rows), '[]'),
  'notOwned', coalesce((select json_agg(name order by name) from not_owned), '[]'),
  'foreignTriggers', coalesce((select json_agg(name order by name) from foreign_triggers), '[]'),
  'mayCreateSchemas', has_database_privilege(current_database(), 'create'),
  'locksOfCopy', (select locks from made),
  'dependencyLocksOfCopy', (select locks from dependencies));
