-- Companies, roles, sales people, categories, products, customers, suppliers.
insert into public.empresas (id, razao_social, nome_fantasia, cnpj, ativa, created_at) values
  (md5('empresa 0')::uuid, 'Serra Azul Distribuidora de Alimentos Ltda.', 'Serra Azul', pg_temp.cnpj(0), true, '2023-11-06'),
  (md5('empresa 1')::uuid, 'Metalúrgica Ipê Amarelo S.A.', 'Ipê Amarelo', pg_temp.cnpj(1), true, '2024-02-19'),
  (md5('empresa 2')::uuid, 'Confecções Maré Alta Eireli', 'Maré Alta', pg_temp.cnpj(2), false, '2023-05-02');

insert into public.papeis (id, nome, descricao) values
  (md5('papel administrador')::uuid, 'Administrador', 'Tudo, inclusive backups'),
  (md5('papel suporte')::uuid, 'Suporte', 'Consulta a operação; não inicia nada'),
  (md5('papel vendas')::uuid, 'Vendas', 'Pedidos e clientes');
insert into public.papel_permissoes (papel_id, modulo, acao)
  select md5('papel ' || papel)::uuid, modulo, acao
    from (values ('administrador', 'ops', 'view'), ('administrador', 'ops', 'manage'), ('administrador', 'vendas', 'manage'),
                 ('administrador', 'financeiro', 'manage'), ('suporte', 'ops', 'view'), ('vendas', 'vendas', 'view'),
                 ('vendas', 'vendas', 'manage')) p (papel, modulo, acao);

-- Sales people: users without a password, so that no user signs in as one of them.
insert into auth.users (id, aud, role, email, raw_app_meta_data, raw_user_meta_data, created_at, updated_at)
  select md5('vendedor ' || i)::uuid, 'authenticated', 'authenticated', 'vendas' || i || '@revo.exemplo.br',
         '{"provider": "email"}', jsonb_build_object('nome', nome), '2024-01-02', '2024-01-02'
    from unnest(array['Adriana Nogueira', 'Bruno Sampaio', 'Carla Teixeira', 'Diego Furtado', 'Elaine Prado',
                      'Fábio Rezende', 'Gisele Moura', 'Heitor Bastos']) with ordinality v (nome, i);
insert into public.perfis (id, nome, email, cargo, criado_em, atualizado_em)
  select id, raw_user_meta_data ->> 'nome', email, 'Vendas', created_at, created_at from auth.users where email ~ '^vendas\d'
  on conflict (id) do nothing;
insert into public.empresa_usuarios (empresa_id, user_id, papel_id, created_at)
  select pg_temp.empresa(i), md5('vendedor ' || i)::uuid, md5('papel vendas')::uuid, '2024-01-02' from generate_series(1, 8) i;

insert into public.categorias (empresa_id, nome)
  select e.id, n.nome
    from public.empresas e,
         unnest(array['Bebidas', 'Mercearia', 'Limpeza', 'Ferragens', 'Elétrica', 'Embalagens']) n (nome)
   where e.ativa;
insert into public.categorias (empresa_id, nome, categoria_pai_id)
  select c.empresa_id, c.nome || ' ' || s.nome, c.id
    from public.categorias c, unnest(array['em promoção', 'linha profissional', 'importados']) s (nome);

insert into public.produtos (empresa_id, categoria_id, sku, nome, descricao, unidade, preco_custo, preco_venda, ativo,
                             atualizado_em)
  select p.empresa_id, c.ids[1 + pg_temp.sorteio(i, 1, array_length(c.ids, 1))], 'RV-' || lpad(i::text, 7, '0'),
         pg_temp.escolha(array['Café torrado', 'Arroz agulhinha', 'Feijão carioca', 'Óleo de soja', 'Detergente neutro',
           'Parafuso sextavado', 'Cabo flexível', 'Chapa galvanizada', 'Fita adesiva', 'Açúcar cristal', 'Luva nitrílica',
           'Suco de uva', 'Disjuntor bipolar', 'Caixa de papelão', 'Sabão em barra'], i, 2)
         || ' ' || pg_temp.escolha(array['Premium', 'Tradicional', 'Extra', '500 g', '1 kg', '5 L', '2,5 mm²', 'M8', 'nº 12'], i, 3)
         || ' ' || i,
         'Lote controlado, validade conforme embalagem. Origem nacional.',
         pg_temp.escolha(array['UN', 'CX', 'KG', 'L', 'M'], i, 4)::public.unidade_medida,
         round((2 + pg_temp.sorteio(i, 5, 30000) / 100.0)::numeric, 2),
         round((2 + pg_temp.sorteio(i, 5, 30000) / 100.0)::numeric * (1.15 + pg_temp.sorteio(i, 6, 60) / 100.0), 2),
         pg_temp.sorteio(i, 7, 20) > 0, pg_temp.ultimo_dia() - make_interval(days => pg_temp.sorteio(i, 8, 400))
    from (select i, pg_temp.empresa(i) as empresa_id from generate_series(1, pg_temp.parte(1.5)) i) p
    join (select empresa_id, array_agg(id order by id) as ids from public.categorias group by empresa_id) c
      using (empresa_id);

