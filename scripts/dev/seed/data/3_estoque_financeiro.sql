-- Stock moves and balances, receivables of the invoiced orders, payables, audit trail.
insert into public.movimentos_estoque (empresa_id, produto_id, deposito_id, tipo, quantidade, ocorrido_em, observacao)
  select t.empresa_id, r.id, d.ids[1 + pg_temp.sorteio(i, 2, array_length(d.ids, 1))],
         (array['entrada', 'entrada', 'saida', 'ajuste'])[1 + pg_temp.sorteio(i, 3, 4)]::public.movimento_tipo,
         1 + pg_temp.sorteio(i, 4, 5000) / 10.0,
         pg_temp.ultimo_dia() - make_interval(mins => pg_temp.sorteio(i, 5, 60 * 24 * 980)),
         case when i % 50 = 0 then 'Inventário rotativo' end
    from generate_series(1, pg_temp.parte(16)) i
    join tamanhos t on t.empresa_id = pg_temp.empresa(i)
    join (select empresa_id, array_agg(id order by id) as ids from public.depositos group by empresa_id) d
      on d.empresa_id = t.empresa_id
    join produto_numerado r on r.empresa_id = t.empresa_id and r.posicao = pg_temp.sorteio(i, 1, t.produtos)
   order by i;

insert into public.saldos_estoque (produto_id, deposito_id, quantidade)
  select produto_id, deposito_id, sum(case tipo when 'saida' then -quantidade else quantidade end)
    from public.movimentos_estoque group by produto_id, deposito_id order by 1, 2;

insert into public.titulos_financeiros (id, empresa_id, tipo, pedido_id, parcela, vencimento, valor, pago_em)
  select md5('titulo ' || p.id || ' ' || n)::uuid, p.empresa_id, 'receber', p.id, n, vence, round(p.total / 2, 2),
         case when vence < pg_temp.ultimo_dia() and pg_temp.sorteio(p.id, n, 12) > 0 then vence + pg_temp.sorteio(p.id, 9, 9) end
    from public.pedidos p, generate_series(1, 2) n,
         lateral (select p.nota_emitida_em + 28 * n as vence) v
   where p.nota_fiscal_id is not null and p.id <= pg_temp.parte(7);
insert into public.titulos_financeiros (id, empresa_id, tipo, fornecedor_id, vencimento, valor, pago_em)
  select md5('titulo a pagar ' || i)::uuid, f.empresa_id, 'pagar', f.id, vence, 150 + pg_temp.sorteio(i, 2, 900000) / 100.0,
         case when vence < pg_temp.ultimo_dia() then vence end
    from generate_series(1, pg_temp.parte(3)) i
    join public.fornecedores f on f.id = md5('fornecedor ' || 1 + pg_temp.sorteio(i, 1, pg_temp.parte(0.5)))::uuid,
         lateral (select (pg_temp.ultimo_dia() - make_interval(days => pg_temp.sorteio(i, 3, 900) - 60))::date as vence) v;

insert into auditoria.eventos (tabela, registro, acao, dados, usuario_id, quando)
  select 'pedidos', p.id::text, 'INSERT', jsonb_build_object('status', 'rascunho', 'total', p.total, 'cliente', p.cliente_id),
         p.vendedor_id, p.emitido_em
    from public.pedidos p where p.id <= pg_temp.parte(8) order by p.id;
