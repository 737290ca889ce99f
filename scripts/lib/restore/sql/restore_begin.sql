-- Opens the one transaction of a restore. A COMMIT before the checks have released it is an error:
-- pg_restore writes a COMMIT of its own around large objects, and a crafted archive may write one anywhere.
-- :lock_timeout in milliseconds. :release_hash is the SHA-256 of a value that only the driver knows.
-- After a ROLLBACK that the archive brings, what follows runs in another transaction, which the driver does not commit.
\set AUTOCOMMIT off
-- From 16 on a slice of an array in a view may read v[2:"PORT"], where psql would insert its variable of that name.
\unset DBNAME
\unset ENCODING
\unset HOST
\unset PORT
\unset SERVER_VERSION_NAME
\unset SERVER_VERSION_NUM
\unset SERVICE
\unset USER
\unset VERSION
\unset VERSION_NAME
\unset VERSION_NUM
begin isolation level read committed read write;
set local client_min_messages = warning;
set local lock_timeout = :'lock_timeout';
-- no user trigger, no foreign-key trigger, no event trigger fires while rows are loaded
set local session_replication_role = replica;
-- Supabase's trigger on storage.* reads this setting, which is needed where the role above is refused
set local storage.allow_delete_query = 'true';

-- the session holds this lock; a statement of the archive could release it there, not in the transaction
select pg_advisory_xact_lock(hashtextextended('revo-backups.restore', 0)) \g /dev/null

create temp table restore_gate (released_by text) on commit drop;
create function pg_temp.restore_gate_check() returns trigger language plpgsql
  set search_path = pg_catalog, pg_temp as $$
begin
  if encode(sha256(convert_to(coalesce(current_setting('revo.release', true), ''), 'UTF8')), 'hex')
     is distinct from tg_argv[0] then
    raise exception 'the restore is not verified: commit refused' using errcode = 'RV001';
  end if;
  return null;
end $$;
create constraint trigger restore_gate_closed after insert on restore_gate
  deferrable initially deferred for each row execute function pg_temp.restore_gate_check(:'release_hash');
alter table restore_gate enable always trigger restore_gate_closed; -- also in replica role
insert into restore_gate default values;

-- The same for the variables of this file.
\unset lock_timeout
\unset release_hash
