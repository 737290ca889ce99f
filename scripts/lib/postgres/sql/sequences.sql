-- The value of every sequence of the project: one JSON line [quoted name, last_value, is_called].
select json_build_array(
         format('%I.%I', n.nspname, c.relname),
         (xpath('/row/v/text()', row_of.x))[1]::text,
         (xpath('/row/c/text()', row_of.x))[1]::text = 'true')
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
 cross join lateral (select query_to_xml(format('select last_value as v, is_called as c from %I.%I', n.nspname, c.relname),
                                         false, true, '') as x) row_of
 where c.relkind = 'S'
   and n.nspname = any (current_setting('revo.our_schemas')::text[])
   and not (n.nspname = 'public' and starts_with(c.relname, current_setting('revo.ops_prefix')))
   and not exists (select from pg_depend d
                    where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e');
