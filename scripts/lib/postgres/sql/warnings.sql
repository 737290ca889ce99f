-- What a backup of this database does not hold, and what would keep it from being restored: one JSON line
-- [kind, name, detail, rows] each, as vault/warnings.ts describes them. Needs the settings of settings.sql.
with
ours as (select oid, nspname from pg_namespace where nspname = any (current_setting('revo.our_schemas')::text[])),
platform as (
  select oid, nspname from pg_namespace
   where nspname = any (current_setting('revo.platform_schemas')::text[])
     and nspname <> all (current_setting('revo.data_only_schemas')::text[]) and nspname <> 'extensions'
),
parts as (select classid, objid from pg_depend where deptype in ('e', 'i')),
objects as (
  select 'pg_class'::regclass as class, c.oid, c.relowner as owner, c.relacl as acl, c.relkind::text as kind
    from pg_class c join ours on ours.oid = c.relnamespace
   where c.relkind in ('r', 'p', 'v', 'm', 'S', 'f') and not starts_with(c.relname, current_setting('revo.ops_prefix'))
  union all
  select 'pg_proc'::regclass, p.oid, p.proowner, p.proacl, 'function'
    from pg_proc p join ours on ours.oid = p.pronamespace where not starts_with(p.proname, current_setting('revo.ops_prefix'))
  union all
  select 'pg_type'::regclass, t.oid, t.typowner, t.typacl, 'type'
    from pg_type t join ours on ours.oid = t.typnamespace where t.typtype in ('d', 'e', 'r')
  union all
  select 'pg_namespace'::regclass, n.oid, n.nspowner, n.nspacl, 'schema' from pg_namespace n join ours using (oid)
),
own as (
  select o.* from objects o
   where not exists (select from parts p where p.classid = o.class and p.objid = o.oid)
     -- a sequence goes with its table
     and not (o.kind = 'S' and exists (select from pg_depend d where d.classid = o.class and d.objid = o.oid and d.deptype = 'a'))
),
strangers as (
  select oid from pg_roles
   where oid <> 'pg_database_owner'::regrole
     and (rolname ~ current_setting('revo.admin_roles') or not pg_has_role(oid, 'usage'))
),
-- by schema first: the conditions on their names are not for the three thousand functions of the server
platform_functions as materialized (
  select p.oid, p.proowner
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace
   where n.nspname = any (current_setting('revo.data_only_schemas')::text[])
),
-- what refers to an object of the platform or of ours, by the relation or object that it is part of
dependents as (
  select distinct d.refclassid, d.refobjid,
         coalesce(w.ev_class, t.tgrelid, k.conrelid, p.polrelid, a.adrelid, case when d.classid = 'pg_class'::regclass then d.objid end) as relation,
         case when d.classid = 'pg_proc'::regclass then d.objid end as function,
         t.tgname as trigger, p.polname as policy
    from pg_depend d
    left join pg_rewrite w on d.classid = 'pg_rewrite'::regclass and w.oid = d.objid
    left join pg_trigger t on d.classid = 'pg_trigger'::regclass and t.oid = d.objid and not t.tgisinternal
    left join pg_constraint k on d.classid = 'pg_constraint'::regclass and k.oid = d.objid and k.conrelid <> 0
    left join pg_policy p on d.classid = 'pg_policy'::regclass and p.oid = d.objid
    left join pg_attrdef a on d.classid = 'pg_attrdef'::regclass and a.oid = d.objid
   where d.deptype = 'n' and d.refclassid in ('pg_class'::regclass, 'pg_proc'::regclass, 'pg_type'::regclass)
),
located as (
  select d.*, coalesce(c.relnamespace, f.pronamespace) as space,
         coalesce(rc.relnamespace, rp.pronamespace, rt.typnamespace) as ref_space,
         case when d.trigger is not null then format('trigger %I on %s', d.trigger, d.relation::regclass)
              when d.policy is not null then format('policy %I on %s', d.policy, d.relation::regclass)
              when d.relation is not null then (select i.type || ' ' || i.identity
                                                  from pg_identify_object('pg_class'::regclass, d.relation, 0) i)
              else 'function ' || d.function::regprocedure::text end as name,
         pg_get_userbyid(coalesce(c.relowner, f.proowner)) as owner,
         case when rp.oid is not null then rp.oid::regprocedure::text
              when rc.oid is not null then rc.oid::regclass::text else rt.oid::regtype::text end as reference
    from dependents d
    left join pg_class c on c.oid = d.relation
    left join pg_proc f on f.oid = d.function
    left join pg_class rc on d.refclassid = 'pg_class'::regclass and rc.oid = d.refobjid
    left join pg_proc rp on d.refclassid = 'pg_proc'::regclass and rp.oid = d.refobjid
    left join pg_type rt on d.refclassid = 'pg_type'::regclass and rt.oid = d.refobjid
),
warnings(kind, name, detail, rows) as (
  select 'other_owner', i.type || ' ' || i.identity, pg_get_userbyid(o.owner), null::bigint
    from own o, pg_identify_object(o.class, o.oid, 0) i
   where o.owner in (select oid from strangers) and o.kind <> 'schema'
  union all
  select distinct 'grantor', i.type || ' ' || i.identity, pg_get_userbyid(x.grantor), null::bigint
    from own o, pg_identify_object(o.class, o.oid, 0) i, aclexplode(o.acl) x
   where x.grantor <> o.owner and x.grantor in (select oid from strangers)
  union all
  select distinct 'needs_platform', l.name, l.reference, null::bigint
    from located l where l.space in (select oid from ours) and l.ref_space in (select oid from platform)
  union all
  -- the caller's functions, which the project's owner has in older projects
  select 'platform_function', 'function ' || p.oid::regprocedure::text, null::text, null::bigint
    from platform_functions p
   where pg_get_userbyid(p.proowner) !~ current_setting('revo.platform_roles')
     and p.oid::regprocedure::text not in ('auth.uid()', 'auth.role()', 'auth.email()', 'auth.jwt()')
  union all
  -- their options are shown to their own users alone
  select 'user_mapping', format('user mapping %s on server %I', m.usename, m.srvname), m.usename::text, null::bigint
    from pg_user_mappings m join pg_foreign_server s on s.oid = m.srvid
   where m.umoptions is null and m.umuser <> 0 and m.usename <> current_user
     and pg_has_role(s.srvowner, 'usage') and pg_get_userbyid(s.srvowner) !~ current_setting('revo.platform_roles')
  union all
  select 'settings', string_agg(format('%s%s', split_part(c, '=', 1), coalesce(' (' || nullif(s.setrole, 0)::regrole || ')', '')), ', '
                                order by c collate "C"), null::text, null::bigint
    from pg_db_role_setting s, unnest(s.setconfig) c
   where s.setdatabase = (select oid from pg_database where datname = current_database())
  having count(*) > 0
  union all
  select 'extension_rows', format('table %I.%I', t.nspname, t.relname), t.extname, t.rows
    from (select n.nspname, c.relname, x.extname,
                 (xpath('/row/n/text()', query_to_xml(format('select count(*) as n from %I.%I %s', n.nspname, c.relname, o.condition),
                                                      false, true, '')))[1]::text::bigint as rows
            from pg_extension x
           cross join lateral unnest(x.extconfig, x.extcondition) o (relation, condition)
            join pg_class c on c.oid = o.relation and c.relkind = 'r'
            join pg_namespace n on n.oid = c.relnamespace
           where (n.nspname = 'extensions' or n.oid in (select oid from ours))
             and has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select')) t
   where t.rows > 0
)
select json_build_array(kind, name, detail, rows) from warnings order by kind, name collate "C", detail collate "C";
