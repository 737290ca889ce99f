-- Compares every B-tree index with its table, row by row: one JSON line
-- [["index: error", …], number of indexes, ["index whose rows were not compared", …]].
-- Run by the owner in a transaction that is rolled back; amcheck is installed, and the owner may execute it.
set local search_path = '';
set local statement_timeout = 0;
do $check$
declare
  checker constant text := (select format('%I.bt_index_check', n.nspname)
                              from pg_catalog.pg_extension x
                              join pg_catalog.pg_namespace n on n.oid = x.extnamespace
                             where x.extname = 'amcheck');
  item record;
  wrong jsonb := '[]';
  total integer := 0;
  unread jsonb := '[]';
begin
  for item in
    select c.oid, c.oid::pg_catalog.regclass::text as name,
           i.indexprs is not null or i.indpred is not null as runs_functions
      from pg_catalog.pg_index i
      join pg_catalog.pg_class c on c.oid = i.indexrelid
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      join pg_catalog.pg_am a on a.oid = c.relam
     where a.amname = 'btree' and c.relkind = 'i' and c.relpersistence = 'p'
       and i.indisvalid and i.indisready
       and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
     order by name
  loop
    total := total + 1;
    begin
      -- the path of the project's own statements, which functions of expressions may need
      set local search_path to default;
      begin
        execute format('select %s($1, true)', checker) using item.oid::pg_catalog.regclass;
      exception when undefined_function or undefined_table or undefined_object or undefined_column then
        -- newer minor versions evaluate expressions with a restricted search_path (seen in 15.20, not in 15.18)
        if not item.runs_functions then
          raise;
        end if;
        execute format('select %s($1, false)', checker) using item.oid::pg_catalog.regclass;
        unread := unread || to_jsonb(item.name);
      end;
    exception when others then
      wrong := wrong || to_jsonb(format('%s: %s', item.name, sqlerrm));
    end;
  end loop;
  perform pg_catalog.set_config('revo.result', jsonb_build_array(wrong, total, unread)::text, true);
end $check$;
select current_setting('revo.result');
