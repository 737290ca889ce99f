-- One user of each kind. Only "manager" and "viewer" chose a company; "undecided" has the right and no company yet.
insert into auth.users (id, email)
  select md5(name)::uuid, name || '@example.com'
    from unnest(array['no_rights', 'viewer', 'manager', 'undecided', 'dismissed']) name;

insert into public.empresas (id, razao_social, nome_fantasia, cnpj, ativa) values
  (md5('open company')::uuid, 'Aberta Ltda.', 'Aberta', '11222333000181', true),
  (md5('closed company')::uuid, 'Fechada Ltda.', 'Fechada', '11444777000161', false);
insert into public.papeis (id, nome) values (md5('reader')::uuid, 'reader'), (md5('operator')::uuid, 'operator');
insert into public.papel_permissoes (papel_id, modulo, acao) values
  (md5('reader')::uuid, 'ops', 'view'), (md5('operator')::uuid, 'ops', 'view'), (md5('operator')::uuid, 'ops', 'manage');

insert into public.empresa_usuarios (empresa_id, user_id, papel_id, ativo) values
  (md5('open company')::uuid, md5('viewer')::uuid, md5('reader')::uuid, true),
  (md5('open company')::uuid, md5('manager')::uuid, md5('operator')::uuid, true),
  (md5('open company')::uuid, md5('undecided')::uuid, md5('operator')::uuid, true),
  (md5('open company')::uuid, md5('dismissed')::uuid, md5('operator')::uuid, false),
  (md5('closed company')::uuid, md5('no_rights')::uuid, md5('operator')::uuid, true);
insert into public.usuario_empresa_ativa (user_id, empresa_id)
  select md5(name)::uuid, md5('open company')::uuid from unnest(array['viewer', 'manager', 'dismissed']) name;
