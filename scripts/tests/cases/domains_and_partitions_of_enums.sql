-- Types that others are built on: domains of arrays and of enums, with defaults in tables and functions; keys of partitions.
create domain public.codigos as text[] check (array_length(value, 1) > 0);
create type public.cor as enum ('azul', 'verde');
create domain public.cores as public.cor[] default array['azul']::public.cor[];
create table public.pecas (id int primary key, tons public.cores, lotes public.codigos default '{x}');
insert into public.pecas (id) values (1);
alter table public.pecas add constraint nem_tudo_verde check (tons <> array['verde']::public.cores);
create function public.nome_da_cor(c public.cor default 'verde', t public.cores default array['azul', 'verde']::public.cor[])
  returns text language sql as 'select c::text';
create table public.por_cor (tom public.cor) partition by list (tom);
create table public.por_cor_azul partition of public.por_cor for values in ('azul');
insert into public.por_cor values ('azul');
