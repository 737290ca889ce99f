-- Rows for the older version of the schema only.
insert into public.orcamentos_legados (empresa_id, cliente_id, texto)
  select empresa_id, id, 'Orçamento ' || left(documento, 4) || ' importado do sistema anterior'
    from public.clientes order by id limit 300;
