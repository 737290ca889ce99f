-- Settings that belong to the database and its roles, with a secret among them.
create table public.t (id int primary key);
insert into public.t values (1);
-- @admin
do $$ begin
  execute format('alter database %I set "app.settings.jwt_secret" = ''nao-e-segredo''', current_database());
  execute format('alter database %I set timezone to ''America/Sao_Paulo''', current_database());
  execute format('alter role postgres in database %I set lock_timeout to ''4s''', current_database());
end $$;
