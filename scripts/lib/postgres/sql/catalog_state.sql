-- One JSON line [catalog, oid, mark] for each object whose definition a dump may contain. A mark changes when any
-- catalog row of the object is inserted, updated or deleted, even if the definition is changed back.
-- pg_dump and the fingerprint read definitions with pg_get_*def(), which use the current catalog instead of the
-- snapshot: they are consistent with the snapshot only if no mark changed meanwhile.
-- pg_class rows are compared by content: TRUNCATE, REFRESH MATERIALIZED VIEW, VACUUM and ANALYZE update them too. Left out
-- are the columns that these change: files, TOAST tables, statistics, and hints whose objects have marks of their own.
-- Indexes have a class of their own: pg_dump and the fingerprint find them with the snapshot, so one that is added later is
-- no change. Left out are those that pg_dump leaves out because they are built or dropped concurrently, or invalid.
-- Left out: temporary objects, TOAST, built-in objects. Large objects and comments are read with the snapshot.
with
spaces as (select oid, xmin from pg_namespace where nspname !~ '^pg_(toast|temp)'),
relations as (
  select c.*, case when i.indexrelid is null then 'pg_class' else 'pg_index' end as class
    from pg_class c
    join spaces s on s.oid = c.relnamespace
    left join pg_index i on i.indexrelid = c.oid
   where c.oid >= 16384 and c.relkind <> 't'
     and (i.indexrelid is null or i.indisready and (i.indisvalid or c.relkind = 'I'))
),
functions as (
  select p.oid, p.xmin from pg_proc p join spaces s on s.oid = p.pronamespace where p.oid >= 16384
),
types as (
  select t.oid, t.xmin from pg_type t join spaces s on s.oid = t.typnamespace where t.oid >= 16384
),
marks(class, oid, mark) as (
  select r.class, r.oid,
         (to_jsonb(r) - array['relfilenode', 'reltablespace', 'relpages', 'reltuples', 'relallvisible', 'relallfrozen',
                              'relfrozenxid', 'relminmxid', 'relhasindex', 'relhassubclass', 'relispopulated',
                              'relrewrite', 'reltoastrelid', 'relhasrules', 'relhastriggers'])::text
    from relations r
  union all
  select r.class, r.oid, format('a%s:%s', a.attnum, a.xmin) from relations r join pg_attribute a on a.attrelid = r.oid
  union all
  select 'pg_class', r.oid, format('d%s:%s', d.adnum, d.xmin) from relations r join pg_attrdef d on d.adrelid = r.oid
  union all
  select r.class, r.oid, format('i%s', i.xmin) from relations r join pg_index i on i.indexrelid = r.oid
  union all
  select r.class, r.oid, format('h%s:%s', h.inhseqno, h.xmin) from relations r join pg_inherits h on h.inhrelid = r.oid
  union all
  select 'pg_class', r.oid, format('p%s', p.xmin) from relations r join pg_partitioned_table p on p.partrelid = r.oid
  union all
  select 'pg_class', r.oid, format('s%s', s.xmin) from relations r join pg_sequence s on s.seqrelid = r.oid
  union all
  select 'pg_class', r.oid, format('f%s', f.xmin) from relations r join pg_foreign_table f on f.ftrelid = r.oid
  union all
  select 'pg_trigger', t.oid, t.xmin::text from relations r join pg_trigger t on t.tgrelid = r.oid
  union all
  select 'pg_policy', p.oid, p.xmin::text from relations r join pg_policy p on p.polrelid = r.oid
  union all
  select 'pg_rewrite', w.oid, w.xmin::text from relations r join pg_rewrite w on w.ev_class = r.oid
  union all
  select 'pg_constraint', k.oid, k.xmin::text
    from pg_constraint k
   where k.conrelid in (select oid from relations) or k.contypid in (select oid from types)
  union all
  select 'pg_statistic_ext', x.oid, x.xmin::text from pg_statistic_ext x
  union all
  select 'pg_proc', f.oid, f.xmin::text from functions f
  union all
  select 'pg_proc', f.oid, format('a%s', a.xmin) from functions f join pg_aggregate a on a.aggfnoid = f.oid
  union all
  select 'pg_type', t.oid, t.xmin::text from types t
  union all
  select 'pg_type', t.oid, format('e%s:%s', e.oid, e.xmin) from types t join pg_enum e on e.enumtypid = t.oid
  union all
  select 'pg_type', t.oid, format('r%s', g.xmin) from types t join pg_range g on g.rngtypid = t.oid
  union all
  select 'pg_namespace', s.oid, s.xmin::text from spaces s where s.oid >= 16384 or s.oid = 'public'::regnamespace
  union all
  select 'pg_operator', o.oid, o.xmin::text from pg_operator o where o.oid >= 16384
  union all
  select 'pg_opclass', o.oid, o.xmin::text from pg_opclass o where o.oid >= 16384
  union all
  select 'pg_opfamily', o.oid, o.xmin::text from pg_opfamily o where o.oid >= 16384
  union all
  select 'pg_amop', o.oid, o.xmin::text from pg_amop o where o.oid >= 16384
  union all
  select 'pg_amproc', o.oid, o.xmin::text from pg_amproc o where o.oid >= 16384
  union all
  select 'pg_collation', c.oid, c.xmin::text from pg_collation c where c.oid >= 16384
  union all
  select 'pg_conversion', c.oid, c.xmin::text from pg_conversion c where c.oid >= 16384
  union all
  select 'pg_cast', c.oid, c.xmin::text from pg_cast c where c.oid >= 16384
  union all
  select 'pg_transform', t.oid, t.xmin::text from pg_transform t where t.oid >= 16384
  union all
  select 'pg_language', l.oid, l.xmin::text from pg_language l where l.oid >= 16384
  union all
  select 'pg_am', a.oid, a.xmin::text from pg_am a where a.oid >= 16384
  union all
  select 'pg_ts_config', c.oid, c.xmin::text from pg_ts_config c where c.oid >= 16384
  union all
  select 'pg_ts_config', m.mapcfg, format('%s.%s:%s', m.maptokentype, m.mapseqno, m.xmin)
    from pg_ts_config_map m where m.mapcfg >= 16384
  union all
  select 'pg_ts_dict', d.oid, d.xmin::text from pg_ts_dict d where d.oid >= 16384
  union all
  select 'pg_extension', x.oid, x.xmin::text from pg_extension x
  union all
  select 'pg_event_trigger', e.oid, e.xmin::text from pg_event_trigger e
  union all
  select 'pg_publication', p.oid, p.xmin::text from pg_publication p
  union all
  select 'pg_publication', p.prpubid, format('r%s:%s', p.oid, p.xmin) from pg_publication_rel p
  union all
  select 'pg_publication', p.pnpubid, format('n%s:%s', p.oid, p.xmin) from pg_publication_namespace p
  union all
  select 'pg_foreign_data_wrapper', w.oid, w.xmin::text from pg_foreign_data_wrapper w
  union all
  select 'pg_foreign_server', s.oid, s.xmin::text from pg_foreign_server s
  union all
  select 'pg_default_acl', d.oid, d.xmin::text from pg_default_acl d
  union all
  select 'pg_authid', r.oid, r.rolname::text from pg_roles r
)
select json_build_array(class, oid, md5(string_agg(mark, ',' order by mark collate "C")))
  from marks group by class, oid;
