-- Locks the platform's tables whose rows are replaced: a sign-up in between would make the checks fail.
do $$
declare
  tables text;
begin
  select string_agg(format('%I.%I', n.nspname, c.relname), ', ' order by n.nspname, c.relname) into tables
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
   where c.relkind in ('r', 'p')
     and (n.nspname = 'auth' and (c.relname <> all (current_setting('revo.auth_tables_except')::text[])
                                  or c.relname = any (current_setting('revo.auth_session_tables')::text[]))
       or n.nspname = 'storage' and (c.relname = any (current_setting('revo.storage_tables')::text[])
                                     or c.relname like 's3\_multipart\_uploads%'));
  if tables is not null then
    execute 'lock table ' || tables || ' in access exclusive mode';
  end if;
end $$;
