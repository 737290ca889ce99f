-- A generated column whose function calls another one by its bare name.
create function public.sem_acento(t text) returns text language sql immutable
  as $$ select translate(lower(t), 'áéíóúãõç', 'aeiouaoc') $$;
create function public.chave_busca(t text) returns text language plpgsql immutable
  as $$ begin return trim(sem_acento(t)); end $$;
create table public.fornecedores (
  id int primary key,
  razao text,
  busca text generated always as (public.chave_busca(razao)) stored,
  constraint razao_com_busca check (public.chave_busca(razao) <> '')
);
insert into public.fornecedores (id, razao) values (1, 'São João Ltda'), (2, 'Açaí & Cia');
