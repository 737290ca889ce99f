-- Relatórios e auditoria, cada um no seu esquema. O que nasce em relatorios já nasce legível.
create schema relatorios;
comment on schema relatorios is 'Visões prontas para a tela e para planilhas.';
grant usage on schema relatorios to authenticated, service_role;
alter default privileges in schema relatorios grant select on tables to authenticated, service_role;
alter default privileges in schema relatorios revoke execute on functions from public;

create view relatorios.vendas_por_mes with (security_invoker = true) as
  select p.empresa_id, date_trunc('month', p.emitido_em at time zone 'America/Sao_Paulo')::date as mes,
         count(*) as pedidos, sum(p.total) as total
    from public.pedidos p
   where p.status in ('faturado', 'entregue')
   group by p.empresa_id, mes;
comment on view relatorios.vendas_por_mes is 'Pedidos faturados por mês de Brasília.';

create view public.produtos_em_falta with (security_invoker = true, security_barrier = true) as
  select pr.id, pr.empresa_id, pr.sku, pr.nome, sum(s.quantidade) as saldo
    from public.produtos pr
    join public.saldos_estoque s on s.produto_id = pr.id
   where pr.ativo
   group by pr.id
  having sum(s.quantidade) <= 0;

create materialized view relatorios.curva_abc as
  select pr.empresa_id, pr.id as produto_id, pr.nome, sum(i.total) as total,
         sum(sum(i.total)) over (partition by pr.empresa_id order by sum(i.total) desc, pr.id) as acumulado
    from public.itens_pedido i
    join public.produtos pr on pr.id = i.produto_id
   group by pr.id;
create unique index curva_abc_produto_idx on relatorios.curva_abc (produto_id);
revoke all on relatorios.curva_abc from authenticated;

create function relatorios.atualizar() returns void
  language plpgsql security definer set search_path = ''
as $$
begin
  refresh materialized view relatorios.curva_abc;
end
$$;

create schema auditoria;
create table auditoria.eventos (
  id bigserial primary key,
  tabela text not null,
  registro text not null,
  acao text not null check (acao in ('INSERT', 'UPDATE', 'DELETE')),
  dados jsonb,
  usuario_id uuid,
  quando timestamptz not null default now()
);
create index eventos_registro_idx on auditoria.eventos (tabela, registro);
create index eventos_quando_idx on auditoria.eventos using brin (quando);
comment on table auditoria.eventos is 'Quem mudou o quê. Ninguém apaga.';

create function auditoria.registra() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  insert into auditoria.eventos (tabela, registro, acao, dados, usuario_id)
  values (tg_table_name, coalesce(new.id, old.id)::text, tg_op, to_jsonb(coalesce(new, old)), auth.uid());
  return null;
end
$$;
create trigger pedidos_auditoria after insert or update or delete on public.pedidos
  for each row execute function auditoria.registra();
create trigger titulos_auditoria after update on public.titulos_financeiros
  for each row when (old.pago_em is distinct from new.pago_em) execute function auditoria.registra();

-- O banco do cliente é avisado de cada título pago, onde o projeto tem pg_net
create function public.avisar_pagamento() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  if to_regnamespace('net') is not null then
    perform net.http_post(url := 'https://banco.example.com/pagamentos', body := jsonb_build_object('titulo', new.id));
  end if;
  return null;
end
$$;
revoke execute on function public.avisar_pagamento() from public, anon, authenticated;
create trigger titulos_aviso after update on public.titulos_financeiros
  for each row when (old.pago_em is distinct from new.pago_em) execute function public.avisar_pagamento();
