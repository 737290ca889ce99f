-- Asks the ERP's own permission function of each member of a company whether ops:manage is granted, as PostgREST calls it:
-- with the claims of a signed-in user and the header that names the company. Sets revo.managers: {users, companies, isCut}.
do $managers$
declare
  v_limit constant integer := 2000;
  v_has_members constant boolean := (
    select count(*) = 2 from pg_catalog.pg_attribute
     where attrelid = to_regclass('public.empresa_usuarios') and attname in ('user_id', 'empresa_id') and not attisdropped);
  v_members constant text := case
    when v_has_members then 'select user_id::text as user_id, empresa_id::text as company from public.empresa_usuarios'
    else 'select id::text as user_id, null::text as company from auth.users' end;
  v_has_settings constant boolean := to_regclass('public.ops_db_backup_settings') is not null;
  v_member record;
  v_users text[] := '{}';
  v_companies text[] := '{}';
  v_may boolean;
  v_company text;
  v_asked integer := 0;
begin
  for v_member in execute v_members || ' order by 1, 2 limit ' || v_limit loop
    v_asked := v_asked + 1;
    perform pg_catalog.set_config('request.jwt.claims',
              json_build_object('role', 'authenticated', 'sub', v_member.user_id)::text, true),
            pg_catalog.set_config('request.headers', json_build_object('x-empresa-id', v_member.company)::text, true),
            pg_catalog.set_config('role', 'authenticated', true);
    begin
      if v_has_settings then -- right and setting operators, as the catalog decides
        execute 'select (public.ops_db_backup_permissions() ->> ''restore'')::boolean' into v_may;
      else
        v_may := public.has_permission_for_current_user('ops', 'manage');
      end if;
      v_company := coalesce(public.current_empresa_id()::text, v_member.company);
    exception when others then
      v_may := false; -- it refuses this user by an error
    end;
    perform pg_catalog.set_config('role', 'none', true);
    if v_may then
      v_users := v_users || v_member.user_id;
      v_companies := v_companies || v_company;
    end if;
  end loop;
  perform pg_catalog.set_config('revo.managers', json_build_object(
    'users', (select count(distinct it) from unnest(v_users) it),
    'companies', (select count(distinct it) from unnest(v_companies) it),
    'isCut', v_asked = v_limit)::text, true);
end $managers$;
