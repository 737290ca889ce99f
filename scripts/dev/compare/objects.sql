-- The objects of a database and their privileges, one (kind, name, text) a row, no OID in any text.
-- $1: schemas of the platform. Needs search_path = ''.
with schemas as (
  select oid, nspname, nspowner, nspacl
    from pg_namespace
   where nspname !~ '^pg_' and nspname !~ '^restore_old_' and nspname <> 'information_schema' and nspname <> all ($1)
),
from_extension as materialized (select classid, objid from pg_depend where deptype = 'e'),
relations as (
  select c.*, format('%I.%I', s.nspname, c.relname) as name
    from pg_class c
    join schemas s on s.oid = c.relnamespace
   where c.relkind in ('r', 'p', 'v', 'm', 'S', 'f', 'c')
     and not (s.nspname = 'public' and starts_with(c.relname, 'ops_db_backup'))
     and not exists (select from from_extension e where e.classid = 'pg_class'::regclass and e.objid = c.oid)
),
routines as (
  select p.*, format('%I.%I(%s)', s.nspname, p.proname, pg_get_function_identity_arguments(p.oid)) as name
    from pg_proc p
    join schemas s on s.oid = p.pronamespace
   where not (s.nspname = 'public' and starts_with(p.proname, 'ops_db_backup'))
     and not exists (select from from_extension e where e.classid = 'pg_proc'::regclass and e.objid = p.oid)
),
types as (
  select t.*, format('%I.%I', s.nspname, t.typname) as name
    from pg_type t
    join schemas s on s.oid = t.typnamespace
   where t.typtype in ('e', 'd', 'r')
     and not exists (select from from_extension e where e.classid = 'pg_type'::regclass and e.objid = t.oid)
),
watched as ( -- tables of the platform on which the project has policies and triggers
  select oid, name from relations
  union all
  select c.oid, format('%I.%I', n.nspname, c.relname)
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
   where n.nspname in ('auth', 'storage') and c.relkind in ('r', 'p')
),
grants as (
  select 'schema' as kind, quote_ident(nspname) as name, coalesce(nspacl, acldefault('n', nspowner)) as acl from schemas
  union all
  select 'relation', name, coalesce(relacl, acldefault(case relkind when 'S' then 's' else 'r' end::"char", relowner))
    from relations where relkind <> 'c'
  union all
  select 'column', format('%s.%I', r.name, a.attname), a.attacl
    from relations r join pg_attribute a on a.attrelid = r.oid
   where a.attacl is not null and not a.attisdropped
  union all
  select 'routine', name, coalesce(proacl, acldefault('f', proowner)) from routines
  union all
  select 'type', name, coalesce(typacl, acldefault('T', typowner)) from types
  union all
  select 'default', format('%s in %s for %s', d.defaclrole::regrole, coalesce(n.nspname, 'every schema'), d.defaclobjtype),
         d.defaclacl
    from pg_default_acl d left join pg_namespace n on n.oid = d.defaclnamespace
   where n.nspname is null or n.oid in (select oid from schemas)
)
select 'grant on ' || g.kind as kind,
       format('%s to %s', g.name, case x.grantee when 0 then 'public' else pg_get_userbyid(x.grantee) end) as name,
       string_agg(x.privilege_type || case when x.is_grantable then ' with grant option' else '' end
                  || ' by ' || pg_get_userbyid(x.grantor), ', ' order by x.privilege_type, x.grantor::regrole::text) as text
  from grants g, lateral aclexplode(g.acl) x
 group by g.kind, g.name, x.grantee
union all
select 'schema', nspname, concat_ws(' / ', pg_get_userbyid(nspowner), obj_description(oid, 'pg_namespace')) from schemas
union all
select 'relation', name, concat_ws(' / ', relkind, pg_get_userbyid(relowner), relpersistence, relreplident,
         case when relrowsecurity then 'row security' end, case when relforcerowsecurity then 'forced' end,
         array_to_string(reloptions, ','), case when relkind = 'p' then pg_get_partkeydef(oid) end,
         pg_get_expr(relpartbound, oid), case when relkind in ('v', 'm') then pg_get_viewdef(oid) end,
         (select string_agg(inhparent::regclass::text, ',') from pg_inherits where inhrelid = relations.oid),
         case when relkind = 'm' then relispopulated::text end, obj_description(oid, 'pg_class'))
  from relations
