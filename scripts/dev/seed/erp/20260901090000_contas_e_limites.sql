-- Contas bancárias e limite de crédito; o legado sai; faturar passa a ser só do servidor.
create table public.contas_bancarias (
  id uuid primary key default gen_random_uuid(),
  empresa_id uuid not null references public.empresas (id),
  banco text not null,
  agencia text not null,
  conta text not null,
  saldo_inicial numeric(14, 2) not null default 0,
  unique (empresa_id, banco, agencia, conta)
);
alter table public.contas_bancarias enable row level security;
revoke all on public.contas_bancarias from anon;
create policy contas_bancarias_da_empresa on public.contas_bancarias for all to authenticated
  using (empresa_id = (select public.current_empresa_id()));

alter table public.titulos_financeiros add column conta_bancaria_id uuid references public.contas_bancarias (id);
create index titulos_financeiros_conta_idx on public.titulos_financeiros (conta_bancaria_id);
alter table public.clientes add column limite_credito public.dinheiro not null default 1000;
comment on column public.clientes.limite_credito is 'Quanto o cliente pode dever.';
alter type public.pedido_status add value 'devolvido' after 'entregue';

drop table public.orcamentos_legados;

revoke execute on function public.faturar_pedido(bigint) from authenticated;
create or replace function public.versao_do_esquema() returns text
  language sql immutable set search_path = ''
as $$ select '2026.9' $$;
