-- Locks every table whose rows are replaced, in one statement: what does not get all of them in time gives back those that
-- it has, and may be repeated. Of the platform: a sign-up in between would make the checks fail. Of the project: what is
-- written after this is written to the restored tables.
do $$
declare
  tables text;
begin
  select string_agg(format('only %I.%I', n.nspname, c.relname), ', ' order by n.nspname, c.relname) into tables
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
   where c.relkind in ('r', 'p')
     and (n.nspname = 'auth' and (c.relname <> all (current_setting('revo.auth_tables_except')::text[])
                                  or c.relname = any (current_setting('revo.auth_session_tables')::text[]))
       or n.nspname = 'storage' and (c.relname = any (current_setting('revo.storage_tables')::text[])
                                     or c.relname like 's3\_multipart\_uploads%')
       or n.nspname = any (current_setting('revo.our_schemas')::text[])
          and not (n.nspname = 'public' and starts_with(c.relname, current_setting('revo.ops_prefix')))
          -- a table of an extension stays in place
          and not exists (select from pg_catalog.pg_depend d
                           where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
          and has_table_privilege(c.oid, 'update, delete, truncate'));
  if tables is not null then
    execute 'lock table ' || tables || ' in access exclusive mode';
  end if;
end $$;
