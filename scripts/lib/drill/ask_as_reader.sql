-- Puts each question of the setting revo.questions as the role and with the claims it names, as PostgREST would:
-- one JSON line [[answer or null], …]. An answer is null where the reader may not ask; an object with "error" where
-- the question fails otherwise. Run inside a transaction of a role that may become the readers.
do $ask$
declare
  question record;
  answer jsonb;
  answers jsonb := '[]';
begin
  for question in
    select q.role, q.claims, q.query
      from jsonb_to_recordset(current_setting('revo.questions')::jsonb) q(role text, claims text, query text)
  loop
    begin
      perform set_config('request.jwt.claims', question.claims, true);
      perform set_config('role', question.role, true);
      execute question.query into answer;
    exception
      when insufficient_privilege then answer := null;
      when others then answer := jsonb_build_object('error', sqlerrm);
    end;
    perform set_config('role', 'none', true);
    answers := answers || jsonb_build_array(answer);
  end loop;
  perform set_config('request.jwt.claims', '', true);
  perform set_config('revo.answers', answers::text, true);
end $ask$;
select current_setting('revo.answers');
