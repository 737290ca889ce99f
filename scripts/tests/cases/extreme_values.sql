-- Values at the edge of their types, rows without columns, names of 63 bytes, keys in a circle.
create table public.extremos (d date, t timestamptz, n numeric, f float8, i interval, b bytea, x xml, j jsonb);
insert into public.extremos values
  ('infinity', '-infinity', 'NaN', '-0', '-178000000 years', '\x00ff', '<a/>', '"\\u00e9"'),
  ('4713-01-01 BC', '294276-12-31', '1e-16383', 1e-320, '1 mon -1 day', '', '<b>é</b>', '{"a": 1e400}');
create table public.sem_colunas ();
insert into public.sem_colunas default values;
insert into public.sem_colunas default values;
create table public.a_de_b (id int primary key);
create table public.b_de_a (id int primary key references public.a_de_b);
alter table public.a_de_b add foreign key (id) references public.b_de_a deferrable initially deferred;
begin;
insert into public.a_de_b values (1);
insert into public.b_de_a values (1);
commit;
create table public.nomes_longos ("ééééééééééééééééééééééééééééééé" int, b int);
create index "üüüüüüüüüüüüüüüüüüüüüüüüüüüüüüü" on public.nomes_longos (b);
create unlogged table public.rascunhos (i serial);
insert into public.rascunhos default values;
