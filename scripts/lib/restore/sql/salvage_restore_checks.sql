-- Puts the checks back, unvalidated where a row breaks one. Returns those that are not as they were: name and what came of them.
create temp table salvage_changed (name text, outcome text) on commit drop;

do $$
declare
  each record;
  without text;
begin
  for each in select * from salvage_checks loop
    begin
      execute format('alter %s %s add constraint %I %s', each.kind, each.owner, each.conname, each.definition);
    exception when others then
      without := sqlerrm;
      begin
        execute format('alter %s %s add constraint %I %s not valid', each.kind, each.owner, each.conname, each.definition);
        insert into salvage_changed values (format('%I of %s', each.conname, each.owner), 'restored NOT VALID, ' || without);
      exception when others then
        insert into salvage_changed values (format('%I of %s', each.conname, each.owner), 'left out, ' || sqlerrm);
      end;
    end;
  end loop;
end $$;

select json_build_array(name, outcome) from salvage_changed order by name;
