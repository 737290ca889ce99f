-- The project's valid foreign keys, and a query for each that says whether a row of it refers to one that is missing, or to
-- one of the platform that no backup holds: one JSON line [constraint, referenced table, query]. Needs the settings of settings.sql.
select json_build_array(
         format('constraint %I on %I.%I', k.conname, n.nspname, c.relname),
         format('%I.%I', pn.nspname, p.relname),
         format(case when pn.nspname = any (current_setting('revo.data_only_schemas')::text[])
                      and case pn.nspname when 'auth' then p.relname = any (current_setting('revo.auth_tables_except')::text[])
                                          when 'storage' then p.relname <> all (current_setting('revo.storage_tables')::text[])
                                          else true end
                     then 'select to_json(exists (select from %s %I.%I c where %s))'
                     else 'select to_json(exists (select from %s %I.%I c where %s and not exists (select from %s %I.%I p where %s)))' end,
                case c.relkind when 'r' then 'only' else '' end, n.nspname, c.relname,
                (select string_agg(format('c.%I is not null', a.attname), ' and ')
                   from unnest(k.conkey) key join pg_attribute a on a.attrelid = c.oid and a.attnum = key),
                case p.relkind when 'r' then 'only' else '' end, pn.nspname, p.relname,
                (select string_agg(format('p.%I operator(%I.%s) c.%I', pa.attname, os.nspname, o.oprname, ca.attname), ' and ')
                   from unnest(k.conkey, k.confkey, k.conpfeqop) u (child, parent, op)
                   join pg_attribute ca on ca.attrelid = c.oid and ca.attnum = u.child
                   join pg_attribute pa on pa.attrelid = p.oid and pa.attnum = u.parent
                   join pg_operator o on o.oid = u.op
                   join pg_namespace os on os.oid = o.oprnamespace)))
  from pg_constraint k
  join pg_class c on c.oid = k.conrelid
  join pg_namespace n on n.oid = c.relnamespace
  join pg_class p on p.oid = k.confrelid
  join pg_namespace pn on pn.oid = p.relnamespace
 where k.contype = 'f' and k.convalidated and k.conparentid = 0
   and n.nspname = any (current_setting('revo.our_schemas')::text[])
   and not starts_with(c.relname, current_setting('revo.ops_prefix'))
   and has_table_privilege(c.oid, 'select') and has_table_privilege(p.oid, 'select')
 order by n.nspname collate "C", c.relname collate "C", k.conname collate "C";
