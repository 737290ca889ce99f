-- Every table and view that the API could serve, with its relations to companies: one JSON line each.
-- Needs search_path = '', so that names are qualified.
select json_build_object(
         'name', c.oid::regclass::text,
         'schema', n.nspname,
         'company', exists (select from pg_attribute a
                             where a.attrelid = c.oid and a.attname = 'empresa_id' and not a.attisdropped),
         'keys', coalesce((
           select json_agg(json_build_object(
                    'parent', k.confrelid::regclass::text,
                    'required', (select bool_and(a.attnotnull) from pg_attribute a
                                  where a.attrelid = k.conrelid and a.attnum = any (k.conkey)),
                    'pairs', (select json_agg(json_build_array(quote_ident(own.attname), quote_ident(other.attname)))
                                from unnest(k.conkey, k.confkey) pair(own, other)
                                join pg_attribute own on own.attrelid = k.conrelid and own.attnum = pair.own
                                join pg_attribute other on other.attrelid = k.confrelid and other.attnum = pair.other))
                    order by k.conname collate "C")
             from pg_constraint k where k.conrelid = c.oid and k.contype = 'f'), '[]'),
         'reads', coalesce((
           select json_agg(distinct d.refobjid::regclass::text)
             from pg_rewrite w
             join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = w.oid
                             and d.refclassid = 'pg_class'::regclass and d.refobjid <> c.oid
            where w.ev_class = c.oid and c.relkind in ('v', 'm')), '[]'))
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
 where c.relkind in ('r', 'p', 'v', 'm', 'f') and c.relpersistence <> 't'
   and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
   and not exists (select from pg_depend d
                    where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
 order by n.nspname collate "C", c.relname collate "C";
