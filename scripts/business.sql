-- O que a empresa reconhece em um backup: pedidos, notas, valores. Este arquivo é do ERP: edite-o (docs/business.md).
-- Cada medida: uma linha "-- medida: nome" e uma consulta com as colunas empresa, quantidade, soma, mais novo.
-- Uma medida depende só das linhas (nada de now() ou current_date) e soma numeric, não float: o ensaio exige igualdade exata.

-- medida: pedidos
select empresa_id, count(*), sum(total), max(emitido_em) from public.pedidos group by empresa_id;

-- medida: notas fiscais
select empresa_id, count(*), sum(valor), max(emitida_em) from public.notas_fiscais group by empresa_id;

-- medida: a receber em aberto
select empresa_id, count(*), sum(valor), null from public.titulos_financeiros
 where tipo = 'receber' and pago_em is null group by empresa_id;

-- medida: clientes
select empresa_id, count(*), null, max(criado_em) from public.clientes group by empresa_id;
