-- A webhook of the platform's interface: its function is in a schema that no backup holds.
-- @admin
create schema supabase_functions;
grant usage on schema supabase_functions to postgres, anon, authenticated, service_role;
create function supabase_functions.http_request() returns trigger language plpgsql security definer
  as $$ begin return new; end $$;
-- @project
create table public.entregas (id int primary key, situacao text);
insert into public.entregas values (1, 'a caminho'), (2, 'entregue');
create trigger avisa_transportadora after update on public.entregas for each row
  execute function supabase_functions.http_request('https://exemplo.invalid/entrega', 'POST', '{}', '{}', '2000');
