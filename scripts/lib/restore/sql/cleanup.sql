-- After COMMIT: drops the content that a restore put aside, few objects a transaction. May be run
-- again, but not beside a restore: its stage has the same prefix.
-- What a restore keeps for a while has the mark of late_writes.ts.
set default_transaction_read_only = off;
set statement_timeout = 0;
set client_min_messages = warning;
set search_path = '';
create temp view old_content as
  select oid, nspname from pg_catalog.pg_namespace n
   where nspname ~ '^restore_old_'
     and coalesce(substring(pg_catalog.obj_description(oid, 'pg_namespace')
                            from '^revo-backups: kept until (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)$')::timestamptz <= now(), true);
select format('drop table if exists %I.%I cascade', n.nspname, c.relname)
  from pg_catalog.pg_class c
  join pg_temp.old_content n on n.oid = c.relnamespace
 where c.relkind in ('r', 'p') and not c.relispartition
   -- what belongs to an extension goes with it, when its schema goes
   and not exists (select from pg_catalog.pg_depend d
                    where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
\gexec
select 'drop routine if exists ' || string_agg(name, ', ') || ' cascade'
  from (select f.oid::regprocedure::text as name, row_number() over (order by f.oid) / 200 as batch
          from pg_catalog.pg_proc f
          join pg_temp.old_content n on n.oid = f.pronamespace
           -- constructors of range types go with their type, members of extensions with theirs
         where not exists (select from pg_catalog.pg_depend d
                            where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = f.oid and d.deptype in ('e', 'i'))) routines
 group by batch
\gexec
select format('drop schema if exists %I cascade', nspname) from pg_temp.old_content
\gexec
drop view pg_temp.old_content;
