-- Session settings of the queries of this folder, until the transaction ends.
set local search_path = '';
set local statement_timeout = 0;
set local idle_in_transaction_session_timeout = 0;
-- compiling the fingerprint's query takes seconds, running it in a database of thousands of tables less than one
set local jit = off;
set local datestyle = 'ISO, YMD';
set local intervalstyle = 'postgres';
set local timezone = 'UTC';
set local extra_float_digits = 3;
set local quote_all_identifiers = off;
set local bytea_output = 'hex';
-- an archive of a database without them switches them off
set local standard_conforming_strings = on;
