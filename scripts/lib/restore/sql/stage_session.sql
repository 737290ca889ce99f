-- Settings of the sessions that load a stage: those that pg_dump writes at the head of a script. The role replica keeps
-- event triggers silent; nothing needs to be on disk before the restore's COMMIT. Several
-- indexes are built side by side, each by one process.
set search_path = '';
set client_encoding = 'UTF8';
set datestyle = 'ISO, YMD';
set intervalstyle = 'postgres';
-- as in the transaction (settings.sql): a CHECK may depend on it
set timezone = 'UTC';
set xmloption = content;
set row_security = off;
set default_tablespace = '';
set default_table_access_method = heap;
set default_transaction_read_only = off;
set synchronous_commit = off;
set client_min_messages = error;
set session_replication_role = replica;
set max_parallel_maintenance_workers = 0;
