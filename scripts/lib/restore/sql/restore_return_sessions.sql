-- Returns the kept sessions of users that the backup knows. Prints how many were open before, and how many still are.
-- Runs in replica role: no trigger fires, and foreign keys are not checked, so rows without their reference are removed here.
do $$
declare
  name text;
  columns text;
  reference record;
  removed bigint;
  removed_now bigint;
begin
  foreach name in array current_setting('revo.auth_session_tables')::text[] loop
    continue when to_regclass(format('auth.%I', name)) is null;
    -- rows that the archive's own code wrote
    execute format('delete from auth.%I', name);
    select string_agg(quote_ident(attname), ', ' order by attnum) into columns
      from pg_catalog.pg_attribute
     where attrelid = to_regclass(format('auth.%I', name)) and attnum > 0 and not attisdropped and attgenerated = '';
    execute format(
      'insert into auth.%1$I (%2$s) overriding system value
       select %2$s from restore_sessions kept, jsonb_populate_record(null::auth.%1$I, kept.content)
        where kept.table_name = %1$L', name, columns);
    -- older refresh tokens name their user without a foreign key
    if exists (select from pg_catalog.pg_attribute
                where attrelid = to_regclass(format('auth.%I', name)) and attname = 'user_id' and not attisdropped) then
      execute format(
        'delete from auth.%I child where child.user_id is not null
            and not exists (select from auth.users u where u.id::text = child.user_id::text)', name);
    end if;
  end loop;

  -- a removed row can be the reference of others: repeated until none is removed
  loop
    removed := 0;
    for reference in
      select format('%I.%I', cn.nspname, c.relname) as child, format('%I.%I', pn.nspname, p.relname) as parent,
             (select string_agg(format('child.%I is not null', a.attname), ' and ')
                from unnest(f.conkey) k join pg_catalog.pg_attribute a on a.attrelid = f.conrelid and a.attnum = k) as refers,
             (select string_agg(format('parent.%I = child.%I', pa.attname, ca.attname), ' and ')
                from unnest(f.conkey, f.confkey) k(child_number, parent_number)
                join pg_catalog.pg_attribute ca on ca.attrelid = f.conrelid and ca.attnum = k.child_number
                join pg_catalog.pg_attribute pa on pa.attrelid = f.confrelid and pa.attnum = k.parent_number) as matches
        from pg_catalog.pg_constraint f
        join pg_catalog.pg_class c on c.oid = f.conrelid
        join pg_catalog.pg_namespace cn on cn.oid = c.relnamespace
        join pg_catalog.pg_class p on p.oid = f.confrelid
        join pg_catalog.pg_namespace pn on pn.oid = p.relnamespace
       where f.contype = 'f' and cn.nspname = 'auth'
         and c.relname = any (current_setting('revo.auth_session_tables')::text[])
    loop
      execute format('delete from %s child where %s and not exists (select from %s parent where %s)',
                     reference.child, reference.refers, reference.parent, reference.matches);
      get diagnostics removed_now = row_count;
      removed := removed + removed_now;
    end loop;
    exit when removed = 0;
  end loop;

  removed := 0;
  if to_regclass('auth.sessions') is not null then
    execute 'select count(*) from auth.sessions' into removed;
  end if;
  perform set_config('revo.sessions_kept', removed::text, true);
end $$;
select json_build_object('before', current_setting('revo.sessions_before')::bigint,
                         'kept', current_setting('revo.sessions_kept')::bigint);
drop table restore_sessions;
