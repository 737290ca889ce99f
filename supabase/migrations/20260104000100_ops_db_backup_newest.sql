-- A safety copy, which a restore takes of what it replaces, does not count as the newest backup of its target.

create or replace function public.ops_db_backup_in_short(p_target text, p_only_proven boolean) returns jsonb
  language plpgsql stable set search_path = ''
as $$
begin
  return (
    select jsonb_build_object(
             'id', b.id, 'created_at', b.created_at, 'r2_key', b.r2_key, 'bytes', b.bytes,
             'rows_total', b.rows_total, 'label', b.label, 'origin', b.origin, 'proven_at', b.proven_at)
      from public.ops_db_backups b
     where b.target = p_target and b.duplicate_of is null and b.status in ('uploaded', 'restored')
       and b.origin <> 'safety'
       and (p_only_proven is not true or b.proven_at is not null)
     order by b.created_at desc, b.id desc
     limit 1
  );
end
$$;
comment on function public.ops_db_backup_in_short(text, boolean) is
  'The newest backup of a target that the vault holds, or the newest that a drill proved; null when there is none. Copies '
  'that restores took of what they replaced do not count.';