union all
select 'column', format('%s #%s', r.name, row_number() over (partition by r.oid order by a.attnum)),
       concat_ws(' / ', a.attname, format_type(a.atttypid, a.atttypmod), case when a.attnotnull then 'not null' end,
         'default ' || pg_get_expr(d.adbin, d.adrelid), 'identity ' || nullif(a.attidentity::text, ''),
         'generated ' || nullif(a.attgenerated::text, ''), a.attstorage, a.attcollation::regcollation,
         col_description(r.oid, a.attnum))
  from relations r
  join pg_attribute a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
  left join pg_attrdef d on d.adrelid = r.oid and d.adnum = a.attnum
 where r.relkind <> 'S'
union all
select 'constraint', format('%s %I', coalesce(r.name, t.name), k.conname),
       concat_ws(' / ', pg_get_constraintdef(k.oid), k.convalidated, k.condeferrable, k.condeferred,
         obj_description(k.oid, 'pg_constraint'))
  from pg_constraint k
  left join relations r on r.oid = k.conrelid
  left join types t on t.oid = k.contypid
 where (r.oid is not null or t.oid is not null) and k.contype <> 't'
union all
select 'index', format('%s %s', r.name, i.indexrelid::regclass),
       concat_ws(' / ', pg_get_indexdef(i.indexrelid), i.indisvalid, i.indisclustered, i.indisreplident,
         obj_description(i.indexrelid, 'pg_class'))
  from pg_index i join relations r on r.oid = i.indrelid
union all
select 'trigger', format('%s %I', w.name, t.tgname), concat_ws(' / ', pg_get_triggerdef(t.oid), t.tgenabled)
  from pg_trigger t
  join watched w on w.oid = t.tgrelid
 where not t.tgisinternal
   and (w.oid in (select oid from relations) or t.tgfoid in (select oid from routines))
union all
select 'policy', format('%s %I', w.name, p.polname),
       concat_ws(' / ', p.polcmd, p.polpermissive, 'using ' || pg_get_expr(p.polqual, p.polrelid),
         'check ' || pg_get_expr(p.polwithcheck, p.polrelid),
         (select string_agg(case r when 0 then 'public' else pg_get_userbyid(r) end, ',' order by r::regrole::text)
            from unnest(p.polroles) r))
  from pg_policy p join watched w on w.oid = p.polrelid
union all
select 'rule', format('%I.%I %I', schemaname, tablename, rulename), definition
  from pg_rules where schemaname in (select nspname from schemas)
union all
select 'routine', name, concat_ws(' / ', pg_get_userbyid(proowner), obj_description(oid, 'pg_proc'),
         case when prokind <> 'a' then pg_get_functiondef(oid)
              else (select concat_ws(',', aggtransfn, aggfinalfn, aggtranstype::regtype, agginitval)
                      from pg_aggregate where aggfnoid = routines.oid) end)
  from routines
union all
select 'type', name, concat_ws(' / ', typtype, pg_get_userbyid(typowner), typnotnull, typdefault,
         case when typtype = 'd' then format_type(typbasetype, typtypmod) end,
         (select string_agg(quote_literal(enumlabel), ',' order by enumsortorder) from pg_enum where enumtypid = types.oid),
         (select rngsubtype::regtype::text from pg_range where rngtypid = types.oid), obj_description(oid, 'pg_type'))
  from types
union all
select 'sequence', r.name, concat_ws(' / ', s.seqtypid::regtype, s.seqstart, s.seqincrement, s.seqmin, s.seqmax,
         s.seqcache, s.seqcycle, 'at ' || coalesce(pg_sequence_last_value(r.oid)::text, 'start'),
         (select format('%s by %s #%s', d.deptype, d.refobjid::regclass, a.attname)
            from pg_depend d join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
           where d.objid = r.oid and d.classid = 'pg_class'::regclass and d.deptype in ('a', 'i')))
  from relations r join pg_sequence s on s.seqrelid = r.oid
union all
select 'extension', extname, extnamespace::regnamespace::text from pg_extension
union all
select 'publication', p.pubname, concat_ws(' / ', p.puballtables, p.pubinsert, p.pubupdate, p.pubdelete, p.pubtruncate,
         (select string_agg(format('%I.%I', schemaname, tablename), ',' order by schemaname, tablename)
            from pg_publication_tables t where t.pubname = p.pubname))
  from pg_publication p
union all
select 'event trigger', evtname, concat_ws(' / ', evtevent, evtenabled, evtfoid::regproc, array_to_string(evttags, ','))
  from pg_event_trigger
