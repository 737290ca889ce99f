-- Quem vê e faz o quê: cada usuário vê a empresa ativa dele.
create function public.pertence_a_empresa_ativa(p_empresa_id uuid) returns boolean
  language sql stable security definer set search_path = ''
as $$
  select p_empresa_id = (select public.current_empresa_id())
$$;

do $rls$
declare
  v_tabela text;
begin
  foreach v_tabela in array array['categorias', 'produtos', 'clientes', 'fornecedores', 'pedidos', 'depositos',
    'movimentos_estoque', 'titulos_financeiros', 'documentos', 'notas_fiscais', 'orcamentos_legados']
  loop
    execute format('alter table public.%I enable row level security', v_tabela);
    execute format('revoke all on public.%I from anon', v_tabela);
    execute format(
      'create policy %I on public.%I for all to authenticated using (empresa_id = (select public.current_empresa_id()))',
      v_tabela || '_da_empresa', v_tabela);
  end loop;
  foreach v_tabela in array array['notas_fiscais_2024', 'notas_fiscais_2025', 'notas_fiscais_2026',
    'notas_fiscais_demais', 'itens_pedido', 'saldos_estoque', 'anexos', 'perfis']
  loop
    execute format('alter table public.%I enable row level security', v_tabela);
    execute format('revoke all on public.%I from anon', v_tabela);
  end loop;
end
$rls$;

create policy itens_do_pedido on public.itens_pedido for all to authenticated
  using (exists (select from public.pedidos p where p.id = pedido_id));
create policy saldos_do_produto on public.saldos_estoque for select to authenticated
  using (exists (select from public.produtos p where p.id = produto_id));
create policy anexos_do_documento on public.anexos for all to authenticated
  using (exists (select from public.documentos d where d.id = documento_id));
create policy perfis_leitura on public.perfis for select to authenticated using (true);
create policy perfis_proprio on public.perfis for update to authenticated
  using (id = (select auth.uid())) with check (id = (select auth.uid()));
create policy titulos_so_sem_pagamento on public.titulos_financeiros as restrictive for delete to authenticated
  using (pago_em is null);
alter table public.titulos_financeiros force row level security;

-- Do cliente, a tela altera só o contato.
revoke update on public.clientes from authenticated;
grant update (email, telefone, observacoes) on public.clientes to authenticated;
revoke all on public.saldos_estoque, public.movimentos_estoque from authenticated;
grant select on public.saldos_estoque to authenticated;
grant select, insert on public.movimentos_estoque to authenticated;
revoke all on public.numero_nota_seq from anon, authenticated;

create function public.resumo_vendas(p_inicio date, p_fim date) returns table (mes date, pedidos bigint, total numeric)
  language sql stable security definer set search_path = ''
as $$
  select v.mes, v.pedidos, v.total from relatorios.vendas_por_mes v
   where v.empresa_id = (select public.current_empresa_id()) and v.mes between p_inicio and p_fim
$$;
create function public.buscar_clientes(p_texto text, p_limite integer default 20) returns setof public.clientes
  language sql stable set search_path = ''
as $$
  select * from public.clientes c where c.busca like '%' || public.sem_acentos(p_texto) || '%' order by c.nome limit p_limite
$$;
create function public.versao_do_esquema() returns text
  language sql immutable set search_path = ''
as $$ select '2026.2' $$;
comment on function public.versao_do_esquema() is 'Aberta a todos: a tela de entrada mostra.';

revoke execute on function public.resumo_vendas(date, date), public.buscar_clientes(text, integer),
  public.soma_total_pedido(), public.movimenta_saldo(), public.marca_atualizacao(),
  public.pertence_a_empresa_ativa(uuid) from public, anon;
revoke execute on function public.faturar_pedido(bigint) from public, anon;
revoke execute on procedure public.fechar_mes(date) from public, anon, authenticated;

-- Cada usuário novo do Auth ganha um perfil.
create function public.criar_perfil() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  insert into public.perfis (id, nome, email)
  values (new.id, coalesce(new.raw_user_meta_data ->> 'nome', split_part(new.email, '@', 1)), new.email)
  on conflict (id) do nothing;
  return new;
end
$$;
revoke execute on function public.criar_perfil() from public, anon, authenticated;
create trigger ao_criar_usuario after insert on auth.users for each row execute function public.criar_perfil();

-- Arquivos: a primeira pasta do caminho é a empresa.
create policy arquivos_da_empresa on storage.objects for select to authenticated
  using (bucket_id = 'anexos' and public.pertence_a_empresa_ativa(((string_to_array(name, '/'))[1])::uuid));

do $tempo_real$
begin
  if not exists (select from pg_publication where pubname = 'supabase_realtime') then
    create publication supabase_realtime;
  end if;
end
$tempo_real$;
alter publication supabase_realtime add table public.pedidos, public.titulos_financeiros;
