-- Lock waits of a backup: one JSON object. Placeholders: $OURS the processes of our sessions, $DUMP the application name
-- that only this pg_dump has. A pooler that replaces application names hides pg_dump: then only our sessions are watched.
with
dump as (
  select d.pid from pg_catalog.pg_stat_activity d
   where d.datname = current_database() and d.usename = current_user and d.application_name = $DUMP
),
ours as (select pid from dump union all select unnest($OURS)),
waits as (
  select l.pid, l.locktype, l.relation, l.mode, l.database,
         coalesce(extract(epoch from pg_catalog.clock_timestamp() - l.waitstart), 0)::float8 as seconds,
         pg_catalog.pg_blocking_pids(l.pid) as blockers
    from pg_catalog.pg_locks l
   where not l.granted
     and (l.database is null or l.database = (select oid from pg_catalog.pg_database where datname = current_database()))
     and (l.mode = 'AccessExclusiveLock' or l.pid in (select pid from ours))
),
-- a prepared transaction has no process: pg_blocking_pids() says 0
holders as (
  select w.pid as waiter, w.seconds, w.relation,
         case when b.pid = 0 then
           (select pg_catalog.string_agg(format('the prepared transaction %L', p.gid), ', ')
              from pg_catalog.pg_prepared_xacts p
              join pg_catalog.pg_locks x on x.transactionid = p.transaction and x.pid is null and x.granted
              join pg_catalog.pg_locks h on h.virtualtransaction = x.virtualtransaction and h.pid is null and h.granted
             where h.relation = w.relation and h.database = w.database)
         else format('pid %s (application %L, user %s, since %s)', b.pid, a.application_name, a.usename,
                     pg_catalog.to_char(a.xact_start at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')) end as holder
    from waits w cross join lateral (select distinct unnest(w.blockers)) b (pid)
    left join pg_catalog.pg_stat_activity a on a.pid = b.pid
   where w.pid in (select pid from ours)
)
select json_build_object(
  -- sessions that ours wait for
  'waiting', (select json_agg(json_build_object('seconds', seconds,
                       'holder', format('%s holds %s', coalesce(holder, 'a transaction'),
                                        coalesce(relation::regclass::text, 'a lock'))))
                from holders),
  -- sessions that wait for ours and block all readers of a relation; whether one of these waits
  'blocking', (select json_agg(json_build_object('seconds', w.seconds, 'isBlocking', exists (
                          select from pg_catalog.pg_locks q
                           where not q.granted and q.locktype = 'relation' and q.relation = w.relation
                             and q.database = w.database and q.pid <> w.pid and q.pid not in (select pid from ours)),
                        'waiter', format('pid %s (application %L) waits for %s', w.pid, a.application_name,
                                         w.relation::regclass)))
                 from waits w join pg_catalog.pg_stat_activity a on a.pid = w.pid
                where w.locktype = 'relation' and w.pid not in (select pid from ours)
                  and w.blockers && (select array_agg(pid) from ours)))
