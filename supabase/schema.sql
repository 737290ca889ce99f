-- The catalog of backups as the migrations make it: generated, to be read, never applied. After a new migration:
--
--     npm run schema

--
-- Name: ops_db_backup_acting_companies(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_acting_companies() RETURNS integer
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $_$
declare
  v_count integer;
begin
  if to_regclass('public.empresa_usuarios') is null or to_regclass('public.papel_permissoes') is null then
    return null;
  end if;
  execute $query$
    select count(distinct m.empresa_id)::integer
      from public.empresa_usuarios m
      join public.papel_permissoes r on r.papel_id = m.papel_id
     where m.ativo and r.modulo = 'ops' and r.acao = any ($1)
  $query$ into v_count using array['manage', public.ops_db_backup_setting('restore_right') #>> '{}'];
  return v_count;
exception when undefined_column then
  return null; -- the ERP has tables of its own under these names
end
$_$;


--
-- Name: FUNCTION ops_db_backup_acting_companies(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_acting_companies() IS 'In how many companies a user has a right to act; null where the ERP keeps its rights in other tables.';


--
-- Name: ops_db_backup_admit(anyelement); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_admit(p_new anyelement) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_request record;
  v_why text;
begin
  if p_new.kind <> 'restore' or p_new.target <> 'prod' or p_new.github_run_id is null then
    return null;
  end if;
  select r.requested_by_id, r.created_at into v_request
    from public.ops_db_backup_runs r
   where r.request_id = p_new.request_id;
  v_why := case
    when not found then 'missing'
    when v_request.requested_by_id is null then 'not_signed_in'
    when v_request.created_at < clock_timestamp() - public.ops_db_backup_service_level('restore_request_valid')
      then 'too_old'
  end;
  if v_why is null and public.ops_db_backup_setting('restore_approval') = '"two-person"'
     and not public.ops_db_backup_take_approval(p_new.request_id, p_new.options) then
    v_why := 'not_approved';
  end if;
  if v_why is null then
    return null;
  end if;
  if p_new.break_glass then
    if coalesce(trim(p_new.reason), '') = '' then
      perform public.ops_db_backup_refuse(400, 'reason_required', 'a restore of prod needs a reason');
    end if;
    return true;
  end if;
  if v_why = 'not_approved' then
    perform public.ops_db_backup_refuse(403, 'approval_required',
      'no second user approved this restore of prod with these options, or the approval was used');
  end if;
  perform public.ops_db_backup_refuse(403, 'request_required',
    format('no signed-in user requested this restore of prod lately: %s', v_why), jsonb_build_object('why', v_why));
end
$$;


--
-- Name: FUNCTION ops_db_backup_admit(p_new anyelement); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_admit(p_new anyelement) IS 'Refuses (request_required) to start a restore of prod on GitHub unless a signed-in user requested it within the service level restore_request_valid; DETAIL says why: missing, not_signed_in or too_old. With the setting restore_approval two-person it needs an approval, too (approval_required). What would be refused is admitted by break_glass, with a reason: only then true is returned, else null. A run outside GitHub has the owner''s password and is not refused.';


--
-- Name: ops_db_backup_audit_advance(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_audit_advance() RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  v_whole constant boolean := exists (
    select from (select distinct a.chain_id from public.ops_db_backup_audit a) c
      left join public.ops_db_backup_audit_verified v on v.chain_id = c.chain_id
     where v.whole_at is null or v.whole_at < clock_timestamp() - public.ops_db_backup_service_level('audit_whole'));
  -- found before the verification, which therefore reads all that is remembered: a record may be appended at any time
  v_ends constant jsonb := (
    select coalesce(jsonb_agg(e), '[]')
      from (select distinct on (a.chain_id) a.chain_id, a.seq, a.hash
              from public.ops_db_backup_audit a
             order by a.chain_id, a.seq desc) e);
  v_broken constant jsonb := public.ops_db_backup_audit_break(not v_whole);
begin
  if v_broken is null then
    insert into public.ops_db_backup_audit_verified as v (chain_id, seq, hash, whole_at)
    select e.chain_id, e.seq, e.hash, clock_timestamp()
      from jsonb_to_recordset(v_ends) e (chain_id uuid, seq bigint, hash text)
    on conflict (chain_id) do update
       set seq = excluded.seq, hash = excluded.hash, whole_at = case when v_whole then excluded.whole_at else v.whole_at end;
  else
    delete from public.ops_db_backup_audit_verified;
  end if;
  return jsonb_build_object('ok', v_broken is null, 'broken_at', v_broken,
    'records', (select count(*) from public.ops_db_backup_audit));
end
$$;


--
-- Name: FUNCTION ops_db_backup_audit_advance(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_audit_advance() IS 'ops_db_backup_audit_verify for the scripts, which remembers how far the audit was verified. Reads it as a whole after audit_whole, and until it is sound again.';


--
-- Name: ops_db_backup_audit_append(jsonb); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_audit_append(p jsonb) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $_$
declare
  v_event constant text := p ->> 'event';
  v_uuid constant text := '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$';
  v_detail jsonb := nullif(p -> 'detail', 'null');
begin
  if coalesce(v_event, '') !~ '^[a-z][a-z_]{0,39}$'
     or v_event in ('run', 'record', 'hold', 'mark', 'setting', 'approval', 'download') then
    perform public.ops_db_backup_refuse(400, 'invalid_payload',
      'event is not a word, or one that only the catalog itself writes', jsonb_build_object('field', 'event'));
  end if;
  if length(v_detail::text) > 16000 then -- a record is never refused for its length
    v_detail := jsonb_build_object('cut', left(v_detail::text, 16000));
  end if;
  return public.ops_db_backup_audit_write(
    v_event, left(p ->> 'actor', 200),
    case when lower(p ->> 'actor_id') ~ v_uuid then (p ->> 'actor_id')::uuid end,
    left(p ->> 'target', 100),
    case when lower(p ->> 'request_id') ~ v_uuid then (p ->> 'request_id')::uuid end,
    left(p ->> 'r2_key', 500), left(p ->> 'code', 100), v_detail);
end
$_$;


--
-- Name: FUNCTION ops_db_backup_audit_append(p jsonb); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_audit_append(p jsonb) IS 'Records what no table shows, a refusal for example: {event, actor, actor_id, target, request_id, r2_key, code, detail}. What is too long is cut; an id that is none is left out. Returns {chain_id, seq}.';


--
-- Name: ops_db_backup_audit_approval(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_audit_approval() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform public.ops_db_backup_audit_write(
    'approval',
    case when new.used_at is not null then 'script' when new.decision is not null then new.decided_by
         else new.requested_by end,
    case when new.used_at is not null then null when new.decision is not null then new.decided_by_id
         else new.requested_by_id end,
    'prod', new.request_id, new.r2_key,
    case when new.used_at is not null then 'used' else coalesce(new.decision, 'requested') end,
    jsonb_build_object('approval', to_jsonb(new)));
  return null;
end
$$;


--
-- Name: FUNCTION ops_db_backup_audit_approval(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_audit_approval() IS 'Records an approval that is requested, approved, denied or used.';


--
-- Name: ops_db_backup_audit_backup(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_audit_backup() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  v_caller constant jsonb := public.ops_db_backup_audit_caller();
begin
  perform public.ops_db_backup_audit_write(
    tg_argv[0],
    case
      when current_setting('ops_db_backup.rebuild', true) = 'on' then 'rebuild'
      when tg_argv[0] = 'record' then coalesce(v_caller ->> 'email', new.requested_by)
      else coalesce(v_caller ->> 'email', 'script')
    end,
    (v_caller ->> 'sub')::uuid, new.target, null, new.r2_key, new.status,
    jsonb_build_object('backup', to_jsonb(new) - array['manifest', 'origin']));
  return null;
end
$$;


--
-- Name: FUNCTION ops_db_backup_audit_backup(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_audit_backup() IS 'Records a backup that is entered (record), held or released (hold), restored, deleted or proven (mark): its row without the manifest, which lies in the vault.';


--
-- Name: ops_db_backup_audit_break(boolean); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_audit_break(p_from_verified boolean) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  with verified as (
    select v.chain_id, v.seq, v.hash
      from public.ops_db_backup_audit_verified v
     where p_from_verified
       and v.whole_at > clock_timestamp() - 2 * public.ops_db_backup_service_level('audit_whole')
  ), rest as (
    select a.*, row_number() over chain + coalesce(v.seq, 0) as expected_seq,
           coalesce(lag(a.hash) over chain, v.hash, repeat('0', 64)) as expected_prev
      from public.ops_db_backup_audit a
      left join verified v on v.chain_id = a.chain_id
     where a.seq > coalesce(v.seq, 0)
    window chain as (partition by a.chain_id order by a.seq)
  ), broken as (
    select w.chain_id, w.seq, w.why
      from (
        select a.chain_id, a.seq, case
                 when a.seq <> a.expected_seq then format('record %s is missing before it', a.expected_seq)
                 when a.prev_hash <> a.expected_prev then 'it does not follow the record before it'
                 when a.hash <> public.ops_db_backup_audit_hash(a.prev_hash, a.record) then 'its text was changed'
                 when not exists (
                   select
                     from jsonb_populate_record(null::public.ops_db_backup_audit, a.record::jsonb) said
                    where (said.chain_id, said.seq, said.at, said.event, said.actor, said.actor_id, said.target,
                           said.request_id, said.r2_key, said.code)
                          is not distinct from
                          (a.chain_id, a.seq, a.at, a.event, a.actor, a.actor_id, a.target, a.request_id, a.r2_key, a.code)
                 ) then 'a column does not say what its text says'
               end as why
          from rest a
      ) w
     where w.why is not null
    union all
    -- what was verified is not read again: only that all of it is there, and ends as it did
    select v.chain_id, v.seq, 'records before it are missing, or it was changed'
      from verified v
     where (select count(*) from public.ops_db_backup_audit a where a.chain_id = v.chain_id and a.seq <= v.seq) <> v.seq
        or not exists (select from public.ops_db_backup_audit a
                        where a.chain_id = v.chain_id and a.seq = v.seq and a.hash = v.hash)
  )
  select jsonb_build_object('chain_id', b.chain_id, 'seq', b.seq, 'why', b.why)
    from broken b
   order by b.chain_id, b.seq
   limit 1
$$;


--
-- Name: FUNCTION ops_db_backup_audit_break(p_from_verified boolean); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_audit_break(p_from_verified boolean) IS 'The first record that is not what it was, {chain_id, seq, why}, or null. With p_from_verified records that were verified are counted and not read, unless their chain was read as a whole longer ago than twice audit_whole.';


--
-- Name: ops_db_backup_audit_caller(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_audit_caller() RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
begin
  return coalesce(nullif(current_setting('request.jwt.claims', true), '')::jsonb, '{}');
end
$$;


--
-- Name: FUNCTION ops_db_backup_audit_caller(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_audit_caller() IS 'The claims of the signed-in user, as PostgREST sets them; {} for a script. Needs no schema auth.';


--
-- Name: ops_db_backup_audit_chain(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_audit_chain() RETURNS uuid
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
begin
  -- two digits make it a UUID of version 8, which is anybody's own kind
  return overlay(overlay(md5(concat_ws(':',
    (select system_identifier from pg_catalog.pg_control_system()),
    left(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 8), -- the timeline
    (select d.oid from pg_catalog.pg_database d where d.datname = current_database()),
    'public.ops_db_backup_audit'::regclass::oid
  )) placing '8' from 13) placing '8' from 17)::uuid;
end
$$;


--
-- Name: FUNCTION ops_db_backup_audit_chain(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_audit_chain() IS 'The chain that is written now: this table on this timeline of this server. A point-in-time recovery begins a new timeline; a table that was dropped and made again is another table.';


--
-- Name: ops_db_backup_audit_check(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_audit_check() RETURNS jsonb
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform public.require_permission_for_current_user('ops', 'view');
  return public.ops_db_backup_audit_verify();
end
$$;


--
-- Name: FUNCTION ops_db_backup_audit_check(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_audit_check() IS 'ops_db_backup_audit_verify for signed-in users; ops:view.';


--
-- Name: ops_db_backup_audit_columns(regclass); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_audit_columns(p_table regclass) RETURNS text[]
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
begin
  return array(
    select format('%I', a.attname)
      from pg_catalog.pg_attribute a
     where a.attrelid = p_table and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
     order by a.attnum);
end
$$;


--
-- Name: FUNCTION ops_db_backup_audit_columns(p_table regclass); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_audit_columns(p_table regclass) IS 'The columns of a table that can be written, quoted: so that a column of tomorrow is rebuilt too.';


--
-- Name: ops_db_backup_audit_hash(text, text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_audit_hash(p_prev_hash text, p_record text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO ''
    AS $$
begin
  return encode(sha256(convert_to(p_prev_hash || p_record, 'UTF8')), 'hex');
end
$$;


--
-- Name: FUNCTION ops_db_backup_audit_hash(p_prev_hash text, p_record text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_audit_hash(p_prev_hash text, p_record text) IS 'The hash of a record that follows another''s hash.';


--
-- Name: ops_db_backup_audit_keep(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_audit_keep() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  raise exception 'the audit is append-only: % is refused', lower(tg_op)
    using errcode = 'insufficient_privilege',
          hint = 'Whoever has to change it disables its triggers by hand; the chain will tell.';
end
$$;


--
-- Name: FUNCTION ops_db_backup_audit_keep(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_audit_keep() IS 'Refuses whatever is not an insert.';


--
-- Name: ops_db_backup_audit_list(integer, uuid, bigint, text, uuid, text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_audit_list(p_limit integer DEFAULT 50, p_after_chain_id uuid DEFAULT NULL::uuid, p_after_seq bigint DEFAULT NULL::bigint, p_event text DEFAULT NULL::text, p_request_id uuid DEFAULT NULL::uuid, p_r2_key text DEFAULT NULL::text) RETURNS TABLE(chain_id uuid, seq bigint, at timestamp with time zone, event text, actor text, actor_id uuid, target text, request_id uuid, r2_key text, code text, detail jsonb, hash text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    SET enable_sort TO 'off'
    AS $_$
#variable_conflict use_column
declare
  v_after_at timestamptz;
begin
  perform public.require_permission_for_current_user('ops', 'view');
  if p_after_seq is not null then
    select a.at into v_after_at
      from public.ops_db_backup_audit a where a.chain_id = p_after_chain_id and a.seq = p_after_seq;
    if not found then
      perform public.ops_db_backup_refuse(400, 'invalid_payload', 'there is no such record',
        jsonb_build_object('field', 'after_seq'));
    end if;
  end if;
  if p_request_id is not null or p_r2_key is not null then
    perform set_config('enable_sort', 'on', true); -- few rows to sort
  end if;
  return query execute $query$
    select a.chain_id, a.seq, a.at, a.event, a.actor, a.actor_id, a.target, a.request_id, a.r2_key, a.code,
           case when a.event = 'run' then (a.record::jsonb -> 'detail') #- '{run,result,plan}'
                else nullif(a.record::jsonb -> 'detail', 'null') end,
           a.hash
      from public.ops_db_backup_audit a
     where ($1 is null or a.event = $1)
       and ($2 is null or a.request_id = $2)
       and ($3 is null or a.r2_key = $3)
       and ($6 is null or (a.at, a.chain_id, a.seq) < ($4, $5, $6))
     order by a.at desc, a.chain_id desc, a.seq desc
     limit $7
  $query$
  using p_event, p_request_id, p_r2_key, v_after_at, p_after_chain_id, p_after_seq,
        public.ops_db_backup_page_size(p_limit);
end
$_$;


--
-- Name: FUNCTION ops_db_backup_audit_list(p_limit integer, p_after_chain_id uuid, p_after_seq bigint, p_event text, p_request_id uuid, p_r2_key text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_audit_list(p_limit integer, p_after_chain_id uuid, p_after_seq bigint, p_event text, p_request_id uuid, p_r2_key text) IS 'The audit, newest first; ops:view. Filters that are null do not filter; after: the records before that one in time. A plan''s own text is left out of detail. At most 1000 rows a call.';


--
-- Name: ops_db_backup_audit_load(jsonb); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_audit_load(p jsonb) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_wrong jsonb;
  v_added integer;
begin
  select coalesce(jsonb_agg(jsonb_build_object('chain_id', a.chain_id, 'seq', a.seq) order by a.chain_id, a.seq), '[]')
    into v_wrong
    from jsonb_to_recordset(p) line (record text, prev_hash text, hash text)
   cross join lateral jsonb_populate_record(null::public.ops_db_backup_audit, line.record::jsonb) said
    join public.ops_db_backup_audit a on a.chain_id = said.chain_id and a.seq = said.seq
   where (a.record, a.prev_hash, a.hash) is distinct from (line.record, line.prev_hash, line.hash);
  insert into public.ops_db_backup_audit
    (chain_id, seq, at, event, actor, actor_id, target, request_id, r2_key, code, record, prev_hash, hash)
  select said.chain_id, said.seq, said.at, said.event, said.actor, said.actor_id, said.target, said.request_id,
         said.r2_key, said.code, line.record, line.prev_hash, line.hash
    from jsonb_to_recordset(p) line (record text, prev_hash text, hash text)
   cross join lateral jsonb_populate_record(null::public.ops_db_backup_audit, line.record::jsonb) said
   order by said.chain_id, said.seq
  on conflict do nothing;
  get diagnostics v_added = row_count;
  return jsonb_build_object('added', v_added, 'different', v_wrong);
end
$$;


--
-- Name: FUNCTION ops_db_backup_audit_load(p jsonb); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_audit_load(p jsonb) IS 'Puts copies back that the table lacks: [{record, prev_hash, hash}]. A record that is there stays as it is. Returns {added, different: [{chain_id, seq}]}: those that say something else than their copy.';


--
-- Name: ops_db_backup_audit_mirrored_to(jsonb); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_audit_mirrored_to(p jsonb) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  insert into public.ops_db_backup_audit_mirrored as m (chain_id, seq, at)
  values ((p ->> 'chain_id')::uuid, (p ->> 'seq')::bigint, clock_timestamp())
  on conflict (chain_id) do update set seq = excluded.seq, at = excluded.at where excluded.seq > m.seq;
end
$$;


--
-- Name: FUNCTION ops_db_backup_audit_mirrored_to(p jsonb); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_audit_mirrored_to(p jsonb) IS 'The vault has copies of a chain up to this record: {chain_id, seq}.';


--
-- Name: ops_db_backup_audit_run(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_audit_run() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  v_caller constant jsonb := public.ops_db_backup_audit_caller();
begin
  perform public.ops_db_backup_audit_write(
    'run',
    case
      when current_setting('ops_db_backup.rebuild', true) = 'on' then 'rebuild'
      when tg_op = 'INSERT' then coalesce(v_caller ->> 'email', new.requested_by)
      when new.status = 'lost' then 'watch'
      else coalesce(v_caller ->> 'email', 'script')
    end,
    (v_caller ->> 'sub')::uuid, new.target, new.request_id, new.r2_key, new.error_code,
    jsonb_build_object('run', to_jsonb(new)));
  return null;
end
$$;


--
-- Name: FUNCTION ops_db_backup_audit_run(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_audit_run() IS 'Records a run when it is made and when its status, or what it is known by, changes.';


--
-- Name: ops_db_backup_audit_setting(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_audit_setting() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform public.ops_db_backup_audit_write('setting', session_user, null, null, null, null,
    case when tg_op = 'DELETE' then old.name else new.name end,
    jsonb_build_object('old', case when tg_op <> 'INSERT' then old.value end,
                       'new', case when tg_op <> 'DELETE' then new.value end));
  return null;
end
$$;


--
-- Name: FUNCTION ops_db_backup_audit_setting(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_audit_setting() IS 'Records each change of a setting, by the name of its session.';


--
-- Name: ops_db_backup_audit_unmirrored(integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_audit_unmirrored(p_limit integer DEFAULT 1000) RETURNS TABLE(chain_id uuid, seq bigint, record text, prev_hash text, hash text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
#variable_conflict use_column
begin
  return query
    select a.chain_id, a.seq, a.record, a.prev_hash, a.hash
      from (
        select distinct chain_id from public.ops_db_backup_audit
      ) c
      left join public.ops_db_backup_audit_mirrored m on m.chain_id = c.chain_id
      join public.ops_db_backup_audit a on a.chain_id = c.chain_id and a.seq > coalesce(m.seq, 0)
     order by a.chain_id, a.seq
     limit p_limit;
end
$$;


--
-- Name: FUNCTION ops_db_backup_audit_unmirrored(p_limit integer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_audit_unmirrored(p_limit integer) IS 'The next records of which the vault has no copy yet, chain by chain.';


--
-- Name: ops_db_backup_audit_verify(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_audit_verify() RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
declare
  v_broken constant jsonb := public.ops_db_backup_audit_break(true);
begin
  return jsonb_build_object('ok', v_broken is null, 'broken_at', v_broken,
    'records', (select count(*) from public.ops_db_backup_audit));
end
$$;


--
-- Name: FUNCTION ops_db_backup_audit_verify(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_audit_verify() IS 'Reads the audit from the last verified record on and names the first record that is not what it was: {ok, records, broken_at: {chain_id, seq, why} or null}. A change of a verified record is found when it is read as a whole, at least once a day. Records cut off at the end are seen only beside the vault''s copies.';


--
-- Name: ops_db_backup_audit_write(text, text, uuid, text, uuid, text, text, jsonb); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_audit_write(p_event text, p_actor text, p_actor_id uuid, p_target text, p_request_id uuid, p_r2_key text, p_code text, p_detail jsonb) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_chain constant uuid := public.ops_db_backup_audit_chain();
  v_seq bigint;
  v_at timestamptz;
  v_prev text;
  v_record text;
begin
  -- One writer at a time, until its transaction ends. Triggers come here at COMMIT, when nothing is waited for any more.
  perform pg_advisory_xact_lock(hashtextextended('ops_db_backup_audit', 0));
  select a.seq, a.hash into v_seq, v_prev
    from public.ops_db_backup_audit a
   where a.chain_id = v_chain
   order by a.seq desc
   limit 1;
  v_seq := coalesce(v_seq, 0) + 1;
  v_prev := coalesce(v_prev, repeat('0', 64));
  v_at := clock_timestamp();
  v_record := jsonb_build_object(
    'chain_id', v_chain, 'seq', v_seq,
    'at', to_char(v_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    'event', p_event, 'actor', p_actor, 'actor_id', p_actor_id, 'target', p_target, 'request_id', p_request_id,
    'r2_key', p_r2_key, 'code', p_code, 'detail', p_detail)::text;
  insert into public.ops_db_backup_audit
    (chain_id, seq, at, event, actor, actor_id, target, request_id, r2_key, code, record, prev_hash, hash)
  values
    (v_chain, v_seq, v_at, p_event, p_actor, p_actor_id, p_target, p_request_id, p_r2_key, p_code, v_record, v_prev,
     public.ops_db_backup_audit_hash(v_prev, v_record));
  return jsonb_build_object('chain_id', v_chain, 'seq', v_seq);
end
$$;


--
-- Name: FUNCTION ops_db_backup_audit_write(p_event text, p_actor text, p_actor_id uuid, p_target text, p_request_id uuid, p_r2_key text, p_code text, p_detail jsonb); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_audit_write(p_event text, p_actor text, p_actor_id uuid, p_target text, p_request_id uuid, p_r2_key text, p_code text, p_detail jsonb) IS 'Appends one record to the chain. Returns {chain_id, seq}.';


--
-- Name: ops_db_backup_await_approval(uuid, text, text, uuid, jsonb); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_await_approval(p_request_id uuid, p_r2_key text, p_reason text, p_plan_request_id uuid, p_options jsonb) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_row record;
  v_why text;
begin
  insert into public.ops_db_backup_approvals
    (request_id, r2_key, sha256, plan_request_id, reason, options, requested_by, requested_by_id)
  values (p_request_id, p_r2_key, public.ops_db_backup_stored_sha256(p_r2_key), p_plan_request_id, p_reason, p_options,
          auth.jwt() ->> 'email', auth.uid())
  on conflict do nothing;
  select * into v_row from public.ops_db_backup_approvals a where a.request_id = p_request_id for update;
  if (v_row.r2_key, v_row.reason, v_row.plan_request_id, v_row.options, v_row.requested_by_id)
     is distinct from (p_r2_key, p_reason, p_plan_request_id, p_options, auth.uid()) then
    perform public.ops_db_backup_refuse(409, 'request_id_reused', 'the request id belongs to another request');
  end if;
  v_why := case
    when v_row.decision = 'denied' then 'denied'
    when v_row.requested_at < clock_timestamp() - public.ops_db_backup_service_level('approval_valid') then 'expired'
    when v_row.sha256 is distinct from public.ops_db_backup_stored_sha256(p_r2_key) then 'other_archive'
  end;
  if v_why is not null then
    perform public.ops_db_backup_refuse(409, 'approval_refused', format('the request was not approved: %s', v_why),
      jsonb_build_object('why', v_why));
  end if;
  return case when v_row.decision is null then jsonb_build_object(
    'request_id', p_request_id,
    'expires_at', v_row.requested_at + public.ops_db_backup_service_level('approval_valid')) end;
end
$$;


--
-- Name: FUNCTION ops_db_backup_await_approval(p_request_id uuid, p_r2_key text, p_reason text, p_plan_request_id uuid, p_options jsonb); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_await_approval(p_request_id uuid, p_r2_key text, p_reason text, p_plan_request_id uuid, p_options jsonb) IS 'Enters a request that needs a second user. Returns {request_id, expires_at} while it waits, null once it is approved; refuses (approval_refused) one that was denied, has expired or whose archive is another one by now.';


--
-- Name: ops_db_backup_bound_backup(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_bound_backup() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_columns constant text[] := tg_argv || array['updated_at'];
begin
  if to_jsonb(new) - v_columns is distinct from to_jsonb(old) - v_columns then
    perform public.ops_db_backup_refuse(403, 'forbidden',
      format('this role changes of a backup alone: %s', array_to_string(tg_argv, ', ')));
  end if;
  return null;
end
$$;


--
-- Name: FUNCTION ops_db_backup_bound_backup(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_bound_backup() IS 'Admits changes of the columns that the trigger names.';


--
-- Name: ops_db_backup_bound_options(jsonb, uuid); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_bound_options(p_options jsonb, p_plan_request_id uuid) RETURNS jsonb
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select coalesce((select public.ops_db_backup_named_options(r.options, r.request_id) - public.ops_db_backup_requested_options()
                     from public.ops_db_backup_runs r
                    where r.request_id = p_plan_request_id and r.kind = 'plan'), '{}') || coalesce(p_options, '{}')
$$;


--
-- Name: FUNCTION ops_db_backup_bound_options(p_options jsonb, p_plan_request_id uuid); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_bound_options(p_options jsonb, p_plan_request_id uuid) IS 'The options that a restore has to begin with: those of its request, and the others as its plan had them.';


--
-- Name: ops_db_backup_bound_record(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_bound_record() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  if new.event = 'look' and tg_argv[0] = 'prune' and exists (
       select from public.ops_db_backup_sealed s
        where s.request_id = new.request_id and s.requested_by_id = new.actor_id
          and s.taken_at is not null and s.answer is null and s.error_code is null) then
    return new;
  end if;
  if new.event not in ('run', 'mark')
     and (new.event <> 'refusal' or (new.record::jsonb #>> '{detail,action}') is distinct from tg_argv[0]) then
    perform public.ops_db_backup_refuse(403, 'forbidden', format('this role records refusals of kind %s alone', tg_argv[0]));
  end if;
  return new;
end
$$;


--
-- Name: FUNCTION ops_db_backup_bound_record(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_bound_record() IS 'Admits records of the audit about changes, and refusals of the kind of run that the trigger names; of the role of retention also about a look that waits for its answer.';


--
-- Name: ops_db_backup_bound_run(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_bound_run() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  -- a start also marks silent runs as lost, which the clock decides
  if new.kind <> tg_argv[0] and not (tg_op = 'UPDATE' and new.status = 'lost') then
    perform public.ops_db_backup_refuse(403, 'forbidden', format('this role reports runs of kind %s alone', tg_argv[0]));
  end if;
  return new;
end
$$;


--
-- Name: FUNCTION ops_db_backup_bound_run(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_bound_run() IS 'Admits changes of runs of the kind that the trigger names.';


--
-- Name: ops_db_backup_break_glass_uses(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_break_glass_uses() RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select coalesce(jsonb_agg(jsonb_build_object(
           'request_id', u.request_id, 'at', u.at, 'actor', u.actor, 'r2_key', u.r2_key, 'reason', u.reason,
           'run_url', u.run_url) order by u.at desc), '[]')
    from (
      select r.request_id, r.started_at as at, r.requested_by as actor, r.r2_key, r.reason, r.run_url
        from public.ops_db_backup_runs r
       where r.kind = 'restore' and r.break_glass
         and r.started_at > now() - public.ops_db_backup_service_level('break_glass_shown')
      union all
      select a.request_id, a.at, a.actor, a.r2_key, a.record::jsonb #>> '{detail,reason}',
             a.record::jsonb #>> '{detail,run_url}'
        from public.ops_db_backup_audit a
       where a.event = 'break_glass' and a.at > now() - public.ops_db_backup_service_level('break_glass_shown')
    ) u
$$;


--
-- Name: FUNCTION ops_db_backup_break_glass_uses(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_break_glass_uses() IS 'Restores of prod by break-glass within the service level break_glass_shown, newest first: [{request_id, at, actor, r2_key, reason, run_url}]: runs, and records of event break_glass, which a script appends when the catalog did not answer at its start.';


--
-- Name: ops_db_backup_check_options(text, jsonb); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_check_options(p_kind text, p_options jsonb) RETURNS void
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO ''
    AS $$
begin
  if p_options = '{}' then
    return;
  end if;
  if p_kind <> 'restore' or jsonb_typeof(p_options) <> 'object' or length(p_options::text) > 1000
     or (p_options - public.ops_db_backup_requested_options()) <> '{}' then
    perform public.ops_db_backup_refuse(400, 'invalid_payload', 'the options are not those of a restore',
      jsonb_build_object('field', 'options'));
  end if;
end
$$;


--
-- Name: FUNCTION ops_db_backup_check_options(p_kind text, p_options jsonb); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_check_options(p_kind text, p_options jsonb) IS 'Refuses (invalid_payload) options that a request of this kind does not have.';


--
-- Name: ops_db_backup_check_order(text, text, text, text, text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_check_order(p_kind text, p_target text, p_mode text, p_label text, p_r2_key text) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $_$
declare
  v_wrong text;
begin
  v_wrong := case
    when p_kind is null or p_kind not in ('backup', 'restore', 'drill', 'plan', 'prune') then 'kind'
    when p_target is null or p_target not in ('prod', 'dev', 'verify') then 'target'
    when p_mode not in ('full', 'schema-only') or (p_kind = 'backup' and p_mode is null) then 'mode'
  end;
  if v_wrong is not null then
    perform public.ops_db_backup_refuse(400, 'invalid_payload',
      format('%s is not one of the known values', v_wrong),
      jsonb_build_object('field', v_wrong));
  end if;
  if p_label !~ '^[A-Za-z0-9._-]{1,40}$' or p_label ~ '\.dump\.gz\.age$' then
    perform public.ops_db_backup_refuse(400, 'invalid_label',
      'the label has a character, a length or an end that no key takes');
  end if;
  if public.ops_db_backup_is_archive_key(p_r2_key) is false
     or (p_kind in ('restore', 'plan') and p_r2_key is null) then
    perform public.ops_db_backup_refuse(400, 'invalid_r2_key',
      'the key is not the key of an archive in the vault');
  end if;
end
$_$;


--
-- Name: FUNCTION ops_db_backup_check_order(p_kind text, p_target text, p_mode text, p_label text, p_r2_key text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_check_order(p_kind text, p_target text, p_mode text, p_label text, p_r2_key text) IS 'Refuses a kind, target, mode, label or key that is not allowed.';


--
-- Name: ops_db_backup_check_record(text, text, jsonb); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_check_record(p_r2_bucket text, p_r2_key text, p_manifest jsonb) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $_$
declare
  v_wrong text;
begin
  if public.ops_db_backup_is_archive_key(p_r2_key) is not true then
    perform public.ops_db_backup_refuse(400, 'invalid_r2_key',
      'the key is not the key of an archive in the vault');
  end if;
  v_wrong := case
    when coalesce(p_r2_bucket, '') = '' then 'r2_bucket'
    when jsonb_typeof(p_manifest) is distinct from 'object' then 'manifest'
    when p_manifest ->> 'target' is distinct from split_part(p_r2_key, '/', 2) then 'manifest.target'
    when coalesce(p_manifest ->> 'mode', '') not in ('full', 'schema-only') then 'manifest.mode'
    when p_manifest ->> 'file' is distinct from split_part(p_r2_key, '/', 6) then 'manifest.file'
    when coalesce(p_manifest ->> 'sha256', '') !~ '^[0-9a-f]{64}$' then 'manifest.sha256'
    when jsonb_typeof(p_manifest -> 'bytes') is distinct from 'number' then 'manifest.bytes'
    when coalesce(p_manifest ->> 'created_at_utc', '') !~ '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$'
      then 'manifest.created_at_utc'
  end;
  if v_wrong is not null then
    perform public.ops_db_backup_refuse(400, 'invalid_payload',
      format('%s is missing or not of this object', v_wrong),
      jsonb_build_object('field', v_wrong));
  end if;
end
$_$;


--
-- Name: FUNCTION ops_db_backup_check_record(p_r2_bucket text, p_r2_key text, p_manifest jsonb); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_check_record(p_r2_bucket text, p_r2_key text, p_manifest jsonb) IS 'Refuses a record whose manifest is not the manifest of the object it names.';


--
-- Name: ops_db_backup_control(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_control() RETURNS jsonb
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform public.require_permission_for_current_user('ops', 'view');
  return public.ops_db_backup_control_state() || jsonb_build_object('waiting', (
    select coalesce(jsonb_agg(jsonb_build_object(
             'request_id', a.request_id, 'r2_key', a.r2_key, 'sha256', a.sha256, 'reason', a.reason,
             'plan_request_id', a.plan_request_id, 'requested_by', a.requested_by, 'requested_at', a.requested_at,
             'expires_at', a.requested_at + public.ops_db_backup_service_level('approval_valid'),
             'options', public.ops_db_backup_bound_options(a.options, a.plan_request_id),
             'decision', a.decision, 'is_own', a.requested_by_id is not distinct from auth.uid())
             order by a.requested_at), '[]')
      from public.ops_db_backup_approvals a
     where a.requested_at > clock_timestamp() - public.ops_db_backup_service_level('approval_valid')
       and (a.decision is null or a.requested_by_id = auth.uid())
       and not exists (select from public.ops_db_backup_runs r where r.request_id = a.request_id)));
end
$$;


--
-- Name: FUNCTION ops_db_backup_control(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_control() IS 'Who may restore what, for the screen; ops:view: ops_db_backup_control_state and waiting, the requests that wait for a second user, and the caller''s own that were decided and have not begun: [{request_id, r2_key, sha256, reason, plan_request_id, requested_by, requested_at, expires_at, options, decision, is_own}].';


--
-- Name: ops_db_backup_control_state(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_control_state() RETURNS jsonb
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select jsonb_build_object(
    'operators_named', public.ops_db_backup_setting('operators') <> 'null',
    'acting_companies', public.ops_db_backup_acting_companies(),
    'restore_approval', public.ops_db_backup_setting('restore_approval'),
    'restore_assurance', public.ops_db_backup_setting('restore_assurance'),
    'restore_right', public.ops_db_backup_setting('restore_right'))
$$;


--
-- Name: FUNCTION ops_db_backup_control_state(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_control_state() IS 'The settings as doctor and screen show them: {operators_named, acting_companies, restore_approval, restore_assurance, restore_right}.';


--
-- Name: ops_db_backup_days(text, integer, text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_days(p_target text DEFAULT 'prod'::text, p_days integer DEFAULT 30, p_time_zone text DEFAULT 'America/Sao_Paulo'::text) RETURNS TABLE(day date, made integer, failed integer, proven integer, running integer, drills integer, restores integer, last_bytes bigint, last_rows bigint, last_at timestamp with time zone)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  v_days constant integer := least(greatest(coalesce(p_days, 30), 1), 366);
  v_today date;
  v_requires_signature constant boolean := public.ops_db_backup_requires_signature();
begin
  perform public.require_permission_for_current_user('ops', 'view');
  begin
    v_today := (clock_timestamp() at time zone p_time_zone)::date;
  exception when invalid_parameter_value then
    perform public.ops_db_backup_refuse(400, 'invalid_payload', 'time_zone is not a time zone',
      jsonb_build_object('field', 'time_zone'));
  end;
  return query
    with days as (
      select v_today - n as day,
             (v_today - n)::timestamp at time zone p_time_zone as begins,
             (v_today - n + 1)::timestamp at time zone p_time_zone as ends
        from generate_series(0, v_days - 1) n
    )
    select d.day, coalesce(b.made, 0), coalesce(r.failed, 0), coalesce(b.proven, 0), coalesce(r.running, 0),
           coalesce(r.drills, 0), coalesce(r.restores, 0), newest.bytes, newest.rows_total, newest.created_at
      from days d
      left join lateral (
        select count(*)::integer as made, count(b.proven_at)::integer as proven
          from public.ops_db_backups b
         where b.target = p_target and b.created_at >= d.begins and b.created_at < d.ends
           and b.duplicate_of is null and b.status <> 'failed' and b.mode = 'full' and b.origin <> 'safety'
           and (b.signed_by is not null or not v_requires_signature)
      ) b on true
      left join lateral (
        select b.bytes, b.rows_total, b.created_at
          from public.ops_db_backups b
         where b.target = p_target and b.created_at >= d.begins and b.created_at < d.ends
           and b.duplicate_of is null and b.status <> 'failed' and b.mode = 'full' and b.origin <> 'safety'
           and (b.signed_by is not null or not v_requires_signature)
         order by b.created_at desc, b.id desc
         limit 1
      ) newest on true
      left join lateral (
        select count(*) filter (where r.kind = 'backup' and r.status in ('failed', 'lost'))::integer as failed,
               count(*) filter (
                 where r.kind = 'backup' and r.status in ('queued', 'running', 'unknown'))::integer as running,
               count(*) filter (where r.kind = 'drill')::integer as drills,
               count(*) filter (where r.kind = 'restore')::integer as restores
          from public.ops_db_backup_runs r
         where r.target = p_target and r.created_at >= d.begins and r.created_at < d.ends
      ) r on true
     order by d.day;
end
$$;


--
-- Name: FUNCTION ops_db_backup_days(p_target text, p_days integer, p_time_zone text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_days(p_target text, p_days integer, p_time_zone text) IS 'One row a day, oldest first, days without anything too; at most 366; ops:view. made: full backups begun that day, without the copies that restores took of what they replaced, and without unsigned ones where signatures are required; failed: backup runs that failed or were lost; proven: of those made that day, how many a drill has restored since; running: backup runs not ended; drills, restores: runs of the target, however they ended; last_…: the newest of those made that day.';


--
-- Name: ops_db_backup_decide(uuid, boolean); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_decide(p_request_id uuid, p_approve boolean) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  v_row record;
begin
  perform public.ops_db_backup_require('restore');
  perform public.ops_db_backup_require_second_factor();
  if public.current_empresa_id() is null then
    perform public.ops_db_backup_refuse(400, 'empresa_not_selected', 'the user has no active company');
  end if;
  if p_approve is null then
    perform public.ops_db_backup_refuse(400, 'invalid_payload', 'approve is neither true nor false',
      jsonb_build_object('field', 'approve'));
  end if;
  select * into v_row from public.ops_db_backup_approvals a where a.request_id = p_request_id for update;
  if not found then
    perform public.ops_db_backup_refuse(404, 'run_not_found', 'no request with this id waits for an approval');
  end if;
  if v_row.requested_by_id = auth.uid() then
    perform public.ops_db_backup_refuse(403, 'approval_own', 'another user than the requester decides');
  end if;
  if v_row.decision is not null then
    perform public.ops_db_backup_refuse(409, 'approval_refused', 'the request was decided before',
      jsonb_build_object('why', 'decided'));
  end if;
  if v_row.requested_at < clock_timestamp() - public.ops_db_backup_service_level('approval_valid') then
    perform public.ops_db_backup_refuse(409, 'approval_refused', 'the request has expired',
      jsonb_build_object('why', 'expired'));
  end if;
  update public.ops_db_backup_approvals a
     set decision = case when p_approve then 'approved' else 'denied' end, decided_at = clock_timestamp(),
         decided_by = auth.jwt() ->> 'email', decided_by_id = auth.uid()
   where a.request_id = p_request_id;
  return public.ops_db_backup_control();
end
$$;


--
-- Name: FUNCTION ops_db_backup_decide(p_request_id uuid, p_approve boolean); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_decide(p_request_id uuid, p_approve boolean) IS 'A second user approves or denies a restore of prod, once; the right to restore prod, and an active company. Refuses approval_own for the requester, approval_refused for a request that was decided or has expired. Returns what ops_db_backup_control does.';


--
-- Name: ops_db_backup_download(text, text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_download(p_r2_key text, p_reason text) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  v_reason constant text := nullif(left(trim(p_reason), 500), '');
  v_caller constant jsonb := public.ops_db_backup_audit_caller();
  v_backup jsonb;
begin
  perform public.ops_db_backup_require('manage');
  perform public.ops_db_backup_require_second_factor();
  if not public.ops_db_backup_is_reason(v_reason) then
    perform public.ops_db_backup_refuse(400, 'reason_required', 'to download a backup needs a reason');
  end if;
  select jsonb_build_object(
           'r2_bucket', b.r2_bucket, 'r2_key', b.r2_key, 'target', b.target, 'sha256', b.sha256, 'bytes', b.bytes)
    into v_backup
    from public.ops_db_backups b
   where b.r2_key = p_r2_key and b.status <> 'deleted'
   order by b.duplicate_of is null desc, b.created_at desc
   limit 1;
  if v_backup is null then
    perform public.ops_db_backup_refuse(404, 'no_backup_found', 'the catalog has no such backup in the vault');
  end if;
  perform public.ops_db_backup_audit_write(
    'download', v_caller ->> 'email', (v_caller ->> 'sub')::uuid, v_backup ->> 'target', null, p_r2_key, null,
    jsonb_build_object('reason', v_reason, 'sha256', v_backup -> 'sha256', 'bytes', v_backup -> 'bytes'));
  return v_backup;
end
$$;


--
-- Name: FUNCTION ops_db_backup_download(p_r2_key text, p_reason text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_download(p_r2_key text, p_reason text) IS 'Records in the audit that the caller downloads a backup, and why; ops:manage of an operator, with a second factor where restore_assurance is aal2. Returns where it lies: {r2_bucket, r2_key, target, sha256, bytes}.';


--
-- Name: ops_db_backup_durations(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_durations() RETURNS TABLE(kind text, target text, samples integer, p50_ms bigint, p90_ms bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
#variable_conflict use_column
begin
  perform public.require_permission_for_current_user('ops', 'view');
  return query
    select k.kind, t.target, count(*)::integer,
           percentile_cont(0.5) within group (order by last.ms)::bigint,
           percentile_cont(0.9) within group (order by last.ms)::bigint
      from unnest(array['backup', 'restore', 'drill', 'plan', 'prune']) k (kind)
     cross join unnest(array['prod', 'dev', 'verify']) t (target)
     cross join lateral (
       select extract(epoch from r.finished_at - r.started_at) * 1000 as ms
         from public.ops_db_backup_runs r
        where r.kind = k.kind and r.target = t.target and r.status = 'succeeded' and r.started_at is not null
           and r.reason is distinct from 'Dado de amostra'
        order by r.finished_at desc
        limit 20
     ) last
     group by k.kind, t.target
     order by k.kind, t.target;
end
$$;


--
-- Name: FUNCTION ops_db_backup_durations(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_durations() IS 'How long the last 20 succeeded runs of each kind and target took, half and nine tenths of them, sample runs excepted; ops:view.';


--
-- Name: ops_db_backup_hold(text, timestamp with time zone, text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_hold(p_r2_key text, p_until timestamp with time zone, p_reason text) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  v_reason constant text := nullif(left(trim(p_reason), 500), '');
  v_row jsonb;
begin
  perform public.ops_db_backup_require('manage');
  if not public.ops_db_backup_is_reason(v_reason) then
    perform public.ops_db_backup_refuse(400, 'reason_required', 'to hold or to release a backup needs a reason');
  end if;
  if p_until <= clock_timestamp()
     or p_until > clock_timestamp() + public.ops_db_backup_service_level('hold_longest') then
    perform public.ops_db_backup_refuse(400, 'invalid_payload', 'until is in the past, or too far in the future',
      jsonb_build_object('field', 'until'));
  end if;
  update public.ops_db_backups b
     set hold_until = p_until, hold_reason = v_reason, held_by = (auth.jwt()) ->> 'email',
         updated_at = clock_timestamp()
   where b.r2_key = p_r2_key and b.status <> 'deleted';
  if not found then
    perform public.ops_db_backup_refuse(404, 'no_backup_found', 'the catalog has no such backup in the vault');
  end if;
  select to_jsonb(b) - array['manifest', 'duplicate_of', 'updated_at'] into v_row
    from public.ops_db_backups b
   where b.r2_key = p_r2_key and b.status <> 'deleted'
   order by b.duplicate_of is null desc, b.created_at desc
   limit 1;
  return v_row;
end
$$;


--
-- Name: FUNCTION ops_db_backup_hold(p_r2_key text, p_until timestamp with time zone, p_reason text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_hold(p_r2_key text, p_until timestamp with time zone, p_reason text) IS 'Keeps a backup from retention until then, at most for the service level hold_longest, or releases it (p_until null); ops:manage of an operator. The reason of either is compulsory and stays readable. Returns the row.';


--
-- Name: ops_db_backup_in_short(text, boolean); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_in_short(p_target text, p_only_proven boolean) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
declare
  v_requires_signature constant boolean := public.ops_db_backup_requires_signature();
begin
  return (
    select jsonb_build_object(
             'id', b.id, 'created_at', b.created_at, 'r2_key', b.r2_key, 'bytes', b.bytes,
             'rows_total', b.rows_total, 'label', b.label, 'origin', b.origin, 'proven_at', b.proven_at)
      from public.ops_db_backups b
     where b.target = p_target and b.mode = 'full' and b.duplicate_of is null and b.status in ('uploaded', 'restored')
       and b.origin <> 'safety' and not public.ops_db_backup_is_rejected(b.proof)
       and (b.signed_by is not null or not v_requires_signature)
       and b.created_at <= now() + public.ops_db_backup_service_level('vault_time_ahead')
       and (p_only_proven is not true or b.proven_at is not null)
     order by b.created_at desc, b.id desc
     limit 1
  );
end
$$;


--
-- Name: FUNCTION ops_db_backup_in_short(p_target text, p_only_proven boolean); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_in_short(p_target text, p_only_proven boolean) IS 'The newest full backup of a target that the vault holds and no drill rejected, or the newest that a drill proved; null when there is none. Copies that restores took of what they replaced do not count, nor do backups that are dated in the future, nor unsigned ones where signatures are required.';


--
-- Name: ops_db_backup_is_archive_key(text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_is_archive_key(p_r2_key text) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO ''
    AS $_$
declare
  v_parts constant text[] := regexp_match(p_r2_key,
    '^revo/(prod|dev|verify)/([1-9][0-9]{3})/(0[1-9]|1[0-2])/(0[1-9]|[12][0-9]|3[01])/'
    'supabase_\1_\2\3\4_([01][0-9]|2[0-3])[0-5][0-9][0-5][0-9](_[A-Za-z0-9._-]{1,40})?\.dump\.gz(\.age)?$');
begin
  if p_r2_key is null then
    return null;
  end if;
  return coalesce(
    v_parts[4]::integer <= extract(day from make_date(v_parts[2]::integer, v_parts[3]::integer, 1)
                                            + interval '1 month' - interval '1 day')
    -- the manifest of such an archive would have the key of an encrypted one's
    and v_parts[6] !~ '\.dump\.gz\.age$' is not false,
    false);
end
$_$;


--
-- Name: FUNCTION ops_db_backup_is_archive_key(p_r2_key text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_is_archive_key(p_r2_key text) IS 'Whether it is revo/<target>/YYYY/MM/DD/supabase_<target>_<YYYYMMDD_HHMMSS>[_<label>].dump.gz[.age] with a date and a time that exist, as parseArchiveKey of the domain; null for null.';


--
-- Name: ops_db_backup_is_operator(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_is_operator() RETURNS boolean
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
declare
  v_operators constant jsonb := public.ops_db_backup_setting('operators');
begin
  return coalesce(
    v_operators = 'null' or v_operators -> 'users' ? auth.uid()::text
    or v_operators -> 'companies' ? public.current_empresa_id()::text, false);
end
$$;


--
-- Name: FUNCTION ops_db_backup_is_operator(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_is_operator() IS 'Whether the setting operators names the signed-in user or the active company; true while it is unset.';


--
-- Name: ops_db_backup_is_reason(text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_is_reason(p_reason text) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO ''
    AS $$
begin
  return length(coalesce(regexp_replace(p_reason, '[^A-Za-z\u00aa-\U0010ffff]', '', 'g'), '')) >= 3;
end
$$;


--
-- Name: FUNCTION ops_db_backup_is_reason(p_reason text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_is_reason(p_reason text) IS 'Whether a text may be a reason: it has three letters. Every character after U+00A9 counts as one, since classes of characters depend on the database''s locale; the function of the API is stricter.';


--
-- Name: ops_db_backup_is_rejected(jsonb); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_is_rejected(p_proof jsonb) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
  select coalesce(p_proof ->> 'failed' <> '0', false)
$$;


--
-- Name: FUNCTION ops_db_backup_is_rejected(p_proof jsonb); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_is_rejected(p_proof jsonb) IS 'Whether the newest drill that said something of a backup rejected it, by the row''s proof; false for null. The same as isRejected of the domain.';


--
-- Name: ops_db_backup_is_sealed(jsonb); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_is_sealed(p_message jsonb) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $_$
  select coalesce(
    jsonb_typeof(p_message) = 'object'
      and p_message - array['v', 'public_key', 'iv', 'body'] = '{}'
      and p_message -> 'v' = '1'
      and p_message ->> 'public_key' ~ '^B[A-Za-z0-9+/]{86}=$'
      and p_message ->> 'iv' ~ '^[A-Za-z0-9+/]{16}$'
      and p_message ->> 'body' ~ '^[A-Za-z0-9+/]+={0,2}$', false)
$_$;


--
-- Name: FUNCTION ops_db_backup_is_sealed(p_message jsonb); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_is_sealed(p_message jsonb) IS 'Whether a value has the form of a sealed message (seal.ts).';


--
-- Name: ops_db_backup_label(text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_label(p_label text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO ''
    AS $$
begin
  return nullif(regexp_replace(
    btrim(regexp_replace(normalize(p_label, nfd), '[\u0300-\u036f]', '', 'g')), ' +', '_', 'g'), '');
end
$$;


--
-- Name: FUNCTION ops_db_backup_label(p_label text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_label(p_label text) IS 'A label as keys contain it, as convertLabel of the domain: letters without their marks, no blanks around it, _ for blanks within it, null for an empty one. A character that no key takes stays, and is refused by ops_db_backup_check_order.';


--
-- Name: ops_db_backup_limit(text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_limit(p_name text) RETURNS integer
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO ''
    AS $$
begin
  case p_name
    when 'drill' then return 4;
    when 'plan' then return 8;
    else return null; -- a lock limits the other kinds
  end case;
end
$$;


--
-- Name: FUNCTION ops_db_backup_limit(p_name text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_limit(p_name text) IS 'How many runs of a kind without a lock may be active on a target; null for the other kinds.';


--
-- Name: ops_db_backup_look_answer(uuid); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_look_answer(p_request_id uuid) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  v_found jsonb;
  v_user constant uuid := (public.ops_db_backup_audit_caller() ->> 'sub')::uuid;
begin
  perform public.ops_db_backup_require('manage');
  perform public.ops_db_backup_look_expire();
  select jsonb_build_object(
           'state', case when s.answer is not null then 'answered' when s.error_code is not null then 'failed'
                         when s.taken_at is not null then 'reading' else 'waiting' end,
           'sealed', s.answer, 'error_code', s.error_code, 'expires_at', s.expires_at)
    into v_found
    from public.ops_db_backup_sealed s
   where s.request_id = p_request_id and s.requested_by_id = v_user
     for update;
  if v_found is null then
    perform public.ops_db_backup_refuse(404, 'look_expired', 'the caller has no look of this id');
  end if;
  if v_found ->> 'state' in ('answered', 'failed') then
    delete from public.ops_db_backup_sealed s where s.request_id = p_request_id;
  end if;
  return v_found;
end
$$;


--
-- Name: FUNCTION ops_db_backup_look_answer(p_request_id uuid); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_look_answer(p_request_id uuid) IS 'The state of the caller''s own look: {state: waiting, reading, answered or failed, sealed, error_code, expires_at}. An answer or an error code is given once: the row is deleted. ops:manage; look_expired for what is not the caller''s.';


--
-- Name: ops_db_backup_look_expire(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_look_expire() RETURNS void
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  delete from public.ops_db_backup_sealed where expires_at <= clock_timestamp()
$$;


--
-- Name: FUNCTION ops_db_backup_look_expire(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_look_expire() IS 'Deletes the sealed messages that have expired; each call of a look does.';


--
-- Name: ops_db_backup_look_keep(uuid, text, text, jsonb); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_look_keep(p_request_id uuid, p_r2_key text, p_reason text, p_sealed jsonb) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_caller constant jsonb := public.ops_db_backup_audit_caller();
  v_user constant uuid := (v_caller ->> 'sub')::uuid;
  v_target text;
  v_row public.ops_db_backup_sealed;
begin
  perform public.ops_db_backup_look_expire();
  -- letters as ops_db_backup_is_reason counts them
  if length(coalesce(regexp_replace(p_reason, '[^A-Za-z\u00aa-\U0010ffff]', '', 'g'), '')) < 10 then
    perform public.ops_db_backup_refuse(400, 'reason_required', 'to look into a backup needs a reason of ten letters');
  end if;
  if p_request_id is null or not public.ops_db_backup_is_sealed(p_sealed) or octet_length(p_sealed::text) > 8192 then
    perform public.ops_db_backup_refuse(400, 'invalid_payload', 'the sealed request has another form, or is too long',
      jsonb_build_object('field', 'sealed'));
  end if;
  select b.target into v_target
    from public.ops_db_backups b
   where b.r2_key = p_r2_key and b.status <> 'deleted'
   limit 1;
  if v_target is null then
    perform public.ops_db_backup_refuse(404, 'no_backup_found', 'the catalog has no such backup in the vault');
  end if;
  if (select count(*) >= 20 from public.ops_db_backup_sealed s where s.requested_by_id = v_user) then
    perform public.ops_db_backup_refuse(429, 'look_too_many', 'the caller has twenty looks that have not expired');
  end if;
  insert into public.ops_db_backup_sealed
    (request_id, r2_key, target, reason, requested_by, requested_by_id, expires_at, request)
  values
    (p_request_id, p_r2_key, v_target, p_reason, v_caller ->> 'email', v_user,
     clock_timestamp() + public.ops_db_backup_service_level('look_valid'), p_sealed)
  on conflict (request_id) do nothing
  returning * into v_row;
  if v_row.request_id is not null then
    return jsonb_build_object('created', true, 'expires_at', v_row.expires_at);
  end if;
  select * into v_row from public.ops_db_backup_sealed s
   where s.request_id = p_request_id and s.requested_by_id = v_user and s.request = p_sealed;
  if not found then
    perform public.ops_db_backup_refuse(409, 'request_id_reused', 'another look has this id');
  end if;
  return jsonb_build_object('created', false, 'expires_at', v_row.expires_at);
end
$$;


--
-- Name: FUNCTION ops_db_backup_look_keep(p_request_id uuid, p_r2_key text, p_reason text, p_sealed jsonb); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_look_keep(p_request_id uuid, p_r2_key text, p_reason text, p_sealed jsonb) IS 'The part of ops_db_backup_look_request behind the check of the caller''s rights.';


--
-- Name: ops_db_backup_look_put(jsonb); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_look_put(p jsonb) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  v_id constant uuid := (p ->> 'request_id')::uuid;
  v_answer constant jsonb := nullif(p -> 'sealed', 'null');
  v_code constant text := p ->> 'error_code';
  v_detail constant jsonb := coalesce(nullif(p -> 'detail', 'null'), '{}');
  v_row public.ops_db_backup_sealed;
begin
  perform public.ops_db_backup_look_expire();
  if (v_answer is null) = (v_code is null) or not (v_answer is null or public.ops_db_backup_is_sealed(v_answer))
     or octet_length(v_answer::text) > 1048576 or jsonb_typeof(v_detail) <> 'object' or octet_length(v_detail::text) > 4000 then
    perform public.ops_db_backup_refuse(400, 'invalid_payload', 'a look has a sealed answer or an error code, and short details');
  end if;
  select * into v_row from public.ops_db_backup_sealed s
   where s.request_id = v_id and s.taken_at is not null and s.answer is null and s.error_code is null
     for update;
  if not found then
    perform public.ops_db_backup_refuse(404, 'look_expired', 'no look of this id waits for an answer');
  end if;
  -- first the record: the answer is there only with it
  perform public.ops_db_backup_audit_write('look', v_row.requested_by, v_row.requested_by_id, v_row.target, v_id, v_row.r2_key,
    v_code, v_detail || jsonb_build_object('reason', v_row.reason, 'on', 'screen'));
  update public.ops_db_backup_sealed s set answer = v_answer, error_code = v_code where s.request_id = v_id;
  return jsonb_build_object('expires_at', v_row.expires_at);
end
$$;


--
-- Name: FUNCTION ops_db_backup_look_put(p jsonb); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_look_put(p jsonb) IS 'Puts the sealed answer of a look, or its error code, and with it the record of the audit, in the name of the requester: {request_id, sealed or error_code, detail}. Once, of a look whose request was taken; else look_expired.';


--
-- Name: ops_db_backup_look_request(uuid, text, text, jsonb); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_look_request(p_request_id uuid, p_r2_key text, p_reason text, p_sealed jsonb) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform public.ops_db_backup_require('manage');
  perform public.ops_db_backup_require_second_factor();
  return public.ops_db_backup_look_keep(p_request_id, p_r2_key, nullif(left(trim(p_reason), 500), ''), p_sealed);
end
$$;


--
-- Name: FUNCTION ops_db_backup_look_request(p_request_id uuid, p_r2_key text, p_reason text, p_sealed jsonb); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_look_request(p_request_id uuid, p_r2_key text, p_reason text, p_sealed jsonb) IS 'Keeps the sealed request of a look for the job; ops:manage of an operator, with a second factor where restore_assurance is aal2, and a reason of ten letters. Returns {created, expires_at}; the same request again is not created again.';


--
-- Name: ops_db_backup_look_take(jsonb); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_look_take(p jsonb) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  v_id constant uuid := (p ->> 'request_id')::uuid;
  v_taken jsonb;
begin
  perform public.ops_db_backup_look_expire();
  select jsonb_build_object('r2_key', s.r2_key, 'sealed', s.request) into v_taken
    from public.ops_db_backup_sealed s
   where s.request_id = v_id and s.request is not null
     for update;
  if v_taken is null then
    perform public.ops_db_backup_refuse(404, 'look_expired', 'there is no sealed request of this id, or it was taken before');
  end if;
  update public.ops_db_backup_sealed s set request = null, taken_at = clock_timestamp() where s.request_id = v_id;
  return v_taken;
end
$$;


--
-- Name: FUNCTION ops_db_backup_look_take(p jsonb); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_look_take(p jsonb) IS 'Takes the sealed request of {request_id}, once; it is deleted. Returns {r2_key, sealed}. Else look_expired.';


--
-- Name: ops_db_backup_look_withdraw(uuid); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_look_withdraw(p_request_id uuid) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform public.ops_db_backup_require('manage');
  perform public.ops_db_backup_look_expire();
  delete from public.ops_db_backup_sealed s
   where s.request_id = p_request_id
     and s.requested_by_id = (public.ops_db_backup_audit_caller() ->> 'sub')::uuid;
  return jsonb_build_object('withdrawn', found);
end
$$;


--
-- Name: FUNCTION ops_db_backup_look_withdraw(p_request_id uuid); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_look_withdraw(p_request_id uuid) IS 'Deletes the caller''s own look, also one that was not answered yet. Returns {withdrawn}. ops:manage.';


--
-- Name: ops_db_backup_lost_runs(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_lost_runs() RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select coalesce(jsonb_agg(jsonb_build_object(
           'request_id', r.request_id, 'kind', r.kind, 'target', r.target,
           'at', coalesce(r.finished_at, r.created_at), 'run_url', r.run_url) order by r.created_at desc), '[]')
    from (
      select distinct on (kind, target) *
        from public.ops_db_backup_runs
       where status not in ('queued', 'running', 'unknown')
       order by kind, target, created_at desc
    ) r
   where r.status = 'lost'
$$;


--
-- Name: FUNCTION ops_db_backup_lost_runs(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_lost_runs() IS 'Lost runs that are the newest of their kind and target: a later run replaces them.';


--
-- Name: ops_db_backup_manifest(text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_manifest(p_r2_key text) RETURNS jsonb
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  v_manifest jsonb;
begin
  perform public.require_permission_for_current_user('ops', 'view');
  select b.manifest into v_manifest
    from public.ops_db_backups b
   where b.r2_key = p_r2_key
   order by b.duplicate_of is null desc, b.created_at desc
   limit 1;
  if not found then
    perform public.ops_db_backup_refuse(404, 'no_backup_found', 'the catalog has no row for this object');
  end if;
  return v_manifest;
end
$$;


--
-- Name: FUNCTION ops_db_backup_manifest(p_r2_key text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_manifest(p_r2_key text) IS 'The manifest of a backup as it lies in the vault; ops:view. Null for rows older than the column.';


--
-- Name: ops_db_backup_mark(jsonb); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_mark(p jsonb) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  v_status constant text := p ->> 'status';
  v_disproved_at constant timestamptz := p ->> 'disproved_at';
  v_drilled_at constant timestamptz := coalesce(v_disproved_at, (p ->> 'proven_at')::timestamptz);
  v_row jsonb;
begin
  if v_status not in ('uploaded', 'failed', 'restored', 'deleted') then
    perform public.ops_db_backup_refuse(400, 'invalid_payload', 'status is not one of the known values',
      jsonb_build_object('field', 'status'));
  end if;
  update public.ops_db_backups b
     set status = coalesce(v_status, b.status),
         proven_at = case
           when known.is_newer then b.proven_at
           when v_disproved_at is null then v_drilled_at
         end,
         proof = case
           when known.is_newer then b.proof
           when v_disproved_at is not null or public.ops_db_backup_is_rejected(b.proof) then nullif(p -> 'proof', 'null')
           else coalesce(nullif(p -> 'proof', 'null'), b.proof)
         end,
         updated_at = clock_timestamp()
    from (
      select o.id,
             coalesce(v_drilled_at < greatest(o.proven_at, (o.proof ->> 'drilled_at')::timestamptz),
                      v_drilled_at is null) as is_newer
        from public.ops_db_backups o
       where o.r2_bucket = p ->> 'r2_bucket' and o.r2_key = p ->> 'r2_key'
         for update
    ) known
   where b.id = known.id; -- duplicates tell the same
  if not found then
    perform public.ops_db_backup_refuse(404, 'no_backup_found', 'the catalog has no row for this object');
  end if;
  select to_jsonb(b) - array['manifest', 'duplicate_of', 'updated_at'] into v_row
    from public.ops_db_backups b
   where b.r2_bucket = p ->> 'r2_bucket' and b.r2_key = p ->> 'r2_key' and b.duplicate_of is null;
  return v_row;
end
$$;


--
-- Name: FUNCTION ops_db_backup_mark(p jsonb); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_mark(p jsonb) IS 'Says of an archive that it was restored, deleted, proven or rejected: {r2_bucket, r2_key, status, proven_at, proof, disproved_at}; what is not given stays. The newest drill decides: one older than the row''s changes nothing, and one that failed (disproved_at) takes away the proofs before it. Returns the row.';


--
-- Name: ops_db_backup_migrations(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_migrations() RETURNS jsonb
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $_$
declare
  v_names jsonb;
begin
  if to_regclass('supabase_migrations.schema_migrations') is null then
    return null;
  end if;
  execute $names$
    select coalesce(jsonb_agg(name order by version), '[]')
      from supabase_migrations.schema_migrations where starts_with(name, 'ops_db_backup')
  $names$ into v_names;
  return v_names;
end
$_$;


--
-- Name: FUNCTION ops_db_backup_migrations(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_migrations() IS 'Names of the applied migrations of the catalog, oldest first; null where the database keeps no record of migrations.';


--
-- Name: ops_db_backup_named_options(jsonb, uuid); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_named_options(p_options jsonb, p_plan_request_id uuid) RETURNS jsonb
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select coalesce(p_options, '{}') || coalesce((
    select jsonb_build_object('privileges_from', r.result #> '{plan,access,from}')
      from public.ops_db_backup_runs r
     where r.request_id = p_plan_request_id and r.kind = 'plan' and p_options ->> 'privileges_from' = 'newest'
       and r.result #>> '{plan,access,from}' is not null), '{}')
$$;


--
-- Name: FUNCTION ops_db_backup_named_options(p_options jsonb, p_plan_request_id uuid); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_named_options(p_options jsonb, p_plan_request_id uuid) IS 'The options, with the backup that the plan found where privileges_from is newest: a restore takes the plan''s, and its request from the screen names it.';


--
-- Name: ops_db_backup_overview(text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_overview(p_target text DEFAULT 'prod'::text) RETURNS jsonb
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  v_newest jsonb;
  v_rejected jsonb;
  v_last_drill jsonb;
  v_last_failed jsonb;
begin
  perform public.require_permission_for_current_user('ops', 'view');
  v_newest := public.ops_db_backup_in_short(p_target, false);
  select coalesce(jsonb_agg(jsonb_build_object(
           'id', b.id, 'created_at', b.created_at, 'r2_key', b.r2_key, 'status', b.status,
           'drilled_at', b.proof ->> 'drilled_at') order by b.created_at desc, b.id desc), '[]')
    into v_rejected
    from (
      select *
        from public.ops_db_backups
       where target = p_target and proof ->> 'failed' <> '0' and duplicate_of is null -- as the index
         and mode = 'full' and status <> 'failed' and origin <> 'safety'
         and created_at <= now() + public.ops_db_backup_service_level('vault_time_ahead')
       order by created_at desc, id desc
       limit 100
    ) b;
  select jsonb_build_object('request_id', r.request_id, 'status', r.status, 'finished_at', r.finished_at,
                            'error_code', r.error_code, 'r2_key', r.r2_key)
    into v_last_drill
    from public.ops_db_backup_runs r
   where r.kind = 'drill' and r.target = p_target
   order by r.created_at desc, r.id desc
   limit 1;
  select jsonb_build_object('kind', r.kind, 'status', r.status, 'finished_at', r.finished_at,
                            'error_code', r.error_code, 'request_id', r.request_id)
    into v_last_failed
    from public.ops_db_backup_runs r
   where r.kind = 'backup' and r.target = p_target and r.status in ('failed', 'lost')
     and r.created_at > coalesce(greatest((v_newest ->> 'created_at')::timestamptz,
                                          (v_rejected #>> '{0,created_at}')::timestamptz), '-infinity')
   order by r.created_at desc, r.id desc
   limit 1;
  return jsonb_build_object(
    'newest', v_newest,
    'rejected', v_rejected,
    'newest_proven', public.ops_db_backup_in_short(p_target, true),
    'rto', public.ops_db_backup_recovery_time(p_target),
    'last_drill', v_last_drill,
    'last_failed', v_last_failed,
    'active', (
      select count(*) from public.ops_db_backup_runs r
       where r.target = p_target and r.status in ('queued', 'running', 'unknown')),
    'scheduled', (
      select coalesce(jsonb_agg(b.created_at order by b.created_at desc), '[]') from (
        select created_at from public.ops_db_backups
         where target = p_target and mode = 'full' and origin = 'schedule' and duplicate_of is null
         order by created_at desc
         limit 3) b),
    'time', clock_timestamp()
  );
end
$$;


--
-- Name: FUNCTION ops_db_backup_overview(p_target text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_overview(p_target text) IS 'A target at a glance; ops:view: {newest, rejected, newest_proven, rto, last_drill, last_failed, active, scheduled, time}. rejected has the full backups that a drill rejected, newest first, deleted ones too, at most 100; last_failed is the newest backup run that failed or was lost since the newest backup; scheduled has the times of the last three full backups that the schedule made; time is the database''s clock.';


--
-- Name: ops_db_backup_own_run_url(text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_own_run_url(p_run_url text) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $_$
declare
  v_base text;
begin
  select substring(r.run_url from '^(.*)/actions/runs/\d+$') into v_base
    from public.ops_db_backup_runs r
   where r.started_at is not null and r.github_run_id is not null and r.run_url ~ '/actions/runs/\d+$'
   order by r.started_at desc
   limit 1;
  return case
    when v_base is not null then
      case when starts_with(p_run_url, v_base) and substr(p_run_url, length(v_base) + 1) ~ '^/actions/runs/\d+$'
        then p_run_url end
    -- before a script has begun: GitHub, or the GitHub of this machine
    when p_run_url ~ '^(https://github\.com|http://(127\.0\.0\.1|localhost):\d+)/[\w.-]+/[\w.-]+/actions/runs/\d+$'
      then p_run_url
  end;
end
$_$;


--
-- Name: FUNCTION ops_db_backup_own_run_url(p_run_url text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_own_run_url(p_run_url text) IS 'The address when it is of a run of the repository whose script began last, else null: an address that a user or an unsigned manifest gives becomes a link on the screen.';


--
-- Name: ops_db_backup_page_size(integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_page_size(p_limit integer) RETURNS integer
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO ''
    AS $$
begin
  return least(greatest(coalesce(p_limit, 50), 1), 1000);
end
$$;


--
-- Name: FUNCTION ops_db_backup_page_size(p_limit integer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_page_size(p_limit integer) IS 'Rows of one call of a list: 50, at least 1, as the list of Revo ERP''s older page has it, at most 1000.';


--
-- Name: ops_db_backup_permissions(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_permissions() RETURNS jsonb
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  return jsonb_build_object(
    'view', coalesce(public.has_permission_for_current_user('ops', 'view'), false),
    'manage', coalesce(public.has_permission_for_current_user('ops', 'manage'), false)
              and public.ops_db_backup_is_operator(),
    'restore', coalesce(public.has_permission_for_current_user('ops',
                 public.ops_db_backup_setting('restore_right') #>> '{}'), false)
               and public.ops_db_backup_is_operator(),
    'empresa', public.current_empresa_id() is not null
  );
end
$$;


--
-- Name: FUNCTION ops_db_backup_permissions(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_permissions() IS 'What the screen may offer the signed-in user: {view, manage, restore, empresa}, four booleans.';


--
-- Name: ops_db_backup_rebuild_backups(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_rebuild_backups() RETURNS integer
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $_$
declare
  v_columns constant text[] := public.ops_db_backup_audit_columns('public.ops_db_backups');
  v_added integer;
  v_changed integer;
begin
  perform set_config('ops_db_backup.rebuild', 'on', true);
  execute format($statement$
    insert into public.ops_db_backups (%1$s)
    select %2$s
      from (
        select distinct on (a.r2_key, a.record::jsonb #>> '{detail,backup,r2_bucket}')
               a.record::jsonb #> '{detail,backup}' as backup
          from public.ops_db_backup_audit a
         where a.event in ('record', 'hold', 'mark') and a.record::jsonb #> '{detail,backup,duplicate_of}' = 'null'
         order by a.r2_key, a.record::jsonb #>> '{detail,backup,r2_bucket}', a.at desc, a.seq desc
      ) newest
     cross join lateral jsonb_populate_record(null::public.ops_db_backups, newest.backup) m
    on conflict do nothing
  $statement$, array_to_string(v_columns, ', '), 'm.' || array_to_string(v_columns, ', m.'));
  get diagnostics v_added = row_count;

  with said as (
    select a.event, a.at, a.seq, m.*
      from public.ops_db_backup_audit a
     cross join lateral jsonb_populate_record(null::public.ops_db_backups, a.record::jsonb #> '{detail,backup}') m
     where a.event in ('hold', 'mark')
  ), held as (
    select distinct on (s.r2_bucket, s.r2_key) s.r2_bucket, s.r2_key, s.hold_until, s.hold_reason, s.held_by
      from said s
     where s.event = 'hold'
     order by s.r2_bucket, s.r2_key, s.at desc, s.seq desc
  ), judged as (
    select distinct on (s.r2_bucket, s.r2_key, s.sha256) s.r2_bucket, s.r2_key, s.sha256, s.proven_at, s.proof,
           greatest(s.proven_at, (s.proof ->> 'drilled_at')::timestamptz) as drilled_at
      from said s
     where s.proven_at is not null or s.proof is not null
     order by s.r2_bucket, s.r2_key, s.sha256, drilled_at desc nulls last, s.at desc, s.seq desc
  ), marked as (
    select distinct on (s.r2_bucket, s.r2_key) s.r2_bucket, s.r2_key, s.status
      from said s
     where s.event = 'mark'
     order by s.r2_bucket, s.r2_key, s.at desc, s.seq desc
  ), wanted as (
    select b.id, case when h.r2_key is null then b.hold_until else h.hold_until end as hold_until,
           case when h.r2_key is null then b.hold_reason else h.hold_reason end as hold_reason,
           case when h.r2_key is null then b.held_by else h.held_by end as held_by,
           case when known.is_newer then j.proven_at else b.proven_at end as proven_at,
           case when known.is_newer then j.proof else b.proof end as proof,
           case when b.status = 'uploaded' and m.status = 'restored' then m.status else b.status end as status
      from public.ops_db_backups b
      left join held h on h.r2_bucket = b.r2_bucket and h.r2_key = b.r2_key
      left join judged j on j.r2_bucket = b.r2_bucket and j.r2_key = b.r2_key and j.sha256 = b.sha256
      left join marked m on m.r2_bucket = b.r2_bucket and m.r2_key = b.r2_key
     cross join lateral (
       select coalesce(j.drilled_at > greatest(b.proven_at, (b.proof ->> 'drilled_at')::timestamptz),
                       j.drilled_at is not null) as is_newer
     ) known
     where b.duplicate_of is null
  )
  update public.ops_db_backups b
     set hold_until = w.hold_until, hold_reason = w.hold_reason, held_by = w.held_by, proven_at = w.proven_at,
         proof = w.proof, status = w.status
    from wanted w
   where w.id = b.id
     and (b.hold_until, b.hold_reason, b.held_by, b.proven_at, b.proof, b.status)
         is distinct from (w.hold_until, w.hold_reason, w.held_by, w.proven_at, w.proof, w.status);
  get diagnostics v_changed = row_count;
  return v_added + v_changed;
end
$_$;


--
-- Name: FUNCTION ops_db_backup_rebuild_backups(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_rebuild_backups() IS 'Gives backups back what no manifest knows: holds, the newest proof or rejection, that they were restored or deleted. Rows of which the vault holds no object any more come back without their manifest. Returns how many rows were written.';


--
-- Name: ops_db_backup_rebuild_runs(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_rebuild_runs() RETURNS integer
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $_$
declare
  v_columns constant text[] := public.ops_db_backup_audit_columns('public.ops_db_backup_runs');
  v_written integer;
begin
  perform set_config('ops_db_backup.rebuild', 'on', true); -- these rows are audited, too, as done by "rebuild"
  execute format($statement$
    with newest as (
      select distinct on (a.request_id) a.record::jsonb #> '{detail,run}' as run
        from public.ops_db_backup_audit a
       where a.event = 'run'
       order by a.request_id, (a.record::jsonb #>> '{detail,run,updated_at}')::timestamptz desc, a.at desc, a.seq desc
    ), missing as (
      select case
               when n.run ->> 'status' in ('queued', 'running', 'unknown') then n.run || jsonb_build_object(
                 'status', 'lost', 'error_code', 'run_lost', 'finished_at', clock_timestamp(),
                 'updated_at', clock_timestamp(), 'error_message', 'The catalog was lost while this run was open')
               else n.run
             end as run
        from newest n
        left join public.ops_db_backup_runs r on r.request_id = (n.run ->> 'request_id')::uuid
       where r.request_id is null or r.updated_at < (n.run ->> 'updated_at')::timestamptz
    )
    insert into public.ops_db_backup_runs as r (%1$s)
    select %2$s from missing cross join lateral jsonb_populate_record(null::public.ops_db_backup_runs, missing.run) m
    on conflict (request_id) do update set (%1$s) = row(%3$s)
  $statement$, array_to_string(v_columns, ', '), 'm.' || array_to_string(v_columns, ', m.'),
    'excluded.' || array_to_string(v_columns, ', excluded.'));
  get diagnostics v_written = row_count;
  return v_written;
end
$_$;


--
-- Name: FUNCTION ops_db_backup_rebuild_runs(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_rebuild_runs() IS 'Brings runs back as the newest record of each shows it: those that the table lacks or knows an older state of. What was open then is lost; a script that lives on corrects that with its end. Returns how many rows were written.';


--
-- Name: ops_db_backup_record(jsonb); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_record(p jsonb) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $_$
declare
  v_key constant text := p ->> 'r2_key';
  v_manifest constant jsonb := p -> 'manifest';
  v_run_url constant text := coalesce(p ->> 'run_url', p #>> '{manifest,run,url}');
  v_row jsonb;
begin
  perform public.ops_db_backup_check_record(p ->> 'r2_bucket', v_key, v_manifest);
  insert into public.ops_db_backups as b
    (r2_bucket, r2_key, created_at, target, mode, sha256, bytes, git_sha, status, kind, label, raw_bytes,
     tables_total, rows_total, duration_ms, server_version, requested_by, run_url, verified_at, manifest,
     signed_by, updated_at)
  values
    (p ->> 'r2_bucket', v_key, (v_manifest ->> 'created_at_utc')::timestamptz, v_manifest ->> 'target',
     v_manifest ->> 'mode', v_manifest ->> 'sha256', (v_manifest ->> 'bytes')::bigint,
     v_manifest ->> 'git_sha',
     'uploaded', v_manifest ->> 'kind',
     coalesce(v_manifest ->> 'label', substring(v_key from '_\d{8}_\d{6}_([A-Za-z0-9._-]+)\.dump\.gz(?:\.age)?$')),
     (v_manifest ->> 'raw_bytes')::bigint, (v_manifest ->> 'tables_total')::integer,
     (v_manifest ->> 'rows_total')::bigint, (v_manifest ->> 'duration_ms')::bigint,
     v_manifest ->> 'server_version',
     coalesce(p ->> 'requested_by', v_manifest ->> 'requested_by'),
     case when p ->> 'signed_by' is null then public.ops_db_backup_own_run_url(v_run_url) else v_run_url end,
     (p ->> 'verified_at')::timestamptz, v_manifest,
     p ->> 'signed_by', clock_timestamp())
  on conflict (r2_bucket, r2_key) where duplicate_of is null do update
     set created_at = excluded.created_at, target = excluded.target, mode = excluded.mode,
         sha256 = excluded.sha256, bytes = excluded.bytes, git_sha = excluded.git_sha,
         -- it is there: what spoke of a missing object no longer holds
         status = case when b.status in ('failed', 'deleted') then 'uploaded' else b.status end,
         kind = excluded.kind, label = excluded.label, raw_bytes = excluded.raw_bytes,
         tables_total = excluded.tables_total, rows_total = excluded.rows_total,
         duration_ms = excluded.duration_ms,
         server_version = excluded.server_version,
         requested_by = coalesce(excluded.requested_by, b.requested_by),
         run_url = coalesce(excluded.run_url, b.run_url),
         -- proofs are about bytes: other bytes have none
         verified_at = case when b.sha256 = excluded.sha256 then coalesce(excluded.verified_at, b.verified_at)
                            else excluded.verified_at end,
         proven_at = case when b.sha256 = excluded.sha256 then b.proven_at end,
         proof = case when b.sha256 = excluded.sha256 then b.proof end,
         -- not given: it was not checked, and what was checked of these bytes holds
         signed_by = case when p ? 'signed_by' then excluded.signed_by when b.sha256 = excluded.sha256 then b.signed_by end,
         manifest = excluded.manifest, updated_at = excluded.updated_at
  returning to_jsonb(b) - array['manifest', 'duplicate_of', 'updated_at'] into v_row;
  return v_row;
end
$_$;


--
-- Name: FUNCTION ops_db_backup_record(p jsonb); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_record(p jsonb) IS 'Inserts or renews the row of one archive from its manifest, of version 2 or older: {r2_bucket, r2_key, manifest, requested_by, run_url, verified_at, signed_by}. signed_by is the id of the trusted key whose signature was checked, or null; left out, nothing was checked. Without it the address of the run is kept only when it is in the own repository. Returns the row.';


--
-- Name: ops_db_backup_recovery_time(text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_recovery_time(p_target text) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
begin
  return (
    select nullif(jsonb_build_object(
             'p50_ms', percentile_cont(0.5) within group (order by last.ms)::bigint,
             'p90_ms', percentile_cont(0.9) within group (order by last.ms)::bigint,
             'samples', count(*)), jsonb_build_object('p50_ms', null, 'p90_ms', null, 'samples', 0))
      from (
        select extract(epoch from of_kind.finished_at - of_kind.started_at) * 1000 as ms
          from unnest(array['restore', 'drill']) k (kind)
         cross join lateral (
           select r.started_at, r.finished_at
             from public.ops_db_backup_runs r
            where r.kind = k.kind and r.target = p_target and r.status = 'succeeded' and r.started_at is not null
            order by r.finished_at desc
            limit 20
         ) of_kind
         order by of_kind.finished_at desc
         limit 20
      ) last
  );
end
$$;


--
-- Name: FUNCTION ops_db_backup_recovery_time(p_target text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_recovery_time(p_target text) IS 'How long the last 20 successful restores into a target and drills of its backups took; null when there was none.';


--
-- Name: ops_db_backup_refuse(integer, text, text, jsonb); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_refuse(p_http_status integer, p_code text, p_message text, p_detail jsonb DEFAULT NULL::jsonb) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  raise exception using
    errcode = 'PT' || p_http_status, message = p_message, hint = p_code, detail = coalesce(p_detail::text,
    '');
end
$$;


--
-- Name: FUNCTION ops_db_backup_refuse(p_http_status integer, p_code text, p_message text, p_detail jsonb); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_refuse(p_http_status integer, p_code text, p_message text, p_detail jsonb) IS 'Raises a refusal: SQLSTATE PT<http status>, the code as HINT, facts as DETAIL.';


--
-- Name: ops_db_backup_refuse_if_held(text, text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_refuse_if_held(p_kind text, p_target text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_holder jsonb;
begin
  select jsonb_build_object(
           'kind', r.kind, 'target', r.target, 'status', r.status, 'requested_by', r.requested_by,
           'created_at', r.created_at, 'request_id', r.request_id, 'run_url', r.run_url)
    into v_holder
    from public.ops_db_backup_runs r
   where r.status in ('queued', 'running', 'unknown')
     and p_kind in ('backup', 'restore')
     and ((r.kind in ('backup', 'restore') and r.target = p_target)
          or (r.kind = 'restore' and p_kind = 'restore'))
   order by r.target = p_target desc
   limit 1;
  if v_holder is not null then
    perform public.ops_db_backup_refuse(409, 'busy', format('a %s of %s is %s already',
      v_holder ->> 'kind', v_holder ->> 'target', v_holder ->> 'status'), v_holder);
  end if;
end
$$;


--
-- Name: FUNCTION ops_db_backup_refuse_if_held(p_kind text, p_target text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_refuse_if_held(p_kind text, p_target text) IS 'Refuses with busy when another run holds the lock that this kind of run on this target needs.';


--
-- Name: ops_db_backup_refuse_other_attempt(uuid, integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_refuse_other_attempt(p_request_id uuid, p_attempt integer) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
declare
  v_attempt integer;
begin
  select r.attempt into v_attempt from public.ops_db_backup_runs r where r.request_id = p_request_id;
  if v_attempt <> p_attempt then
    perform public.ops_db_backup_refuse(409, 'request_id_reused',
      format('attempt %s reports, but the run is at attempt %s', p_attempt, v_attempt));
  end if;
end
$$;


--
-- Name: FUNCTION ops_db_backup_refuse_other_attempt(p_request_id uuid, p_attempt integer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_refuse_other_attempt(p_request_id uuid, p_attempt integer) IS 'Refuses (request_id_reused) the report of an attempt that another one has replaced. A report without an attempt, as earlier scripts send it, is never refused.';


--
-- Name: ops_db_backup_refuse_over_limit(text, text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_refuse_over_limit(p_kind text, p_target text) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
declare
  v_active integer;
begin
  select count(*) into v_active
    from public.ops_db_backup_runs r
   where r.kind = p_kind and r.target = p_target and r.status in ('queued', 'running', 'unknown');
  if v_active >= public.ops_db_backup_limit(p_kind) then
    perform public.ops_db_backup_refuse(409, 'busy', format('%s runs of this kind are active on this target', v_active),
      jsonb_build_object('kind', p_kind, 'target', p_target, 'active', v_active));
  end if;
end
$$;


--
-- Name: FUNCTION ops_db_backup_refuse_over_limit(p_kind text, p_target text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_refuse_over_limit(p_kind text, p_target text) IS 'Refuses (busy) a drill or a plan beyond the limit of its target: GitHub''s minutes are paid, and each reads an archive.';


--
-- Name: ops_db_backup_refuse_start(anyelement, anyelement); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_refuse_start(p_old anyelement, p_new anyelement) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
declare
  v_same_run constant boolean :=
    coalesce(p_old.github_run_id is null or p_old.github_run_id = p_new.github_run_id, false);
  v_why text;
begin
  v_why := case
    when p_old.kind <> p_new.kind or p_old.target <> p_new.target
         or (p_old.kind in ('restore', 'plan') and p_old.r2_key <> p_new.r2_key)
      then 'the request id belongs to another order'
    when p_old.status in ('queued', 'unknown') then
      case when not v_same_run then 'another GitHub run carries this request' end
    when p_old.status = 'succeeded' then 'the run has succeeded already'
    when p_old.status = 'running' then
      case when p_old.github_run_id is null or not v_same_run or p_new.attempt <= coalesce(p_old.attempt, 1)
        then 'the run is running already' end
    -- given up before it began; a restore may have been requested and done again since then
    when p_old.status = 'lost' and p_old.started_at is null and p_old.kind <> 'restore' and v_same_run then null
    when p_new.attempt <= coalesce(p_old.attempt, 1) then format('the run has ended: %s', p_old.status)
  end;
  if v_why is not null then
    perform public.ops_db_backup_refuse(409, 'request_id_reused', v_why);
  end if;
end
$$;


--
-- Name: FUNCTION ops_db_backup_refuse_start(p_old anyelement, p_new anyelement); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_refuse_start(p_old anyelement, p_new anyelement) IS 'Refuses a start that its row does not allow. A run that was given up before it began, other than a restore, may begin. A run that failed, was cancelled, was lost or stopped reporting may begin again as a later attempt, which a user requested at GitHub.';


--
-- Name: ops_db_backup_refuse_without_plan(text, text, uuid); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_refuse_without_plan(p_target text, p_r2_key text, p_plan_request_id uuid) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
declare
  v_plan record;
  v_why text;
begin
  select r.target, r.r2_key, r.status, r.finished_at
    into v_plan
    from public.ops_db_backup_runs r
   where r.request_id = p_plan_request_id and r.kind = 'plan';
  v_why := case
    when not found then 'unknown'
    when v_plan.target <> p_target then 'other_target'
    when v_plan.r2_key <> p_r2_key then 'other_backup'
    when v_plan.status <> 'succeeded' then 'not_succeeded'
    when v_plan.finished_at < clock_timestamp() - public.ops_db_backup_service_level('plan_valid') then 'too_old'
  end;
  if v_why is not null then
    perform public.ops_db_backup_refuse(409, 'plan_required',
      format('the plan is not valid for this restore: %s', v_why), jsonb_build_object('why', v_why));
  end if;
end
$$;


--
-- Name: FUNCTION ops_db_backup_refuse_without_plan(p_target text, p_r2_key text, p_plan_request_id uuid); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_refuse_without_plan(p_target text, p_r2_key text, p_plan_request_id uuid) IS 'Refuses a restore (plan_required) unless the plan it names succeeded for the same target and backup within the service level plan_valid; DETAIL says why: unknown, other_target, other_backup, not_succeeded or too_old.';


--
-- Name: ops_db_backup_report(jsonb); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_report(p jsonb) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $_$
declare
  v_wrong constant text := case
    when coalesce(p ->> 'name', '') !~ '^[a-z][a-z0-9_-]{0,39}$' then 'name'
    when coalesce(p ->> 'status', '') not in ('ok', 'warning', 'failed') then 'status'
    when jsonb_typeof(p -> 'report') is distinct from 'object' then 'report'
  end;
begin
  if v_wrong is not null then
    perform public.ops_db_backup_refuse(400, 'invalid_payload', format('%s is not what a report has there', v_wrong),
      jsonb_build_object('field', v_wrong));
  end if;
  insert into public.ops_db_backup_reports as r (name, at, status, report)
  values (p ->> 'name', clock_timestamp(), p ->> 'status', p -> 'report')
  on conflict (name) do update set at = excluded.at, status = excluded.status, report = excluded.report;
end
$_$;


--
-- Name: FUNCTION ops_db_backup_report(p jsonb); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_report(p jsonb) IS 'An unattended command tells what it found: {name, status: ok, warning or failed, report}. Takes the place of its report before.';


--
-- Name: ops_db_backup_reports_list(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_reports_list() RETURNS TABLE(name text, at timestamp with time zone, status text, report jsonb)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
#variable_conflict use_column
begin
  perform public.require_permission_for_current_user('ops', 'view');
  return query select r.name, r.at, r.status, r.report from public.ops_db_backup_reports r order by r.name;
end
$$;


--
-- Name: FUNCTION ops_db_backup_reports_list(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_reports_list() IS 'The last report of each unattended command; ops:view.';


--
-- Name: ops_db_backup_requested_options(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_requested_options() RETURNS text[]
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$ select array['end_sessions', 'confirm_source', 'allow_unsigned'] $$;


--
-- Name: FUNCTION ops_db_backup_requested_options(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_requested_options() IS 'The options of a restore that its request has; a script that has others has them from its own settings.';


--
-- Name: ops_db_backup_require(text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_require(p_action text) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
declare
  v_restore constant text := public.ops_db_backup_setting('restore_right') #>> '{}';
  v_rights constant text[] := case p_action
    when 'manage' then array['manage']
    when 'restore' then array[v_restore]
    when 'either' then array['manage', v_restore]
  end;
begin
  if not exists (
    select from unnest(v_rights) r (name) where public.has_permission_for_current_user('ops', r.name)
  ) then
    perform public.require_permission_for_current_user('ops', v_rights[1]);
  end if;
  if not public.ops_db_backup_is_operator() then
    perform public.ops_db_backup_refuse(403, 'not_operator',
      'neither the user nor the active company is named by the setting operators');
  end if;
end
$$;


--
-- Name: FUNCTION ops_db_backup_require(p_action text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_require(p_action text) IS 'Refuses a caller who may not act (42501 forbidden, PT403 not_operator): manage needs ops:manage; restore the right of the setting restore_right; either, for plans and for what becomes of a requested run, one of both.';


--
-- Name: ops_db_backup_require_second_factor(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_require_second_factor() RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
begin
  if public.ops_db_backup_setting('restore_assurance') = '"aal2"' and auth.jwt() ->> 'aal' is distinct from 'aal2' then
    perform public.ops_db_backup_refuse(403, 'second_factor_required',
      'a restore of prod needs a session with a second factor');
  end if;
end
$$;


--
-- Name: FUNCTION ops_db_backup_require_second_factor(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_require_second_factor() IS 'Refuses (second_factor_required) a session without a second factor where the setting restore_assurance is aal2.';


--
-- Name: ops_db_backup_requires_signature(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_requires_signature() RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select exists (select from public.ops_db_backups where signed_by is not null)
$$;


--
-- Name: FUNCTION ops_db_backup_requires_signature(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_requires_signature() IS 'Whether only signed backups count: since the first one was entered, also when it was deleted from the vault.';


--
-- Name: ops_db_backup_run_bytes(text, text, text, text, jsonb); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_run_bytes(p_kind text, p_target text, p_mode text, p_r2_key text, p_result jsonb) RETURNS bigint
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $_$
  select case
    when p_kind = 'prune' then null
    when p_kind <> 'backup' then (
      select b.bytes from public.ops_db_backups b
       where b.r2_key = p_r2_key
       order by b.duplicate_of is null desc, b.created_at desc
       limit 1)
    when p_result ->> 'bytes' ~ '^\d{1,18}$' then (p_result ->> 'bytes')::bigint
    else (
      select b.bytes from public.ops_db_backups b
       where b.target = p_target and b.mode = p_mode and b.status <> 'deleted'
       order by b.created_at desc, b.id desc
       limit 1)
  end
$_$;


--
-- Name: FUNCTION ops_db_backup_run_bytes(p_kind text, p_target text, p_mode text, p_r2_key text, p_result jsonb); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_run_bytes(p_kind text, p_target text, p_mode text, p_r2_key text, p_result jsonb) IS 'Stored bytes of the backup that a run makes or uses; of one under way those of the backup before it. null: not known.';


--
-- Name: ops_db_backup_run_dispatched(uuid, bigint, text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_run_dispatched(p_request_id uuid, p_github_run_id bigint DEFAULT NULL::bigint, p_run_url text DEFAULT NULL::text) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform public.ops_db_backup_require('either');
  if p_run_url !~ '^https?://' or length(p_run_url) > 500 then
    perform public.ops_db_backup_refuse(400, 'invalid_payload', 'run_url is not a web address',
      jsonb_build_object('field', 'run_url'));
  end if;
  update public.ops_db_backup_runs r
     set github_run_id = coalesce(r.github_run_id, p_github_run_id),
         run_url = coalesce(r.run_url, case when p_run_url like '%/' || p_github_run_id
                                         then public.ops_db_backup_own_run_url(p_run_url) end),
         status = case r.status when 'unknown' then 'queued' else r.status end,
         error_code = case r.status when 'unknown' then null else r.error_code end,
         error_message = case r.status when 'unknown' then null else r.error_message end,
         updated_at = clock_timestamp()
   where r.request_id = p_request_id and r.status in ('queued', 'unknown', 'running');
  return public.ops_db_backup_run_found(p_request_id);
end
$$;


--
-- Name: FUNCTION ops_db_backup_run_dispatched(p_request_id uuid, p_github_run_id bigint, p_run_url text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_run_dispatched(p_request_id uuid, p_github_run_id bigint, p_run_url text) IS 'GitHub accepted the run; ops:manage. What is known of it already is not overwritten, and an address is kept only when it is the page of this run in the own repository. Returns the run.';


--
-- Name: ops_db_backup_run_finish(jsonb); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_run_finish(p jsonb) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  v_request_id constant uuid := (p ->> 'request_id')::uuid;
  v_attempt constant integer := (p ->> 'attempt')::integer;
  v_status constant text := p ->> 'status';
begin
  if v_status is null or v_status not in ('succeeded', 'failed', 'cancelled') then
    perform public.ops_db_backup_refuse(400, 'invalid_payload',
      'a script ends as succeeded, failed or cancelled', jsonb_build_object('field', 'status'));
  end if;
  update public.ops_db_backup_runs r
     set status = v_status,
         r2_key = coalesce(p ->> 'r2_key', r.r2_key),
         error_code = left(p ->> 'error_code', 100),
         error_message = left(p ->> 'error_message', 4000),
         result = nullif(p -> 'result', 'null'),
         heartbeat_at = clock_timestamp(),
         finished_at = clock_timestamp(),
         reported_at = clock_timestamp(),
         updated_at = clock_timestamp()
   where r.request_id = v_request_id
     and (v_attempt is null or v_attempt = coalesce(r.attempt, v_attempt))
     and (r.status in ('queued', 'unknown', 'running', 'lost')
          -- settled by others while the script was alive
          or (r.status in ('failed', 'cancelled') and r.started_at is not null and r.reported_at is null));
  perform public.ops_db_backup_refuse_other_attempt(v_request_id, v_attempt);
  return public.ops_db_backup_run_found(v_request_id);
end
$$;


--
-- Name: FUNCTION ops_db_backup_run_finish(p jsonb); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_run_finish(p jsonb) IS 'The end as the script reports it, once: {request_id, attempt, status, r2_key, error_code, error_message, result}. Replaces an end that was settled or expired while the script was alive; the audit keeps both. An end that a script reported is final. Refuses (PT409, request_id_reused) when another attempt has replaced this one. Returns the run.';


--
-- Name: ops_db_backup_run_found(uuid); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_run_found(p_request_id uuid) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
declare
  v_run constant jsonb := public.ops_db_backup_run_json(p_request_id);
begin
  if v_run is null then
    perform public.ops_db_backup_refuse(404, 'run_not_found', 'there is no run with this request id');
  end if;
  return v_run;
end
$$;


--
-- Name: FUNCTION ops_db_backup_run_found(p_request_id uuid); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_run_found(p_request_id uuid) IS 'Like ops_db_backup_run_json, but refuses with run_not_found when there is none.';


--
-- Name: ops_db_backup_run_json(uuid); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_run_json(p_request_id uuid) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
begin
  return (
    select to_jsonb(r) - array['requested_by_id', 'reported_at', 'updated_at', 'break_glass', 'options']
      from public.ops_db_backup_runs r
     where r.request_id = p_request_id
  );
end
$$;


--
-- Name: FUNCTION ops_db_backup_run_json(p_request_id uuid); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_run_json(p_request_id uuid) IS 'One run as ops_db_backup_runs_list shows it, as JSON; null when there is none.';


--
-- Name: ops_db_backup_run_not_dispatched(uuid, text, text, boolean); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_run_not_dispatched(p_request_id uuid, p_error_code text, p_error_message text DEFAULT NULL::text, p_unclear boolean DEFAULT false) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform public.ops_db_backup_require('either');
  update public.ops_db_backup_runs r
     set status = case when p_unclear then 'unknown' else 'failed' end,
         finished_at = case when p_unclear then null else clock_timestamp() end,
         error_code = left(p_error_code, 100),
         error_message = left(p_error_message, 4000),
         updated_at = clock_timestamp()
   where r.request_id = p_request_id and r.status in ('queued', 'unknown');
  return public.ops_db_backup_run_found(p_request_id);
end
$$;


--
-- Name: FUNCTION ops_db_backup_run_not_dispatched(p_request_id uuid, p_error_code text, p_error_message text, p_unclear boolean); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_run_not_dispatched(p_request_id uuid, p_error_code text, p_error_message text, p_unclear boolean) IS 'GitHub refused (failed) or gave no clear answer (unknown); ops:manage. A run that a script reports already stays as it is. Returns the run.';


--
-- Name: ops_db_backup_run_progress(jsonb); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_run_progress(p jsonb) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  v_request_id constant uuid := (p ->> 'request_id')::uuid;
  v_attempt constant integer := (p ->> 'attempt')::integer;
begin
  update public.ops_db_backup_runs r
     set phase = coalesce(p ->> 'phase', r.phase),
         bytes_done = case when p ? 'bytes_done' then (p ->> 'bytes_done')::bigint else r.bytes_done end,
         bytes_expected = case when p ? 'bytes_expected' then (p ->> 'bytes_expected')::bigint
                               else r.bytes_expected end,
         rows_done = case when p ? 'rows_done' then (p ->> 'rows_done')::bigint else r.rows_done end,
         result = case when jsonb_typeof(p -> 'objects') = 'object' then jsonb_build_object('objects', p -> 'objects')
                       else r.result end,
         heartbeat_at = clock_timestamp(),
         updated_at = clock_timestamp()
   where r.request_id = v_request_id and r.status = 'running'
     and (v_attempt is null or v_attempt = coalesce(r.attempt, v_attempt));
  perform public.ops_db_backup_refuse_other_attempt(v_request_id, v_attempt);
  return public.ops_db_backup_run_found(v_request_id);
end
$$;


--
-- Name: FUNCTION ops_db_backup_run_progress(p jsonb); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_run_progress(p jsonb) IS 'Progress and sign of life: {request_id, attempt, phase, bytes_done, bytes_expected, rows_done, objects}. A run that has ended stays as it is. Refuses (PT409, request_id_reused) when another attempt has replaced this one. Returns the run.';


--
-- Name: ops_db_backup_run_request(text, text, text, text, text, text, uuid, uuid, jsonb); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_run_request(p_kind text, p_target text, p_mode text DEFAULT NULL::text, p_label text DEFAULT NULL::text, p_r2_key text DEFAULT NULL::text, p_reason text DEFAULT NULL::text, p_request_id uuid DEFAULT NULL::uuid, p_plan_request_id uuid DEFAULT NULL::uuid, p_options jsonb DEFAULT '{}'::jsonb) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  v_request_id constant uuid := coalesce(p_request_id, gen_random_uuid());
  v_label constant text := public.ops_db_backup_label(p_label);
  v_reason constant text := nullif(left(trim(p_reason), 500), '');
  v_options constant jsonb := coalesce(p_options, '{}');
  v_mode constant text := case when p_kind = 'backup' then p_mode end;
  v_is_same boolean;
  v_waiting jsonb;
  v_wrong text;
begin
  perform public.ops_db_backup_require(
    case p_kind when 'restore' then 'restore' when 'plan' then 'either' else 'manage' end);
  if public.current_empresa_id() is null then
    perform public.ops_db_backup_refuse(400, 'empresa_not_selected', 'the user has no active company');
  end if;
  perform public.ops_db_backup_check_order(p_kind, p_target, p_mode, v_label, p_r2_key);
  perform public.ops_db_backup_check_options(p_kind, v_options);
  v_wrong := case
    when p_kind = 'prune' then 'kind' -- by schedule only
    when p_kind = 'backup' and p_r2_key is not null then 'r2_key' -- a backup gets its key when it is made
    when p_kind <> 'restore' and p_plan_request_id is not null then 'plan_request_id'
  end;
  if v_wrong is not null then
    perform public.ops_db_backup_refuse(400, 'invalid_payload', format('%s is not for this kind of run', v_wrong),
      jsonb_build_object('field', v_wrong));
  end if;
  if p_kind = 'restore' and p_target = 'prod' then
    perform public.ops_db_backup_require_second_factor();
    if not public.ops_db_backup_is_reason(v_reason) then
      perform public.ops_db_backup_refuse(400, 'reason_required', 'a restore of prod needs a reason');
    end if;
    if p_plan_request_id is null then
      perform public.ops_db_backup_refuse(409, 'plan_required', 'a restore of prod needs a plan',
        jsonb_build_object('why', 'missing'));
    end if;
  end if;
  perform public.ops_db_backup_runs_expire();

  if public.ops_db_backup_limit(p_kind) is not null then
    -- one request at a time until it is committed: parallel ones would each count without the others
    perform pg_advisory_xact_lock(hashtextextended(format('ops_db_backup_limit %s %s', p_kind, p_target), 0));
  end if;
  if not exists (select from public.ops_db_backup_runs r where r.request_id = v_request_id) then
    perform public.ops_db_backup_refuse_over_limit(p_kind, p_target);
  end if;

  -- Only the first request needs a valid plan; the same request again returns the same run, however old its plan is.
  if p_plan_request_id is not null
     and not exists (select from public.ops_db_backup_runs r where r.request_id = v_request_id)
     and not exists (select from public.ops_db_backup_approvals a where a.request_id = v_request_id) then
    perform public.ops_db_backup_refuse_without_plan(p_target, p_r2_key, p_plan_request_id);
  end if;

  if p_kind = 'restore' and p_target = 'prod'
     and public.ops_db_backup_setting('restore_approval') = '"two-person"'
     and not exists (select from public.ops_db_backup_runs r where r.request_id = v_request_id) then
    v_waiting := public.ops_db_backup_await_approval(
      v_request_id, p_r2_key, v_reason, p_plan_request_id, v_options);
    if v_waiting is not null then
      return jsonb_build_object('created', false, 'run', null, 'approval', v_waiting);
    end if;
  end if;

  -- The run that holds the target may end between the refused insert and the query for it: then the insert is repeated.
  for v_try in 1..5 loop
    insert into public.ops_db_backup_runs as r
      (kind, target, mode, label, r2_key, reason, requested_by, requested_by_id, request_id, plan_request_id,
       options, created_at)
    values
      (p_kind, p_target, v_mode, v_label, p_r2_key, v_reason, (auth.jwt()) ->> 'email', auth.uid(), v_request_id,
       p_plan_request_id, case when p_kind = 'restore' then v_options end, clock_timestamp())
    on conflict do nothing;
    if found then
      return jsonb_build_object('created', true, 'run', public.ops_db_backup_run_json(v_request_id));
    end if;

    -- an order without a key gets one when it is done, and stays the same order
    select (r.kind, r.target, r.mode, r.label, case when p_r2_key is not null then r.r2_key end, r.reason,
            r.plan_request_id, coalesce(r.options, '{}'), r.requested_by_id)
           is not distinct from
           (p_kind, p_target, v_mode, v_label, p_r2_key, v_reason, p_plan_request_id,
            case when p_kind = 'restore' then v_options else coalesce(r.options, '{}') end, auth.uid())
      into v_is_same
      from public.ops_db_backup_runs r
     where r.request_id = v_request_id;
    if v_is_same then
      return jsonb_build_object('created', false, 'run', public.ops_db_backup_run_json(v_request_id));
    elsif not v_is_same then
      perform public.ops_db_backup_refuse(409, 'request_id_reused',
        'the request id belongs to another request');
    end if;
    perform public.ops_db_backup_refuse_if_held(p_kind, p_target);
  end loop;
  perform public.ops_db_backup_refuse(409, 'busy', 'the lock changes hands too fast');
end
$$;


--
-- Name: FUNCTION ops_db_backup_run_request(p_kind text, p_target text, p_mode text, p_label text, p_r2_key text, p_reason text, p_request_id uuid, p_plan_request_id uuid, p_options jsonb); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_run_request(p_kind text, p_target text, p_mode text, p_label text, p_r2_key text, p_reason text, p_request_id uuid, p_plan_request_id uuid, p_options jsonb) IS 'Requests a run and takes its lock; the right to make backups or to restore, and an active company. A restore of prod needs a reason (reason_required) and a plan (plan_required), and may have p_options: {end_sessions, confirm_source, allow_unsigned}. Returns {created, run}; the same p_request_id with the same arguments returns the same run with created false. While a restore waits for a second user, returns {created: false, run: null, approval: {request_id, expires_at}}; the same call again, once it is approved, requests the run.';


--
-- Name: ops_db_backup_run_settle(uuid, text, text, text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_run_settle(p_request_id uuid, p_status text, p_error_code text DEFAULT NULL::text, p_error_message text DEFAULT NULL::text) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform public.ops_db_backup_require('either');
  if p_status is null or p_status not in ('failed', 'cancelled', 'lost') then
    perform public.ops_db_backup_refuse(400, 'invalid_payload',
      'only failed, cancelled and lost can be settled', jsonb_build_object('field', 'status'));
  end if;
  update public.ops_db_backup_runs r
     set status = p_status,
         error_code = left(p_error_code, 100),
         error_message = left(p_error_message, 4000),
         finished_at = clock_timestamp(),
         updated_at = clock_timestamp()
   where r.request_id = p_request_id
     and (r.status in ('queued', 'unknown')
          or (r.status = 'running'
              and coalesce(r.heartbeat_at, r.started_at, r.created_at)
                  < clock_timestamp() - public.ops_db_backup_service_level('settle_after_silence')));
  return public.ops_db_backup_run_found(p_request_id);
end
$$;


--
-- Name: FUNCTION ops_db_backup_run_settle(p_request_id uuid, p_status text, p_error_code text, p_error_message text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_run_settle(p_request_id uuid, p_status text, p_error_code text, p_error_message text) IS 'Ends a run whose script did not: failed, cancelled or lost (only the script reports success); ops:manage. A run whose script gave a sign of life within the service level settle_after_silence, or that has ended, stays as it is. The script''s own end replaces this one. Returns the run.';


--
-- Name: ops_db_backup_run_start(jsonb); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_run_start(p jsonb) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  v_new public.ops_db_backup_runs%rowtype;
  v_old public.ops_db_backup_runs%rowtype;
  v_answer jsonb;
begin
  v_new := jsonb_populate_record(null::public.ops_db_backup_runs, p);
  v_new.attempt := coalesce(v_new.attempt, 1);
  v_new.label := public.ops_db_backup_label(v_new.label);
  perform public.ops_db_backup_check_order(v_new.kind, v_new.target, v_new.mode, v_new.label, v_new.r2_key);
  v_new.break_glass := public.ops_db_backup_admit(v_new);
  v_answer := jsonb_build_object('break_glass', coalesce(v_new.break_glass, false));
  perform public.ops_db_backup_runs_expire();

  for v_try in 1..5 loop
    insert into public.ops_db_backup_runs as r
      (kind, target, mode, label, r2_key, reason, status, requested_by, request_id, github_run_id, run_url, attempt,
       break_glass, options, bytes_expected, created_at, started_at, heartbeat_at)
    values
      (v_new.kind, v_new.target, v_new.mode, v_new.label, v_new.r2_key, nullif(left(trim(v_new.reason), 500), ''),
       'running', v_new.requested_by, v_new.request_id, v_new.github_run_id, v_new.run_url, v_new.attempt,
       v_new.break_glass, v_new.options, v_new.bytes_expected, clock_timestamp(), clock_timestamp(), clock_timestamp())
    on conflict do nothing;
    if found then
      return v_answer || public.ops_db_backup_run_json(v_new.request_id);
    end if;

    select * into v_old from public.ops_db_backup_runs r where r.request_id = v_new.request_id for update;
    if found then
      perform public.ops_db_backup_refuse_start(v_old, v_new);
      begin
        update public.ops_db_backup_runs r
           set status = 'running',
               phase = null, bytes_done = null, bytes_expected = v_new.bytes_expected, rows_done = null,
               r2_key = coalesce(v_new.r2_key, r.r2_key),
               requested_by = coalesce(r.requested_by, v_new.requested_by),
               github_run_id = coalesce(v_new.github_run_id, r.github_run_id),
               run_url = coalesce(v_new.run_url, r.run_url),
               attempt = v_new.attempt,
               reason = case when v_new.break_glass then left(trim(v_new.reason), 500) else r.reason end,
               break_glass = coalesce(v_new.break_glass, r.break_glass), -- a later attempt takes back no alarm
               options = case when r.kind = 'plan' then v_new.options else r.options end,
               error_code = null, error_message = null, result = null, finished_at = null, reported_at = null,
               started_at = clock_timestamp(), heartbeat_at = clock_timestamp(),
               updated_at = clock_timestamp()
         where r.id = v_old.id;
        return v_answer || public.ops_db_backup_run_json(v_new.request_id);
      exception when unique_violation then
        null; -- another run took the lock since this one ended: the refusal below names it
      end;
    end if;
    perform public.ops_db_backup_refuse_if_held(v_new.kind, v_new.target);
  end loop;
  perform public.ops_db_backup_refuse(409, 'busy', 'the lock changes hands too fast');
end
$$;


--
-- Name: FUNCTION ops_db_backup_run_start(p jsonb); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_run_start(p jsonb) IS 'A script begins: {request_id, kind, target, mode, label, r2_key, reason, requested_by, github_run_id, run_url, attempt, break_glass, options, bytes_expected}. Takes the queued row, or makes one for a run without a request. Refuses (PT409) with busy when another run holds the target, with request_id_reused when the id is another run''s or the run has ended; PT403 request_required or approval_required for a restore of prod on GitHub that no signed-in user requested lately. Returns the run, and whether break_glass admitted it: it counts only where no request does.';


--
-- Name: ops_db_backup_runs_expire(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_runs_expire() RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  v_silent constant interval := public.ops_db_backup_service_level('run_silent');
  v_unconfirmed constant interval := public.ops_db_backup_service_level('run_unconfirmed');
  v_not_begun constant interval := public.ops_db_backup_service_level('run_not_begun');
  v_lost integer;
begin
  update public.ops_db_backup_runs r
     set status = 'lost', error_code = 'run_lost', finished_at = clock_timestamp(), updated_at = clock_timestamp(),
         error_message = case
           when r.status = 'running'
             then format('The script gave no sign of life for %s minutes', (extract(epoch from v_silent) / 60)::integer)
           when r.github_run_id is null
             then format('GitHub did not confirm the run within %s minutes',
               (extract(epoch from v_unconfirmed) / 60)::integer)
           else format('The run did not begin within %s hours', (extract(epoch from v_not_begun) / 3600)::integer)
         end
   where r.id in (
     select stale.id
       from public.ops_db_backup_runs stale
      where (stale.status = 'running'
             and coalesce(stale.heartbeat_at, stale.started_at, stale.created_at) < clock_timestamp() - v_silent)
         or (stale.status in ('queued', 'unknown')
             and stale.created_at < clock_timestamp()
                                    - case when stale.github_run_id is null then v_unconfirmed else v_not_begun end)
      order by stale.id
        for update skip locked -- a locked row is being expired or started by another session
   );
  get diagnostics v_lost = row_count;
  return v_lost;
end
$$;


--
-- Name: FUNCTION ops_db_backup_runs_expire(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_runs_expire() IS 'Ends runs without sign of life as lost, by the service levels run_silent, run_unconfirmed and run_not_begun. Returns how many. Called before every request and every start, by the watch and by readers with the service key: a run that GitHub never confirmed does not keep the next backup from its target.';


--
-- Name: ops_db_backup_runs_list(text, integer, uuid, boolean, text, text, text, timestamp with time zone, timestamp with time zone, text, uuid); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_runs_list(p_target text DEFAULT NULL::text, p_limit integer DEFAULT 50, p_request_id uuid DEFAULT NULL::uuid, p_active_only boolean DEFAULT false, p_kind text DEFAULT NULL::text, p_status text DEFAULT NULL::text, p_r2_key text DEFAULT NULL::text, p_from timestamp with time zone DEFAULT NULL::timestamp with time zone, p_to timestamp with time zone DEFAULT NULL::timestamp with time zone, p_search text DEFAULT NULL::text, p_after_id uuid DEFAULT NULL::uuid) RETURNS TABLE(id uuid, created_at timestamp with time zone, kind text, target text, mode text, label text, r2_key text, reason text, status text, phase text, bytes_done bigint, bytes_expected bigint, rows_done bigint, requested_by text, request_id uuid, github_run_id bigint, run_url text, attempt integer, plan_request_id uuid, error_code text, error_message text, result jsonb, started_at timestamp with time zone, heartbeat_at timestamp with time zone, finished_at timestamp with time zone)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    SET enable_sort TO 'off'
    AS $_$
#variable_conflict use_column
declare
  v_after_at timestamptz;
begin
  perform public.require_permission_for_current_user('ops', 'view');
  if p_after_id is not null then
    select r.created_at into v_after_at from public.ops_db_backup_runs r where r.id = p_after_id;
    if not found then
      perform public.ops_db_backup_refuse(400, 'invalid_payload', 'after_id is not a row of the catalog',
        jsonb_build_object('field', 'after_id'));
    end if;
  end if;
  if p_request_id is not null or p_r2_key is not null then
    perform set_config('enable_sort', 'on', true); -- few rows to sort
  end if;
  return query execute $query$
    select r.id, r.created_at, r.kind, r.target, r.mode, r.label, r.r2_key, r.reason, r.status, r.phase,
           r.bytes_done, r.bytes_expected, r.rows_done, r.requested_by, r.request_id, r.github_run_id, r.run_url,
           r.attempt, r.plan_request_id, r.error_code, r.error_message,
           case when $2 is null then r.result - 'plan' else r.result end,
           r.started_at, r.heartbeat_at, r.finished_at
      from (
        select *
          from public.ops_db_backup_runs r
         where ($1 is null or r.target = $1)
           and ($2 is null or r.request_id = $2)
           and ($3 is not true or r.status in ('queued', 'running', 'unknown'))
           and ($4 is null or r.kind = $4)
           and ($5 is null or r.status = $5)
           and ($6 is null or r.r2_key = $6)
           and ($7 is null or r.created_at >= $7)
           and ($8 is null or r.created_at < $8)
           and ($11 is null or (r.created_at, r.id) < ($10, $11))
         order by r.created_at desc, r.id desc
         limit case when $9 is not null then 20000 end
      ) r
     where $9 is null
        or strpos(lower(concat_ws(' ', r.label, r.r2_key, r.reason, r.requested_by, r.error_code)), lower($9)) > 0
     order by r.created_at desc, r.id desc
     limit $12
  $query$
  using p_target, p_request_id, p_active_only, p_kind, p_status, p_r2_key, p_from, p_to,
        nullif(trim(p_search), ''), v_after_at, p_after_id, public.ops_db_backup_page_size(p_limit);
end
$_$;


--
-- Name: FUNCTION ops_db_backup_runs_list(p_target text, p_limit integer, p_request_id uuid, p_active_only boolean, p_kind text, p_status text, p_r2_key text, p_from timestamp with time zone, p_to timestamp with time zone, p_search text, p_after_id uuid); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_runs_list(p_target text, p_limit integer, p_request_id uuid, p_active_only boolean, p_kind text, p_status text, p_r2_key text, p_from timestamp with time zone, p_to timestamp with time zone, p_search text, p_after_id uuid) IS 'Runs, newest first; ops:view. Filters as in ops_db_backups_list; p_search looks into label, key, reason, asker and error code of the first 20,000 rows. A plan''s own text (result.plan) comes only with p_request_id. At most 1000 rows a call.';


--
-- Name: ops_db_backup_service_level(text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_service_level(p_name text) RETURNS interval
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO ''
    AS $$
begin
  case p_name
    when 'plan_valid' then return interval '30 minutes';
    when 'settle_after_silence' then return interval '2 minutes';
    when 'run_silent' then return interval '10 minutes';
    when 'run_unconfirmed' then return interval '10 minutes';
    when 'run_not_begun' then return interval '6 hours';
    when 'vault_time_ahead' then return interval '1 hour';
    when 'restore_request_valid' then return interval '30 minutes';
    when 'break_glass_shown' then return interval '24 hours';
    when 'approval_valid' then return interval '30 minutes';
    when 'hold_longest' then return interval '36600 days';
    when 'audit_whole' then return interval '12 hours';
    when 'look_valid' then return interval '10 minutes';
    else raise exception using errcode = 'invalid_parameter_value',
      message = format('there is no service level %L', p_name);
  end case;
end
$$;


--
-- Name: FUNCTION ops_db_backup_service_level(p_name text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_service_level(p_name text) IS 'How long something may take or be silent, by name; an unknown name is an error (22023). plan_valid: a plan allows a restore; settle_after_silence: a running script keeps its row from being settled by others; run_silent: a running script is given up; run_unconfirmed: a queued or unknown run that has no GitHub run is given up; run_not_begun: one that has a GitHub run is given up; vault_time_ahead: a backup dated further in the future counts for nothing; restore_request_valid: a request of a signed-in user allows a restore of prod on GitHub; break_glass_shown: a restore without such a request is an alarm; approval_valid: a request waits for a second user; hold_longest: a backup is held; audit_whole: the audit is read as a whole; look_valid: a sealed request and its answer are kept.';


--
-- Name: ops_db_backup_setting(text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_setting(p_name text) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
declare
  v_default jsonb;
begin
  case p_name
    when 'operators' then v_default := 'null';
    when 'restore_approval' then v_default := '"one-person"';
    when 'restore_assurance' then v_default := '"aal1"';
    when 'restore_right' then v_default := '"manage"';
    else raise exception using errcode = 'invalid_parameter_value', message = format('there is no setting %L', p_name);
  end case;
  return coalesce((select s.value from public.ops_db_backup_settings s where s.name = p_name), v_default);
end
$$;


--
-- Name: FUNCTION ops_db_backup_setting(p_name text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_setting(p_name text) IS 'The value of a setting, else its default; an unknown name is an error (22023).';


--
-- Name: ops_db_backup_stored_sha256(text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_stored_sha256(p_r2_key text) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select b.sha256 from public.ops_db_backups b
   where b.r2_key = p_r2_key and b.status <> 'deleted'
   order by b.duplicate_of is null desc, b.created_at desc
   limit 1
$$;


--
-- Name: FUNCTION ops_db_backup_stored_sha256(p_r2_key text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_stored_sha256(p_r2_key text) IS 'The SHA-256 of an archive as the catalog has it, or null.';


--
-- Name: ops_db_backup_take_approval(uuid, jsonb); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_take_approval(p_request_id uuid, p_options jsonb) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  update public.ops_db_backup_approvals a
     set used_at = clock_timestamp()
    from public.ops_db_backup_runs r
   where a.request_id = p_request_id and a.decision = 'approved' and a.used_at is null
     and r.request_id = a.request_id and r.r2_key = a.r2_key and r.plan_request_id = a.plan_request_id
     and r.requested_by_id = a.requested_by_id
     and public.ops_db_backup_named_options(p_options, a.plan_request_id)
         = public.ops_db_backup_bound_options(a.options, a.plan_request_id)
     and a.sha256 is not distinct from public.ops_db_backup_stored_sha256(a.r2_key);
  return found;
end
$$;


--
-- Name: FUNCTION ops_db_backup_take_approval(p_request_id uuid, p_options jsonb); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_take_approval(p_request_id uuid, p_options jsonb) IS 'Uses the approval of a restore of prod for its one start; false when there is none for exactly this requester, backup, content, plan and options.';


--
-- Name: ops_db_backup_usual_duration(uuid); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_usual_duration(p_request_id uuid) RETURNS jsonb
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  v_run public.ops_db_backup_runs;
  v_bytes bigint;
begin
  perform public.require_permission_for_current_user('ops', 'view');
  select * into v_run from public.ops_db_backup_runs r where r.request_id = p_request_id;
  v_bytes := public.ops_db_backup_run_bytes(v_run.kind, v_run.target, v_run.mode, v_run.r2_key, v_run.result);
  return (
    select jsonb_build_object(
             'samples', count(*),
             'p50_ms', percentile_cont(0.5) within group (order by alike.ms)::bigint,
             'p90_ms', percentile_cont(0.9) within group (order by alike.ms)::bigint)
      from (
        select last.ms
          from (
            select extract(epoch from r.finished_at - r.started_at) * 1000 as ms, r.finished_at,
                   public.ops_db_backup_run_bytes(r.kind, r.target, r.mode, r.r2_key, r.result) as bytes
              from public.ops_db_backup_runs r
             where r.kind = v_run.kind and r.target = v_run.target and r.status = 'succeeded'
               and r.started_at is not null and r.reason is distinct from 'Dado de amostra'
             order by r.finished_at desc
             limit 100
          ) last
         where last.bytes between v_bytes / 2 and v_bytes * 2
         order by last.finished_at desc
         limit 20
      ) alike);
end
$$;


--
-- Name: FUNCTION ops_db_backup_usual_duration(p_request_id uuid); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_usual_duration(p_request_id uuid) IS 'How long runs like this one took: the last 20 succeeded ones of its kind and target whose backup has half to twice its bytes, sample runs excepted. {samples, p50_ms, p90_ms}; 0 samples where its size is not known; ops:view.';


--
-- Name: ops_db_backup_watch_facts(text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backup_watch_facts(p_target text) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    SET statement_timeout TO '60s'
    AS $$
declare
  v_requires_signature constant boolean := public.ops_db_backup_requires_signature();
  v_backups jsonb;
  v_drills jsonb;
  v_reports jsonb;
begin
  if p_target is null or p_target not in ('prod', 'dev', 'verify') then
    perform public.ops_db_backup_refuse(400, 'invalid_payload', 'target is not one of the databases',
      jsonb_build_object('field', 'target'));
  end if;
  perform public.ops_db_backup_runs_expire();

  select coalesce(jsonb_agg(jsonb_build_object(
           'key', b.r2_key, 'created_at', b.created_at, 'bytes', b.bytes,
           'rows', case when jsonb_typeof(b.manifest -> 'rows') = 'object' then b.manifest -> 'rows' end,
           'rejected_at', case when public.ops_db_backup_is_rejected(b.proof) then b.proof ->> 'drilled_at' end)
           order by b.created_at desc), '[]')
    into v_backups
    from (
      select *
        from public.ops_db_backups
       where target = p_target and mode = 'full' and status in ('uploaded', 'restored') and duplicate_of is null
         -- a copy of what a restore replaced is not a backup of the current content
         and origin <> 'safety'
         and (signed_by is not null or not v_requires_signature)
         and created_at <= now() + public.ops_db_backup_service_level('vault_time_ahead')
       order by created_at desc
       -- the newest and those before it that it is compared with
       limit 8
    ) b;

  -- drills without a verdict are left out; proofs without a run count
  select coalesce(jsonb_agg(jsonb_build_object('key', d.r2_key, 'drilled_at', d.at, 'failed', d.failed)
           order by d.at desc), '[]')
    into v_drills
    from (
      select r.r2_key, r.finished_at as at, coalesce((
               select jsonb_agg(c -> 'name')
                 from jsonb_array_elements(
                   case when jsonb_typeof(r.result -> 'checks') = 'array' then r.result -> 'checks' end) c
                -- the age of the newest backup says nothing of the backup that was drilled
                where c ->> 'verdict' = 'FAIL' and c ->> 'name' <> 'freshness'), '[]') as failed, r.status
        from public.ops_db_backup_runs r
       where r.kind = 'drill' and r.target = p_target and r.r2_key is not null
         and (r.status = 'succeeded' or r.status = 'failed' and r.error_code = 'drill_failed')
      union all
      select b.r2_key, b.proven_at, '[]', 'succeeded'
        from public.ops_db_backups b
       where b.target = p_target and b.proven_at is not null
         and greatest(b.created_at, b.proven_at) <= now() + public.ops_db_backup_service_level('vault_time_ahead')
       order by 2 desc
       limit 20
    ) d
   where (d.status = 'succeeded' or d.failed <> '[]')
     and (not v_requires_signature or exists (
       select from public.ops_db_backups b
        where b.r2_key = d.r2_key and b.duplicate_of is null and b.signed_by is not null));

  select coalesce(jsonb_object_agg(r.name, jsonb_build_object('at', r.at, 'status', r.status, 'report', r.report)), '{}')
    into v_reports
    from public.ops_db_backup_reports r
   where r.name in ('watchdog', 'watch');

  return jsonb_build_object(
    'time', clock_timestamp(), 'backups', v_backups, 'drills', v_drills, 'lost_runs', public.ops_db_backup_lost_runs(),
    'break_glass', public.ops_db_backup_break_glass_uses(),
    'audit', public.ops_db_backup_audit_verify(), 'reports', v_reports);
end
$$;


--
-- Name: FUNCTION ops_db_backup_watch_facts(p_target text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backup_watch_facts(p_target text) IS 'For the watch inside the project: {time, backups: newest full ones, drills that proved or rejected one, lost_runs, break_glass, audit, reports: the last of watchdog and watch}. Expires silent runs first. Vault and GitHub are not read.';


--
-- Name: ops_db_backups_list(text, integer, integer, text, text, timestamp with time zone, timestamp with time zone, text, text, uuid, text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ops_db_backups_list(p_target text DEFAULT NULL::text, p_limit integer DEFAULT 50, p_offset integer DEFAULT 0, p_status text DEFAULT NULL::text, p_origin text DEFAULT NULL::text, p_from timestamp with time zone DEFAULT NULL::timestamp with time zone, p_to timestamp with time zone DEFAULT NULL::timestamp with time zone, p_search text DEFAULT NULL::text, p_sort text DEFAULT 'newest'::text, p_after_id uuid DEFAULT NULL::uuid, p_r2_key text DEFAULT NULL::text) RETURNS TABLE(id uuid, created_at timestamp with time zone, target text, mode text, r2_bucket text, r2_key text, sha256 text, bytes bigint, git_sha text, status text, kind text, label text, raw_bytes bigint, tables_total integer, rows_total bigint, duration_ms bigint, server_version text, requested_by text, run_url text, verified_at timestamp with time zone, proven_at timestamp with time zone, origin text, hold_until timestamp with time zone, hold_reason text, held_by text, proof jsonb, signed_by text, is_unsigned boolean)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    SET enable_sort TO 'off'
    AS $_$
#variable_conflict use_column
declare
  v_after_at timestamptz;
  v_order constant text := case coalesce(p_sort, 'newest')
    when 'newest' then 'b.created_at desc, b.id desc'
    when 'oldest' then 'b.created_at, b.id'
    when 'largest' then 'b.bytes desc nulls last, b.id desc'
    when 'slowest' then 'b.duration_ms desc nulls last, b.id desc'
  end;
  v_after constant text := case coalesce(p_sort, 'newest')
    when 'newest' then '(b.created_at, b.id) < ($8, $9)'
    when 'oldest' then '(b.created_at, b.id) > ($8, $9)'
  end;
begin
  perform public.require_permission_for_current_user('ops', 'view');
  if v_order is null then
    perform public.ops_db_backup_refuse(400, 'invalid_payload', 'sort is not one of the known values',
      jsonb_build_object('field', 'sort'));
  end if;
  if p_after_id is not null then
    select b.created_at into v_after_at from public.ops_db_backups b where b.id = p_after_id;
    if not found or v_after is null then
      perform public.ops_db_backup_refuse(400, 'invalid_payload',
        'after_id is not a row of the catalog, or the order is not by time', jsonb_build_object('field', 'after_id'));
    end if;
  end if;
  if p_r2_key is not null or p_sort in ('largest', 'slowest') then
    perform set_config('enable_sort', 'on', true); -- few rows to sort, or an order that a filter may make rare
  end if;
  return query execute format($query$
    select b.id, b.created_at, b.target, b.mode, b.r2_bucket, b.r2_key, b.sha256, b.bytes, b.git_sha, b.status,
           b.kind, b.label, b.raw_bytes, b.tables_total, b.rows_total, b.duration_ms, b.server_version,
           b.requested_by, b.run_url, b.verified_at, b.proven_at, b.origin, b.hold_until, b.hold_reason, b.held_by,
           b.proof, b.signed_by, $12 and b.signed_by is null
      from (
        select *
          from public.ops_db_backups b
         where ($1 is null or b.target = $1)
           and ($2 is null or b.status = $2)
           and ($3 is null or b.origin = $3)
           and ($4 is null or b.created_at >= $4)
           and ($5 is null or b.created_at < $5)
           and ($7 is null or b.r2_key = $7)
           and ($9 is null or %2$s)
         order by %1$s
         limit case when $6 is not null then 20000 end
      ) b
     where $6 is null or strpos(lower(b.label), lower($6)) > 0 or strpos(lower(b.r2_key), lower($6)) > 0
     order by %1$s
     limit $10 offset $11
  $query$, v_order, coalesce(v_after, 'true'))
  using p_target, p_status, p_origin, p_from, p_to, nullif(trim(p_search), ''), p_r2_key, v_after_at, p_after_id,
        public.ops_db_backup_page_size(p_limit), greatest(coalesce(p_offset, 0), 0),
        public.ops_db_backup_requires_signature();
end
$_$;


--
-- Name: FUNCTION ops_db_backups_list(p_target text, p_limit integer, p_offset integer, p_status text, p_origin text, p_from timestamp with time zone, p_to timestamp with time zone, p_search text, p_sort text, p_after_id uuid, p_r2_key text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ops_db_backups_list(p_target text, p_limit integer, p_offset integer, p_status text, p_origin text, p_from timestamp with time zone, p_to timestamp with time zone, p_search text, p_sort text, p_after_id uuid, p_r2_key text) IS 'Backups, newest first unless p_sort says oldest, largest or slowest; ops:view. A filter that is null does not filter; p_from is included, p_to is not. p_after_id: the rows after that row (newest and oldest only), whatever the size of the table; an offset costs what it skips. p_search (in label and key) looks at the first 20,000 rows that the other filters leave, after p_after_id. At most 1000 rows a call. is_unsigned: no signature of it counts, and one is required.';


--
-- Name: ops_db_backup_approvals; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.ops_db_backup_approvals (
    request_id uuid NOT NULL,
    r2_key text NOT NULL,
    sha256 text,
    plan_request_id uuid NOT NULL,
    reason text NOT NULL,
    requested_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    requested_by text,
    requested_by_id uuid NOT NULL,
    decision text,
    decided_at timestamp with time zone,
    decided_by text,
    decided_by_id uuid,
    used_at timestamp with time zone,
    options jsonb DEFAULT '{}'::jsonb NOT NULL,
    CONSTRAINT ops_db_backup_approvals_decision_known CHECK ((decision = ANY (ARRAY['approved'::text, 'denied'::text]))),
    CONSTRAINT ops_db_backup_approvals_decision_whole CHECK ((((decision IS NULL) = (decided_at IS NULL)) AND ((decision IS NULL) = (decided_by_id IS NULL)))),
    CONSTRAINT ops_db_backup_approvals_two_people CHECK ((decided_by_id <> requested_by_id))
);


--
-- Name: TABLE ops_db_backup_approvals; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.ops_db_backup_approvals IS 'Requests of restores of prod that a second user decides, one row each. Rows are never deleted.';


--
-- Name: COLUMN ops_db_backup_approvals.sha256; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.ops_db_backup_approvals.sha256 IS 'The archive''s SHA-256 in the catalog when it was requested.';


--
-- Name: COLUMN ops_db_backup_approvals.used_at; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.ops_db_backup_approvals.used_at IS 'When the restore began: an approval is for one start.';


--
-- Name: COLUMN ops_db_backup_approvals.options; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.ops_db_backup_approvals.options IS 'What was requested beside the backup: {end_sessions, confirm_source, allow_unsigned}, without those that are not set.';


--
-- Name: ops_db_backup_audit; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.ops_db_backup_audit (
    chain_id uuid NOT NULL,
    seq bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    event text NOT NULL,
    actor text,
    actor_id uuid,
    target text,
    request_id uuid,
    r2_key text,
    code text,
    record text NOT NULL,
    prev_hash text NOT NULL,
    hash text NOT NULL,
    CONSTRAINT ops_db_backup_audit_event_is_word CHECK ((event ~ '^[a-z][a-z_]{0,39}$'::text)),
    CONSTRAINT ops_db_backup_audit_seq_counts CHECK ((seq > 0))
);


--
-- Name: TABLE ops_db_backup_audit; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.ops_db_backup_audit IS 'What was asked, refused, done and decided, for ever. Refuses update, delete and truncate.';


--
-- Name: COLUMN ops_db_backup_audit.actor; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.ops_db_backup_audit.actor IS 'E-mail of the user, what started the run, or script (a run reports), watch (given up for lost), rebuild.';


--
-- Name: COLUMN ops_db_backup_audit.record; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.ops_db_backup_audit.record IS 'The record as JSON: exactly this text is hashed.';


--
-- Name: COLUMN ops_db_backup_audit.prev_hash; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.ops_db_backup_audit.prev_hash IS 'Hash of the record before; 64 zeros for the first of a chain.';


--
-- Name: COLUMN ops_db_backup_audit.hash; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.ops_db_backup_audit.hash IS 'sha256(prev_hash || record), hexadecimal.';


--
-- Name: ops_db_backup_audit_mirrored; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.ops_db_backup_audit_mirrored (
    chain_id uuid NOT NULL,
    seq bigint NOT NULL,
    at timestamp with time zone NOT NULL
);


--
-- Name: TABLE ops_db_backup_audit_mirrored; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.ops_db_backup_audit_mirrored IS 'Up to which record of each chain the vault has a copy. May be lost: then the copies are compared and taken again.';


--
-- Name: ops_db_backup_audit_verified; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.ops_db_backup_audit_verified (
    chain_id uuid NOT NULL,
    seq bigint NOT NULL,
    hash text NOT NULL,
    whole_at timestamp with time zone NOT NULL
);


--
-- Name: TABLE ops_db_backup_audit_verified; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.ops_db_backup_audit_verified IS 'How far each chain of the audit was verified, and when it was last read as a whole.';


--
-- Name: ops_db_backup_reports; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.ops_db_backup_reports (
    name text NOT NULL,
    at timestamp with time zone NOT NULL,
    status text NOT NULL,
    report jsonb NOT NULL,
    CONSTRAINT ops_db_backup_reports_name_is_word CHECK ((name ~ '^[a-z][a-z0-9_-]{0,39}$'::text)),
    CONSTRAINT ops_db_backup_reports_report_is_object CHECK ((jsonb_typeof(report) = 'object'::text)),
    CONSTRAINT ops_db_backup_reports_status_known CHECK ((status = ANY (ARRAY['ok'::text, 'warning'::text, 'failed'::text])))
);


--
-- Name: TABLE ops_db_backup_reports; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.ops_db_backup_reports IS 'The last report of each unattended command (watchdog, doctor): when it looked, and what it found.';


--
-- Name: ops_db_backup_runs; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.ops_db_backup_runs (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    kind text NOT NULL,
    target text NOT NULL,
    mode text,
    label text,
    r2_key text,
    reason text,
    status text DEFAULT 'queued'::text NOT NULL,
    phase text,
    bytes_done bigint,
    bytes_expected bigint,
    rows_done bigint,
    requested_by text,
    requested_by_id uuid,
    request_id uuid NOT NULL,
    github_run_id bigint,
    run_url text,
    attempt integer,
    plan_request_id uuid,
    error_code text,
    error_message text,
    result jsonb,
    started_at timestamp with time zone,
    heartbeat_at timestamp with time zone,
    finished_at timestamp with time zone,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    reported_at timestamp with time zone,
    break_glass boolean,
    options jsonb,
    CONSTRAINT ops_db_backup_runs_bytes_done_counts CHECK ((bytes_done >= 0)),
    CONSTRAINT ops_db_backup_runs_bytes_expected_counts CHECK ((bytes_expected >= 0)),
    CONSTRAINT ops_db_backup_runs_final_has_end CHECK (((status = ANY (ARRAY['succeeded'::text, 'failed'::text, 'cancelled'::text, 'lost'::text])) = (finished_at IS NOT NULL))),
    CONSTRAINT ops_db_backup_runs_kind_known CHECK ((kind = ANY (ARRAY['backup'::text, 'restore'::text, 'drill'::text, 'plan'::text, 'prune'::text]))),
    CONSTRAINT ops_db_backup_runs_mode_known CHECK ((mode = ANY (ARRAY['full'::text, 'schema-only'::text]))),
    CONSTRAINT ops_db_backup_runs_restore_names_key CHECK (((kind <> ALL (ARRAY['restore'::text, 'plan'::text])) OR (r2_key IS NOT NULL))),
    CONSTRAINT ops_db_backup_runs_result_is_object CHECK ((jsonb_typeof(result) = 'object'::text)),
    CONSTRAINT ops_db_backup_runs_rows_done_counts CHECK ((rows_done >= 0)),
    CONSTRAINT ops_db_backup_runs_run_url_is_web CHECK (((run_url ~ '^https?://'::text) AND (length(run_url) <= 500))),
    CONSTRAINT ops_db_backup_runs_status_known CHECK ((status = ANY (ARRAY['queued'::text, 'running'::text, 'unknown'::text, 'succeeded'::text, 'failed'::text, 'cancelled'::text, 'lost'::text]))),
    CONSTRAINT ops_db_backup_runs_target_known CHECK ((target = ANY (ARRAY['prod'::text, 'dev'::text, 'verify'::text])))
);


--
-- Name: TABLE ops_db_backup_runs; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.ops_db_backup_runs IS 'Backups, restores, drills, plans and prunes: who asked what, how far it is, how it ended. Rows are never deleted.';


--
-- Name: COLUMN ops_db_backup_runs.status; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.ops_db_backup_runs.status IS 'queued asked, not begun; running a script reports; unknown GitHub gave no clear answer; succeeded, failed, cancelled final; lost no news for too long.';


--
-- Name: COLUMN ops_db_backup_runs.rows_done; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.ops_db_backup_runs.rows_done IS 'Rows that the script has seen go by in this phase.';


--
-- Name: COLUMN ops_db_backup_runs.requested_by; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.ops_db_backup_runs.requested_by IS 'E-mail of the user, or what started it (schedule, command line).';


--
-- Name: COLUMN ops_db_backup_runs.requested_by_id; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.ops_db_backup_runs.requested_by_id IS 'The signed-in user who asked; kept when the user is deleted.';


--
-- Name: COLUMN ops_db_backup_runs.request_id; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.ops_db_backup_runs.request_id IS 'Idempotency key: the same id is the same request.';


--
-- Name: COLUMN ops_db_backup_runs.attempt; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.ops_db_backup_runs.attempt IS 'Which attempt of the GitHub run this is; 1 for the first.';


--
-- Name: COLUMN ops_db_backup_runs.plan_request_id; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.ops_db_backup_runs.plan_request_id IS 'Of a restore: the request id of the plan that its asker had seen.';


--
-- Name: COLUMN ops_db_backup_runs.result; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.ops_db_backup_runs.result IS 'What was checked, and what came out. Of a running restore {objects: {tables, indexes}}, each {done, expected}.';


--
-- Name: COLUMN ops_db_backup_runs.heartbeat_at; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.ops_db_backup_runs.heartbeat_at IS 'Last sign of life of the script.';


--
-- Name: COLUMN ops_db_backup_runs.reported_at; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.ops_db_backup_runs.reported_at IS 'When the script itself reported the end; null for an end that was written by anything else.';


--
-- Name: COLUMN ops_db_backup_runs.break_glass; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.ops_db_backup_runs.break_glass IS 'True of a restore of prod that began without the request of a signed-in user, by the repository''s variable.';


--
-- Name: COLUMN ops_db_backup_runs.options; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.ops_db_backup_runs.options IS 'Of a restore: what was requested beside the backup, {end_sessions, confirm_source, allow_unsigned}. Of a plan: the options that its script has. Without those that are not set.';


--
-- Name: ops_db_backup_sealed; Type: TABLE; Schema: public; Owner: -
--

CREATE UNLOGGED TABLE public.ops_db_backup_sealed (
    request_id uuid NOT NULL,
    r2_key text NOT NULL,
    target text NOT NULL,
    reason text NOT NULL,
    requested_by text,
    requested_by_id uuid NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    request jsonb,
    taken_at timestamp with time zone,
    answer jsonb,
    error_code text,
    CONSTRAINT ops_db_backup_sealed_answer_size CHECK ((octet_length((answer)::text) <= 1048576)),
    CONSTRAINT ops_db_backup_sealed_error_code_known CHECK ((error_code ~ '^[a-z][a-z0-9_]{0,59}$'::text)),
    CONSTRAINT ops_db_backup_sealed_request_size CHECK ((octet_length((request)::text) <= 8192))
);


--
-- Name: TABLE ops_db_backup_sealed; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.ops_db_backup_sealed IS 'Sealed messages of looks. A row is deleted when its answer is taken, is withdrawn, or has expired. Not audited: what was looked at is in the record that ops_db_backup_look_put writes.';


--
-- Name: COLUMN ops_db_backup_sealed.request; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.ops_db_backup_sealed.request IS 'Until the job takes it, once.';


--
-- Name: COLUMN ops_db_backup_sealed.error_code; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.ops_db_backup_sealed.error_code IS 'Of a look that failed: there is no answer then.';


--
-- Name: ops_db_backup_settings; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.ops_db_backup_settings (
    name text NOT NULL,
    value jsonb NOT NULL,
    CONSTRAINT ops_db_backup_settings_value_known CHECK (COALESCE(
CASE name
    WHEN 'operators'::text THEN ((jsonb_typeof((value -> 'companies'::text)) = 'array'::text) AND (jsonb_typeof((value -> 'users'::text)) = 'array'::text) AND (NOT jsonb_path_exists(value, '$.*[*]?(!(@.type() == "string" && @ like_regex "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"))'::jsonpath)))
    WHEN 'restore_approval'::text THEN (value = ANY (ARRAY['"one-person"'::jsonb, '"two-person"'::jsonb]))
    WHEN 'restore_assurance'::text THEN (value = ANY (ARRAY['"aal1"'::jsonb, '"aal2"'::jsonb]))
    WHEN 'restore_right'::text THEN (value = ANY (ARRAY['"manage"'::jsonb, '"restore"'::jsonb]))
    ELSE NULL::boolean
END, false))
);


--
-- Name: TABLE ops_db_backup_settings; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.ops_db_backup_settings IS 'Who may act, by name: operators {companies: [uuid], users: [uuid]}: whose members and which users may act, unset: every company''s; restore_approval one-person or two-person: a restore of prod needs a second user; restore_assurance aal1 or aal2: it needs a second factor; restore_right manage or restore: the right of module ops that a restore needs. Written by the owner alone, and audited.';


--
-- Name: ops_db_backups; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.ops_db_backups (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    target text NOT NULL,
    mode text NOT NULL,
    r2_bucket text NOT NULL,
    r2_key text NOT NULL,
    sha256 text,
    bytes bigint,
    git_sha text,
    status text DEFAULT 'uploaded'::text NOT NULL,
    kind text,
    label text,
    raw_bytes bigint,
    tables_total integer,
    rows_total bigint,
    duration_ms bigint,
    server_version text,
    requested_by text,
    run_url text,
    verified_at timestamp with time zone,
    proven_at timestamp with time zone,
    manifest jsonb,
    duplicate_of uuid,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    proof jsonb,
    hold_until timestamp with time zone,
    hold_reason text,
    held_by text,
    origin text GENERATED ALWAYS AS (
CASE
    WHEN (kind = 'supabase_db_backup_local'::text) THEN 'local'::text
    WHEN (label = 'antes-da-restauracao'::text) THEN 'safety'::text
    WHEN (requested_by = 'schedule'::text) THEN 'schedule'::text
    WHEN (requested_by ~ '@|^github:'::text) THEN 'person'::text
    ELSE 'other'::text
END) STORED NOT NULL,
    signed_by text,
    CONSTRAINT ops_db_backups_mode_known CHECK ((mode = ANY (ARRAY['full'::text, 'schema-only'::text]))),
    CONSTRAINT ops_db_backups_proof_is_object CHECK ((jsonb_typeof(proof) = 'object'::text)),
    CONSTRAINT ops_db_backups_signed_by_check CHECK ((signed_by ~ '^[0-9a-f]{16}$'::text)),
    CONSTRAINT ops_db_backups_status_known CHECK ((status = ANY (ARRAY['uploaded'::text, 'failed'::text, 'restored'::text, 'deleted'::text]))),
    CONSTRAINT ops_db_backups_target_known CHECK ((target = ANY (ARRAY['prod'::text, 'dev'::text, 'verify'::text])))
);


--
-- Name: TABLE ops_db_backups; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.ops_db_backups IS 'Index of the vault, one row per archive; the bucket is the truth and this table can be rebuilt from it.';


--
-- Name: COLUMN ops_db_backups.created_at; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.ops_db_backups.created_at IS 'Start of the backup, as its manifest says.';


--
-- Name: COLUMN ops_db_backups.bytes; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.ops_db_backups.bytes IS 'Size of the .dump.gz as stored.';


--
-- Name: COLUMN ops_db_backups.status; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.ops_db_backups.status IS 'uploaded, failed, restored or deleted.';


--
-- Name: COLUMN ops_db_backups.raw_bytes; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.ops_db_backups.raw_bytes IS 'Size of the archive before compression.';


--
-- Name: COLUMN ops_db_backups.verified_at; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.ops_db_backups.verified_at IS 'When size and sha256 were last confirmed at the vault.';


--
-- Name: COLUMN ops_db_backups.proven_at; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.ops_db_backups.proven_at IS 'When a drill last restored exactly these bytes.';


--
-- Name: COLUMN ops_db_backups.manifest; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.ops_db_backups.manifest IS 'The manifest as it lies in the vault; null for rows older than this column.';


--
-- Name: COLUMN ops_db_backups.duplicate_of; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.ops_db_backups.duplicate_of IS 'Earlier times could write an object twice: the id of the row that counts; null for the row that counts.';


--
-- Name: COLUMN ops_db_backups.proof; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.ops_db_backups.proof IS 'The receipt in short of the newest drill that proved or rejected these bytes: {receipt_key, drilled_at, passed, failed, skipped, seconds, total_seconds}. With a failed check the backup is rejected, and proven_at is null.';


--
-- Name: COLUMN ops_db_backups.hold_until; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.ops_db_backups.hold_until IS 'Retention does not delete it before; null: not held.';


--
-- Name: COLUMN ops_db_backups.held_by; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.ops_db_backups.held_by IS 'E-mail of who held it.';


--
-- Name: COLUMN ops_db_backups.origin; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.ops_db_backups.origin IS 'Who wanted it: schedule, person, safety (the copy before a restore), local (an admin''s machine) or other.';


--
-- Name: COLUMN ops_db_backups.signed_by; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.ops_db_backups.signed_by IS 'The id of the trusted key whose signature of the manifest was checked; null: unsigned, by a key that is not trusted, or not checked.';


--
-- Name: ops_db_backup_approvals ops_db_backup_approvals_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.ops_db_backup_approvals
    ADD CONSTRAINT ops_db_backup_approvals_pkey PRIMARY KEY (request_id);


--
-- Name: ops_db_backup_audit_mirrored ops_db_backup_audit_mirrored_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.ops_db_backup_audit_mirrored
    ADD CONSTRAINT ops_db_backup_audit_mirrored_pkey PRIMARY KEY (chain_id);


--
-- Name: ops_db_backup_audit ops_db_backup_audit_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.ops_db_backup_audit
    ADD CONSTRAINT ops_db_backup_audit_pkey PRIMARY KEY (chain_id, seq);


--
-- Name: ops_db_backup_audit_verified ops_db_backup_audit_verified_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.ops_db_backup_audit_verified
    ADD CONSTRAINT ops_db_backup_audit_verified_pkey PRIMARY KEY (chain_id);


--
-- Name: ops_db_backup_reports ops_db_backup_reports_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.ops_db_backup_reports
    ADD CONSTRAINT ops_db_backup_reports_pkey PRIMARY KEY (name);


--
-- Name: ops_db_backup_runs ops_db_backup_runs_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.ops_db_backup_runs
    ADD CONSTRAINT ops_db_backup_runs_pkey PRIMARY KEY (id);


--
-- Name: ops_db_backup_runs ops_db_backup_runs_request_id_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.ops_db_backup_runs
    ADD CONSTRAINT ops_db_backup_runs_request_id_key UNIQUE (request_id);


--
-- Name: ops_db_backup_sealed ops_db_backup_sealed_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.ops_db_backup_sealed
    ADD CONSTRAINT ops_db_backup_sealed_pkey PRIMARY KEY (request_id);


--
-- Name: ops_db_backup_settings ops_db_backup_settings_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.ops_db_backup_settings
    ADD CONSTRAINT ops_db_backup_settings_pkey PRIMARY KEY (name);


--
-- Name: ops_db_backups ops_db_backups_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.ops_db_backups
    ADD CONSTRAINT ops_db_backups_pkey PRIMARY KEY (id);


--
-- Name: ops_db_backup_approvals_newest_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ops_db_backup_approvals_newest_idx ON public.ops_db_backup_approvals USING btree (requested_at DESC);


--
-- Name: ops_db_backup_audit_newest_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ops_db_backup_audit_newest_idx ON public.ops_db_backup_audit USING btree (at DESC, chain_id DESC, seq DESC);


--
-- Name: ops_db_backup_audit_r2_key_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ops_db_backup_audit_r2_key_idx ON public.ops_db_backup_audit USING btree (r2_key, at DESC) WHERE (r2_key IS NOT NULL);


--
-- Name: ops_db_backup_audit_request_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ops_db_backup_audit_request_idx ON public.ops_db_backup_audit USING btree (request_id, at DESC) WHERE (request_id IS NOT NULL);


--
-- Name: ops_db_backup_runs_active_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ops_db_backup_runs_active_idx ON public.ops_db_backup_runs USING btree (created_at DESC, id DESC) WHERE (status = ANY (ARRAY['queued'::text, 'running'::text, 'unknown'::text]));


--
-- Name: ops_db_backup_runs_kind_newest_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ops_db_backup_runs_kind_newest_idx ON public.ops_db_backup_runs USING btree (kind, created_at DESC, id DESC);


--
-- Name: ops_db_backup_runs_newest_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ops_db_backup_runs_newest_idx ON public.ops_db_backup_runs USING btree (created_at DESC, id DESC);


--
-- Name: ops_db_backup_runs_one_per_target; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX ops_db_backup_runs_one_per_target ON public.ops_db_backup_runs USING btree (target) WHERE ((kind = ANY (ARRAY['backup'::text, 'restore'::text])) AND (status = ANY (ARRAY['queued'::text, 'running'::text, 'unknown'::text])));


--
-- Name: ops_db_backup_runs_one_restore; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX ops_db_backup_runs_one_restore ON public.ops_db_backup_runs USING btree (kind) WHERE ((kind = 'restore'::text) AND (status = ANY (ARRAY['queued'::text, 'running'::text, 'unknown'::text])));


--
-- Name: ops_db_backup_runs_r2_key_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ops_db_backup_runs_r2_key_idx ON public.ops_db_backup_runs USING btree (r2_key, created_at DESC, id DESC) WHERE (r2_key IS NOT NULL);


--
-- Name: ops_db_backup_runs_status_newest_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ops_db_backup_runs_status_newest_idx ON public.ops_db_backup_runs USING btree (status, created_at DESC, id DESC) WHERE (status <> 'succeeded'::text);


--
-- Name: ops_db_backup_runs_succeeded_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ops_db_backup_runs_succeeded_idx ON public.ops_db_backup_runs USING btree (kind, target, finished_at DESC) WHERE (status = 'succeeded'::text);


--
-- Name: ops_db_backup_runs_target_newest_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ops_db_backup_runs_target_newest_idx ON public.ops_db_backup_runs USING btree (target, created_at DESC, id DESC);


--
-- Name: ops_db_backup_sealed_expires_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ops_db_backup_sealed_expires_idx ON public.ops_db_backup_sealed USING btree (expires_at);


--
-- Name: ops_db_backups_largest_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ops_db_backups_largest_idx ON public.ops_db_backups USING btree (bytes DESC NULLS LAST, id DESC);


--
-- Name: ops_db_backups_newest_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ops_db_backups_newest_idx ON public.ops_db_backups USING btree (created_at DESC, id DESC);


--
-- Name: ops_db_backups_object_key; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX ops_db_backups_object_key ON public.ops_db_backups USING btree (r2_bucket, r2_key) WHERE (duplicate_of IS NULL);


--
-- Name: ops_db_backups_origin_newest_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ops_db_backups_origin_newest_idx ON public.ops_db_backups USING btree (origin, created_at DESC, id DESC);


--
-- Name: ops_db_backups_proven_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ops_db_backups_proven_idx ON public.ops_db_backups USING btree (target, created_at DESC, id DESC) WHERE (proven_at IS NOT NULL);


--
-- Name: ops_db_backups_r2_key_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ops_db_backups_r2_key_idx ON public.ops_db_backups USING btree (r2_key);


--
-- Name: ops_db_backups_rejected_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ops_db_backups_rejected_idx ON public.ops_db_backups USING btree (target, created_at DESC, id DESC) WHERE ((proof ->> 'failed'::text) <> '0'::text);


--
-- Name: ops_db_backups_signed_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ops_db_backups_signed_idx ON public.ops_db_backups USING btree (created_at DESC) WHERE (signed_by IS NOT NULL);


--
-- Name: ops_db_backups_slowest_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ops_db_backups_slowest_idx ON public.ops_db_backups USING btree (duration_ms DESC NULLS LAST, id DESC);


--
-- Name: ops_db_backups_status_newest_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ops_db_backups_status_newest_idx ON public.ops_db_backups USING btree (status, created_at DESC, id DESC) WHERE (status <> 'uploaded'::text);


--
-- Name: ops_db_backups_target_newest_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ops_db_backups_target_newest_idx ON public.ops_db_backups USING btree (target, created_at DESC, id DESC);


--
-- Name: ops_db_backup_approvals ops_db_backup_approvals_audit; Type: TRIGGER; Schema: public; Owner: -
--

CREATE CONSTRAINT TRIGGER ops_db_backup_approvals_audit AFTER INSERT OR UPDATE ON public.ops_db_backup_approvals DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.ops_db_backup_audit_approval();

ALTER TABLE public.ops_db_backup_approvals ENABLE ALWAYS TRIGGER ops_db_backup_approvals_audit;


--
-- Name: ops_db_backup_audit ops_db_backup_audit_by_drill; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER ops_db_backup_audit_by_drill BEFORE INSERT ON public.ops_db_backup_audit FOR EACH ROW WHEN ((SESSION_USER = 'ops_db_backup_catalog'::name)) EXECUTE FUNCTION public.ops_db_backup_bound_record('drill');


--
-- Name: ops_db_backup_audit ops_db_backup_audit_by_maintenance; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER ops_db_backup_audit_by_maintenance BEFORE INSERT ON public.ops_db_backup_audit FOR EACH ROW WHEN ((SESSION_USER = 'ops_db_backup_maintenance'::name)) EXECUTE FUNCTION public.ops_db_backup_bound_record('prune');


--
-- Name: ops_db_backup_audit ops_db_backup_audit_keep_all; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER ops_db_backup_audit_keep_all BEFORE TRUNCATE ON public.ops_db_backup_audit FOR EACH STATEMENT EXECUTE FUNCTION public.ops_db_backup_audit_keep();

ALTER TABLE public.ops_db_backup_audit ENABLE ALWAYS TRIGGER ops_db_backup_audit_keep_all;


--
-- Name: ops_db_backup_audit ops_db_backup_audit_keep_rows; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER ops_db_backup_audit_keep_rows BEFORE DELETE OR UPDATE ON public.ops_db_backup_audit FOR EACH ROW EXECUTE FUNCTION public.ops_db_backup_audit_keep();

ALTER TABLE public.ops_db_backup_audit ENABLE ALWAYS TRIGGER ops_db_backup_audit_keep_rows;


--
-- Name: ops_db_backup_runs ops_db_backup_runs_audit_changed; Type: TRIGGER; Schema: public; Owner: -
--

CREATE CONSTRAINT TRIGGER ops_db_backup_runs_audit_changed AFTER UPDATE ON public.ops_db_backup_runs DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (((((((old.status IS DISTINCT FROM new.status) OR (old.github_run_id IS DISTINCT FROM new.github_run_id)) OR (old.run_url IS DISTINCT FROM new.run_url)) OR (old.attempt IS DISTINCT FROM new.attempt)) OR (old.r2_key IS DISTINCT FROM new.r2_key)) OR (old.reported_at IS DISTINCT FROM new.reported_at))) EXECUTE FUNCTION public.ops_db_backup_audit_run();

ALTER TABLE public.ops_db_backup_runs ENABLE ALWAYS TRIGGER ops_db_backup_runs_audit_changed;


--
-- Name: ops_db_backup_runs ops_db_backup_runs_audit_new; Type: TRIGGER; Schema: public; Owner: -
--

CREATE CONSTRAINT TRIGGER ops_db_backup_runs_audit_new AFTER INSERT ON public.ops_db_backup_runs DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.ops_db_backup_audit_run();

ALTER TABLE public.ops_db_backup_runs ENABLE ALWAYS TRIGGER ops_db_backup_runs_audit_new;


--
-- Name: ops_db_backup_runs ops_db_backup_runs_by_drill; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER ops_db_backup_runs_by_drill BEFORE INSERT OR UPDATE ON public.ops_db_backup_runs FOR EACH ROW WHEN ((SESSION_USER = 'ops_db_backup_catalog'::name)) EXECUTE FUNCTION public.ops_db_backup_bound_run('drill');


--
-- Name: ops_db_backup_runs ops_db_backup_runs_by_maintenance; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER ops_db_backup_runs_by_maintenance BEFORE INSERT OR UPDATE ON public.ops_db_backup_runs FOR EACH ROW WHEN ((SESSION_USER = 'ops_db_backup_maintenance'::name)) EXECUTE FUNCTION public.ops_db_backup_bound_run('prune');


--
-- Name: ops_db_backup_settings ops_db_backup_settings_audit; Type: TRIGGER; Schema: public; Owner: -
--

CREATE CONSTRAINT TRIGGER ops_db_backup_settings_audit AFTER INSERT OR DELETE OR UPDATE ON public.ops_db_backup_settings DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.ops_db_backup_audit_setting();

ALTER TABLE public.ops_db_backup_settings ENABLE ALWAYS TRIGGER ops_db_backup_settings_audit;


--
-- Name: ops_db_backups ops_db_backups_audit_hold; Type: TRIGGER; Schema: public; Owner: -
--

CREATE CONSTRAINT TRIGGER ops_db_backups_audit_hold AFTER UPDATE ON public.ops_db_backups DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ((((old.hold_until IS DISTINCT FROM new.hold_until) OR (old.hold_reason IS DISTINCT FROM new.hold_reason)) OR (old.held_by IS DISTINCT FROM new.held_by))) EXECUTE FUNCTION public.ops_db_backup_audit_backup('hold');

ALTER TABLE public.ops_db_backups ENABLE ALWAYS TRIGGER ops_db_backups_audit_hold;


--
-- Name: ops_db_backups ops_db_backups_audit_mark; Type: TRIGGER; Schema: public; Owner: -
--

CREATE CONSTRAINT TRIGGER ops_db_backups_audit_mark AFTER UPDATE ON public.ops_db_backups DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ((((((old.status IS DISTINCT FROM new.status) OR (old.sha256 IS DISTINCT FROM new.sha256)) OR (old.proven_at IS DISTINCT FROM new.proven_at)) OR (old.proof IS DISTINCT FROM new.proof)) OR (old.signed_by IS DISTINCT FROM new.signed_by))) EXECUTE FUNCTION public.ops_db_backup_audit_backup('mark');

ALTER TABLE public.ops_db_backups ENABLE ALWAYS TRIGGER ops_db_backups_audit_mark;


--
-- Name: ops_db_backups ops_db_backups_audit_record; Type: TRIGGER; Schema: public; Owner: -
--

CREATE CONSTRAINT TRIGGER ops_db_backups_audit_record AFTER INSERT ON public.ops_db_backups DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.ops_db_backup_audit_backup('record');

ALTER TABLE public.ops_db_backups ENABLE ALWAYS TRIGGER ops_db_backups_audit_record;


--
-- Name: ops_db_backups ops_db_backups_by_drill; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER ops_db_backups_by_drill AFTER UPDATE ON public.ops_db_backups FOR EACH ROW WHEN ((SESSION_USER = 'ops_db_backup_catalog'::name)) EXECUTE FUNCTION public.ops_db_backup_bound_backup('proven_at', 'proof');


--
-- Name: ops_db_backups ops_db_backups_by_maintenance; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER ops_db_backups_by_maintenance AFTER UPDATE ON public.ops_db_backups FOR EACH ROW WHEN ((SESSION_USER = 'ops_db_backup_maintenance'::name)) EXECUTE FUNCTION public.ops_db_backup_bound_backup('status');


--
-- Name: ops_db_backup_approvals; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.ops_db_backup_approvals ENABLE ROW LEVEL SECURITY;


--
-- Name: ops_db_backup_audit; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.ops_db_backup_audit ENABLE ROW LEVEL SECURITY;


--
-- Name: ops_db_backup_audit_mirrored; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.ops_db_backup_audit_mirrored ENABLE ROW LEVEL SECURITY;


--
-- Name: ops_db_backup_audit_verified; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.ops_db_backup_audit_verified ENABLE ROW LEVEL SECURITY;


--
-- Name: ops_db_backup_audit ops_db_backup_maintenance_reads; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY ops_db_backup_maintenance_reads ON public.ops_db_backup_audit FOR SELECT TO ops_db_backup_maintenance USING (true);


--
-- Name: ops_db_backup_reports ops_db_backup_maintenance_reads; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY ops_db_backup_maintenance_reads ON public.ops_db_backup_reports FOR SELECT TO ops_db_backup_maintenance USING (true);


--
-- Name: ops_db_backup_runs ops_db_backup_maintenance_reads; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY ops_db_backup_maintenance_reads ON public.ops_db_backup_runs FOR SELECT TO ops_db_backup_maintenance USING (true);


--
-- Name: ops_db_backups ops_db_backup_maintenance_reads; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY ops_db_backup_maintenance_reads ON public.ops_db_backups FOR SELECT TO ops_db_backup_maintenance USING (true);


--
-- Name: ops_db_backup_reports; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.ops_db_backup_reports ENABLE ROW LEVEL SECURITY;


--
-- Name: ops_db_backup_runs; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.ops_db_backup_runs ENABLE ROW LEVEL SECURITY;


--
-- Name: ops_db_backup_sealed; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.ops_db_backup_sealed ENABLE ROW LEVEL SECURITY;


--
-- Name: ops_db_backup_settings; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.ops_db_backup_settings ENABLE ROW LEVEL SECURITY;


--
-- Name: ops_db_backups; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.ops_db_backups ENABLE ROW LEVEL SECURITY;


--
-- Name: FUNCTION ops_db_backup_acting_companies(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_acting_companies() FROM PUBLIC;


--
-- Name: FUNCTION ops_db_backup_admit(p_new anyelement); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_admit(p_new anyelement) FROM PUBLIC;


--
-- Name: FUNCTION ops_db_backup_audit_advance(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_audit_advance() FROM PUBLIC;
GRANT ALL ON FUNCTION public.ops_db_backup_audit_advance() TO ops_db_backup_maintenance;


--
-- Name: FUNCTION ops_db_backup_audit_append(p jsonb); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_audit_append(p jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION public.ops_db_backup_audit_append(p jsonb) TO service_role;
GRANT ALL ON FUNCTION public.ops_db_backup_audit_append(p jsonb) TO ops_db_backup_catalog;
GRANT ALL ON FUNCTION public.ops_db_backup_audit_append(p jsonb) TO ops_db_backup_maintenance;


--
-- Name: FUNCTION ops_db_backup_audit_approval(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_audit_approval() FROM PUBLIC;


--
-- Name: FUNCTION ops_db_backup_audit_backup(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_audit_backup() FROM PUBLIC;


--
-- Name: FUNCTION ops_db_backup_audit_break(p_from_verified boolean); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_audit_break(p_from_verified boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION public.ops_db_backup_audit_break(p_from_verified boolean) TO ops_db_backup_maintenance;


--
-- Name: FUNCTION ops_db_backup_audit_caller(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_audit_caller() FROM PUBLIC;


--
-- Name: FUNCTION ops_db_backup_audit_chain(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_audit_chain() FROM PUBLIC;


--
-- Name: FUNCTION ops_db_backup_audit_check(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_audit_check() FROM PUBLIC;
GRANT ALL ON FUNCTION public.ops_db_backup_audit_check() TO authenticated;


--
-- Name: FUNCTION ops_db_backup_audit_columns(p_table regclass); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_audit_columns(p_table regclass) FROM PUBLIC;


--
-- Name: FUNCTION ops_db_backup_audit_hash(p_prev_hash text, p_record text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_audit_hash(p_prev_hash text, p_record text) FROM PUBLIC;


--
-- Name: FUNCTION ops_db_backup_audit_keep(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_audit_keep() FROM PUBLIC;


--
-- Name: FUNCTION ops_db_backup_audit_list(p_limit integer, p_after_chain_id uuid, p_after_seq bigint, p_event text, p_request_id uuid, p_r2_key text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_audit_list(p_limit integer, p_after_chain_id uuid, p_after_seq bigint, p_event text, p_request_id uuid, p_r2_key text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.ops_db_backup_audit_list(p_limit integer, p_after_chain_id uuid, p_after_seq bigint, p_event text, p_request_id uuid, p_r2_key text) TO authenticated;


--
-- Name: FUNCTION ops_db_backup_audit_load(p jsonb); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_audit_load(p jsonb) FROM PUBLIC;


--
-- Name: FUNCTION ops_db_backup_audit_mirrored_to(p jsonb); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_audit_mirrored_to(p jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION public.ops_db_backup_audit_mirrored_to(p jsonb) TO ops_db_backup_maintenance;


--
-- Name: FUNCTION ops_db_backup_audit_run(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_audit_run() FROM PUBLIC;


--
-- Name: FUNCTION ops_db_backup_audit_setting(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_audit_setting() FROM PUBLIC;


--
-- Name: FUNCTION ops_db_backup_audit_unmirrored(p_limit integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_audit_unmirrored(p_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.ops_db_backup_audit_unmirrored(p_limit integer) TO ops_db_backup_maintenance;


--
-- Name: FUNCTION ops_db_backup_audit_verify(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_audit_verify() FROM PUBLIC;


--
-- Name: FUNCTION ops_db_backup_audit_write(p_event text, p_actor text, p_actor_id uuid, p_target text, p_request_id uuid, p_r2_key text, p_code text, p_detail jsonb); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_audit_write(p_event text, p_actor text, p_actor_id uuid, p_target text, p_request_id uuid, p_r2_key text, p_code text, p_detail jsonb) FROM PUBLIC;


--
-- Name: FUNCTION ops_db_backup_await_approval(p_request_id uuid, p_r2_key text, p_reason text, p_plan_request_id uuid, p_options jsonb); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_await_approval(p_request_id uuid, p_r2_key text, p_reason text, p_plan_request_id uuid, p_options jsonb) FROM PUBLIC;


--
-- Name: FUNCTION ops_db_backup_bound_backup(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_bound_backup() FROM PUBLIC;


--
-- Name: FUNCTION ops_db_backup_bound_options(p_options jsonb, p_plan_request_id uuid); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_bound_options(p_options jsonb, p_plan_request_id uuid) FROM PUBLIC;


--
-- Name: FUNCTION ops_db_backup_bound_record(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_bound_record() FROM PUBLIC;


--
-- Name: FUNCTION ops_db_backup_bound_run(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_bound_run() FROM PUBLIC;


--
-- Name: FUNCTION ops_db_backup_break_glass_uses(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_break_glass_uses() FROM PUBLIC;
GRANT ALL ON FUNCTION public.ops_db_backup_break_glass_uses() TO ops_db_backup_maintenance;


--
-- Name: FUNCTION ops_db_backup_check_options(p_kind text, p_options jsonb); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_check_options(p_kind text, p_options jsonb) FROM PUBLIC;


--
-- Name: FUNCTION ops_db_backup_check_order(p_kind text, p_target text, p_mode text, p_label text, p_r2_key text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_check_order(p_kind text, p_target text, p_mode text, p_label text, p_r2_key text) FROM PUBLIC;


--
-- Name: FUNCTION ops_db_backup_check_record(p_r2_bucket text, p_r2_key text, p_manifest jsonb); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_check_record(p_r2_bucket text, p_r2_key text, p_manifest jsonb) FROM PUBLIC;


--
-- Name: FUNCTION ops_db_backup_control(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_control() FROM PUBLIC;
GRANT ALL ON FUNCTION public.ops_db_backup_control() TO authenticated;


--
-- Name: FUNCTION ops_db_backup_control_state(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_control_state() FROM PUBLIC;


--
-- Name: FUNCTION ops_db_backup_days(p_target text, p_days integer, p_time_zone text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_days(p_target text, p_days integer, p_time_zone text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.ops_db_backup_days(p_target text, p_days integer, p_time_zone text) TO authenticated;


--
-- Name: FUNCTION ops_db_backup_decide(p_request_id uuid, p_approve boolean); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_decide(p_request_id uuid, p_approve boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION public.ops_db_backup_decide(p_request_id uuid, p_approve boolean) TO authenticated;


--
-- Name: FUNCTION ops_db_backup_download(p_r2_key text, p_reason text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_download(p_r2_key text, p_reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.ops_db_backup_download(p_r2_key text, p_reason text) TO authenticated;


--
-- Name: FUNCTION ops_db_backup_durations(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_durations() FROM PUBLIC;
GRANT ALL ON FUNCTION public.ops_db_backup_durations() TO authenticated;


--
-- Name: FUNCTION ops_db_backup_hold(p_r2_key text, p_until timestamp with time zone, p_reason text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_hold(p_r2_key text, p_until timestamp with time zone, p_reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.ops_db_backup_hold(p_r2_key text, p_until timestamp with time zone, p_reason text) TO authenticated;


--
-- Name: FUNCTION ops_db_backup_in_short(p_target text, p_only_proven boolean); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_in_short(p_target text, p_only_proven boolean) FROM PUBLIC;


--
-- Name: FUNCTION ops_db_backup_is_archive_key(p_r2_key text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_is_archive_key(p_r2_key text) FROM PUBLIC;


--
-- Name: FUNCTION ops_db_backup_is_operator(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_is_operator() FROM PUBLIC;


--
-- Name: FUNCTION ops_db_backup_is_reason(p_reason text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_is_reason(p_reason text) FROM PUBLIC;


--
-- Name: FUNCTION ops_db_backup_is_rejected(p_proof jsonb); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_is_rejected(p_proof jsonb) FROM PUBLIC;


--
-- Name: FUNCTION ops_db_backup_is_sealed(p_message jsonb); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_is_sealed(p_message jsonb) FROM PUBLIC;


--
-- Name: FUNCTION ops_db_backup_label(p_label text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_label(p_label text) FROM PUBLIC;


--
-- Name: FUNCTION ops_db_backup_limit(p_name text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_limit(p_name text) FROM PUBLIC;


--
-- Name: FUNCTION ops_db_backup_look_answer(p_request_id uuid); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_look_answer(p_request_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.ops_db_backup_look_answer(p_request_id uuid) TO authenticated;


--
-- Name: FUNCTION ops_db_backup_look_expire(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_look_expire() FROM PUBLIC;


--
-- Name: FUNCTION ops_db_backup_look_keep(p_request_id uuid, p_r2_key text, p_reason text, p_sealed jsonb); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_look_keep(p_request_id uuid, p_r2_key text, p_reason text, p_sealed jsonb) FROM PUBLIC;


--
-- Name: FUNCTION ops_db_backup_look_put(p jsonb); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_look_put(p jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION public.ops_db_backup_look_put(p jsonb) TO service_role;
GRANT ALL ON FUNCTION public.ops_db_backup_look_put(p jsonb) TO ops_db_backup_maintenance;


--
-- Name: FUNCTION ops_db_backup_look_request(p_request_id uuid, p_r2_key text, p_reason text, p_sealed jsonb); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_look_request(p_request_id uuid, p_r2_key text, p_reason text, p_sealed jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION public.ops_db_backup_look_request(p_request_id uuid, p_r2_key text, p_reason text, p_sealed jsonb) TO authenticated;


--
-- Name: FUNCTION ops_db_backup_look_take(p jsonb); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_look_take(p jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION public.ops_db_backup_look_take(p jsonb) TO service_role;
GRANT ALL ON FUNCTION public.ops_db_backup_look_take(p jsonb) TO ops_db_backup_maintenance;


--
-- Name: FUNCTION ops_db_backup_look_withdraw(p_request_id uuid); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_look_withdraw(p_request_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.ops_db_backup_look_withdraw(p_request_id uuid) TO authenticated;


--
-- Name: FUNCTION ops_db_backup_lost_runs(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_lost_runs() FROM PUBLIC;
GRANT ALL ON FUNCTION public.ops_db_backup_lost_runs() TO ops_db_backup_maintenance;


--
-- Name: FUNCTION ops_db_backup_manifest(p_r2_key text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_manifest(p_r2_key text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.ops_db_backup_manifest(p_r2_key text) TO authenticated;


--
-- Name: FUNCTION ops_db_backup_mark(p jsonb); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_mark(p jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION public.ops_db_backup_mark(p jsonb) TO service_role;
GRANT ALL ON FUNCTION public.ops_db_backup_mark(p jsonb) TO ops_db_backup_catalog;
GRANT ALL ON FUNCTION public.ops_db_backup_mark(p jsonb) TO ops_db_backup_maintenance;


--
-- Name: FUNCTION ops_db_backup_migrations(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_migrations() FROM PUBLIC;
GRANT ALL ON FUNCTION public.ops_db_backup_migrations() TO ops_db_backup_maintenance;


--
-- Name: FUNCTION ops_db_backup_named_options(p_options jsonb, p_plan_request_id uuid); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_named_options(p_options jsonb, p_plan_request_id uuid) FROM PUBLIC;


--
-- Name: FUNCTION ops_db_backup_overview(p_target text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_overview(p_target text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.ops_db_backup_overview(p_target text) TO authenticated;


--
-- Name: FUNCTION ops_db_backup_own_run_url(p_run_url text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_own_run_url(p_run_url text) FROM PUBLIC;


--
-- Name: FUNCTION ops_db_backup_page_size(p_limit integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_page_size(p_limit integer) FROM PUBLIC;


--
-- Name: FUNCTION ops_db_backup_permissions(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_permissions() FROM PUBLIC;
GRANT ALL ON FUNCTION public.ops_db_backup_permissions() TO authenticated;


--
-- Name: FUNCTION ops_db_backup_rebuild_backups(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_rebuild_backups() FROM PUBLIC;


--
-- Name: FUNCTION ops_db_backup_rebuild_runs(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_rebuild_runs() FROM PUBLIC;


--
-- Name: FUNCTION ops_db_backup_record(p jsonb); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_record(p jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION public.ops_db_backup_record(p jsonb) TO service_role;


--
-- Name: FUNCTION ops_db_backup_recovery_time(p_target text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_recovery_time(p_target text) FROM PUBLIC;


--
-- Name: FUNCTION ops_db_backup_refuse(p_http_status integer, p_code text, p_message text, p_detail jsonb); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_refuse(p_http_status integer, p_code text, p_message text, p_detail jsonb) FROM PUBLIC;


--
-- Name: FUNCTION ops_db_backup_refuse_if_held(p_kind text, p_target text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_refuse_if_held(p_kind text, p_target text) FROM PUBLIC;


--
-- Name: FUNCTION ops_db_backup_refuse_other_attempt(p_request_id uuid, p_attempt integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_refuse_other_attempt(p_request_id uuid, p_attempt integer) FROM PUBLIC;


--
-- Name: FUNCTION ops_db_backup_refuse_over_limit(p_kind text, p_target text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_refuse_over_limit(p_kind text, p_target text) FROM PUBLIC;


--
-- Name: FUNCTION ops_db_backup_refuse_start(p_old anyelement, p_new anyelement); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_refuse_start(p_old anyelement, p_new anyelement) FROM PUBLIC;


--
-- Name: FUNCTION ops_db_backup_refuse_without_plan(p_target text, p_r2_key text, p_plan_request_id uuid); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_refuse_without_plan(p_target text, p_r2_key text, p_plan_request_id uuid) FROM PUBLIC;


--
-- Name: FUNCTION ops_db_backup_report(p jsonb); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_report(p jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION public.ops_db_backup_report(p jsonb) TO service_role;
GRANT ALL ON FUNCTION public.ops_db_backup_report(p jsonb) TO ops_db_backup_maintenance;


--
-- Name: FUNCTION ops_db_backup_reports_list(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_reports_list() FROM PUBLIC;
GRANT ALL ON FUNCTION public.ops_db_backup_reports_list() TO authenticated;


--
-- Name: FUNCTION ops_db_backup_requested_options(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_requested_options() FROM PUBLIC;


--
-- Name: FUNCTION ops_db_backup_require(p_action text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_require(p_action text) FROM PUBLIC;


--
-- Name: FUNCTION ops_db_backup_require_second_factor(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_require_second_factor() FROM PUBLIC;


--
-- Name: FUNCTION ops_db_backup_requires_signature(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_requires_signature() FROM PUBLIC;


--
-- Name: FUNCTION ops_db_backup_run_bytes(p_kind text, p_target text, p_mode text, p_r2_key text, p_result jsonb); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_run_bytes(p_kind text, p_target text, p_mode text, p_r2_key text, p_result jsonb) FROM PUBLIC;


--
-- Name: FUNCTION ops_db_backup_run_dispatched(p_request_id uuid, p_github_run_id bigint, p_run_url text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_run_dispatched(p_request_id uuid, p_github_run_id bigint, p_run_url text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.ops_db_backup_run_dispatched(p_request_id uuid, p_github_run_id bigint, p_run_url text) TO authenticated;


--
-- Name: FUNCTION ops_db_backup_run_finish(p jsonb); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_run_finish(p jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION public.ops_db_backup_run_finish(p jsonb) TO service_role;
GRANT ALL ON FUNCTION public.ops_db_backup_run_finish(p jsonb) TO ops_db_backup_catalog;
GRANT ALL ON FUNCTION public.ops_db_backup_run_finish(p jsonb) TO ops_db_backup_maintenance;


--
-- Name: FUNCTION ops_db_backup_run_found(p_request_id uuid); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_run_found(p_request_id uuid) FROM PUBLIC;


--
-- Name: FUNCTION ops_db_backup_run_json(p_request_id uuid); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_run_json(p_request_id uuid) FROM PUBLIC;


--
-- Name: FUNCTION ops_db_backup_run_not_dispatched(p_request_id uuid, p_error_code text, p_error_message text, p_unclear boolean); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_run_not_dispatched(p_request_id uuid, p_error_code text, p_error_message text, p_unclear boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION public.ops_db_backup_run_not_dispatched(p_request_id uuid, p_error_code text, p_error_message text, p_unclear boolean) TO authenticated;


--
-- Name: FUNCTION ops_db_backup_run_progress(p jsonb); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_run_progress(p jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION public.ops_db_backup_run_progress(p jsonb) TO service_role;
GRANT ALL ON FUNCTION public.ops_db_backup_run_progress(p jsonb) TO ops_db_backup_catalog;
GRANT ALL ON FUNCTION public.ops_db_backup_run_progress(p jsonb) TO ops_db_backup_maintenance;


--
-- Name: FUNCTION ops_db_backup_run_request(p_kind text, p_target text, p_mode text, p_label text, p_r2_key text, p_reason text, p_request_id uuid, p_plan_request_id uuid, p_options jsonb); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_run_request(p_kind text, p_target text, p_mode text, p_label text, p_r2_key text, p_reason text, p_request_id uuid, p_plan_request_id uuid, p_options jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION public.ops_db_backup_run_request(p_kind text, p_target text, p_mode text, p_label text, p_r2_key text, p_reason text, p_request_id uuid, p_plan_request_id uuid, p_options jsonb) TO authenticated;


--
-- Name: FUNCTION ops_db_backup_run_settle(p_request_id uuid, p_status text, p_error_code text, p_error_message text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_run_settle(p_request_id uuid, p_status text, p_error_code text, p_error_message text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.ops_db_backup_run_settle(p_request_id uuid, p_status text, p_error_code text, p_error_message text) TO authenticated;


--
-- Name: FUNCTION ops_db_backup_run_start(p jsonb); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_run_start(p jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION public.ops_db_backup_run_start(p jsonb) TO service_role;
GRANT ALL ON FUNCTION public.ops_db_backup_run_start(p jsonb) TO ops_db_backup_catalog;
GRANT ALL ON FUNCTION public.ops_db_backup_run_start(p jsonb) TO ops_db_backup_maintenance;


--
-- Name: FUNCTION ops_db_backup_runs_expire(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_runs_expire() FROM PUBLIC;
GRANT ALL ON FUNCTION public.ops_db_backup_runs_expire() TO service_role;
GRANT ALL ON FUNCTION public.ops_db_backup_runs_expire() TO ops_db_backup_maintenance;


--
-- Name: FUNCTION ops_db_backup_runs_list(p_target text, p_limit integer, p_request_id uuid, p_active_only boolean, p_kind text, p_status text, p_r2_key text, p_from timestamp with time zone, p_to timestamp with time zone, p_search text, p_after_id uuid); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_runs_list(p_target text, p_limit integer, p_request_id uuid, p_active_only boolean, p_kind text, p_status text, p_r2_key text, p_from timestamp with time zone, p_to timestamp with time zone, p_search text, p_after_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.ops_db_backup_runs_list(p_target text, p_limit integer, p_request_id uuid, p_active_only boolean, p_kind text, p_status text, p_r2_key text, p_from timestamp with time zone, p_to timestamp with time zone, p_search text, p_after_id uuid) TO authenticated;


--
-- Name: FUNCTION ops_db_backup_service_level(p_name text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_service_level(p_name text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.ops_db_backup_service_level(p_name text) TO ops_db_backup_maintenance;


--
-- Name: FUNCTION ops_db_backup_setting(p_name text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_setting(p_name text) FROM PUBLIC;


--
-- Name: FUNCTION ops_db_backup_stored_sha256(p_r2_key text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_stored_sha256(p_r2_key text) FROM PUBLIC;


--
-- Name: FUNCTION ops_db_backup_take_approval(p_request_id uuid, p_options jsonb); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_take_approval(p_request_id uuid, p_options jsonb) FROM PUBLIC;


--
-- Name: FUNCTION ops_db_backup_usual_duration(p_request_id uuid); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_usual_duration(p_request_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.ops_db_backup_usual_duration(p_request_id uuid) TO authenticated;


--
-- Name: FUNCTION ops_db_backup_watch_facts(p_target text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backup_watch_facts(p_target text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.ops_db_backup_watch_facts(p_target text) TO service_role;


--
-- Name: FUNCTION ops_db_backups_list(p_target text, p_limit integer, p_offset integer, p_status text, p_origin text, p_from timestamp with time zone, p_to timestamp with time zone, p_search text, p_sort text, p_after_id uuid, p_r2_key text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ops_db_backups_list(p_target text, p_limit integer, p_offset integer, p_status text, p_origin text, p_from timestamp with time zone, p_to timestamp with time zone, p_search text, p_sort text, p_after_id uuid, p_r2_key text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.ops_db_backups_list(p_target text, p_limit integer, p_offset integer, p_status text, p_origin text, p_from timestamp with time zone, p_to timestamp with time zone, p_search text, p_sort text, p_after_id uuid, p_r2_key text) TO authenticated;


--
-- Name: TABLE ops_db_backup_audit; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.ops_db_backup_audit TO ops_db_backup_maintenance;


--
-- Name: TABLE ops_db_backup_reports; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.ops_db_backup_reports TO ops_db_backup_maintenance;


--
-- Name: TABLE ops_db_backup_runs; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.ops_db_backup_runs TO ops_db_backup_maintenance;


--
-- Name: TABLE ops_db_backups; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.ops_db_backups TO ops_db_backup_maintenance;
