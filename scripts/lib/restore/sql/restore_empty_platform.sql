-- Removes the rows of the platform's tables that the archive brings, and those of its sessions, which
-- restore_return_sessions.sql returns: they refer to users. TRUNCATE without CASCADE:
-- an unknown table that references them is an error, not a silent loss.
do $$
declare
  tables text;
begin
  select string_agg(format('%I.%I', n.nspname, c.relname), ', ') into tables
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
   where n.nspname = 'auth' and c.relkind in ('r', 'p')
     and (c.relname <> all (current_setting('revo.auth_tables_except')::text[])
       or c.relname = any (current_setting('revo.auth_session_tables')::text[]));
  if tables is not null then
    execute 'truncate ' || tables;
  end if;
  -- in this order: parts reference uploads, uploads and objects reference buckets
  foreach tables in array array['s3_multipart_uploads_parts', 's3_multipart_uploads', 'objects', 'buckets'] loop
    if to_regclass(format('storage.%I', tables)) is not null then
      execute format('delete from storage.%I', tables);
    end if;
  end loop;
end $$;
