-- Rows that refer to missing ones although the keys are valid: they were loaded with triggers disabled.
create table public.vendedores (id int primary key);
insert into public.vendedores values (1), (2);
create table public.comissoes (id int primary key, vendedor int references public.vendedores (id));
comment on constraint comissoes_vendedor_fkey on public.comissoes is 'quem vendeu';
insert into public.comissoes values (1, 1), (2, 2), (3, 2), (4, null);
create table public.perfis (id uuid primary key references auth.users (id) on delete cascade);
insert into auth.users (id, email) values
  ('00000000-0000-4000-8000-00000000000a', 'a@exemplo.invalid'), ('00000000-0000-4000-8000-00000000000b', 'b@exemplo.invalid');
insert into public.perfis select id from auth.users;
set session_replication_role = replica;
delete from public.vendedores where id = 2;
delete from auth.users where email = 'b@exemplo.invalid';
reset session_replication_role;
