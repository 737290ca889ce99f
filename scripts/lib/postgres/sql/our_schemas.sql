-- The schemas whose objects a backup holds and a restore replaces, as one array: the project's own. Not the platform's,
-- not what an earlier restore has put aside, not those of roles that the connected role may not act for.
select coalesce(array_agg(n.nspname::text order by n.nspname collate "C"), '{}')::text
  from pg_catalog.pg_namespace n
 where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
   and n.nspname <> all (current_setting('revo.platform_schemas')::text[])
   and not starts_with(n.nspname, current_setting('revo.old_content_prefix'))
   and (n.nspname = 'public'
        or n.nspowner = 'pg_database_owner'::regrole
        or pg_get_userbyid(n.nspowner) !~ current_setting('revo.platform_roles') and pg_has_role(n.nspowner, 'usage'))
