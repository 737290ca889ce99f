-- Gives staged tables and types PostgreSQL's built-in privileges: those of the default privileges that they were made
-- under go. The archive's own entries follow (see restore_reset_privileges.sql).
do $$
declare
  item record;
  grantee text;
begin
  for item in
    select format('table %I.%I', n.nspname, c.relname) as object, c.relowner as owner, c.relacl as acl, false as is_type
      from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where n.nspname = any (:schemas) and c.relkind = 'r' and c.relacl is not null
    union all
    select format('type %I.%I', n.nspname, t.typname), t.typowner, t.typacl, true
      from pg_catalog.pg_type t join pg_catalog.pg_namespace n on n.oid = t.typnamespace
     where n.nspname = any (:schemas) and t.typtype in ('e', 'd') and t.typacl is not null loop
    for grantee in
      select distinct case x.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(x.grantee)) end
        from pg_catalog.aclexplode(item.acl) x where x.grantee <> item.owner loop
      execute format('revoke all on %s from %s', item.object, grantee);
    end loop;
    execute format('grant all on %s to %I', item.object, pg_get_userbyid(item.owner));
    if item.is_type then
      execute format('grant usage on %s to public', item.object);
    end if;
  end loop;
end $$;
