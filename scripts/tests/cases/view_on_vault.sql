-- A view on the platform's secrets.
-- @admin
create schema vault;
create table vault.secrets (id int, name text, secret text);
create view vault.decrypted_secrets as select * from vault.secrets;
grant usage on schema vault to postgres;
grant select on vault.decrypted_secrets to postgres;
-- @project
create table public.integracoes (id int primary key);
insert into public.integracoes values (1);
create function public.chave(nome text) returns text language plpgsql stable
  as $$ begin return (select secret from vault.decrypted_secrets where name = nome); end $$;
create view public.chaves as select name from vault.decrypted_secrets;
