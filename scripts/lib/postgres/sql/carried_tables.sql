-- The project's tables whose rows a backup carries: oid, schema, table and relation file.
-- Needs the settings of settings.sql and search_path = ''. Used as a subquery.
select c.oid, n.nspname, c.relname, c.relfilenode
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
 where c.relkind = 'r'
   and not exists (select from pg_depend d
                    where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
   and case
         when n.nspname = 'auth' then c.relname <> all (current_setting('revo.auth_tables_except')::text[])
         when n.nspname = 'storage' then c.relname = any (current_setting('revo.storage_tables')::text[])
         else n.nspname = any (current_setting('revo.our_schemas')::text[])
          and not (n.nspname = 'public' and starts_with(c.relname, current_setting('revo.ops_prefix')))
       end
