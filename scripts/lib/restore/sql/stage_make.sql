-- Makes the schemas of a stage, which their owner alone may use, whatever default privileges the target has.
do $$
declare
  name text;
  grantee text;
begin
  foreach name in array :schemas loop
    execute format('create schema %I', name);
    for grantee in
      select distinct case x.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(x.grantee)) end
        from pg_catalog.pg_namespace n, pg_catalog.aclexplode(n.nspacl) x
       where n.nspname = name and x.grantee <> n.nspowner loop
      execute format('revoke all on schema %I from %s', name, grantee);
    end loop;
  end loop;
end $$;
