-- Functions for the sample data, dropped with the session. Everything derives from the row's number and a salt, so that
-- the same number of rows always gives the same data.
create function pg_temp.sorteio(i bigint, sal integer, n integer) returns integer
  language sql immutable parallel safe
as $$ select ((hashint8extended(i, sal) & 2147483647) % n)::integer $$;

create function pg_temp.escolha(lista text[], i bigint, sal integer) returns text
  language sql immutable parallel safe
as $$ select lista[1 + pg_temp.sorteio(i, sal, array_length(lista, 1))] $$;

create function pg_temp.cpf(i bigint) returns text
  language sql immutable parallel safe
as $$
  select base || d1 || public.digito_verificador(base || d1, 12)
    from (select lpad((100000000 + i)::text, 9, '0') as base) b,
         lateral (select public.digito_verificador(base, 12) as d1) d
$$;

create function pg_temp.cnpj(i bigint) returns text
  language sql immutable parallel safe
as $$
  select base || d1 || public.digito_verificador(base || d1, 9)
    from (select lpad((10000000 + i)::text, 8, '0') || '0001' as base) b,
         lateral (select public.digito_verificador(base, 9) as d1) d
$$;

-- The number of rows of a kind: a share of the requested total, at least one.
create function pg_temp.parte(porcento numeric) returns integer
  language sql stable
as $$ select greatest(2, (current_setting('semente.linhas')::bigint * porcento / 100)::integer) $$;

-- The data ends on this day, whenever it is loaded.
create function pg_temp.ultimo_dia() returns timestamptz
  language sql immutable
as $$ select timestamptz '2026-10-30 18:00:00-03' $$;

-- The active companies: 0 or 1.
create function pg_temp.empresa(i bigint) returns uuid
  language sql immutable parallel safe
as $$ select md5('empresa ' || case when i % 5 < 3 then 0 else 1 end)::uuid $$;
