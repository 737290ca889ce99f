-- Takes off the checks of the tables and domains that a salvage has made, and remembers them.
create temp table salvage_checks on commit drop as
select k.conname, k.convalidated, pg_catalog.pg_get_constraintdef(k.oid) as definition,
       case when k.conrelid <> 0 then 'table' else 'domain' end as kind,
       case when k.conrelid <> 0 then k.conrelid::regclass::text else k.contypid::regtype::text end as owner
  from pg_catalog.pg_constraint k
  left join pg_catalog.pg_class c on c.oid = k.conrelid
  left join pg_catalog.pg_type t on t.oid = k.contypid
 where k.contype = 'c' and k.coninhcount = 0
   and pg_catalog.pg_has_role(coalesce(c.relowner, t.typowner), 'usage')
   and coalesce(c.relnamespace, t.typnamespace) in (
         select oid from pg_catalog.pg_namespace
          where nspname = any (current_setting('revo.our_schemas')::text[])
             or nspname !~ '^pg_' and nspname <> 'information_schema'
            and nspname <> all (current_setting('revo.platform_schemas')::text[])
            and not starts_with(nspname, current_setting('revo.old_content_prefix')))
   and not (c.relname is not null and starts_with(c.relname, current_setting('revo.ops_prefix')))
   and not exists (select from pg_catalog.pg_depend d
                    where d.deptype = 'e' and d.classid = case when k.conrelid <> 0 then 'pg_catalog.pg_class'::regclass
                                                               else 'pg_catalog.pg_type'::regclass end
                      and d.objid = greatest(k.conrelid, k.contypid));

do $$
declare
  dropped record;
begin
  for dropped in select * from salvage_checks loop
    execute format('alter %s %s drop constraint %I', dropped.kind, dropped.owner, dropped.conname);
  end loop;
end $$;
