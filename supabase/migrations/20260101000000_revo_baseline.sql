-- Revo's permission functions, and the smallest tenant and role tables behind them, only where the database
-- lacks them. In Revo ERP's own database this file changes nothing: what exists is neither created nor replaced.
--
--   has_permission_for_current_user(p_module, p_action)      may the signed-in user do this?
--   require_permission_for_current_user(p_module, p_action)  the same, as an error 42501
--   current_empresa_id()                                     the company the user works for just now, or null

-- Tables: needed when one of the two functions that read them is missing. A signed-in user reads what concerns
-- him and chooses his company; everything else is the ERP's administration, as the owner.
do $tables$
declare
  v_own_empresas constant boolean := to_regclass('public.empresas') is null;
begin
  if to_regprocedure('public.has_permission_for_current_user(text,text)') is not null
     and to_regprocedure('public.current_empresa_id()') is not null then
    return;
  end if;

  if v_own_empresas then
    create table public.empresas (
      id uuid primary key default gen_random_uuid(),
      razao_social text not null,
      nome_fantasia text not null,
      cnpj text not null unique check (cnpj ~ '^\d{14}$'),
      ativa boolean not null default true,
      created_at timestamptz not null default now()
    );
    comment on table public.empresas is 'Empresas (tenants) do ERP.';
    alter table public.empresas enable row level security;
    revoke all on public.empresas from public, anon, authenticated;
    grant select on public.empresas to authenticated;
  end if;

  if to_regclass('public.papeis') is null then
    create table public.papeis (
      id uuid primary key default gen_random_uuid(),
      nome text not null unique,
      descricao text
    );
    comment on table public.papeis is 'Papéis: conjuntos de permissões dados a usuários por empresa.';
    alter table public.papeis enable row level security;
    revoke all on public.papeis from public, anon, authenticated;
    grant select on public.papeis to authenticated;
    create policy papeis_leitura on public.papeis for select to authenticated using (true);
  end if;

  if to_regclass('public.papel_permissoes') is null then
    create table public.papel_permissoes (
      papel_id uuid not null references public.papeis (id) on delete cascade,
      modulo text not null,
      acao text not null,
      primary key (papel_id, modulo, acao)
    );
    comment on table public.papel_permissoes is
      'O que um papel permite: módulo e ação, por exemplo ops e manage.';
    alter table public.papel_permissoes enable row level security;
    revoke all on public.papel_permissoes from public, anon, authenticated;
    grant select on public.papel_permissoes to authenticated;
    create policy papel_permissoes_leitura on public.papel_permissoes for select to authenticated using (true);
  end if;

  if to_regclass('public.empresa_usuarios') is null then
    create table public.empresa_usuarios (
      empresa_id uuid not null references public.empresas (id) on delete cascade,
      user_id uuid not null references auth.users (id) on delete cascade,
      papel_id uuid not null references public.papeis (id),
      ativo boolean not null default true,
      created_at timestamptz not null default now(),
      primary key (empresa_id, user_id)
    );
    create index empresa_usuarios_user_id_idx on public.empresa_usuarios (user_id);
    create index empresa_usuarios_papel_id_idx on public.empresa_usuarios (papel_id);
    comment on table public.empresa_usuarios is 'Quem trabalha em qual empresa, e com que papel.';
    alter table public.empresa_usuarios enable row level security;
    revoke all on public.empresa_usuarios from public, anon, authenticated;
    grant select on public.empresa_usuarios to authenticated;
    create policy empresa_usuarios_proprios on public.empresa_usuarios
      for select to authenticated using (user_id = (select auth.uid()));
  end if;

  if to_regclass('public.usuario_empresa_ativa') is null then
    create table public.usuario_empresa_ativa (
      user_id uuid primary key references auth.users (id) on delete cascade,
      empresa_id uuid not null references public.empresas (id) on delete cascade,
      updated_at timestamptz not null default now()
    );
    create index usuario_empresa_ativa_empresa_id_idx on public.usuario_empresa_ativa (empresa_id);
    comment on table public.usuario_empresa_ativa is 'A empresa que o usuário escolheu por último.';
    alter table public.usuario_empresa_ativa enable row level security;
    revoke all on public.usuario_empresa_ativa from public, anon, authenticated;
    grant select, insert, update, delete on public.usuario_empresa_ativa to authenticated;
    create policy usuario_empresa_ativa_propria on public.usuario_empresa_ativa
      for all to authenticated
      using (user_id = (select auth.uid()))
      with check (
        user_id = (select auth.uid())
        and exists (
          select
            from public.empresa_usuarios vinculo
           where vinculo.user_id = (select auth.uid())
             and vinculo.empresa_id = usuario_empresa_ativa.empresa_id
             and vinculo.ativo
        )
      );
  end if;

  -- The policy of the companies reads the memberships, so it comes when both tables are there.
  if v_own_empresas then
    create policy empresas_dos_vinculos on public.empresas
      for select to authenticated
      using (
        exists (
          select
            from public.empresa_usuarios vinculo
           where vinculo.empresa_id = empresas.id and vinculo.user_id = (select auth.uid()) and vinculo.ativo
        )
      );
  end if;
