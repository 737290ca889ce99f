-- A project without anything unusual.
create table public.clientes (id int primary key, nome text not null);
insert into public.clientes values (1, 'Padaria Aurora'), (2, 'Oficina do Zé');
create view public.nomes as select nome from public.clientes;
