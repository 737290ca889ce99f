-- The size of the server's lock table, and the locks that a restore takes before its load. Needs the settings of
-- settings.sql; one JSON value. The steps are those of restore_lock.sql, restore_detach.sql, restore_move_aside.sql,
-- restore_keep_sessions.sql and restore_empty_platform.sql; locks per object were measured in pg_locks.
with mine as (
  select n.oid, n.nspname
    from pg_catalog.pg_namespace n
   where n.nspname = any (current_setting('revo.our_schemas')::text[]) and n.nspname <> 'public'
),
platform_tables as (
  select c.oid, c.reltoastrelid
    from pg_catalog.pg_class c
   where c.relkind in ('r', 'p')
     and c.relnamespace = any (select oid from pg_catalog.pg_namespace
                                where nspname = any (current_setting('revo.data_only_schemas')::text[]))
),
locks (taken) as (
  -- a schema moves as a whole; of public each relation, each function and each other object moves alone
  select count(*) from mine
  union all
  select count(*) from pg_catalog.pg_class where relnamespace in (select oid from mine) and relkind in ('r', 'p')
  union all
  select count(*) from pg_catalog.pg_class
   where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm', 'S', 'f')
     and not starts_with(relname, current_setting('revo.ops_prefix'))
  union all
  select count(*) from pg_catalog.pg_proc
   where pronamespace = 'public'::regnamespace and not starts_with(proname, current_setting('revo.ops_prefix'))
     and not exists (select from pg_catalog.pg_depend d
                      where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = pg_proc.oid
                        and d.deptype in ('e', 'i'))
  union all
  -- a range type is dropped with its multirange type and the functions of both: ten locks
  select coalesce(sum(case when t.typtype = 'r' then 10 else 1 end), 0)
    from pg_catalog.pg_depend d
    left join pg_catalog.pg_type t on d.classid = 'pg_catalog.pg_type'::regclass and t.oid = d.objid
   where d.refclassid = 'pg_catalog.pg_namespace'::regclass and d.refobjid = 'public'::regnamespace
     and d.deptype = 'n' and d.classid not in ('pg_catalog.pg_class'::regclass, 'pg_catalog.pg_proc'::regclass)
  union all
  select count(*) from pg_catalog.pg_largeobject_metadata where pg_get_userbyid(lomowner) = current_user
  union all
  select count(*) from pg_catalog.pg_cast where oid >= 16384
  union all
  select count(*) from pg_catalog.pg_event_trigger where pg_get_userbyid(evtowner) = current_user
  union all
  select count(distinct p.oid) + count(r.oid)
    from pg_catalog.pg_publication p left join pg_catalog.pg_publication_rel r on r.prpubid = p.oid
   where pg_get_userbyid(p.pubowner) = current_user
  union all
  -- a foreign key into the platform's tables is dropped with its triggers
  select 6 * count(*) from pg_catalog.pg_constraint k
   where k.contype = 'f' and k.confrelid in (select oid from platform_tables)
     and k.conrelid not in (select oid from platform_tables)
  union all
  select count(*) from pg_catalog.pg_policy where polrelid in (select oid from platform_tables)
  union all
  select count(*) from pg_catalog.pg_trigger
   where not tgisinternal and tgrelid in (select oid from platform_tables)
  union all
  select count(*) + 2 * count(*) filter (where reltoastrelid <> 0) from platform_tables
  union all
  select count(*) from pg_catalog.pg_index where indrelid in (select oid from platform_tables)
)
select json_build_object(
  'setting', current_setting('max_locks_per_transaction')::int,
  'version', current_setting('server_version_num')::int,
  -- as PostgreSQL computes MaxBackends, with the launcher of autovacuum
  'sessions', current_setting('max_connections')::int + 1
    + coalesce(current_setting('autovacuum_worker_slots', true), current_setting('autovacuum_max_workers'))::int
    + current_setting('max_worker_processes')::int + current_setting('max_wal_senders')::int
    + current_setting('max_prepared_transactions')::int,
  'moved', (select sum(taken) from locks));
