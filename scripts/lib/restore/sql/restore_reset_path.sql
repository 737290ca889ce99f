-- Undoes restore_set_path.sql.
do $$
declare
  item record;
begin
  for item in select routine from pg_temp.restore_paths loop
    execute 'alter routine ' || item.routine || ' reset search_path';
  end loop;
end $$;
