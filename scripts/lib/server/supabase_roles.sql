-- The roles of a hosted Supabase project, created by the bootstrap superuser supabase_admin.
-- psql variables: postgres_password, authenticator_password, auth_admin_password, storage_admin_password.
--
-- Unlike hosted projects, postgres is a member of the two admin roles and may set session_replication_role by a
-- grant: there an extension of the platform lets it do the same things.

-- Roles of requests
create role anon nologin noinherit;
create role authenticated nologin noinherit;
create role service_role nologin noinherit bypassrls;
create role authenticator login noinherit password :'authenticator_password';
grant anon, authenticated, service_role to authenticator;

-- Owners of the platform's schemas
create role supabase_auth_admin login noinherit createrole password :'auth_admin_password';
create role supabase_storage_admin login noinherit createrole password :'storage_admin_password';
create role supabase_realtime_admin nologin noinherit;
create role supabase_replication_admin nologin replication;
create role supabase_read_only_user nologin bypassrls;
create role dashboard_user nologin createdb createrole replication;
create role pgbouncer nologin;
grant authenticator to supabase_storage_admin;
grant pg_read_all_data to supabase_read_only_user;

-- The owner of the project, which is not a superuser
create role postgres login nosuperuser createdb createrole replication bypassrls password :'postgres_password';
grant pg_read_all_data, pg_monitor, pg_signal_backend to postgres;
grant anon, authenticated, service_role, authenticator to postgres with admin option;
grant supabase_auth_admin, supabase_storage_admin, supabase_realtime_admin to postgres;
grant set on parameter session_replication_role to postgres;

alter role anon set statement_timeout = '3s';
alter role authenticated set statement_timeout = '8s';
alter role authenticator set statement_timeout = '8s';
alter role authenticator set lock_timeout = '8s';
alter role supabase_auth_admin set search_path = auth;
alter role supabase_auth_admin set idle_in_transaction_session_timeout = 60000;
alter role supabase_storage_admin set search_path = storage;
alter role postgres set search_path = "$user", public, extensions;
alter role supabase_admin set search_path = "$user", public, auth, extensions;
