/** A catalog of many years, for tests of its performance. */

const TABLES = "('public.ops_db_backups'::regclass, 'public.ops_db_backup_runs'::regclass)";

/** Every trigger of the catalog's two tables; they are enabled ALWAYS, so replica role does not disable them. */
function eachTrigger(statement: string): string {
  return `
do $$
declare v_trigger record;
begin
  for v_trigger in
    select tgrelid::regclass as on_table, tgname as name from pg_trigger where tgrelid in ${TABLES} and not tgisinternal
  loop
    execute format('alter table %s ${statement} trigger %I', v_trigger.on_table, v_trigger.name);
  end loop;
end $$;`;
}

/** Indexes are created after the rows, which is several times faster. */
const DROP_INDEXES = `
create temporary table dropped_index on commit drop as
  select pg_get_indexdef(x.indexrelid) as definition, x.indexrelid::regclass as name
    from pg_index x
   where x.indrelid in ${TABLES} and not exists (select from pg_constraint k where k.conindid = x.indexrelid);
do $$
declare v_index record;
begin
  for v_index in select * from dropped_index loop
    execute format('drop index %s', v_index.name);
  end loop;
end $$;`;

const MAKE_INDEXES = `
do $$
declare v_index record;
begin
  for v_index in select * from dropped_index loop
    execute v_index.definition;
  end loop;
end $$;`;

/** In the order of n: an index of random ids takes longer to fill. */
const ID_OF_N = "('00000000-0000-4000-8000-' || lpad(to_hex(n), 12, '0'))::uuid";

/**
 * SQL, one transaction, that fills an empty catalog: a backup every minute and a run every five, the newest now, of
 * every kind and target. It writes no audit records.
 */
export function manyRows(backups: number, runs: number): string {
  return `
begin;
set local maintenance_work_mem = '256MB';
set local client_min_messages = warning;
${DROP_INDEXES}
alter table public.ops_db_backups set unlogged;
alter table public.ops_db_backup_runs set unlogged;
${eachTrigger("disable")}
insert into public.ops_db_backups
  (id, created_at, target, mode, r2_bucket, r2_key, bytes, status, kind, label, rows_total, duration_ms, requested_by,
   proven_at)
select ${ID_OF_N}, now() - n * interval '1 minute', (array['prod', 'prod', 'prod', 'dev', 'verify'])[n % 5 + 1], 'full', 'bench',
       'revo/prod/2026/01/15/' || n, 300000000 + n % 1000003,
       case when n % 5000 = 7 then 'failed' else 'uploaded' end, 'supabase_db_backup',
       case when n % 100 = 3 then 'virada_' || n end, 1280000 + n, 8000 + n % 5003,
       case when n % 10 = 0 then 'ana@revo.com.br' else 'schedule' end, case when n % 50 = 0 then now() end
  from generate_series(0, ${backups - 1}) n;
insert into public.ops_db_backup_runs
  (id, created_at, kind, target, mode, r2_key, status, requested_by, request_id, attempt, started_at, heartbeat_at,
   finished_at, error_code, result)
select ${ID_OF_N}, at, kind, (array['prod', 'dev', 'verify'])[n % 3 + 1], case when kind = 'backup' then 'full' end,
       'revo/prod/2026/01/15/supabase_prod_20260115_031022.dump.gz',
       case when n % 500 = 7 then 'failed' else 'succeeded' end, 'schedule', ${ID_OF_N}, 1, at, at,
       at + (60 + n % 61) * interval '1 second', case when n % 500 = 7 then 'dump_failed' end, '{"bytes": 300000000}'
  from (
    select n, now() - n * interval '5 minutes' as at,
           (array['backup', 'drill', 'backup', 'restore', 'backup', 'plan', 'backup'])[n % 7 + 1] as kind
      from generate_series(0, ${runs - 1}) n
  ) done;
${MAKE_INDEXES}
${eachTrigger("enable always")}
commit;
analyze public.ops_db_backups, public.ops_db_backup_runs;`;
}

/** The id of the last row of a page: the next page begins after it. */
export function lastOfPage(
  table: "ops_db_backups" | "ops_db_backup_runs",
  page: number,
  size: number,
): string {
  return `select id from public.${table} order by created_at desc, id desc offset ${page * size - 1} limit 1`;
}
