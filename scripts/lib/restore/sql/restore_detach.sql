-- Drops what connects the project to the platform's tables, and objects without a schema.
-- The archive restores those of the source.
do $$
declare
  item record;
begin
  for item in select evtname from pg_catalog.pg_event_trigger
               where pg_get_userbyid(evtowner) = current_user loop
    execute format('drop event trigger %I', item.evtname);
  end loop;

  for item in select pubname from pg_catalog.pg_publication
               where pg_get_userbyid(pubowner) = current_user loop
    execute format('drop publication %I', item.pubname);
  end loop;

  -- with its foreign tables, which hold no rows, and user mappings
  for item in select srvname from pg_catalog.pg_foreign_server
               where pg_has_role(srvowner, 'usage')
                 and pg_get_userbyid(srvowner) !~ current_setting('revo.platform_roles') loop
    execute format('drop server %I cascade', item.srvname);
  end loop;

  for item in
    select p.polname, format('%I.%I', n.nspname, c.relname) as relation
      from pg_catalog.pg_policy p
      join pg_catalog.pg_class c on c.oid = p.polrelid
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where n.nspname = any (current_setting('revo.data_only_schemas')::text[]) loop
    execute format('drop policy %I on %s', item.polname, item.relation);
  end loop;

  -- a trigger on a platform table is the project's when its function is
  for item in
    select t.tgname, format('%I.%I', n.nspname, c.relname) as relation
      from pg_catalog.pg_trigger t
      join pg_catalog.pg_class c on c.oid = t.tgrelid
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      join pg_catalog.pg_proc f on f.oid = t.tgfoid
      join pg_catalog.pg_namespace fn on fn.oid = f.pronamespace
     where not t.tgisinternal
       and n.nspname = any (current_setting('revo.data_only_schemas')::text[])
       and fn.nspname <> all (current_setting('revo.platform_schemas')::text[])
       and fn.nspname !~ '^pg_' loop
    execute format('drop trigger %I on %s', item.tgname, item.relation);
  end loop;

  -- foreign keys of the project into platform tables would make their TRUNCATE fail
  for item in
    select k.conname, format('%I.%I', fn.nspname, f.relname) as relation
      from pg_catalog.pg_constraint k
      join pg_catalog.pg_class c on c.oid = k.confrelid
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      join pg_catalog.pg_class f on f.oid = k.conrelid
      join pg_catalog.pg_namespace fn on fn.oid = f.relnamespace
     where k.contype = 'f' and k.conparentid = 0
       and n.nspname = any (current_setting('revo.data_only_schemas')::text[])
       and fn.nspname <> all (current_setting('revo.platform_schemas')::text[]) loop
    execute format('alter table %s drop constraint %I', item.relation, item.conname);
  end loop;

  for item in
    select c.castsource::regtype as source, c.casttarget::regtype as target
      from pg_catalog.pg_cast c
     where c.oid >= 16384
       and not exists (select from pg_catalog.pg_depend d
                        where d.classid = 'pg_catalog.pg_cast'::regclass and d.objid = c.oid and d.deptype in ('e', 'i'))
       and exists (select from pg_catalog.pg_type t
                    where t.oid in (c.castsource, c.casttarget) and pg_get_userbyid(t.typowner) = current_user) loop
    execute format('drop cast (%s as %s) cascade', item.source, item.target);
  end loop;

  perform lo_unlink(oid) from pg_catalog.pg_largeobject_metadata where pg_get_userbyid(lomowner) = current_user;
end $$;
