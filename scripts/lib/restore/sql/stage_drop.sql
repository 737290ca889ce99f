-- The statements that drop every stage, few objects each.
set search_path = '';
select format('drop table if exists %I.%I cascade;', n.nspname, c.relname)
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
 where starts_with(n.nspname, :prefix) and c.relkind = 'r'
union all
select format('drop schema if exists %I cascade;', nspname)
  from pg_catalog.pg_namespace where starts_with(nspname, :prefix);
