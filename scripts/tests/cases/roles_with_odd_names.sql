-- Roles of the project whose names need quotes, in policies and privileges.
-- @admin
do $$ begin create role "Gerente Regional" nologin; exception when duplicate_object then null; end $$;
do $$ begin create role "área-fiscal" nologin; exception when duplicate_object then null; end $$;
-- @project
create table public.metas (id int primary key, valor int);
insert into public.metas values (1, 100);
alter table public.metas enable row level security;
create policy dos_gerentes on public.metas to "Gerente Regional", "área-fiscal" using (valor > 0);
grant select on public.metas to "Gerente Regional";
grant select (id) on public.metas to "área-fiscal";
