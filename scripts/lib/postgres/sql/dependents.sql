-- Objects of other roles that depend on the project's, which a restore over them removes: one JSON line [name, owner]
-- each. A foreign view keeps the old table until the cleanup drops both.
with ours as (select oid from pg_namespace where nspname = any (current_setting('revo.our_schemas')::text[]))
select json_build_array(i.type || ' ' || i.identity, pg_get_userbyid(v.relowner))
  from (select distinct w.ev_class
          from pg_rewrite w
          join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = w.oid and d.deptype = 'n'
          left join pg_class c on d.refclassid = 'pg_class'::regclass and c.oid = d.refobjid
          left join pg_proc p on d.refclassid = 'pg_proc'::regclass and p.oid = d.refobjid
         where coalesce(c.relnamespace, p.pronamespace) in (select oid from ours)
           -- what stays in place: the catalog's own objects, extensions
           and not starts_with(coalesce(c.relname, p.proname), current_setting('revo.ops_prefix'))
           and not exists (select from pg_depend e where e.classid = d.refclassid and e.objid = d.refobjid and e.deptype = 'e')) found
  join pg_class v on v.oid = found.ev_class
 cross join lateral pg_identify_object('pg_class'::regclass, v.oid, 0) i
 where v.relnamespace not in (select oid from ours)
   and not starts_with(v.relnamespace::regnamespace::text, current_setting('revo.old_content_prefix'))
union all
-- a server goes with its foreign tables, whose schema ever they are in
select json_build_array(format('foreign table %I.%I', n.nspname, c.relname), pg_get_userbyid(c.relowner))
  from pg_foreign_table t
  join pg_foreign_server s on s.oid = t.ftserver
  join pg_class c on c.oid = t.ftrelid
  join pg_namespace n on n.oid = c.relnamespace
 where pg_has_role(s.srvowner, 'usage') and pg_get_userbyid(s.srvowner) !~ current_setting('revo.platform_roles')
   and n.oid not in (select oid from ours) and not starts_with(n.nspname, current_setting('revo.old_content_prefix'))
union all
select json_build_array('function ' || f.oid::regprocedure::text, pg_get_userbyid(f.proowner))
  from pg_proc f
 where f.pronamespace not in (select oid from ours)
   and not starts_with(f.pronamespace::regnamespace::text, current_setting('revo.old_content_prefix'))
   -- an argument, a result or a body of SQL that refers to an object which does not stay in place
   and exists (select from pg_depend d
                 left join pg_class c on d.refclassid = 'pg_class'::regclass and c.oid = d.refobjid
                 left join pg_proc p on d.refclassid = 'pg_proc'::regclass and p.oid = d.refobjid
                 left join pg_type t on d.refclassid = 'pg_type'::regclass and t.oid = d.refobjid
                where d.classid = 'pg_proc'::regclass and d.objid = f.oid and d.deptype = 'n'
                  and coalesce(c.relnamespace, p.pronamespace, t.typnamespace) in (select oid from ours)
                  and not starts_with(coalesce(c.relname, p.proname, t.typname), current_setting('revo.ops_prefix'))
                  and not exists (select from pg_depend e
                                   where e.classid = d.refclassid and e.objid = d.refobjid and e.deptype = 'e'))
union all
select json_build_array(format('publication %I (%s)', b.pubname, string_agg(r.prrelid::regclass::text, ', ' order by r.prrelid::regclass::text)),
                        pg_get_userbyid(b.pubowner))
  from pg_publication b join pg_publication_rel r on r.prpubid = b.oid join pg_class c on c.oid = r.prrelid
 where b.pubowner <> (select oid from pg_roles where rolname = current_user) and c.relnamespace in (select oid from ours)
   and not starts_with(c.relname, current_setting('revo.ops_prefix'))
 group by b.oid, b.pubname, b.pubowner
union all
select json_build_array(format('event trigger %I', t.evtname), pg_get_userbyid(t.evtowner))
  from pg_event_trigger t join pg_proc p on p.oid = t.evtfoid
 where t.evtowner <> (select oid from pg_roles where rolname = current_user) and p.pronamespace in (select oid from ours)
   and not exists (select from pg_depend e where e.classid = 'pg_proc'::regclass and e.objid = p.oid and e.deptype = 'e');
