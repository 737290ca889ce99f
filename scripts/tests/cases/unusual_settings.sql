-- Settings of the role that change how values are written and read.
create table public."Endereço" (id int primary key, quando timestamptz, dados bytea, duracao interval, "Situação" text);
insert into public."Endereço" values (1, '2026-03-04 05:06+00', '\x00ff', '1 day 02:00', E'ação\\x''y');
comment on table public."Endereço" is E'barra \\ e aspas ''';
-- @admin
do $$ declare setting text; begin
  foreach setting in array array['datestyle = ''SQL, DMY''', 'intervalstyle = ''sql_standard''', 'timezone = ''America/Sao_Paulo''',
    'bytea_output = ''escape''', 'extra_float_digits = -5', 'default_transaction_isolation = ''serializable''',
    'client_encoding = ''LATIN1''', 'standard_conforming_strings = off', 'row_security = off', 'quote_all_identifiers = on'] loop
    execute format('alter role postgres in database %I set %s', current_database(), setting);
  end loop;
end $$;
