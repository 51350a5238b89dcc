-- What a login may say, and must show nothing foreign; a line a statement.
-- Making the planner evaluate one's own test before the border's.
select title::int from public.tickets
select * from tickets_consulting where title::int > 0
select * from tickets_consulting where (ticket_id || title)::date is not null
select 1 / (length(title) - length(title)) from public.tickets
select * from users_consulting where email::inet is not null
select name::uuid from public.customers
select * from public.tickets t join public.tickets o on (t.title || o.title)::int = 1
select row::text::int from public.external_refs
select jsonb_path_query(row, 'strict $.nothing') from public.external_refs
set enable_seqscan = off; select * from tickets_consulting where title ~ '(' 
select max(title::int) from public.tickets group by status
select query_to_xml('select title::int from public.tickets', true, true, '')
select case when title like 'z%' then title::int end from public.tickets
set enable_hashjoin = off; set enable_mergejoin = off; select * from get_tickets_consulting() where title::int = 1
do $$ declare r record; begin for r in select title from public.tickets loop raise notice '%', r.title; end loop; end $$
do $$ begin perform title::int from public.tickets; exception when others then raise notice '% %', sqlerrm, sqlstate; end $$
-- Other ways to write a query.
select query_to_xml('select title from public.tickets', true, true, '')
select table_to_xml('consulting.tickets_consulting', true, true, '')
select schema_to_xml('consulting', true, true, '')
select database_to_xml(true, true, '')
select * from ts_stat('select to_tsvector(title) from public.tickets')
select * from public.tickets tablesample system (100)
select id, title from public.tickets tablesample bernoulli (100)
table consulting.tickets_consulting
prepare spy as select title from public.tickets; execute spy
begin; declare spy cursor with hold for select title from public.tickets; commit; fetch all from spy
with recursive r as (select title from public.tickets) select * from r
select (select string_agg(name, ',') from public.customers)
select json_agg(t) from consulting.tickets_consulting t
select xmin, ctid, title from public.tickets
select row_to_json(t) from (select title, details from public.tickets) t
select * from get_tickets_consulting()
explain (analyze, verbose) select * from get_tickets_consulting()
explain (analyze, verbose) select * from tickets_consulting where title = 'x'
explain (verbose) select * from public.customers where name > 'a'
-- The catalog and the statistics.
select * from pg_stat_activity
select * from pg_stats
select * from pg_stats_ext
select * from pg_roles
select * from pg_user
select * from pg_db_role_setting
select * from pg_auth_members
select * from pg_shdescription
select * from pg_description
select * from pg_database
select * from pg_stat_user_tables
select * from pg_locks
select * from pg_settings
select * from pg_file_settings
select * from pg_prepared_xacts
select * from pg_prepared_statements
select * from pg_cursors
select * from pg_replication_slots
select * from pg_stat_replication
select * from pg_class
select * from pg_proc
select * from pg_policies
select * from pg_constraint
select * from pg_views
select * from information_schema.columns
select * from information_schema.role_table_grants
select * from pg_stat_get_activity(null)
select * from pg_listening_channels()
select * from pg_notification_queue_usage()
select * from pg_largeobject_metadata
select * from pg_sequences
select * from pg_stat_progress_copy
select pg_stat_get_backend_activity(i) from pg_stat_get_backend_idset() i
select * from pg_shmem_allocations limit 1
select contract_organization_id() is not null
select public.current_organization_id()
select current_setting('retainer.organization_id', true)
set debug_print_plan = on; set client_min_messages = debug1; select title from public.tickets; reset debug_print_plan
