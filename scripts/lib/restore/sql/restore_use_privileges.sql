-- For archives made without privileges, with another backup as their source: what that backup states of an object
-- replaces what the target has. The catalog's own objects of the target keep theirs, since they stay in place.
-- Needs restore_source and restore_privileges, after missing roles are made.
create temp table restore_stated on commit drop as
select s.kind,
       case s.kind when 'schema' then quote_ident(s.schema)
                   when 'routine' then s.name
                   when 'column' then format('%I.%I (%I)', s.schema, s.name, s.part)
                   when 'default' then format('%s %s', case s.schema when '*' then '*' else quote_ident(s.schema) end, s.part)
                   else format('%I.%I', s.schema, s.name) end as name,
       case s.kind when 'routine' then s.name else format('%I.%I', s.schema, s.name) end as object,
       s."isCatalog" as of_catalog,
       coalesce((select array_agg(makeaclitem(coalesce(r.oid, 0), (select oid from pg_roles where rolname = current_user),
                                              p ->> 'privilege', (p ->> 'grantable')::boolean))
                   from jsonb_array_elements(s.acl) p
                   left join pg_roles r on r.rolname = p ->> 'grantee' and p ->> 'grantee' <> 'PUBLIC'
                  where r.oid is not null or p ->> 'grantee' = 'PUBLIC'), '{}'::aclitem[]) as acl
  from pg_temp.restore_source s;

delete from pg_temp.restore_stated s using pg_temp.restore_privileges t
 where s.of_catalog and t.kind in ('table', 'sequence', 'routine') and t.name = s.object;
delete from pg_temp.restore_privileges t using pg_temp.restore_stated s
 where t.kind = s.kind and t.name = s.name
    or t.kind = 'column' and s.kind = 'table' and starts_with(t.name, s.object || ' (');
delete from pg_temp.restore_privileges where kind = 'default';
insert into pg_temp.restore_privileges (kind, name, acl, of_target) select kind, name, acl, false from pg_temp.restore_stated;
