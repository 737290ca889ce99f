-- A partitioned table whose foreign key has orphans: such a key cannot be NOT VALID before PostgreSQL 18.
create table public.filiais (id int primary key);
insert into public.filiais values (1), (2);
create table public.vendas (id int, filial int references public.filiais (id), dia date) partition by range (dia);
create table public.vendas_2025 partition of public.vendas for values from ('2025-01-01') to ('2026-01-01');
create table public.vendas_2026 partition of public.vendas for values from ('2026-01-01') to ('2027-01-01');
insert into public.vendas values (1, 1, '2025-05-05'), (2, 2, '2026-05-05');
set session_replication_role = replica;
delete from public.filiais where id = 2;
reset session_replication_role;
