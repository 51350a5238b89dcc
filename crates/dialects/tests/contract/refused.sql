-- What a login must be refused, a line a statement.
-- Being somebody else.
set role retainer_app
set role retainer_operator
set role retainer_owner
set role postgres
set role pg_read_all_data
set session authorization retainer_app
grant retainer_app to current_user
grant pg_read_all_data to current_user
alter role current_user bypassrls
alter role current_user superuser
alter role current_user createrole
alter role current_user replication
alter role retainer_contract_consulting login
create role spy
drop role retainer_app
drop owned by retainer_app
drop owned by retainer_contract_consulting
reassign owned by current_user to retainer_app
-- Moving the borders.
alter table public.tickets disable row level security
alter table public.tickets no force row level security
drop policy contract_reads on public.tickets
alter policy contract_reads on public.tickets using (true)
create policy spy on public.tickets using (true)
alter view consulting.tickets_consulting set (security_invoker = false)
update public.contract_logins set organization_id = organization_id
delete from public.contract_logins
create or replace function public.contract_organization_id() returns uuid language sql as 'select null::uuid'
alter function public.contract_organization_id() volatile
-- Things of one's own to look through.
create temp table spy as select 1
create temp view spy as select * from public.tickets
create view consulting.spy as select 1
create table public.spy (a int)
create table consulting_parts.spy (a int)
create schema spy
create function pg_temp.spy(text) returns bool language plpgsql cost 0.0001 as 'begin raise notice ''%'', $1; return true; end'
create function public.spy(text) returns bool language sql as 'select true'
create operator public.=== (leftarg = text, rightarg = text, function = texteq)
create extension dblink
create extension postgres_fdw
create extension pageinspect
create extension file_fdw
create extension pg_stat_statements
create extension "uuid-ossp"
create language plpython3u
create server spy foreign data wrapper dblink_fdw
create publication spy for all tables
create subscription spy connection '' publication spy
create event trigger spy on ddl_command_start execute function spy()
-- Files, programs, the log.
select pg_read_file('/etc/hostname')
select pg_read_binary_file('/etc/hostname')
select pg_ls_dir('.')
select pg_ls_logdir()
select pg_ls_waldir()
select pg_stat_file('PG_VERSION')
copy (select 1) to '/tmp/spy'
copy (select 1) to program 'cat'
select lo_import('/etc/hostname')
select lo_export(4711, '/tmp/spy')
select lo_get(4711)
select loread(lo_open(4711, 262144), 100)
select * from pg_largeobject
select lo_from_bytea(0, 'x')
select lo_create(0)
select lo_unlink(4711)
load 'auto_explain'
select * from pg_hba_file_rules
select pg_current_logfile()
-- Beneath the tables.
select * from pg_statistic
select * from pg_authid
select * from pg_shadow
select * from pg_user_mapping
select * from pg_subscription
select pg_create_logical_replication_slot('spy', 'test_decoding')
select pg_create_physical_replication_slot('spy')
select * from pg_statistic_ext_data
select last_value from public.tickets_contract_number_seq
select nextval('public.tickets_contract_number_seq')
select setval('public.tickets_contract_number_seq', 1)
select pg_sequence_last_value('public.tickets_contract_number_seq')
lock table public.tickets
truncate public.tickets
vacuum full public.tickets_nothing
cluster public.tickets using tickets_created
reindex table public.tickets
comment on table public.tickets is 'x'
select * from public.tickets for update
-- Writing.
update public.tickets set title = title returning title
delete from public.tickets returning title
insert into public.tickets default values returning *
merge into public.tickets t using (select 1) s on true when matched then delete
-- Our functions, and the queue.
select public.enqueue_job('mail.deliver', '{}', now(), null)
select public.take_token('spy', 1, '1 s', now())
select * from graphile_worker.jobs
select graphile_worker.add_job('mail.deliver')
select public.ledger_refuse('spy', '{}')
select * from public.ledger_operate(null, null, 'grant', '{}', now(), 'spy', 'spy', null)
alter database template1 rename to spy
alter system set log_statement = 'all'
set log_statement = 'all'
set session_preload_libraries = 'spy'
select pg_reload_conf()
select pg_terminate_backend(pid) from pg_stat_activity where usename = 'retainer_app'
-- Standing in others' way.
select pg_advisory_lock(1)
select pg_try_advisory_xact_lock_shared(1)
