-- Looks into backups on the screen: a sealed request and its sealed answer wait here, each for one reader and for ten minutes
-- (docs/decisions/0051-a-look-is-sealed.md). What is sealed for, neither the catalog nor who reads it can open.

-- Unlogged: no copy of a message is in the write-ahead log, hence none in the platform's own backups. A crash of the server
-- empties it, and the look is asked again.
create unlogged table if not exists public.ops_db_backup_sealed (
  request_id uuid not null constraint ops_db_backup_sealed_pkey primary key,
  r2_key text not null,
  target text not null,
  reason text not null,
  requested_by text,
  requested_by_id uuid not null,
  expires_at timestamptz not null,
  request jsonb,
  taken_at timestamptz,
  answer jsonb,
  error_code text,
  constraint ops_db_backup_sealed_request_size check (octet_length(request::text) <= 8192),
  constraint ops_db_backup_sealed_answer_size check (octet_length(answer::text) <= 1048576),
  constraint ops_db_backup_sealed_error_code_known check (error_code ~ '^[a-z][a-z0-9_]{0,59}$')
);
comment on table public.ops_db_backup_sealed is
  'Sealed messages of looks. A row is deleted when its answer is taken, is withdrawn, or has expired. Not audited: what was looked '
  'at is in the record that ops_db_backup_look_put writes.';
comment on column public.ops_db_backup_sealed.request is 'Until the job takes it, once.';
comment on column public.ops_db_backup_sealed.error_code is 'Of a look that failed: there is no answer then.';
alter table public.ops_db_backup_sealed enable row level security;
revoke all on public.ops_db_backup_sealed from public, anon, authenticated, service_role;
create index if not exists ops_db_backup_sealed_expires_idx on public.ops_db_backup_sealed (expires_at);

-- as in 20260110000100, with look_valid
create or replace function public.ops_db_backup_service_level(p_name text) returns interval
  language plpgsql immutable set search_path = ''
as $$
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
comment on function public.ops_db_backup_service_level(text) is
  'How long something may take or be silent, by name; an unknown name is an error (22023). plan_valid: a plan allows a restore; '
  'settle_after_silence: a running script keeps its row from being settled by others; run_silent: a running script is given up; '
  'run_unconfirmed: a queued or unknown run that has no GitHub run is given up; run_not_begun: one that has a GitHub run is given '
  'up; vault_time_ahead: a backup dated further in the future counts for nothing; restore_request_valid: a request of a signed-in '
  'user allows a restore of prod on GitHub; break_glass_shown: a restore without such a request is an alarm; approval_valid: a '
  'request waits for a second user; hold_longest: a backup is held; audit_whole: the audit is read as a whole; look_valid: a '
  'sealed request and its answer are kept.';

create or replace function public.ops_db_backup_look_expire() returns void
  language sql set search_path = ''
as $$
  delete from public.ops_db_backup_sealed where expires_at <= clock_timestamp()
$$;
comment on function public.ops_db_backup_look_expire() is 'Deletes the sealed messages that have expired; each call of a look does.';

create or replace function public.ops_db_backup_is_sealed(p_message jsonb) returns boolean
  language sql immutable set search_path = ''
as $$
  select coalesce(
    jsonb_typeof(p_message) = 'object'
      and p_message - array['v', 'public_key', 'iv', 'body'] = '{}'
      and p_message -> 'v' = '1'
      and p_message ->> 'public_key' ~ '^B[A-Za-z0-9+/]{86}=$'
      and p_message ->> 'iv' ~ '^[A-Za-z0-9+/]{16}$'
      and p_message ->> 'body' ~ '^[A-Za-z0-9+/]+={0,2}$', false)
$$;
comment on function public.ops_db_backup_is_sealed(jsonb) is 'Whether a value has the form of a sealed message (seal.ts).';

create or replace function public.ops_db_backup_look_request(
  p_request_id uuid, p_r2_key text, p_reason text, p_sealed jsonb
) returns jsonb
  language plpgsql security definer set search_path = ''
as $$
begin
  perform public.ops_db_backup_require('manage');
  perform public.ops_db_backup_require_second_factor();
  return public.ops_db_backup_look_keep(p_request_id, p_r2_key, nullif(left(trim(p_reason), 500), ''), p_sealed);
