-- The catalog's own objects and what this transaction has written into them: one JSON line each.
-- The same before and after the load means that nothing in the archive reached them.
select json_build_array(c.oid::bigint, c.relname, c.relfilenode::bigint, c.relowner::bigint, c.relacl::text,
                        x.n_tup_ins, x.n_tup_upd, x.n_tup_del)
  from pg_class c
  left join pg_stat_xact_all_tables x on x.relid = c.oid
 where c.relnamespace = 'public'::regnamespace and starts_with(c.relname, current_setting('revo.ops_prefix'))
 order by c.oid;
select json_build_array(p.oid::bigint, p.proname, p.xmin::text, p.proacl::text)
  from pg_proc p
 where p.pronamespace = 'public'::regnamespace and starts_with(p.proname, current_setting('revo.ops_prefix'))
 order by p.oid;
