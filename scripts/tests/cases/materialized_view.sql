-- A materialized view whose function reads a table by its bare name.
create table public.produtos (id int primary key, descricao text, preco numeric);
insert into public.produtos select g, 'Produto ' || g, g * 1.5 from generate_series(1, 12) g;
create function public.etiqueta(p int) returns text language plpgsql stable
  as $$ begin return (select descricao || ' R$ ' || preco from produtos where id = p); end $$;
create view public.etiquetas as select id, public.etiqueta(id) as texto from public.produtos;
create materialized view public.vitrine as select id, texto from public.etiquetas;
create unique index on public.vitrine (id);
