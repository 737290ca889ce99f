-- What callers enter: labels, reasons, the size of a page. Labels and reasons as the domain has them (label.ts, reason.ts).

create or replace function public.ops_db_backup_label(p_label text) returns text
  language plpgsql immutable set search_path = ''
as $$
begin
  return nullif(regexp_replace(
    btrim(regexp_replace(normalize(p_label, nfd), '[\u0300-\u036f]', '', 'g')), ' +', '_', 'g'), '');
end
$$;
comment on function public.ops_db_backup_label(text) is
  'A label as keys contain it, as convertLabel of the domain: letters without their marks, no blanks around it, _ for blanks '
  'within it, null for an empty one. A character that no key takes stays, and is refused by ops_db_backup_check_order.';

create or replace function public.ops_db_backup_is_reason(p_reason text) returns boolean
  language plpgsql immutable set search_path = ''
as $$
begin
  return length(coalesce(regexp_replace(p_reason, '[^A-Za-z\u00aa-\U0010ffff]', '', 'g'), '')) >= 3;
end
$$;
comment on function public.ops_db_backup_is_reason(text) is
  'Whether a text may be a reason: it has three letters. Every character after U+00A9 counts as one, since classes of '
  'characters depend on the database''s locale; the function of the API is stricter.';

create or replace function public.ops_db_backup_page_size(p_limit integer) returns integer
  language plpgsql immutable set search_path = ''
as $$
begin
  return least(greatest(coalesce(p_limit, 50), 1), 1000);
end
$$;
comment on function public.ops_db_backup_page_size(integer) is
  'Rows of one call of a list: 50, at least 1, as the list of Revo ERP''s older page has it, at most 1000.';

revoke all on function
  public.ops_db_backup_label(text),
  public.ops_db_backup_is_reason(text),
  public.ops_db_backup_page_size(integer)
from public, anon, authenticated, service_role;