end
$$;
comment on function public.ops_db_backup_look_request(uuid, text, text, jsonb) is
  'Keeps the sealed request of a look for the job; ops:manage of an operator, with a second factor where restore_assurance is '
  'aal2, and a reason of ten letters. Returns {created, expires_at}; the same request again is not created again.';

create or replace function public.ops_db_backup_look_keep(
  p_request_id uuid, p_r2_key text, p_reason text, p_sealed jsonb
) returns jsonb
  language plpgsql set search_path = ''
as $$
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
comment on function public.ops_db_backup_look_keep(uuid, text, text, jsonb) is
  'The part of ops_db_backup_look_request behind the check of the caller''s rights.';

create or replace function public.ops_db_backup_look_take(p jsonb) returns jsonb
  language plpgsql security definer set search_path = ''
as $$
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
comment on function public.ops_db_backup_look_take(jsonb) is
  'Takes the sealed request of {request_id}, once; it is deleted. Returns {r2_key, sealed}. Else look_expired.';

create or replace function public.ops_db_backup_look_put(p jsonb) returns jsonb
  language plpgsql security definer set search_path = ''
as $$
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
comment on function public.ops_db_backup_look_put(jsonb) is
  'Puts the sealed answer of a look, or its error code, and with it the record of the audit, in the name of the requester: '
  '{request_id, sealed or error_code, detail}. Once, of a look whose request was taken; else look_expired.';

create or replace function public.ops_db_backup_look_answer(p_request_id uuid) returns jsonb
  language plpgsql security definer set search_path = ''
as $$
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
comment on function public.ops_db_backup_look_answer(uuid) is
  'The state of the caller''s own look: {state: waiting, reading, answered or failed, sealed, error_code, expires_at}. An answer '
  'or an error code is given once: the row is deleted. ops:manage; look_expired for what is not the caller''s.';

create or replace function public.ops_db_backup_look_withdraw(p_request_id uuid) returns jsonb
  language plpgsql security definer set search_path = ''
as $$
begin
  perform public.ops_db_backup_require('manage');
  perform public.ops_db_backup_look_expire();
  delete from public.ops_db_backup_sealed s
   where s.request_id = p_request_id
     and s.requested_by_id = (public.ops_db_backup_audit_caller() ->> 'sub')::uuid;
  return jsonb_build_object('withdrawn', found);
end
$$;
comment on function public.ops_db_backup_look_withdraw(uuid) is
  'Deletes the caller''s own look, also one that was not answered yet. Returns {withdrawn}. ops:manage.';

-- as in 20260110000300, with the record of a look, by the role of retention
create or replace function public.ops_db_backup_bound_record() returns trigger
language plpgsql set search_path = '' as $$
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
comment on function public.ops_db_backup_bound_record() is
  'Admits records of the audit about changes, and refusals of the kind of run that the trigger names; of the role of retention '
  'also about a look that waits for its answer.';

revoke all on function
  public.ops_db_backup_service_level(text),
  public.ops_db_backup_look_expire(),
  public.ops_db_backup_is_sealed(jsonb),
  public.ops_db_backup_look_keep(uuid, text, text, jsonb),
  public.ops_db_backup_look_request(uuid, text, text, jsonb),
  public.ops_db_backup_look_take(jsonb),
  public.ops_db_backup_look_put(jsonb),
  public.ops_db_backup_look_answer(uuid),
  public.ops_db_backup_look_withdraw(uuid),
  public.ops_db_backup_bound_record()
from public, anon, authenticated, service_role;
-- taken first, so that grants keep their order where the migrations are applied again
revoke all on function
  public.ops_db_backup_look_take(jsonb),
  public.ops_db_backup_look_put(jsonb)
from ops_db_backup_maintenance;
grant execute on function
  public.ops_db_backup_look_request(uuid, text, text, jsonb),
  public.ops_db_backup_look_answer(uuid),
  public.ops_db_backup_look_withdraw(uuid)
to authenticated;
grant execute on function
  public.ops_db_backup_look_take(jsonb),
  public.ops_db_backup_look_put(jsonb)
to service_role, ops_db_backup_maintenance;
