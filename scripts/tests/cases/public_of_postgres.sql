-- Schema public belongs to postgres, as in projects of several years.
alter schema public owner to postgres;
grant create on schema public to service_role;
create table public.t (id int primary key);
insert into public.t values (1);
