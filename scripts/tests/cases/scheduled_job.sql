-- A view on the jobs of pg_cron, whose schema no backup holds.
-- @admin
create schema cron;
create table cron.job (jobid bigint, schedule text, command text);
grant usage on schema cron to postgres;
grant select on cron.job to postgres;
-- @project
create table public.rotinas (id int primary key);
insert into public.rotinas values (7);
create view public.agenda as select jobid, schedule from cron.job;
