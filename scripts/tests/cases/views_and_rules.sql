-- Views with options, rules, column privileges, and one that uses a function of its own row type.
create table public.clientes (id int primary key, nome text);
create table public.pedidos (id int primary key, cliente int references public.clientes (id), total numeric);
insert into public.clientes select g, 'c' || g from generate_series(1, 4) g;
insert into public.pedidos select g, 1 + g % 4, g from generate_series(1, 12) g;
create view public.resumo with (security_invoker = true, security_barrier = true) as
  select c.*, sum(p.total) as total from public.clientes c join public.pedidos p on p.cliente = c.id group by c.id;
comment on column public.resumo.total is 'soma';
revoke all on public.resumo from anon;
grant select (id, total) on public.resumo to anon;
create function public.valor(public.resumo) returns numeric language sql stable as $$ select $1.total $$;
create view public.sobre as select r.id, public.valor(r) as v from public.resumo r;
create view public.editavel as select id, nome from public.clientes;
alter view public.editavel alter column nome set default 'sem nome';
create rule apaga as on delete to public.editavel do instead delete from public.clientes where id = old.id;
create materialized view public.vazia as select 1 as um with no data;
