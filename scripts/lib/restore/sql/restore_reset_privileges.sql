-- pg_dump writes privileges as the difference to PostgreSQL's built-in ones. With the default privileges that
-- Supabase projects have, every restored object would get more than the source gave it: back to the built-in
-- ones, for default privileges and for schema public. The archive's own entries put the source's back.
do $$
declare
  item record;
  grantee text;
begin
  for item in
    select d.defaclobjtype, d.defaclacl, n.nspname,
           case d.defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions'
                                when 'T' then 'types' when 'n' then 'schemas' end as kind
      from pg_catalog.pg_default_acl d
      left join pg_catalog.pg_namespace n on n.oid = d.defaclnamespace
     where pg_get_userbyid(d.defaclrole) = current_user
       and (n.nspname is null or n.nspname <> all (current_setting('revo.platform_schemas')::text[])) loop
    for grantee in
      select distinct case x.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(x.grantee)) end
        from pg_catalog.aclexplode(item.defaclacl) x loop
      execute format('alter default privileges %s revoke all on %s from %s',
                     coalesce('in schema ' || quote_ident(item.nspname), ''), item.kind, grantee);
    end loop;
    if item.nspname is null then
      execute format('alter default privileges grant all on %s to %I', item.kind, current_user);
      if item.defaclobjtype in ('f', 'T') then
        execute format('alter default privileges grant all on %s to public', item.kind);
      end if;
    end if;
  end loop;

  for grantee in
    select distinct case x.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(x.grantee)) end
      from pg_catalog.pg_namespace n, pg_catalog.aclexplode(n.nspacl) x
     where n.nspname = 'public' and x.grantee <> n.nspowner loop
    execute format('revoke all on schema public from %s', grantee);
  end loop;
  for item in
    select distinct n.nspname, case x.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(x.grantee)) end as grantee
      from pg_catalog.pg_namespace n, pg_catalog.aclexplode(n.nspacl) x
     where n.nspname = any (current_setting('revo.kept_schemas')::text[]) and x.grantee <> n.nspowner loop
    execute format('revoke all on schema %I from %s', item.nspname, item.grantee);
  end loop;
  for item in select unnest(current_setting('revo.kept_schemas')::text[]) as nspname loop
    execute format('comment on schema %I is null', item.nspname);
  end loop;
  grant usage on schema public to public;
  -- pg_dump writes no comment when it is this one
  comment on schema public is 'standard public schema';
end $$;
