-- Rows for the newest version of the schema only: bank accounts, the account of each payment, credit limits.
insert into public.contas_bancarias (id, empresa_id, banco, agencia, conta, saldo_inicial)
  select md5('conta ' || n || id)::uuid, id, banco, lpad((1200 + n)::text, 4, '0'), (54000 + n) || '-' || n, 25000 * n
    from public.empresas, unnest(array['Banco do Brasil', 'Caixa', 'Sicredi']) with ordinality b (banco, n)
   where ativa;
update public.titulos_financeiros t
   set conta_bancaria_id = c.id
  from public.contas_bancarias c
 where c.empresa_id = t.empresa_id and c.banco = 'Sicredi' and t.tipo = 'pagar' and t.pago_em is not null;
update public.clientes set limite_credito = 5000 where pessoa = 'jurídica';
