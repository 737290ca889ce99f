-- Moves the project's old content into other schemas instead of dropping it. A DROP locks every index, constraint,
-- policy, trigger and default, some ten locks a table, and exhausts the lock table; a move locks the table alone,
-- and the old content exists until it is dropped after COMMIT (cleanup.sql).
-- Schema public itself keeps its oid: the platform's default privileges depend on it, and only their owner could make them again.
-- The schemas of revo.kept_schemas stay too, for the extensions in them. What the catalog owns (revo.ops_prefix) and what
-- belongs to extensions stays where it is.
do $$
declare
  prefix constant text := current_setting('revo.old_content_prefix') || txid_current() || '_';
  ops constant text := current_setting('revo.ops_prefix');
  space text;
  space_oid oid;
  aside text;
  item record;
  statement text;
  left_over text;
begin
  for item in
    select oid, nspname from pg_catalog.pg_namespace
     where nspname = any (current_setting('revo.our_schemas')::text[]) and nspname <> 'public'
       and nspname <> all (current_setting('revo.kept_schemas')::text[]) loop
    -- a name of 63 bytes at most; the oid makes names differ that agree at the beginning
    execute format('alter schema %I rename to %I', item.nspname,
                   case when octet_length(prefix || item.nspname) <= 63 then prefix || item.nspname
                        else prefix || item.oid end);
  end loop;

  foreach space in array 'public'::text || current_setting('revo.kept_schemas')::text[] loop
    space_oid := quote_ident(space)::regnamespace;
    aside := case when octet_length(prefix || space) <= 63 then prefix || space else prefix || space_oid end;
    execute format('create schema %I', aside);
    execute format('revoke all on schema %I from public', aside);

    for item in
      select c.relname,
             case c.relkind when 'v' then 'view' when 'm' then 'materialized view' when 'S' then 'sequence'
                            when 'f' then 'foreign table' else 'table' end as kind
        from pg_catalog.pg_class c
       where c.relnamespace = space_oid and c.relkind in ('r', 'p', 'v', 'm', 'S', 'f')
         and not starts_with(c.relname, ops)
         and not exists (select from pg_catalog.pg_depend d
                          where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid
                            and (d.deptype = 'e'
                                 -- owned sequences move with their table
                                 or c.relkind = 'S' and d.deptype in ('a', 'i')
                                    and d.refclassid = 'pg_catalog.pg_class'::regclass)) loop
      execute format('alter %s %I.%I set schema %I', item.kind, space, item.relname, aside);
    end loop;

    -- a range type's constructor functions belong to the bootstrap superuser and cannot follow it: dropped
    for item in
      select t.typname from pg_catalog.pg_type t
       where t.typnamespace = space_oid and t.typtype = 'r'
         and not exists (select from pg_catalog.pg_depend d
                          where d.classid = 'pg_catalog.pg_type'::regclass and d.objid = t.oid and d.deptype = 'e') loop
      execute format('drop type %I.%I cascade', space, item.typname);
    end loop;

    for item in
      select d.classid, d.objid
        from pg_catalog.pg_depend d
        left join pg_catalog.pg_proc f on d.classid = 'pg_catalog.pg_proc'::regclass and f.oid = d.objid
       where d.refclassid = 'pg_catalog.pg_namespace'::regclass and d.refobjid = space_oid and d.deptype = 'n'
         and d.classid not in ('pg_catalog.pg_default_acl'::regclass, 'pg_catalog.pg_extension'::regclass,
                               'pg_catalog.pg_publication_namespace'::regclass, 'pg_catalog.pg_class'::regclass)
         and not starts_with(coalesce(f.proname, ''), ops)
         and not exists (select from pg_catalog.pg_depend e
                          where e.classid = d.classid and e.objid = d.objid and e.deptype in ('e', 'i')) loop
      -- the identity is read here because its argument types may have been moved by an earlier statement
      select format('alter %s %s set schema %I',
                    case i.type when 'statistics object' then 'statistics' else i.type end, i.identity, aside)
        into statement
        from pg_catalog.pg_identify_object(item.classid, item.objid, 0) i;
      if statement is not null then
        execute statement;
      end if;
    end loop;

    for item in
      select c.relname from pg_catalog.pg_class c
       where c.relnamespace = space_oid and c.relkind = 'c' and not starts_with(c.relname, ops)
         and not exists (select from pg_catalog.pg_depend d
                          where d.classid = 'pg_catalog.pg_type'::regclass and d.objid = c.reltype and d.deptype = 'e') loop
      execute format('alter type %I.%I set schema %I', space, item.relname, aside);
    end loop;

    select string_agg(format('%s %s', i.type, i.identity), ', ') into left_over
      from pg_catalog.pg_depend d
     cross join lateral pg_catalog.pg_identify_object(d.classid, d.objid, 0) i
     where d.refclassid = 'pg_catalog.pg_namespace'::regclass and d.refobjid = space_oid and d.deptype = 'n'
       and d.classid not in ('pg_catalog.pg_default_acl'::regclass, 'pg_catalog.pg_extension'::regclass,
                             'pg_catalog.pg_publication_namespace'::regclass)
       and not starts_with(coalesce(i.name, split_part(replace(i.identity, space || '.', ''), '(', 1)), ops)
       and not exists (select from pg_catalog.pg_depend e
                        where e.classid = d.classid and e.objid = d.objid and e.deptype in ('e', 'i'))
       and not exists (select from pg_catalog.pg_class c
                         join pg_catalog.pg_depend e on e.classid = 'pg_catalog.pg_type'::regclass
                                                    and e.objid = c.reltype and e.deptype = 'e'
                        where d.classid = 'pg_catalog.pg_class'::regclass and c.oid = d.objid);
    if left_over is not null then
      raise exception 'could not move everything of schema % aside: %', space, left_over using errcode = 'RV002';
    end if;
  end loop;
end $$;
