-- Cadastros: tipos, pessoas, produtos. As empresas, os papéis e os vínculos vêm da base do Revo.
do $extensao$
begin
  if exists (select from pg_available_extensions where name = 'pg_trgm') then
    create extension if not exists pg_trgm with schema extensions;
  end if;
end
$extensao$;

create type public.unidade_medida as enum ('UN', 'CX', 'KG', 'L', 'M');
create domain public.dinheiro as numeric(14, 2) check (value >= 0);
create domain public.cpf_cnpj as text check (value ~ '^(\d{11}|\d{14})$');
comment on domain public.cpf_cnpj is 'CPF ou CNPJ, só os números.';

-- Dígitos verificadores: pesos 2, 3, 4… da direita para a esquerda; no CNPJ voltam a 2 depois do 9.
create function public.digito_verificador(p_numeros text, p_maior_peso integer) returns text
  language plpgsql immutable strict parallel safe set search_path = ''
as $$
declare
  v_tamanho constant integer := length(p_numeros);
  v_soma integer := 0;
begin
  for i in 1..v_tamanho loop
    v_soma := v_soma + substr(p_numeros, i, 1)::integer * (2 + (v_tamanho - i) % (p_maior_peso - 1));
  end loop;
  return case when v_soma % 11 < 2 then 0 else 11 - v_soma % 11 end;
end
$$;

create function public.cpf_cnpj_valido(p_documento text) returns boolean
  language sql immutable strict parallel safe set search_path = ''
as $$
  select right(p_documento, 2) = d1 || public.digito_verificador(base || d1, peso)
    from (select left(p_documento, length(p_documento) - 2) as base,
                 case length(p_documento) when 11 then 12 else 9 end as peso) partes,
         lateral (select public.digito_verificador(base, peso) as d1) primeiro
$$;
comment on function public.cpf_cnpj_valido(text) is 'Confere os dígitos verificadores.';

create function public.sem_acentos(p_texto text) returns text
  language sql immutable strict parallel safe set search_path = ''
as $$
  select translate(lower(p_texto), 'áàâãéêíóôõúüç', 'aaaaeeiooouuc')
$$;

create function public.margem_percentual(p_custo numeric, p_venda numeric) returns numeric
  language sql immutable parallel safe set search_path = ''
as $$
  select case when p_venda > 0 then round(100 * (p_venda - p_custo) / p_venda, 2) end
$$;

create function public.marca_atualizacao() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  new.atualizado_em := now();
  return new;
end
$$;

create table public.perfis (
  id uuid primary key references auth.users (id) on delete cascade,
  nome text not null,
  email text not null,
  cargo text,
  criado_em timestamptz not null default now(),
  atualizado_em timestamptz not null default now()
);
comment on table public.perfis is 'O que o ERP sabe de cada usuário, além do que o Auth guarda.';

create table public.categorias (
  id integer generated always as identity primary key,
  empresa_id uuid not null references public.empresas (id),
  nome text not null,
  categoria_pai_id integer references public.categorias (id),
  unique (empresa_id, nome)
);
create index categorias_pai_idx on public.categorias (categoria_pai_id);

create table public.produtos (
  id bigint generated always as identity (start with 1000) primary key,
  empresa_id uuid not null references public.empresas (id),
  categoria_id integer not null references public.categorias (id),
  sku text not null,
  nome text not null,
  descricao text,
  unidade public.unidade_medida not null default 'UN',
  preco_custo public.dinheiro not null,
  preco_venda public.dinheiro not null,
  margem numeric generated always as (public.margem_percentual(preco_custo, preco_venda)) stored,
  ativo boolean not null default true,
  atualizado_em timestamptz not null default now(),
  unique (empresa_id, sku)
);
create index produtos_categoria_idx on public.produtos (categoria_id);
create index produtos_ativos_idx on public.produtos (empresa_id, nome) where ativo;
comment on column public.produtos.margem is 'Margem sobre a venda, em %.';

create table public.clientes (
  id uuid primary key default gen_random_uuid(),
  empresa_id uuid not null references public.empresas (id),
  nome text not null,
  documento public.cpf_cnpj not null,
  pessoa text generated always as (case length(documento) when 11 then 'física' else 'jurídica' end) stored,
  email text,
  telefone text,
  cidade text not null,
  uf char(2) not null,
  busca text generated always as (public.sem_acentos(nome || ' ' || cidade)) stored,
  observacoes jsonb not null default '{}',
  criado_em timestamptz not null default now(),
  atualizado_em timestamptz not null default now(),
  constraint clientes_documento_valido check (public.cpf_cnpj_valido(documento)),
  unique (empresa_id, documento)
);

do $indice$
begin
  if exists (select from pg_extension where extname = 'pg_trgm') then
    create index clientes_busca_idx on public.clientes using gin (busca extensions.gin_trgm_ops);
  end if;
end
$indice$;

create table public.fornecedores (
  id uuid primary key default gen_random_uuid(),
  empresa_id uuid not null references public.empresas (id),
  razao_social text not null,
  cnpj public.cpf_cnpj not null,
  contato text,
  constraint fornecedores_cnpj_valido check (length(cnpj) = 14 and public.cpf_cnpj_valido(cnpj)),
  unique (empresa_id, cnpj)
);

create table public.orcamentos_legados (
  id serial primary key,
  empresa_id uuid not null references public.empresas (id),
  cliente_id uuid references public.clientes (id),
  texto text
);
comment on table public.orcamentos_legados is 'Orçamentos do sistema anterior; só para consulta.';

create trigger perfis_atualizacao before update on public.perfis
  for each row execute function public.marca_atualizacao();
create trigger produtos_atualizacao before update on public.produtos
  for each row execute function public.marca_atualizacao();
create trigger clientes_atualizacao before update on public.clientes
  for each row when (old.email is distinct from new.email or old.telefone is distinct from new.telefone)
  execute function public.marca_atualizacao();
