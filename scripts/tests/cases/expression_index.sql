-- An expression index whose SQL function calls another one by its bare name.
create function public.digitos(t text) returns text language sql immutable as $$ select regexp_replace(t, '[^0-9]', '', 'g') $$;
create function public.documento(t text) returns text language sql immutable as $$ select lpad(digitos(t), 11, '0') $$;
create table public.pessoas (id int primary key, cpf text, ativa boolean default true);
insert into public.pessoas values (1, '111.222.333-44'), (2, '98.765-4');
create unique index pessoas_documento on public.pessoas (public.documento(cpf)) where ativa;
