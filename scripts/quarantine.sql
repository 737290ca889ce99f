-- What a copy of production must not do in dev or verify. Runs in the transaction of every restore into a target other
-- than prod: after the content was checked, before COMMIT, as the database's owner and with an empty search_path. An
-- error here rolls the restore back. Drills and a recovery from the vault do not run it.
--
-- Each row that a query returns reports one change: the object and what was done. Edit this file for your ERP; examples
-- are at its end. It must not end the transaction: COMMIT and ROLLBACK make the restore fail.

-- Triggers and event triggers that call out, with pg_net, http or dblink, also through functions of the project.
create temp table quarantine (object text, done text) on commit drop;

do $$
declare
  calling record;
begin
  create temp table quarantine_functions on commit drop as
  with recursive own as (
    select p.oid, p.proname, p.prosrc || coalesce(pg_catalog.pg_get_function_sqlbody(p.oid), '') as body
      from pg_catalog.pg_proc p
      join pg_catalog.pg_namespace n on n.oid = p.pronamespace
     where p.prokind in ('f', 'p') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
       and not exists (select from pg_catalog.pg_depend d
                        where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
       and pg_catalog.pg_has_role(p.proowner, 'usage')
  ),
  calls_out as (
    select oid, proname from own
     where body ~* '\m(net\s*\.\s*http_\w+|http_(get|post|put|patch|delete|head)|http|dblink\w*|supabase_functions\s*\.\s*http_request)\s*\('
    union
    select own.oid, own.proname from own join calls_out on own.oid <> calls_out.oid
       and own.body ~* ('\m' || regexp_replace(calls_out.proname, '(\W)', '\\\1', 'g') || '"?\s*\(')
  )
  select oid from calls_out
  union
  select p.oid from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
   where n.nspname = 'supabase_functions' and p.proname = 'http_request';

  for calling in
    select t.tgrelid::regclass as relation, t.tgname, format('%I.%I %I', n.nspname, c.relname, t.tgname) as name
      from pg_catalog.pg_trigger t
      join pg_catalog.pg_class c on c.oid = t.tgrelid
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where not t.tgisinternal and t.tgparentid = 0 and t.tgenabled <> 'D' and t.tgfoid in (select oid from quarantine_functions)
       and not starts_with(n.nspname, current_setting('revo.old_content_prefix'))
  loop
    execute format('alter table %s disable trigger %I', calling.relation, calling.tgname);
    insert into quarantine values ('trigger ' || calling.name, 'desligado: chama fora do banco');
  end loop;

  for calling in
    select e.evtname from pg_catalog.pg_event_trigger e
     where e.evtenabled <> 'D' and e.evtfoid in (select oid from quarantine_functions)
       and pg_catalog.pg_has_role(e.evtowner, 'usage')
  loop
    execute format('alter event trigger %I disable', calling.evtname);
    insert into quarantine values ('event trigger ' || calling.evtname, 'desligado: chama fora do banco');
  end loop;
end $$;

-- Logins to other servers: without its user mapping a foreign table cannot be read or written.
do $$
declare
  mapping record;
begin
  for mapping in
    select m.srvname, m.usename, m.umuser
      from pg_catalog.pg_user_mappings m
      join pg_catalog.pg_foreign_server s on s.oid = m.srvid
     where pg_catalog.pg_has_role(s.srvowner, 'usage')
  loop
    execute format('drop user mapping for %s server %I',
                   case when mapping.umuser = 0 then 'public' else quote_ident(mapping.usename) end, mapping.srvname);
    insert into quarantine values (format('user mapping %s %s', mapping.srvname, mapping.usename), 'removido: senha de outro servidor');
  end loop;
end $$;

-- Jobs of pg_cron: those of the target itself stay listed, but do not run on production's rows. pg_cron lets only whom its
-- superuser allows stop a job; who is not allowed may remove it.
do $$
declare
  job record;
  stopping constant regprocedure := to_regprocedure('cron.alter_job(bigint,text,text,text,text,boolean)');
begin
  if to_regclass('cron.job') is null or not has_schema_privilege('cron', 'usage')
     or not has_table_privilege('cron.job', 'select') then
    return;
  end if;
  for job in
    select jobid, coalesce(jobname, jobid::text) as name from cron.job
     where active and username = current_user and database = current_database()
  loop
    if coalesce(has_function_privilege(stopping, 'execute'), false) then
      perform cron.alter_job(job.jobid, active := false);
      insert into quarantine values ('cron job ' || job.name, 'parado');
    else
      perform cron.unschedule(job.jobid);
      insert into quarantine values ('cron job ' || job.name, 'removido: falta a permissão de parar (cron.alter_job)');
    end if;
  end loop;
end $$;

-- Requests that wait in pg_net's queue.
do $$
declare
  waiting bigint;
begin
  if to_regclass('net.http_request_queue') is null
     or not has_table_privilege('net.http_request_queue', 'delete') then
    return;
  end if;
  delete from net.http_request_queue;
  get diagnostics waiting = row_count;
  if waiting > 0 then
    insert into quarantine values ('table net.http_request_queue', format('%s pedidos apagados', waiting));
  end if;
end $$;

-- Of the ERP itself. Report each change, so that the copy is recognizable as one:
--
--   update public.integracoes set token = null where token is not null;
--   insert into quarantine values ('table public.integracoes', 'tokens apagados');
--
--   update public.clientes set email = 'cliente+' || id || '@example.com', telefone = null, cpf = null;
--   insert into quarantine values ('table public.clientes', 'e-mails, telefones e CPFs trocados');

select json_build_array(object, done) from quarantine order by object;
drop table quarantine, quarantine_functions;
