-- One JSON object for each other client that is in a transaction or holds locks on tables, and for each prepared
-- transaction of this database. A prepared transaction has no process, its locks are found by their virtual transaction.
-- A role that may not read all statistics sees no type and no times of other roles' sessions.
with
held as (
  select l.pid, l.virtualtransaction,
         (array_agg(distinct format('%I.%I', n.nspname, c.relname)))[1:5] as tables,
         pg_catalog.bool_or(l.mode = 'AccessExclusiveLock') as exclusive
    from pg_catalog.pg_locks l
    join pg_catalog.pg_class c on c.oid = l.relation
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
   where l.granted and l.locktype = 'relation' and c.relkind in ('r', 'p', 'm')
     and l.database = (select oid from pg_catalog.pg_database where datname = current_database())
     and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
   group by l.pid, l.virtualtransaction
),
sessions as (
  select a.pid, a.usename as "user", a.application_name as application, a.state, a.xact_start as since,
         h.tables, h.exclusive
    from pg_catalog.pg_stat_activity a left join held h on h.pid = a.pid
   where a.datname = current_database() and a.pid <> pg_catalog.pg_backend_pid()
     and coalesce(a.backend_type, 'client backend') = 'client backend'
     and (h.pid is not null or a.xact_start is not null)
  union all
  select 0, p.owner, p.gid, 'prepared', p.prepared, h.tables, h.exclusive
    from pg_catalog.pg_prepared_xacts p
    left join pg_catalog.pg_locks x on x.transactionid = p.transaction and x.pid is null and x.granted
    left join held h on h.pid is null and h.virtualtransaction = x.virtualtransaction
   where p.database = current_database()
)
select json_build_object('pid', pid, 'user', "user", 'application', application, 'state', state, 'since', since,
                         'tables', coalesce(tables, '{}'), 'exclusive', coalesce(exclusive, false))
  from sessions order by since nulls last, pid
