-- A foreign key to open sessions, which are in no backup.
-- @project
insert into auth.users (id, email) values ('00000000-0000-4000-8000-00000000000c', 'c@exemplo.invalid');
insert into auth.refresh_tokens (id, token, user_id) values (7, 't', '00000000-0000-4000-8000-00000000000c');
create table public.acessos (id int primary key, entrada bigint references auth.refresh_tokens (id));
insert into public.acessos values (1, 7), (2, null);
create table public.sem_linhas (entrada bigint references auth.refresh_tokens (id));
