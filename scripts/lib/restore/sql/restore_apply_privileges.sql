-- For archives made without privileges: gives each restored object the privileges that the object of the same name
-- had on the target, or has in the backup that is their source. What had no counterpart is accessible to its owner only, and is printed as JSON.
-- The catalog's own objects are left alone where they stayed in place; those that the archive brought are not.
do $$
declare
  item record;
  privilege record;
  grantee text;
begin
  for item in
    with ours as (
      select oid, nspname, nspowner, nspacl from pg_catalog.pg_namespace
       where nspname = any (current_setting('revo.our_schemas')::text[])
    ), objects as (
      select 'schema' as kind, quote_ident(nspname) as name, quote_ident(nspname) as relation, null::text as col,
             coalesce(nspacl, acldefault('n', nspowner)) as acl, nspowner as owner from ours
      union all
      select case c.relkind when 'S' then 'sequence' else 'table' end, format('%I.%I', s.nspname, c.relname),
             format('%I.%I', s.nspname, c.relname), null,
             coalesce(c.relacl, acldefault(case c.relkind when 'S' then 's' else 'r' end::"char", c.relowner)), c.relowner
        from pg_catalog.pg_class c join ours s on s.oid = c.relnamespace
       where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
         and not (s.nspname = 'public' and starts_with(c.relname, current_setting('revo.ops_prefix'))
                  and exists (select from pg_temp.restore_privileges r where r.of_target and r.name = format('%I.%I', s.nspname, c.relname)))
         and not exists (select from pg_catalog.pg_depend d where d.objid = c.oid and d.deptype = 'e')
      union all
      select 'column', format('%I.%I (%I)', s.nspname, c.relname, a.attname), format('%I.%I', s.nspname, c.relname),
             quote_ident(a.attname), '{}', c.relowner
        from pg_catalog.pg_attribute a join pg_catalog.pg_class c on c.oid = a.attrelid join ours s on s.oid = c.relnamespace
       where c.relkind in ('r', 'p', 'v', 'm', 'f') and a.attnum > 0 and not a.attisdropped
      union all
      select 'routine', p.oid::regprocedure::text, p.oid::regprocedure::text, null,
             coalesce(p.proacl, acldefault('f', p.proowner)), p.proowner
        from pg_catalog.pg_proc p join ours s on s.oid = p.pronamespace
       where not (s.nspname = 'public' and starts_with(p.proname, current_setting('revo.ops_prefix'))
                  and exists (select from pg_temp.restore_privileges r where r.of_target and r.name = p.oid::regprocedure::text))
         and not exists (select from pg_catalog.pg_depend d where d.objid = p.oid and d.deptype = 'e')
      union all
      select 'type', format('%I.%I', s.nspname, t.typname), format('%I.%I', s.nspname, t.typname), null,
             coalesce(t.typacl, acldefault('T', t.typowner)), t.typowner
        from pg_catalog.pg_type t join ours s on s.oid = t.typnamespace
       where (t.typtype in ('d', 'e', 'r') or exists (select from pg_catalog.pg_class c where c.reltype = t.oid and c.relkind = 'c'))
         and not exists (select from pg_catalog.pg_depend d where d.objid = t.oid and d.deptype = 'e')
    )
    select o.*, saved.acl as saved_acl
      from objects o left join pg_temp.restore_privileges saved on saved.kind = o.kind and saved.name = o.name
     -- a type gives no access to data: one without namesake keeps the built-in privilege
     where o.kind not in ('column', 'type') or saved.acl is not null
     order by o.kind = 'column' -- after the table, whose REVOKE takes column privileges too
  loop
    if item.kind <> 'column' then
      for grantee in
        select distinct case x.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(x.grantee)) end
          from pg_catalog.aclexplode(item.acl) x where x.grantee <> item.owner loop
        execute format('revoke all on %s %s from %s', item.kind, item.relation, grantee);
      end loop;
    end if;
    for privilege in select * from pg_catalog.aclexplode(item.saved_acl) x where x.grantee <> item.owner loop
      execute format('grant %s %s on %s %s to %s %s', privilege.privilege_type,
                     case when item.col is not null then format('(%s)', item.col) else '' end,
                     case item.kind when 'column' then 'table' else item.kind end, item.relation,
                     case privilege.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(privilege.grantee)) end,
                     case when privilege.is_grantable then 'with grant option' else '' end);
    end loop;
  end loop;

  for item in
    select left(name, -2) as space, acl,
           case right(name, 1) when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions'
                                         when 'T' then 'types' when 'n' then 'schemas' end as kind
      from pg_temp.restore_privileges where kind = 'default' loop
    if item.space = '*' then
      execute format('alter default privileges revoke all on %s from public', item.kind);
      execute format('alter default privileges revoke all on %s from %I', item.kind, current_user);
    end if;
    for privilege in select * from pg_catalog.aclexplode(item.acl) loop
      execute format('alter default privileges %s grant %s on %s to %s %s',
                     case item.space when '*' then '' else 'in schema ' || item.space end,
                     privilege.privilege_type, item.kind,
                     case privilege.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(privilege.grantee)) end,
                     case when privilege.is_grantable then 'with grant option' else '' end);
    end loop;
  end loop;
end $$;

select to_json(format('%s %s', kind, name)) from (
  select case c.relkind when 'S' then 'sequence' else 'table' end as kind, format('%I.%I', n.nspname, c.relname) as name
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
   where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and pg_get_userbyid(c.relowner) = current_user
     and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')
     and n.nspname !~ '^pg_' and not starts_with(n.nspname, current_setting('revo.old_content_prefix'))
  union all
  select 'routine', p.oid::regprocedure::text
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace
   where pg_get_userbyid(p.proowner) = current_user and n.nspname !~ '^pg_'
     and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')
     and not starts_with(n.nspname, current_setting('revo.old_content_prefix'))) restored
 where not exists (select from pg_temp.restore_privileges saved where saved.kind = restored.kind and saved.name = restored.name)
 order by kind, name;
