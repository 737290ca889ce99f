-- A domain whose default is stored as it was written, without the schema of its type.
create type public.etapa as enum ('orcamento', 'pedido', 'nota');
create domain public.etapa_inicial as public.etapa default 'orcamento' not null;
create domain public.quantidade as numeric(12, 3) default 1 check (value > 0);
create table public.processos (id int primary key, etapa public.etapa_inicial, quantidade public.quantidade);
insert into public.processos (id) values (1), (2);
