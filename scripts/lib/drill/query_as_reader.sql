-- Runs each query of the setting revo.queries with the role and the claims that it names, as PostgREST would: one JSON
-- line with the array of results. A result is null where the reader has no right, and an object with "error" where the
-- query fails otherwise. Run inside a transaction of a role that may SET ROLE to the readers.
do $query$
declare
  item record;
  result jsonb;
  results jsonb := '[]';
begin
  for item in
    select q.role, q.claims, q.query
      from jsonb_to_recordset(current_setting('revo.queries')::jsonb) q(role text, claims text, query text)
  loop
    begin
      perform set_config('request.jwt.claims', item.claims, true);
      perform set_config('role', item.role, true);
      execute item.query into result;
    exception
      when insufficient_privilege then result := null;
      when others then result := jsonb_build_object('error', sqlerrm);
    end;
    perform set_config('role', 'none', true);
    results := results || jsonb_build_array(result);
  end loop;
  perform set_config('request.jwt.claims', '', true);
  perform set_config('revo.results', results::text, true);
end $query$;
select current_setting('revo.results');
