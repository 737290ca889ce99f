-- The publication of the platform's live updates belongs to its superuser.
-- @admin
alter publication supabase_realtime owner to supabase_admin;
-- @project
create table public.mensagens (id int primary key, texto text);
insert into public.mensagens values (1, 'bom dia');
-- @admin
alter publication supabase_realtime add table public.mensagens;
