-- A database that is read-only by default.
create table public.t (id int primary key);
insert into public.t values (1);
-- @admin
do $$ begin execute format('alter database %I set default_transaction_read_only = on', current_database()); end $$;
