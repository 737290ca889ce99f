-- Estoque, títulos a pagar e a receber, documentos e anexos.
create type public.movimento_tipo as enum ('entrada', 'saida', 'ajuste');
create type public.titulo_tipo as enum ('receber', 'pagar');

create table public.depositos (
  id smallint generated always as identity primary key,
  empresa_id uuid not null references public.empresas (id),
  nome text not null,
  unique (empresa_id, nome)
);

create table public.movimentos_estoque (
  id bigint generated always as identity primary key,
  empresa_id uuid not null references public.empresas (id),
  produto_id bigint not null references public.produtos (id),
  deposito_id smallint not null references public.depositos (id),
  tipo public.movimento_tipo not null,
  quantidade numeric(12, 3) not null check (quantidade <> 0),
  ocorrido_em timestamptz not null default now(),
  pedido_id bigint references public.pedidos (id),
  observacao text
);
create index movimentos_estoque_produto_idx on public.movimentos_estoque (produto_id, ocorrido_em);
create index movimentos_estoque_deposito_idx on public.movimentos_estoque (deposito_id);
create index movimentos_estoque_pedido_idx on public.movimentos_estoque (pedido_id) where pedido_id is not null;

create table public.saldos_estoque (
  produto_id bigint not null references public.produtos (id) on delete cascade,
  deposito_id smallint not null references public.depositos (id),
  quantidade numeric(14, 3) not null default 0,
  primary key (produto_id, deposito_id)
);
create index saldos_estoque_deposito_idx on public.saldos_estoque (deposito_id);

create function public.movimenta_saldo() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  insert into public.saldos_estoque as s (produto_id, deposito_id, quantidade)
    select n.produto_id, n.deposito_id, sum(case n.tipo when 'saida' then -n.quantidade else n.quantidade end)
      from novos n group by n.produto_id, n.deposito_id
  on conflict (produto_id, deposito_id) do update set quantidade = s.quantidade + excluded.quantidade;
  return null;
end
$$;
create trigger movimentos_estoque_saldo after insert on public.movimentos_estoque
  referencing new table as novos for each statement execute function public.movimenta_saldo();

create table public.titulos_financeiros (
  id uuid primary key default gen_random_uuid(),
  empresa_id uuid not null references public.empresas (id),
  tipo public.titulo_tipo not null,
  pedido_id bigint references public.pedidos (id),
  fornecedor_id uuid references public.fornecedores (id),
  parcela smallint not null default 1,
  vencimento date not null,
  valor public.dinheiro not null,
  pago_em date,
  situacao text generated always as (case when pago_em is null then 'aberto' else 'pago' end) stored,
  constraint titulos_financeiros_origem check ((tipo = 'receber') = (pedido_id is not null))
);
create index titulos_financeiros_vencimento_idx on public.titulos_financeiros (empresa_id, vencimento)
  where pago_em is null;
create index titulos_financeiros_pedido_idx on public.titulos_financeiros (pedido_id);
create index titulos_financeiros_fornecedor_idx on public.titulos_financeiros (fornecedor_id);

create table public.documentos (
  id uuid primary key default gen_random_uuid(),
  empresa_id uuid not null references public.empresas (id),
  autor_id uuid references auth.users (id) on delete set null,
  titulo text not null,
  corpo text not null,
  palavras tsvector generated always as (to_tsvector('portuguese', titulo || ' ' || left(corpo, 2000))) stored,
  criado_em timestamptz not null default now()
);
create index documentos_empresa_idx on public.documentos (empresa_id);
create index documentos_autor_idx on public.documentos (autor_id);
create index documentos_palavras_idx on public.documentos using gin (palavras);

create table public.anexos (
  id uuid primary key default gen_random_uuid(),
  documento_id uuid not null references public.documentos (id) on delete cascade,
  nome text not null,
  tipo text not null,
  conteudo bytea not null,
  sha256 bytea generated always as (sha256(conteudo)) stored
);
create index anexos_documento_idx on public.anexos (documento_id);
alter table public.anexos alter column conteudo set storage external;

create procedure public.fechar_mes(p_mes date)
  language plpgsql set search_path = ''
as $$
begin
  update public.titulos_financeiros set pago_em = vencimento
   where pago_em is null and vencimento < date_trunc('month', p_mes);
end
$$;
