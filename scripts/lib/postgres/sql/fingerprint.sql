-- Canonical description of everything that a restore must reproduce: one JSON line [area, kind, name, facts] for
-- each object, without oids and without objects of others. Equal lines mean equal objects.
-- Areas: a schema's name; '-' what belongs to the database; '~auth', '~storage', '~realtime' our policies and
-- triggers on the platform's tables; '~ops' the catalog's own objects, which a restore leaves alone.
-- In mode schema-only without large objects, and materialized views count as not populated.
-- Needs the settings of settings.sql, revo.mode, and search_path = '', so that every printed name is qualified.
-- Left out on purpose: extension members, array and row types, internal triggers, statistics, tablespaces, indexes that
-- pg_dump leaves out as well (CREATE INDEX CONCURRENTLY has not finished, or has failed and left an invalid one),
-- pg_attver (an option that some 15.x servers keep per column), MAINTAIN (17 has it, 15 does not).
with
schemas as (
  select n.oid, n.nspname, n.nspowner, n.nspacl
    from pg_namespace n
   where n.nspname = any (current_setting('revo.our_schemas')::text[])
),
members as materialized (select classid, objid from pg_depend where deptype = 'e'),
relations as (
  select c.*, s.nspname,
         case when s.nspname = 'public' and starts_with(c.relname, current_setting('revo.ops_prefix'))
              then '~ops' else s.nspname::text end as area
    from pg_class c join schemas s on s.oid = c.relnamespace
   where c.relkind in ('r', 'p', 'v', 'm', 'S', 'f', 'c')
     and not exists (select from members m where m.classid = 'pg_class'::regclass and m.objid = c.oid)
),
platform_relations as (
  select c.oid, c.relname, n.nspname
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
   where n.nspname = any (current_setting('revo.data_only_schemas')::text[]) and c.relkind in ('r', 'p')
),
functions as (
  select p.*, s.nspname,
         case when s.nspname = 'public' and starts_with(p.proname, current_setting('revo.ops_prefix'))
              then '~ops' else s.nspname::text end as area
    from pg_proc p join schemas s on s.oid = p.pronamespace
   where not exists (select from members m where m.classid = 'pg_proc'::regclass and m.objid = p.oid)
),
types as (
  select t.*, s.nspname
    from pg_type t join schemas s on s.oid = t.typnamespace
   where not exists (select from members m where m.classid = 'pg_type'::regclass and m.objid = t.oid)
     and t.typtype in ('b', 'c', 'd', 'e', 'r', 'm')
     and not (t.typtype = 'b' and t.typelem <> 0)
     and (t.typrelid = 0 or exists (select from pg_class c where c.oid = t.typrelid and c.relkind = 'c'))
),
-- every privilege by name and in order; a missing ACL is the built-in default
privileges as (
  select source.class, source.oid, source.sub,
         json_agg(format('%s=%s%s/%s', coalesce(e.rolname, 'PUBLIC'), x.privilege_type,
                         case when x.is_grantable then '*' else '' end, pg_get_userbyid(x.grantor))
                  order by coalesce(e.rolname, 'PUBLIC') collate "C", x.privilege_type collate "C",
                           pg_get_userbyid(x.grantor) collate "C") as acl
    from (select 'relation' as class, oid, 0 as sub,
                 coalesce(relacl, acldefault(case relkind when 'S' then 's' else 'r' end::"char", relowner)) as acl
            from relations where relkind <> 'c'
          union all
          select 'column', a.attrelid, a.attnum, a.attacl
            from pg_attribute a join relations r on r.oid = a.attrelid
           where a.attacl is not null and a.attnum > 0 and not a.attisdropped
          union all
          select 'function', oid, 0, coalesce(proacl, acldefault('f', proowner)) from functions
          union all
          select 'type', oid, 0, coalesce(typacl, acldefault('T', typowner)) from types
          union all
          select 'schema', oid, 0, coalesce(nspacl, acldefault('n', nspowner)) from schemas
          union all
          select 'large object', oid, 0, coalesce(lomacl, acldefault('L', lomowner)) from pg_largeobject_metadata
          union all
          select 'server', oid, 0, coalesce(srvacl, acldefault('S', srvowner)) from pg_foreign_server
          union all
          select 'default', oid, 0, defaclacl from pg_default_acl) source,
         lateral aclexplode(source.acl) x
    left join pg_roles e on e.oid = x.grantee
   where x.privilege_type <> 'MAINTAIN'
   group by source.class, source.oid, source.sub
),
objects(area, kind, name, facts) as (
  select s.nspname::text, 'schema', s.nspname::text,
         json_build_object('owner', pg_get_userbyid(s.nspowner), 'acl', p.acl,
                           'comment', obj_description(s.oid, 'pg_namespace'))
    from schemas s left join privileges p on p.class = 'schema' and p.oid = s.oid
  union all
  select r.area, 'relation', r.relname::text,
         json_build_object(
           'kind', r.relkind, 'owner', pg_get_userbyid(r.relowner), 'acl', p.acl,
           'rls', r.relrowsecurity, 'force_rls', r.relforcerowsecurity,
           'persistence', r.relpersistence, 'replica_identity', r.relreplident,
           'options', (select json_agg(o order by o collate "C") from unnest(r.reloptions) o),
           'method', (select amname from pg_am where pg_am.oid = r.relam),
           'partition_key', case when r.relkind = 'p' then pg_get_partkeydef(r.oid) end,
           'bound', pg_get_expr(r.relpartbound, r.oid),
           'parents', (select json_agg(inhparent::regclass::text order by inhseqno)
                         from pg_inherits where inhrelid = r.oid),
           'of_type', nullif(r.reloftype, 0)::regtype::text,
           'populated', case when r.relkind = 'm' then r.relispopulated and current_setting('revo.mode') = 'full' end,
           'view', case when r.relkind in ('v', 'm') then pg_get_viewdef(r.oid) end,
           'comment', obj_description(r.oid, 'pg_class'))
    from relations r left join privileges p on p.class = 'relation' and p.oid = r.oid
  union all
  -- numbered by position among the existing columns: attnum has gaps for dropped ones, a restored table has none
  select r.area, 'column',
         format('%s.%s', r.relname, lpad((row_number() over (partition by r.oid order by a.attnum))::text, 4, '0')),
         json_build_object(
           'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod), 'not_null', a.attnotnull,
           'generated', nullif(a.attgenerated::text, ''), 'identity', nullif(a.attidentity::text, ''),
           'collation', (select format('%I.%I', cn.nspname, co.collname)
                           from pg_collation co join pg_namespace cn on cn.oid = co.collnamespace
                           join pg_type ct on ct.oid = a.atttypid
                          where co.oid = a.attcollation and a.attcollation <> ct.typcollation),
           'default', pg_get_expr(d.adbin, d.adrelid),
           'options', (select json_agg(o order by o collate "C") from unnest(a.attoptions) o where o !~ '^pg_attver='),
           'statistics', nullif(a.attstattarget, -1),
           'storage', (select nullif(a.attstorage, ct.typstorage) from pg_type ct where ct.oid = a.atttypid),
           'compression', nullif(a.attcompression::text, ''),
           'inherited', case when a.attinhcount > 0 then json_build_array(a.attinhcount, a.attislocal) end,
           'acl', p.acl, 'comment', col_description(r.oid, a.attnum))
    from relations r
    join pg_attribute a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
    left join pg_attrdef d on d.adrelid = r.oid and d.adnum = a.attnum
    left join privileges p on p.class = 'column' and p.oid = r.oid and p.sub = a.attnum
   where r.relkind <> 'S'
  union all
  select coalesce(r.area, s.nspname::text), 'constraint',
         format('%s.%s', coalesce(r.relname::text, k.contypid::regtype::text), k.conname),
         json_build_object('definition', pg_get_constraintdef(k.oid), 'local', k.conislocal,
                           'inherited', k.coninhcount, 'no_inherit', k.connoinherit, 'validated', k.convalidated,
                           'comment', obj_description(k.oid, 'pg_constraint'))
    from pg_constraint k
    join schemas s on s.oid = k.connamespace
    left join relations r on r.oid = k.conrelid
   where k.contype not in ('t', 'n') and k.conparentid = 0 and (r.oid is not null or k.contypid <> 0)
  union all
  select r.area, 'index', format('%s.%s', r.relname, ic.relname),
         json_build_object('definition', pg_get_indexdef(i.indexrelid), 'valid', i.indisvalid,
                           'clustered', i.indisclustered, 'replica_identity', i.indisreplident,
                           'statistics', (select json_agg(json_build_array(attnum, attstattarget) order by attnum)
                                            from pg_attribute
                                           where attrelid = i.indexrelid and attstattarget >= 0),
                           'comment', obj_description(i.indexrelid, 'pg_class'))
    from relations r
    join pg_index i on i.indrelid = r.oid
    join pg_class ic on ic.oid = i.indexrelid
   where i.indisready and (i.indisvalid or r.relkind = 'p')
  union all
  select r.area, 'trigger', format('%s.%s', r.relname, t.tgname),
         json_build_object('definition', pg_get_triggerdef(t.oid), 'enabled', t.tgenabled,
                           'comment', obj_description(t.oid, 'pg_trigger'))
    from relations r join pg_trigger t on t.tgrelid = r.oid
   where not t.tgisinternal
  union all
  select r.area, 'rule', format('%s.%s', r.relname, w.rulename),
         json_build_object('definition', pg_get_ruledef(w.oid), 'enabled', w.ev_enabled,
                           'comment', obj_description(w.oid, 'pg_rewrite'))
    from relations r join pg_rewrite w on w.ev_class = r.oid
   where w.rulename <> '_RETURN'
  union all
  select r.area, 'policy', format('%s.%s', r.relname, p.polname),
         json_build_object('command', p.polcmd, 'permissive', p.polpermissive,
                           'roles', (select json_agg(coalesce(e.rolname, 'PUBLIC') order by coalesce(e.rolname, 'PUBLIC') collate "C")
                                       from unnest(p.polroles) x left join pg_roles e on e.oid = x),
                           'using', pg_get_expr(p.polqual, p.polrelid),
                           'check', pg_get_expr(p.polwithcheck, p.polrelid),
                           'comment', obj_description(p.oid, 'pg_policy'))
    from pg_policy p
    join (select oid, relname, area from relations
          union all select oid, relname, '~' || nspname from platform_relations) r on r.oid = p.polrelid
  union all
  -- a trigger on a platform table is the project's when its function is
  select '~' || r.nspname, 'trigger', format('%s.%s', r.relname, t.tgname),
         json_build_object('definition', pg_get_triggerdef(t.oid), 'enabled', t.tgenabled)
    from platform_relations r
    join pg_trigger t on t.tgrelid = r.oid
    join functions f on f.oid = t.tgfoid
   where not t.tgisinternal
  union all
  select f.area, 'function', f.oid::regprocedure::text,
         json_build_object(
           'kind', f.prokind, 'owner', pg_get_userbyid(f.proowner), 'acl', p.acl,
           'definition', case when f.prokind <> 'a' then pg_get_functiondef(f.oid) end,
           'aggregate', case when f.prokind = 'a' then
             (select json_build_array(pg_get_function_arguments(f.oid), aggtransfn::regproc::text, aggfinalfn::regproc::text,
                                      aggcombinefn::regproc::text, aggtranstype::regtype::text, agginitval, aggkind,
                                      aggfinalextra, aggfinalmodify, aggsortop::regoperator::text)
                from pg_aggregate where aggfnoid = f.oid) end,
           'comment', obj_description(f.oid, 'pg_proc'))
    from functions f left join privileges p on p.class = 'function' and p.oid = f.oid
  union all
  select t.nspname::text, 'type', t.typname::text,
         json_build_object(
           'kind', t.typtype, 'owner', pg_get_userbyid(t.typowner), 'acl', p.acl,
           'labels', (select json_agg(enumlabel order by enumsortorder) from pg_enum where enumtypid = t.oid),
           'domain', case when t.typtype = 'd' then
             json_build_array(format_type(t.typbasetype, t.typtypmod), t.typnotnull, pg_get_expr(t.typdefaultbin, 0),
                              (select nullif(t.typcollation, b.typcollation)::regcollation::text
                                 from pg_type b where b.oid = t.typbasetype)) end,
           'range', (select json_build_array(rngsubtype::regtype::text, rngmultitypid::regtype::text,
                                             rngsubdiff::regproc::text, rngcanonical::regproc::text)
                       from pg_range where rngtypid = t.oid),
           'comment', obj_description(t.oid, 'pg_type'))
    from types t left join privileges p on p.class = 'type' and p.oid = t.oid
  union all
  -- a sequence's value is not MVCC-safe: it is compared with the archive's setval(), not here
  select r.area, 'sequence', r.relname::text,
         json_build_object('type', q.seqtypid::regtype::text, 'start', q.seqstart, 'increment', q.seqincrement,
                           'max', q.seqmax, 'min', q.seqmin, 'cache', q.seqcache, 'cycle', q.seqcycle,
                           'owned_by', (select format('%s:%s.%s', d.deptype, d.refobjid::regclass, a.attname)
                                          from pg_depend d
                                          join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
                                         where d.classid = 'pg_class'::regclass and d.objid = r.oid
                                           and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i')))
    from relations r join pg_sequence q on q.seqrelid = r.oid
  union all
  select s.nspname::text, 'statistics', x.stxname::text,
         json_build_object('definition', pg_get_statisticsobjdef(x.oid), 'owner', pg_get_userbyid(x.stxowner),
                           'comment', obj_description(x.oid, 'pg_statistic_ext'))
    from pg_statistic_ext x join schemas s on s.oid = x.stxnamespace
  union all
  select i.schema, 'other', format('%s %s', i.type, i.identity),
         json_build_object('owner', pg_get_userbyid(o.owner), 'facts', o.facts, 'comment', obj_description(o.oid, o.catalog))
    -- each branch of the schemas alone: the server's own objects are two thousand, and their facts would be computed too
    from (select 'pg_operator' as catalog, op.oid, op.oprowner as owner,
                 json_build_array(op.oprcode::text, op.oprcom::regoperator::text, op.oprnegate::regoperator::text,
                                  op.oprrest::text, op.oprjoin::text, op.oprcanmerge, op.oprcanhash) as facts
            from pg_operator op where op.oprnamespace in (select oid from schemas)
          union all
          select 'pg_collation', c.oid, c.collowner,
                 json_build_array(c.collprovider, c.collisdeterministic, c.collcollate, c.collctype,
                                  coalesce(to_jsonb(c) ->> 'colllocale', to_jsonb(c) ->> 'colliculocale'))
            from pg_collation c where c.collnamespace in (select oid from schemas)
          union all
          select 'pg_opclass', c.oid, c.opcowner,
                 json_build_array(c.opcintype::regtype::text, c.opcdefault, c.opckeytype::regtype::text)
            from pg_opclass c where c.opcnamespace in (select oid from schemas)
          union all
          select 'pg_opfamily', f.oid, f.opfowner,
                 (select json_agg(json_build_array(amopstrategy, amopopr::regoperator::text) order by amopstrategy, amopopr::regoperator::text collate "C")
                    from pg_amop where amopfamily = f.oid)
            from pg_opfamily f where f.opfnamespace in (select oid from schemas)
          union all
          select 'pg_conversion', c.oid, c.conowner,
                 json_build_array(c.conforencoding, c.contoencoding, c.conproc::text, c.condefault)
            from pg_conversion c where c.connamespace in (select oid from schemas)
          union all
          select 'pg_ts_config', c.oid, c.cfgowner,
                 (select json_agg(json_build_array(maptokentype, mapdict::regdictionary::text) order by maptokentype, mapseqno)
                    from pg_ts_config_map where mapcfg = c.oid)
            from pg_ts_config c where c.cfgnamespace in (select oid from schemas)
          union all
          select 'pg_ts_dict', d.oid, d.dictowner, to_json(d.dictinitoption)
            from pg_ts_dict d where d.dictnamespace in (select oid from schemas)) o
   cross join lateral pg_identify_object(o.catalog::regclass, o.oid, 0) i
   where not exists (select from members m where m.classid = o.catalog::regclass and m.objid = o.oid)
  union all
  select '-', 'cast', format('%s AS %s', c.castsource::regtype, c.casttarget::regtype),
         json_build_object('function', c.castfunc::regprocedure::text, 'context', c.castcontext, 'method', c.castmethod,
                           'comment', obj_description(c.oid, 'pg_cast'))
    from pg_cast c
   where c.oid >= 16384
     and not exists (select from members m where m.classid = 'pg_cast'::regclass and m.objid = c.oid)
     and exists (select from types t where t.oid in (c.castsource, c.casttarget))
  union all
  select '-', 'event trigger', e.evtname::text,
         json_build_object('event', e.evtevent, 'enabled', e.evtenabled, 'tags', e.evttags,
                           'function', e.evtfoid::regproc::text, 'comment', obj_description(e.oid, 'pg_event_trigger'))
    from pg_event_trigger e where pg_get_userbyid(e.evtowner) = current_user
  union all
  select '-', 'publication', b.pubname::text,
         json_build_object(
           'all', b.puballtables, 'actions', json_build_array(b.pubinsert, b.pubupdate, b.pubdelete, b.pubtruncate),
           'via_root', b.pubviaroot,
           'schemas', (select json_agg(pnnspid::regnamespace::text order by pnnspid::regnamespace::text collate "C")
                         from pg_publication_namespace where pnpubid = b.oid),
           'tables', (select json_agg(json_build_array(prrelid::regclass::text,
                                        (select json_agg(attname order by attname collate "C") from pg_attribute
                                          where attrelid = prrelid and attnum = any (prattrs)),
                                        pg_get_expr(prqual, prrelid)) order by prrelid::regclass::text collate "C")
                        from pg_publication_rel where prpubid = b.oid),
           'comment', obj_description(b.oid, 'pg_publication'))
    from pg_publication b where pg_get_userbyid(b.pubowner) = current_user
  union all
  select '-', 'default privileges',
         format('%s %s %s', pg_get_userbyid(d.defaclrole), coalesce(n.nspname, '*'), d.defaclobjtype),
         json_build_object('acl', p.acl)
    from pg_default_acl d
    left join pg_namespace n on n.oid = d.defaclnamespace
    left join privileges p on p.class = 'default' and p.oid = d.oid
   where pg_get_userbyid(d.defaclrole) = current_user
     and (n.oid is null or n.oid in (select oid from schemas))
  union all
  select '-', 'large object', l.oid::text,
         json_build_object('owner', pg_get_userbyid(l.lomowner), 'acl', p.acl, 'md5', md5(lo_get(l.oid)),
                           'comment', obj_description(l.oid, 'pg_largeobject'))
    from pg_largeobject_metadata l
    left join privileges p on p.class = 'large object' and p.oid = l.oid
   where pg_get_userbyid(l.lomowner) = current_user and current_setting('revo.mode') = 'full'
  union all
  select '-', 'foreign server', s.srvname::text,
         json_build_object('owner', pg_get_userbyid(s.srvowner), 'acl', p.acl, 'wrapper', w.fdwname, 'type', s.srvtype,
                           'version', s.srvversion, 'options', (select json_agg(o order by o collate "C") from unnest(s.srvoptions) o),
                           'comment', obj_description(s.oid, 'pg_foreign_server'))
    from pg_foreign_server s
    join pg_foreign_data_wrapper w on w.oid = s.srvfdw
    left join privileges p on p.class = 'server' and p.oid = s.oid
   where pg_has_role(s.srvowner, 'usage') and pg_get_userbyid(s.srvowner) !~ current_setting('revo.platform_roles')
  union all
  -- names of options: a value may be a password
  select '-', 'user mapping', format('%s@%s', m.usename, m.srvname),
         json_build_object('options', (select json_agg(split_part(o, '=', 1) order by split_part(o, '=', 1) collate "C")
                                         from unnest(m.umoptions) o))
    from pg_user_mappings m join pg_foreign_server s on s.oid = m.srvid
   where pg_has_role(s.srvowner, 'usage') and pg_get_userbyid(s.srvowner) !~ current_setting('revo.platform_roles')
  union all
  select r.area, 'foreign table', r.relname::text,
         json_build_object('server', (select srvname from pg_foreign_server where oid = t.ftserver),
                           'options', (select json_agg(o order by o collate "C") from unnest(t.ftoptions) o),
                           'columns', (select json_agg(json_build_array(a.attname, o) order by a.attname collate "C", o collate "C")
                                         from pg_attribute a, unnest(a.attfdwoptions) o
                                        where a.attrelid = r.oid and not a.attisdropped))
    from relations r join pg_foreign_table t on t.ftrelid = r.oid
  union all
  select i.schema, 'security label', format('%s %s', i.type, i.identity),
         json_build_object('provider', l.provider, 'label', l.label)
    from pg_seclabel l, pg_identify_object(l.classoid, l.objoid, l.objsubid) i
   where i.schema in (select nspname from schemas)
  union all
  -- the first fingerprints had none
  select '-', 'fingerprint', 'format', json_build_object('version', 2)
  union all
  select '-', 'extension', x.extname::text, json_build_object('schema', x.extnamespace::regnamespace::text)
    from pg_extension x
   where x.extnamespace in (select oid from schemas)
)
select json_build_array(area, kind, name, facts) from objects;
