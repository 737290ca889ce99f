-- Orders, their items, and an invoice for most of them. Foreign keys hold by construction: an order's customer and
-- products are picked from its own company.
create temp table cliente_numerado on commit drop as
  select empresa_id, row_number() over (partition by empresa_id order by id) - 1 as posicao, id from public.clientes;
create temp table produto_numerado on commit drop as
  select empresa_id, row_number() over (partition by empresa_id order by id) - 1 as posicao, id, preco_venda
    from public.produtos;
create temp table tamanhos on commit drop as
  select c.empresa_id, c.clientes, p.produtos
    from (select empresa_id, count(*)::integer as clientes from cliente_numerado group by empresa_id) c
    join (select empresa_id, count(*)::integer as produtos from produto_numerado group by empresa_id) p using (empresa_id);

insert into public.pedidos (id, empresa_id, cliente_id, vendedor_id, status, emitido_em, observacao)
  select i, t.empresa_id, c.id, md5('vendedor ' || 1 + pg_temp.sorteio(i, 2, 8))::uuid,
         (array['entregue', 'entregue', 'entregue', 'faturado', 'faturado', 'aprovado', 'rascunho', 'cancelado'])
           [1 + pg_temp.sorteio(i, 3, 8)]::public.pedido_status,
         pg_temp.ultimo_dia() - make_interval(mins => pg_temp.sorteio(i, 4, 60 * 24 * 980)),
         case when i % 11 = 0 then 'Entregar com agendamento; conferir volumes na doca.' end
    from generate_series(1, pg_temp.parte(12)) i
    join tamanhos t on t.empresa_id = pg_temp.empresa(i)
    join cliente_numerado c on c.empresa_id = t.empresa_id and c.posicao = pg_temp.sorteio(i, 1, t.clientes)
   order by i;

insert into public.itens_pedido (pedido_id, produto_id, quantidade, preco_unitario, desconto)
  select p.id, r.id, 1 + pg_temp.sorteio(p.id * 10 + n, 2, 40), r.preco_venda,
         case when n = 1 then pg_temp.sorteio(p.id, 3, 16) else 0 end
    from public.pedidos p
    join tamanhos t on t.empresa_id = p.empresa_id
    cross join lateral generate_series(1, 1 + pg_temp.sorteio(p.id, 1, 4)) n
    join produto_numerado r
      on r.empresa_id = p.empresa_id and r.posicao = pg_temp.sorteio(p.id * 10 + n, 4, t.produtos)
   order by p.id, n;

insert into public.notas_fiscais (emitida_em, empresa_id, pedido_id, chave_acesso, valor, xml)
  select (p.emitido_em at time zone 'America/Sao_Paulo')::date, p.empresa_id, p.id,
         lpad(pg_temp.sorteio(p.id, 1, 2147483647)::text, 22, '3') || lpad(p.id::text, 22, '0'), i.total,
         '<nfe versao="4.00"><pedido>' || p.id || '</pedido>' ||
         repeat('<det><prod>Item conforme pedido</prod><cfop>5102</cfop></det>', 1 + pg_temp.sorteio(p.id, 2, 6)) || '</nfe>'
    from public.pedidos p
    join (select pedido_id, sum(total) as total from public.itens_pedido group by pedido_id) i on i.pedido_id = p.id
   where p.status in ('faturado', 'entregue')
   order by p.id;

update public.pedidos p
   set total = i.total, nota_fiscal_id = n.id, nota_emitida_em = n.emitida_em, atualizado_em = p.emitido_em
  from (select pedido_id, sum(total) as total from public.itens_pedido group by pedido_id) i
  left join public.notas_fiscais n on n.pedido_id = i.pedido_id
 where i.pedido_id = p.id;

select setval('public.pedidos_id_seq', (select max(id) from public.pedidos));
