-- rg03: what must hold in any Revo ERP database. Read only, leaves no trace; run as the owner of schema public:
--
--     psql -X -v ON_ERROR_STOP=1 -f scripts/rg03_db_asserts.sql "$DATABASE_URL"
--
-- Each assertion prints "PASS name" or "FAIL name: what was found"; any FAIL ends with an error (exit code 3).
begin transaction read only;
set local statement_timeout = 0;
set local search_path = '';
set local client_min_messages = notice;

do $rg03$
declare
  failed text[] := '{}';
  found text;
  item record;
  n bigint;
  assertion text;
begin
  -- The permission functions that the ERP and its policies call
  assertion := 'permission_functions_exist';
  select string_agg(wanted, ', ') into found
    from unnest(array['public.has_permission_for_current_user(text,text)',
                      'public.require_permission_for_current_user(text,text)',
                      'public.current_empresa_id()']) wanted
   where to_regprocedure(wanted) is null;
  if found is null then raise notice 'PASS %', assertion;
  else failed := failed || assertion; raise notice 'FAIL %: missing %', assertion, found; end if;

  -- Nobody without an account runs or reads anything of the backup system
  assertion := 'backup_catalog_closed_to_anon';
  select string_agg(name, ', ' order by name) into found
    from (select p.oid::regprocedure::text as name from pg_catalog.pg_proc p
           where p.pronamespace = 'public'::regnamespace and starts_with(p.proname, 'ops_db_backup')
             and pg_catalog.has_function_privilege('anon', p.oid, 'execute')
          union all
          select c.oid::regclass::text from pg_catalog.pg_class c
           where c.relnamespace = 'public'::regnamespace and starts_with(c.relname, 'ops_db_backup')
             and c.relkind in ('r', 'p')
             and (not c.relrowsecurity or pg_catalog.has_table_privilege('anon', c.oid, 'select'))) open_objects;
  if found is null then raise notice 'PASS %', assertion;
  else failed := failed || assertion; raise notice 'FAIL %: open %', assertion, found; end if;

  -- A policy on a table without row level security protects nothing
  assertion := 'policies_are_in_force';
  select string_agg(distinct c.oid::regclass::text, ', ') into found
    from pg_catalog.pg_policy p join pg_catalog.pg_class c on c.oid = p.polrelid
   where not c.relrowsecurity and pg_catalog.pg_get_userbyid(c.relowner) = current_user;
  if found is null then raise notice 'PASS %', assertion;
  else failed := failed || assertion; raise notice 'FAIL %: row level security is off on %', assertion, found; end if;

  assertion := 'indexes_are_valid';
  select string_agg(i.indexrelid::regclass::text, ', ') into found
    from pg_catalog.pg_index i join pg_catalog.pg_class c on c.oid = i.indexrelid
    join pg_catalog.pg_namespace s on s.oid = c.relnamespace
   where not (i.indisvalid and i.indisready) and s.nspname !~ '^pg_';
  if found is null then raise notice 'PASS %', assertion;
  else failed := failed || assertion; raise notice 'FAIL %: %', assertion, found; end if;

  -- Every validated foreign key, counted again: a restore loads rows without checking them one by one
  assertion := 'foreign_keys_without_orphans';
  found := null;
  for item in
    select k.conrelid::regclass::text as child, k.confrelid::regclass::text as parent, k.conname,
           (select string_agg(format('c.%I = p.%I', ca.attname, pa.attname), ' and ')
              from unnest(k.conkey, k.confkey) pair(c, p)
              join pg_catalog.pg_attribute ca on ca.attrelid = k.conrelid and ca.attnum = pair.c
              join pg_catalog.pg_attribute pa on pa.attrelid = k.confrelid and pa.attnum = pair.p) as matches,
           (select string_agg(format('c.%I is not null', ca.attname), ' and ')
              from unnest(k.conkey) key
              join pg_catalog.pg_attribute ca on ca.attrelid = k.conrelid and ca.attnum = key) as present
      from pg_catalog.pg_constraint k
      join pg_catalog.pg_class r on r.oid = k.conrelid
     where k.contype = 'f' and k.convalidated and k.conparentid = 0
       and pg_catalog.pg_get_userbyid(r.relowner) = current_user
  loop
    execute format('select count(*) from %s c where %s and not exists (select from %s p where %s)',
                   item.child, item.present, item.parent, item.matches) into n;
    if n > 0 then found := concat_ws(', ', found, format('%s of %s: %s rows', item.conname, item.child, n)); end if;
  end loop;
  if found is null then raise notice 'PASS %', assertion;
  else failed := failed || assertion; raise notice 'FAIL %: %', assertion, found; end if;

  -- The next value of a column's sequence must not exist already
  assertion := 'sequences_ahead_of_their_columns';
  found := null;
  for item in
    select d.objid::regclass::text as sequence, d.refobjid::regclass::text as relation, a.attname, q.seqincrement
      from pg_catalog.pg_depend d
      join pg_catalog.pg_sequence q on q.seqrelid = d.objid
      join pg_catalog.pg_class c on c.oid = d.refobjid
      join pg_catalog.pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
     where d.classid = 'pg_catalog.pg_class'::regclass and d.refclassid = 'pg_catalog.pg_class'::regclass
       and d.deptype in ('a', 'i') and q.seqincrement > 0
       and a.atttypid in ('int2'::regtype, 'int4'::regtype, 'int8'::regtype)
       and pg_catalog.pg_get_userbyid(c.relowner) = current_user
  loop
    execute format('select coalesce(max(t.%I), 0) - (select case when s.is_called then s.last_value else s.last_value - 1 end from %s s) from %s t',
                   item.attname, item.sequence, item.relation) into n;
    if n > 0 then found := concat_ws(', ', found, format('%s is %s behind %s.%s', item.sequence, n, item.relation, item.attname)); end if;
  end loop;
  if found is null then raise notice 'PASS %', assertion;
  else failed := failed || assertion; raise notice 'FAIL %: %', assertion, found; end if;

  if cardinality(failed) > 0 then
    raise exception 'rg03: % of the assertions failed: %', cardinality(failed), array_to_string(failed, ', ')
      using errcode = 'RV003';
  end if;
end $rg03$;

rollback;
