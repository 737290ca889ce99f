-- Keeps the rows of the target's sessions for restore_return_sessions.sql, in one table: each table that is created
-- takes locks until the end.
create temp table restore_sessions (table_name text, content jsonb) on commit drop;
do $$
declare
  name text;
begin
  foreach name in array current_setting('revo.auth_session_tables')::text[] loop
    if to_regclass(format('auth.%I', name)) is not null then
      execute format('insert into restore_sessions select %L, to_jsonb(t) from auth.%I t', name, name);
    end if;
  end loop;
  perform set_config('revo.sessions_before',
                     (select count(*) from restore_sessions where table_name = 'sessions')::text, true);
end $$;
