-- Keys of encrypted archives: ….dump.gz.age.

create or replace function public.ops_db_backup_is_archive_key(p_r2_key text) returns boolean
  language plpgsql immutable set search_path = ''
as $$
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
$$;
comment on function public.ops_db_backup_is_archive_key(text) is
  'Whether it is revo/<target>/YYYY/MM/DD/supabase_<target>_<YYYYMMDD_HHMMSS>[_<label>].dump.gz[.age] with a date and a '
  'time that exist, as parseArchiveKey of the domain; null for null.';

-- as in 20260102000200, without labels that would make the keys of two archives' manifests the same
create or replace function public.ops_db_backup_check_order(
  p_kind text, p_target text, p_mode text, p_label text, p_r2_key text) returns void
  language plpgsql stable set search_path = ''
as $$
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
$$;
