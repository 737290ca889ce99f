-- Triggers that fire even while rows are loaded, and one of the project on a table of the platform.
create table public.auditoria (id bigserial primary key, evento text);
create table public.saldos (id int primary key, valor numeric);
create function public.audita() returns trigger language plpgsql security definer
  as $$ begin insert into public.auditoria (evento) values (tg_op); return new; end $$;
create trigger sempre after insert on public.saldos for each row execute function public.audita();
alter table public.saldos enable always trigger sempre;
insert into public.saldos select g, g from generate_series(1, 6) g;
create trigger cadastro after insert on auth.users for each row execute function public.audita();
insert into auth.users (id, email) values (gen_random_uuid(), 'c@exemplo.invalid');
