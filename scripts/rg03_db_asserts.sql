-- rg03: what must hold in any Revo ERP database. Read only, leaves no trace; run as the owner of schema public:
--
--     psql -X -v ON_ERROR_STOP=1 -f scripts/rg03_db_asserts.sql "$DATABASE_URL"
--
-- Each assertion prints "PASS name (ms)" or "FAIL name (ms): what was found"; none keeps the others from being made;
-- any FAIL ends with an error (exit code 3).
begin transaction read only;
set local statement_timeout = 0;
set local search_path = '';
set local client_min_messages = notice;
set local jit = off;

do $rg03$
declare
  assertion record;
  found text;
  failed text[] := '{}';
  started timestamptz;
  head text;
begin
  -- Each question answers with what is wrong, null when nothing is
  for assertion in select * from (values
    -- The permission functions that the ERP and its policies call
    (1, 'permission_functions_exist', $question$
      select 'missing ' || string_agg(wanted, ', ')
        from unnest(array['public.has_permission_for_current_user(text,text)',
                          'public.require_permission_for_current_user(text,text)',
                          'public.current_empresa_id()']) wanted
       where to_regprocedure(wanted) is null
    $question$),

    -- Without an account no object of the backup system can be executed or read
    (2, 'backup_catalog_closed_to_anon', $question$
      select 'open ' || string_agg(name, ', ' order by name)
        from (select p.oid::regprocedure::text as name from pg_catalog.pg_proc p
               where p.pronamespace = 'public'::regnamespace and starts_with(p.proname, 'ops_db_backup')
                 and pg_catalog.has_function_privilege('anon', p.oid, 'execute')
              union all
              select c.oid::regclass::text from pg_catalog.pg_class c
               where c.relnamespace = 'public'::regnamespace and starts_with(c.relname, 'ops_db_backup')
                 and c.relkind in ('r', 'p')
                 and (not c.relrowsecurity or pg_catalog.has_table_privilege('anon', c.oid, 'select'))) open_objects
    $question$),

    -- A policy on a table without row level security protects nothing
    (3, 'policies_are_in_force', $question$
      select 'row level security is off on ' || string_agg(distinct c.oid::regclass::text, ', ')
        from pg_catalog.pg_policy p join pg_catalog.pg_class c on c.oid = p.polrelid
       where not c.relrowsecurity and pg_catalog.pg_get_userbyid(c.relowner) = current_user
    $question$),

    (4, 'indexes_are_valid', $question$
      select string_agg(i.indexrelid::regclass::text, ', ')
        from pg_catalog.pg_index i join pg_catalog.pg_class c on c.oid = i.indexrelid
        join pg_catalog.pg_namespace s on s.oid = c.relnamespace
       where not (i.indisvalid and i.indisready) and s.nspname !~ '^pg_'
    $question$),

    -- Every validated foreign key, counted again: rows can be loaded and changed without it being asked
    (5, 'foreign_keys_without_orphans', $question$
      select string_agg(format('%s of %s: %s rows', counted.conname, counted.child, counted.orphans), ', ')
        from (select k.conname, k.conrelid::regclass::text as child,
                     (pg_catalog.xpath('/row/n/text()', pg_catalog.query_to_xml(
                        format('select count(*) as n from %s c where %s and not exists (select from %s p where %s)',
                               k.conrelid::regclass, columns.present, k.confrelid::regclass, columns.equal),
                        false, true, '')))[1]::text::bigint as orphans
                from pg_catalog.pg_constraint k
                join pg_catalog.pg_class r on r.oid = k.conrelid
               cross join lateral (
                 select string_agg(format('c.%I = p.%I', own.attname, other.attname), ' and ') as equal,
                        string_agg(format('c.%I is not null', own.attname), ' and ') as present
                   from unnest(k.conkey, k.confkey) pair(own, other)
                   join pg_catalog.pg_attribute own on own.attrelid = k.conrelid and own.attnum = pair.own
                   join pg_catalog.pg_attribute other on other.attrelid = k.confrelid and other.attnum = pair.other
                 ) columns
               where k.contype = 'f' and k.convalidated and k.conparentid = 0
                 and pg_catalog.pg_get_userbyid(r.relowner) = current_user) counted
       where counted.orphans > 0
    $question$),

    -- The next value must not exist already: of a column's own sequence, and of any sequence that is the default of
    -- a column whose values are unique
    (6, 'sequences_ahead_of_their_columns', $question$
      select string_agg(format('%s is %s behind %s.%s', counted.sequence, counted.behind, counted.owner, counted.attname), ', ')
        from (select fed.sequence::regclass::text as sequence, fed.relation::regclass::text as owner, a.attname,
                     (pg_catalog.xpath('/row/n/text()', pg_catalog.query_to_xml(
                        format('select coalesce(max(t.%I), 0) - (select case when s.is_called then s.last_value '
                               'else s.last_value - 1 end from %s s) as n from %s t',
                               a.attname, fed.sequence::regclass, fed.relation::regclass),
                        false, true, '')))[1]::text::bigint as behind
                from (select d.objid as sequence, d.refobjid as relation, d.refobjsubid as number
                        from pg_catalog.pg_depend d
                       where d.classid = 'pg_catalog.pg_class'::regclass
                         and d.refclassid = 'pg_catalog.pg_class'::regclass and d.deptype in ('a', 'i')
                         and d.refobjsubid > 0
                      union
                      select d.refobjid, f.adrelid, f.adnum
                        from pg_catalog.pg_attrdef f
                        join pg_catalog.pg_depend d
                          on d.classid = 'pg_catalog.pg_attrdef'::regclass and d.objid = f.oid
                         and d.refclassid = 'pg_catalog.pg_class'::regclass
                       where exists (select from pg_catalog.pg_index i
                                      where i.indrelid = f.adrelid and i.indisunique and f.adnum = any (i.indkey))) fed
                join pg_catalog.pg_sequence q on q.seqrelid = fed.sequence
                join pg_catalog.pg_class c on c.oid = fed.relation
                join pg_catalog.pg_attribute a on a.attrelid = fed.relation and a.attnum = fed.number
               where q.seqincrement > 0 and a.atttypid in ('int2'::regtype, 'int4'::regtype, 'int8'::regtype)
                 and pg_catalog.pg_get_userbyid(c.relowner) = current_user) counted
       where counted.behind > 0
    $question$)) assertions (number, name, question) order by number
  loop
    started := clock_timestamp();
    begin
      execute assertion.question into found;
    exception when others then
      found := format('cannot be answered: %s (%s)', sqlerrm, sqlstate);
    end;
    head := format('%s (%s ms)', assertion.name,
                   round(extract(epoch from clock_timestamp() - started) * 1000));
    if found is null then
      raise notice 'PASS %', head;
    else
      failed := failed || assertion.name;
      raise notice 'FAIL %: %', head, left(regexp_replace(found, '\s+', ' ', 'g'), 1500);
    end if;
  end loop;

  if cardinality(failed) > 0 then
    raise exception 'rg03: % of the assertions failed: %', cardinality(failed), array_to_string(failed, ', ')
      using errcode = 'RV003';
  end if;
end $rg03$;

rollback;
