-- Tables that inherit or have a type, and options of views, functions and indexes.
create table public.pessoas_base (id int primary key, idade int check (idade > 0) no inherit);
create table public.pessoas_mortas (morte int) inherits (public.pessoas_base);
insert into public.pessoas_base values (1, 1);
insert into public.pessoas_mortas values (2, -5, 3);
create type public.par as (a int, b text);
create table public.pares of public.par (primary key (a));
insert into public.pares values (1, 'x');
create table public.dobros (a int, b int generated always as (a * 2) stored, c text default 'x' || current_user);
insert into public.dobros (a) values (3);
create view public.dobros_visiveis with (security_barrier, security_invoker) as
  select * from public.dobros where a > 0 with local check option;
create rule ao_incluir as on insert to public.pares do also select 1;
create function public.quantos(variadic text[]) returns int language sql as 'select cardinality($1)';
alter function public.quantos(text[]) set work_mem = '8MB';
create statistics public.dobros_mcv (mcv) on a, (b + 1) from public.dobros;
alter table public.dobros replica identity full;
alter table public.dobros set (autovacuum_enabled = off);
create index on public.dobros using brin (a) with (pages_per_range = 8);
