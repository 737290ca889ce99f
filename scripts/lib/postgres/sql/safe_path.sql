-- Indexes and materialized views of the project whose functions may find objects by the search_path of the caller, and a
-- query for each that evaluates them for one row: one JSON line [name, query]. From PostgreSQL 17 on they are built with
-- search_path = 'pg_catalog, pg_temp'. Needs the settings of settings.sql.
with recursive
ours as (select oid, nspname from pg_namespace where nspname = any (current_setting('revo.our_schemas')::text[])),
-- volatile ones may act: they are not called
callers as (
  select p.oid from pg_proc p join ours on ours.oid = p.pronamespace join pg_language l on l.oid = p.prolang
   where l.lanname in ('sql', 'plpgsql') and p.provolatile <> 'v' and p.prosqlbody is null
     and not exists (select from unnest(p.proconfig) c where starts_with(c, 'search_path='))
),
uses(relation, class, object) as (
  select w.ev_class, d.refclassid, d.refobjid
    from pg_rewrite w join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = w.oid and d.deptype = 'n'
),
reads(view, relation) as (
  select c.oid, c.oid from pg_class c join ours on ours.oid = c.relnamespace where c.relkind = 'm'
  union
  select r.view, u.object from reads r join uses u on u.relation = r.relation and u.class = 'pg_class'::regclass
)
select json_build_array(name, query)
  from (select format('index %I.%I', n.nspname, i.relname) as name,
               format('select json_build_array(%s) from only %I.%I limit 1',
                      concat_ws(', ', pg_get_expr(x.indexprs, x.indrelid), pg_get_expr(x.indpred, x.indrelid)),
                      n.nspname, c.relname) as query
          from pg_index x
          join pg_class i on i.oid = x.indexrelid
          join pg_class c on c.oid = x.indrelid
          join ours n on n.oid = c.relnamespace
         where x.indisvalid and c.relkind in ('r', 'm') and not starts_with(c.relname, current_setting('revo.ops_prefix'))
           and has_table_privilege(c.oid, 'select')
           and exists (select from pg_depend d
                        where d.classid = 'pg_class'::regclass and d.objid = i.oid and d.refclassid = 'pg_proc'::regclass
                          and d.refobjid in (select oid from callers))
        union all
        select format('materialized view %I.%I', n.nspname, c.relname),
               format('select to_json(found) from (%s) found limit 1', rtrim(pg_get_viewdef(c.oid), ';'))
          from pg_class c join ours n on n.oid = c.relnamespace
         where c.relkind = 'm' and c.relispopulated
           and exists (select from reads r join uses u on u.relation = r.relation and u.class = 'pg_proc'::regclass
                        where r.view = c.oid and u.object in (select oid from callers))) candidates
 order by name collate "C";