insert into public.clientes (id, empresa_id, nome, documento, email, telefone, cidade, uf, observacoes, criado_em,
                             atualizado_em)
  select md5('cliente ' || i)::uuid, pg_temp.empresa(i),
         case when i % 3 = 0
           then pg_temp.escolha(array['Mercado', 'Padaria', 'Construtora', 'Restaurante', 'Oficina', 'Hotel', 'Farmácia'], i, 1)
                || ' ' || pg_temp.escolha(array['São João', 'Bela Vista', 'Boa Esperança', 'Três Irmãos', 'do Porto', 'Central',
                  'Primavera', 'Santa Clara', 'Novo Horizonte'], i, 2) || ' ' || i || ' Ltda.'
           else pg_temp.escolha(array['Ana', 'João', 'Maria', 'José', 'Luíza', 'Antônio', 'Cecília', 'Márcio', 'Patrícia',
                  'Rogério', 'Sônia', 'Tiago', 'Vânia', 'Zélia'], i, 3)
                || ' ' || pg_temp.escolha(array['da Silva', 'de Souza', 'Gonçalves', 'Araújo', 'Ribeiro', 'Conceição', 'Falcão',
                  'Guimarães', 'Brandão', 'Magalhães'], i, 4)
                || ' ' || pg_temp.escolha(array['Neto', 'Filho', 'Lima', 'Costa', 'Alencar', 'Peixoto'], i, 5)
         end,
         case when i % 3 = 0 then pg_temp.cnpj(100 + i) else pg_temp.cpf(i) end,
         'cliente' || i || '@exemplo.com.br', '+55 11 9' || lpad(pg_temp.sorteio(i, 6, 100000000)::text, 8, '0'),
         split_part(lugar, '/', 1), split_part(lugar, '/', 2),
         case when i % 7 = 0 then jsonb_build_object('prazo', 28, 'entrega', 'manhã') else '{}' end,
         pg_temp.ultimo_dia() - make_interval(days => pg_temp.sorteio(i, 8, 1000)), pg_temp.ultimo_dia()
    from generate_series(1, pg_temp.parte(4)) i,
         lateral (select pg_temp.escolha(array['São Paulo/SP', 'Belo Horizonte/MG', 'Curitiba/PR', 'Recife/PE', 'Goiânia/GO',
           'Florianópolis/SC', 'Salvador/BA', 'Manaus/AM', 'Porto Alegre/RS', 'Vitória/ES'], i, 7) as lugar) l;

insert into public.fornecedores (id, empresa_id, razao_social, cnpj, contato)
  select md5('fornecedor ' || i)::uuid, pg_temp.empresa(i),
         pg_temp.escolha(array['Indústria', 'Atacado', 'Cooperativa', 'Importadora', 'Laticínios'], i, 1) || ' '
         || pg_temp.escolha(array['Paranaense', 'do Vale', 'União', 'Aliança', 'Mantiqueira', 'Atlântica'], i, 2) || ' ' || i || ' S.A.',
         pg_temp.cnpj(50000000 + i), 'comercial' || i || '@fornecedor.exemplo.br'
    from generate_series(1, pg_temp.parte(0.5)) i;
insert into public.depositos (empresa_id, nome)
  select id, nome from public.empresas, unnest(array['Matriz', 'Filial Sul', 'Trânsito']) d (nome) where ativa;