end
$tables$;

do $current_empresa_id$
begin
  if to_regprocedure('public.current_empresa_id()') is not null then
    return;
  end if;
  create function public.current_empresa_id() returns uuid
    language sql stable security definer set search_path = ''
  as $fn$
    select escolha.empresa_id
      from public.usuario_empresa_ativa escolha
      join public.empresa_usuarios vinculo
        on vinculo.empresa_id = escolha.empresa_id and vinculo.user_id = escolha.user_id and vinculo.ativo
      join public.empresas empresa on empresa.id = escolha.empresa_id and empresa.ativa
     where escolha.user_id = (select auth.uid())
  $fn$;
  comment on function public.current_empresa_id() is
    'Empresa ativa do usuário conectado; null quando não há, ou quando ele já não pertence a ela.';
  revoke all on function public.current_empresa_id() from public, anon;
  grant execute on function public.current_empresa_id() to authenticated, service_role;
end
$current_empresa_id$;

-- With an active company its role decides. Without one, a permission in any company counts, so that the caller
-- can be told to choose a company instead of being told that he has no right.
do $has_permission$
begin
  if to_regprocedure('public.has_permission_for_current_user(text,text)') is not null then
    return;
  end if;
  create function public.has_permission_for_current_user(p_module text, p_action text) returns boolean
    language sql stable security definer set search_path = ''
  as $fn$
    select exists (
      select
        from public.empresa_usuarios vinculo
        join public.empresas empresa on empresa.id = vinculo.empresa_id and empresa.ativa
        join public.papel_permissoes permissao on permissao.papel_id = vinculo.papel_id
       where vinculo.user_id = (select auth.uid())
         and vinculo.ativo
         and vinculo.empresa_id = coalesce((select public.current_empresa_id()), vinculo.empresa_id)
         and permissao.modulo = p_module
         and permissao.acao = p_action
    )
  $fn$;
  comment on function public.has_permission_for_current_user(text, text) is
    'Se o usuário conectado tem a permissão: na empresa ativa, ou em alguma quando nenhuma está ativa.';
  revoke all on function public.has_permission_for_current_user(text, text) from public, anon;
  grant execute on function public.has_permission_for_current_user(text, text) to authenticated, service_role;
end
$has_permission$;

do $require_permission$
begin
  if to_regprocedure('public.require_permission_for_current_user(text,text)') is not null then
    return;
  end if;
  create function public.require_permission_for_current_user(p_module text, p_action text) returns void
    language plpgsql stable security definer set search_path = ''
  as $fn$
  begin
    if public.has_permission_for_current_user(p_module, p_action) is not true then
      raise exception 'permission % : % is required', p_module, p_action
        using errcode = 'insufficient_privilege', hint = 'forbidden';
    end if;
  end
  $fn$;
  comment on function public.require_permission_for_current_user(text, text) is
    'Erro 42501 quando o usuário conectado não tem a permissão.';
  revoke all on function public.require_permission_for_current_user(text, text) from public, anon;
  grant execute on function public.require_permission_for_current_user(text, text) to authenticated,
  service_role;
end
$require_permission$;
