//! Everything we know that a login could try in order to see another organization's data. Both organizations have data;
//! whatever Bolt has holds the word "zwickau", and no answer, error, notice or notification to Acme's login may hold that
//! word or one of Bolt's ids.

use std::sync::{Arc, Mutex};

use futures_util::StreamExt;
use kernel::Role;
use kernel::id::{Id, OrganizationId};
use testkit::TestApp;
use tokio_postgres::{AsyncMessage, Client, SimpleQueryMessage};

use super::{Business, server, url};

const WORD: &str = "zwickau";

/// Acme's login, and all that it was ever told.
struct Spy {
    app: TestApp,
    client: Client,
    bolt: OrganizationId,
    heard: Arc<Mutex<String>>,
    /// Bolt's ids.
    secrets: Vec<String>,
}

impl Spy {
    async fn new() -> Self {
        let app = server().await;
        let bolt = app.server.app.ids.next();
        app.organization(bolt, "bolt-zwickau", "Bolt zwickau").await;
        app.member(bolt, "Zed zwickau", "zed@zwickau.example", Role::Developer).await;
        Business::lively(&app, app.acme, "acme", "anna").await;
        Business::lively(&app, bolt, "bolt-zwickau", WORD).await;
        let of_bolt = url(&app, bolt, "analyst").await;
        let owner = runtime::db::connect(&app.owner_config).await.expect("the owner");
        let large = "select lo_from_bytea(4711, 'zwickau'); analyze";
        owner.batch_execute(large).await.expect("a large object, and statistics");
        let mut secrets = vec![bolt.uuid().to_string()];
        for (table, column) in [("customers", "id"), ("tickets", "id"), ("memberships", "user_id"), ("invoices", "id")] {
            let query = format!("select {column}::text from {table} where organization_id = $1");
            secrets.extend(owner.query(&query, &[bolt.as_uuid()]).await.expect("ids").iter().map(|row| row.get::<_, String>(0)));
        }
        // Bolt's own session stays open, with a statement of its own, to be found in the list of activities.
        let session = super::connect(&of_bolt).await.expect("Bolt's session");
        super::shown(&session, "select 'zwickau' as said").await;
        tokio::spawn(async move {
            let _kept = session;
            std::future::pending::<()>().await;
        });
        let heard = Arc::new(Mutex::new(String::new()));
        let config = url(&app, app.acme, "analyst").await.parse().expect("a connection string");
        let told = Arc::clone(&heard);
        let client = runtime::db::connect_hearing(&config, move |mut messages| async move {
            while let Some(Ok(message)) = messages.next().await {
                let text = match message {
                    AsyncMessage::Notice(notice) => format!("{notice:?}\n"),
                    AsyncMessage::Notification(notice) => format!("{notice:?}\n"),
                    _ => continue,
                };
                told.lock().expect("the ear").push_str(&text);
            }
        });
        let client = client.await.expect("Acme's session");
        let spy = Self { app, client, bolt, heard, secrets };
        spy.may_write().await;
        spy
    }

    /// A login may change its own settings; whatever they keep from being done must be kept otherwise too.
    async fn may_write(&self) {
        let settings = "set default_transaction_read_only = off; set statement_timeout = 0; set client_min_messages = debug1";
        self.client.batch_execute(settings).await.expect("one's own settings");
    }

    /// What a statement is answered: rows, or the whole error.
    async fn ask(&self, statement: &str) -> Result<String, String> {
        match self.client.simple_query(statement).await {
            Ok(messages) => {
                let rows = messages.iter().filter_map(|message| match message {
                    SimpleQueryMessage::Row(row) => {
                        Some((0..row.len()).filter_map(|at| row.get(at)).collect::<Vec<_>>().join(" | "))
                    }
                    _ => None,
                });
                Ok(rows.collect::<Vec<_>>().join("\n"))
            }
            Err(error) => Err(format!("{error:?}")),
        }
    }

    /// Asks, and fails when the answer holds anything of Bolt's.
    async fn learns_nothing(&self, statement: &str) -> Result<String, String> {
        let answer = self.ask(statement).await;
        let text = match &answer {
            Ok(text) | Err(text) => text,
        };
        self.clean(statement, text, statement);
        answer
    }

    /// What the spy said itself is no secret, so it is taken out of what came back.
    fn clean(&self, what: &str, text: &str, said: &str) {
        let heard = std::mem::take(&mut *self.heard.lock().expect("the ear"));
        for (from, text) in [("answer", text), ("notice", heard.as_str())] {
            let text = text.replace(said, "").to_lowercase();
            assert!(!text.contains(WORD), "{what}: the {from} holds {WORD}: {text}");
            for secret in &self.secrets {
                let given = said.contains(secret.as_str());
                assert!(given || !text.contains(secret.as_str()), "{what}: the {from} holds Bolt's id {secret}: {text}");
            }
        }
    }

    async fn is_refused(&self, statement: &str) {
        let answer = self.learns_nothing(statement).await;
        assert!(answer.is_err(), "{statement} was done: {answer:?}");
    }
}

/// Every column of every relation outside of PostgreSQL's own schemas.
const COLUMNS: &str = "select n.nspname::text, c.relname::text, a.attname::text
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    join pg_attribute a on a.attrelid = c.oid and not a.attisdropped
    where n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast') and c.relkind in ('r', 'p', 'v', 'm', 'S')
    order by 1, 2, a.attnum";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_column_of_any_relation_shows_a_foreign_value_whatever_is_set() {
    let spy = Spy::new().await;
    let owner = runtime::db::connect(&spy.app.owner_config).await.expect("the owner");
    let columns: Vec<(String, String, String)> =
        owner.query(COLUMNS, &[]).await.expect("the catalog").iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect();
    // The search itself finds what there is.
    let mut there = 0;
    for (schema, relation, column) in columns.iter().filter(|(schema, ..)| schema == "public") {
        let query = format!("select count(*) from \"{schema}\".\"{relation}\" where \"{column}\"::text like '%{WORD}%'");
        there += i64::from(owner.query_one(&query, &[]).await.expect("a count").get::<_, i64>(0) > 0);
    }
    assert!(there > 20, "only {there} columns hold the word");

    let bolt = spy.bolt.uuid();
    let boss = &spy.secrets[spy.secrets.len() - 1];
    let pretend = format!("set retainer.organization_id = '{bolt}'; set retainer.user_id = '{boss}'");
    let mut seen = 0;
    for before in ["reset all", pretend.as_str(), "set role retainer_contract_consulting", "reset role; set row_security = off"] {
        spy.client.batch_execute("reset role; reset row_security").await.expect("a clean start");
        spy.client.batch_execute(before).await.unwrap_or_else(|error| panic!("{before}: {error:?}"));
        for (schema, relation, column) in &columns {
            let query = format!("select \"{column}\"::text from \"{schema}\".\"{relation}\"");
            if spy.learns_nothing(&query).await.is_ok_and(|rows| !rows.is_empty()) {
                seen += 1;
            }
        }
    }
    assert!(seen > 300, "only {seen} columns were seen at all");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_proves_who_somebody_is_is_not_to_be_read_even_of_ones_own() {
    let spy = Spy::new().await;
    for (table, column) in [
        ("users", "password_hash"), ("users", "totp_sealed"), ("recovery_codes", "code_hash"), ("sessions", "token_hash"),
        ("secret_links", "token_hash"), ("invitations", "token_hash"), ("mails", "text"), ("mails", "html"), ("mails", "subject"),
        ("external_refs", "row"), ("contract_logins", "login"), ("contract_logins", "organization_id"), ("customers", "notes"),
        ("audit_entries", "after"), ("user_directory", "user_id"), ("installation", "setup_token_hash"),
        ("idempotency_keys", "body"), ("organization_slugs", "slug"), ("organizations", "name"),
    ] {
        spy.is_refused(&format!("select {column} from public.{table}")).await;
    }
    let kept = spy.ask("select shown::text from public.external_refs where kind = 'users_consulting'").await.expect("own rows");
    assert!(kept.contains("kept@anna.example") && !kept.contains("$2b$"), "{kept}");
}

/// What must be refused.
fn refused(spy: &Spy) -> Vec<String> {
    let bolt = spy.bolt.uuid();
    let fixed = [
        // Being somebody else.
        "set role retainer_app", "set role retainer_operator", "set role retainer_owner", "set role postgres", "set role pg_read_all_data",
        "set session authorization retainer_app", "grant retainer_app to current_user", "grant pg_read_all_data to current_user",
        "alter role current_user bypassrls", "alter role current_user superuser", "alter role current_user createrole",
        "alter role current_user replication", "alter role retainer_contract_consulting login", "create role spy", "drop role retainer_app",
        "drop owned by retainer_app", "drop owned by retainer_contract_consulting", "reassign owned by current_user to retainer_app",
        // Moving the borders.
        "alter table public.tickets disable row level security", "alter table public.tickets no force row level security",
        "drop policy contract_reads on public.tickets", "alter policy contract_reads on public.tickets using (true)",
        "create policy spy on public.tickets using (true)", "alter view consulting.tickets_consulting set (security_invoker = false)",
        "update public.contract_logins set organization_id = organization_id", "delete from public.contract_logins",
        "create or replace function public.contract_organization_id() returns uuid language sql as 'select null::uuid'",
        "alter function public.contract_organization_id() volatile",
        // Things of one's own to look through.
        "create temp table spy as select 1", "create temp view spy as select * from public.tickets", "create view consulting.spy as select 1",
        "create table public.spy (a int)", "create table consulting_parts.spy (a int)", "create schema spy",
        "create function pg_temp.spy(text) returns bool language plpgsql cost 0.0001 as 'begin raise notice ''%'', $1; return true; end'",
        "create function public.spy(text) returns bool language sql as 'select true'", "create operator public.=== (leftarg = text, rightarg = text, function = texteq)",
        "create extension dblink", "create extension postgres_fdw", "create extension pageinspect", "create extension file_fdw",
        "create extension pg_stat_statements", "create extension \"uuid-ossp\"", "create language plpython3u", "create server spy foreign data wrapper dblink_fdw",
        "create publication spy for all tables", "create subscription spy connection '' publication spy", "create event trigger spy on ddl_command_start execute function spy()",
        // Files, programs, the log.
        "select pg_read_file('/etc/hostname')", "select pg_read_binary_file('/etc/hostname')", "select pg_ls_dir('.')", "select pg_ls_logdir()",
        "select pg_ls_waldir()", "select pg_stat_file('PG_VERSION')", "copy (select 1) to '/tmp/spy'", "copy (select 1) to program 'cat'",
        "select lo_import('/etc/hostname')", "select lo_export(4711, '/tmp/spy')", "select lo_get(4711)", "select loread(lo_open(4711, 262144), 100)",
        "select * from pg_largeobject", "select lo_from_bytea(0, 'x')", "select lo_create(0)", "select lo_unlink(4711)", "load 'auto_explain'",
        "select * from pg_hba_file_rules", "select pg_current_logfile()",
        // Beneath the tables.
        "select * from pg_statistic", "select * from pg_authid", "select * from pg_shadow", "select * from pg_user_mapping", "select * from pg_subscription",
        "select pg_create_logical_replication_slot('spy', 'test_decoding')", "select pg_create_physical_replication_slot('spy')",
        "select * from pg_statistic_ext_data", "select last_value from public.tickets_contract_number_seq", "select nextval('public.tickets_contract_number_seq')",
        "select setval('public.tickets_contract_number_seq', 1)", "select pg_sequence_last_value('public.tickets_contract_number_seq')",
        "lock table public.tickets", "truncate public.tickets", "vacuum full public.tickets_nothing", "cluster public.tickets using tickets_created",
        "reindex table public.tickets", "comment on table public.tickets is 'x'", "select * from public.tickets for update",
        // Writing.
        "update public.tickets set title = title returning title", "delete from public.tickets returning title",
        "insert into public.tickets default values returning *", "merge into public.tickets t using (select 1) s on true when matched then delete",
        // Our functions, and the queue.
        "select public.enqueue_job('mail.deliver', '{}', now(), null)", "select public.take_token('spy', 1, '1 s', now())",
        "select * from graphile_worker.jobs", "select graphile_worker.add_job('mail.deliver')", "select public.ledger_refuse('spy', '{}')",
        "prepare transaction 'spy'", "select * from public.ledger_operate(null, null, 'grant', '{}', now(), 'spy', 'spy', null)",
        "alter database template1 rename to spy", "alter system set log_statement = 'all'", "set log_statement = 'all'",
        "set session_preload_libraries = 'spy'", "select pg_reload_conf()", "select pg_terminate_backend(pid) from pg_stat_activity where backend_type = 'checkpointer'",
    ];
    let mut all: Vec<String> = fixed.iter().map(|text| (*text).to_owned()).collect();
    all.push(format!("insert into public.contract_logins (role_name, organization_id, dialect, login, granted_at) values (current_user, '{bolt}', 'consulting', 'x', now())"));
    all.push(format!("update public.contract_logins set organization_id = '{bolt}' where role_name = session_user"));
    all
}

/// The borders as the catalog has them: who may do what on which object, which policies there are, which roles.
const BORDERS: &str = "select md5(string_agg(line, E'\\n' order by line)) from (
    select concat_ws(' ', polrelid::regclass, polname, polcmd, polpermissive, polroles, pg_get_expr(polqual, polrelid)) as line from pg_policy
    union all select concat_ws(' ', c.oid::regclass, relkind, relowner, relrowsecurity, relforcerowsecurity, relacl, reloptions) from pg_class c
        where relnamespace::regnamespace::text in ('public', 'consulting', 'consulting_parts', 'graphile_worker')
    union all select concat_ws(' ', attrelid::regclass, attname, attacl) from pg_attribute where attacl is not null
    union all select concat_ws(' ', p.oid::regprocedure, proowner, proacl, md5(prosrc), prosecdef) from pg_proc p
    union all select concat_ws(' ', nspname, nspowner, nspacl) from pg_namespace where nspname not like 'pg\\_%temp%'
    union all select concat_ws(' ', rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolbypassrls) from pg_roles
        where rolname not like 'contract%' or rolname = $1
    union all select concat_ws(' ', roleid::regrole, member::regrole) from pg_auth_members where member::regrole::text = $1
    union all select concat_ws(' ', datname, datacl) from pg_database where datname = current_database()
) borders";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_a_login_does_the_borders_stay_where_they_are() {
    let spy = Spy::new().await;
    let owner = runtime::db::connect(&spy.app.owner_config).await.expect("the owner");
    let role = spy.ask("select session_user").await.expect("its name");
    let borders = async || owner.query_one(BORDERS, &[&role]).await.expect("the borders").get::<_, String>(0);
    let before = borders().await;
    let groups = [
        "drop owned by retainer_contract_consulting", "drop owned by retainer_contract_consulting cascade",
        "revoke select on consulting.tickets_consulting from retainer_contract_consulting",
        "revoke usage on schema consulting from retainer_contract_consulting", "revoke retainer_contract_consulting from current_user",
        "grant retainer_contract_consulting to public", "alter role retainer_contract_consulting bypassrls",
        "alter default privileges for role retainer_contract_consulting grant all on tables to public",
        "set role retainer_contract_consulting; drop owned by current_user; reset role",
        "set role retainer_contract_consulting; alter role current_user set search_path = 'x'; reset role",
        "revoke all on all tables in schema consulting from public", "grant select on public.tickets to public",
    ];
    let groups = groups.iter().map(|text| (*text).to_owned());
    for statement in refused(&spy).into_iter().chain(harmless(&spy)).chain(groups) {
        let _either = spy.learns_nothing(&statement).await;
        spy.client.batch_execute("rollback; reset role; deallocate all").await.expect("a clean start");
        assert_eq!(borders().await, before, "{statement} moved a border");
    }
    // Only its own rights can a login give up.
    let _either = spy.ask("drop owned by current_user").await;
    for table in ["public.customers", "consulting.users_consulting"] {
        let _either = spy.learns_nothing(&format!("select name from {table}")).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_would_move_a_border_is_refused() {
    let spy = Spy::new().await;
    for statement in refused(&spy) {
        spy.is_refused(&statement).await;
        spy.client.batch_execute("rollback").await.expect("a clean start");
    }
    let owner = runtime::db::connect(&spy.app.owner_config).await.expect("the owner");
    let roles = "select string_agg(rolname, ',') from pg_roles where rolname = 'spy'";
    assert_eq!(owner.query_one(roles, &[]).await.expect("a look").get::<_, Option<String>>(0), None);
}

/// What may be done, and must show nothing foreign.
fn harmless(spy: &Spy) -> Vec<String> {
    let bolt = spy.bolt.uuid();
    let fixed = [
        // Making the planner evaluate one's own test before the border's.
        "select title::int from public.tickets", "select * from tickets_consulting where title::int > 0",
        "select * from tickets_consulting where (ticket_id || title)::date is not null", "select 1 / (length(title) - length(title)) from public.tickets",
        "select * from users_consulting where email::inet is not null", "select name::uuid from public.customers",
        "select * from public.tickets t join public.tickets o on (t.title || o.title)::int = 1",
        "select shown::text::int from public.external_refs", "select jsonb_path_query(shown, 'strict $.nothing') from public.external_refs",
        "set enable_seqscan = off; select * from tickets_consulting where title ~ '(' ", "select max(title::int) from public.tickets group by status",
        "select query_to_xml('select title::int from public.tickets', true, true, '')", "select case when title like 'z%' then title::int end from public.tickets",
        "set enable_hashjoin = off; set enable_mergejoin = off; select * from get_tickets_consulting() where title::int = 1",
        "do $$ declare r record; begin for r in select title from public.tickets loop raise notice '%', r.title; end loop; end $$",
        "do $$ begin perform title::int from public.tickets; exception when others then raise notice '% %', sqlerrm, sqlstate; end $$",
        // Other ways to write a query.
        "select query_to_xml('select title from public.tickets', true, true, '')", "select table_to_xml('consulting.tickets_consulting', true, true, '')",
        "select schema_to_xml('consulting', true, true, '')", "select database_to_xml(true, true, '')",
        "select * from ts_stat('select to_tsvector(title) from public.tickets')", "select * from public.tickets tablesample system (100)",
        "select id, title from public.tickets tablesample bernoulli (100)", "table consulting.tickets_consulting",
        "prepare spy as select title from public.tickets; execute spy", "begin; declare spy cursor with hold for select title from public.tickets; commit; fetch all from spy",
        "with recursive r as (select title from public.tickets) select * from r", "select (select string_agg(name, ',') from public.customers)",
        "select json_agg(t) from consulting.tickets_consulting t", "select xmin, ctid, title from public.tickets",
        "select row_to_json(t) from (select title, details from public.tickets) t", "select * from get_tickets_consulting()",
        "explain (analyze, verbose) select * from get_tickets_consulting()", "explain (analyze, verbose) select * from tickets_consulting where title = 'x'",
        "explain (verbose) select * from public.customers where name > 'a'",
        // The catalog and the statistics.
        "select * from pg_stat_activity", "select * from pg_stats", "select * from pg_stats_ext", "select * from pg_roles", "select * from pg_user",
        "select * from pg_db_role_setting", "select * from pg_auth_members", "select * from pg_shdescription", "select * from pg_description",
        "select * from pg_database", "select * from pg_stat_user_tables", "select * from pg_locks", "select * from pg_settings", "select * from pg_file_settings",
        "select * from pg_prepared_xacts", "select * from pg_prepared_statements", "select * from pg_cursors", "select * from pg_replication_slots",
        "select * from pg_stat_replication", "select * from pg_class", "select * from pg_proc", "select * from pg_policies", "select * from pg_constraint",
        "select * from pg_views", "select * from information_schema.columns", "select * from information_schema.role_table_grants", "select * from pg_stat_get_activity(null)",
        "select * from pg_listening_channels()", "select * from pg_notification_queue_usage()", "select * from pg_largeobject_metadata", "select * from pg_sequences",
        "select * from pg_stat_progress_copy", "select pg_stat_get_backend_activity(i) from pg_stat_get_backend_idset() i", "select * from pg_shmem_allocations limit 1",
        "select contract_organization_id() is not null", "select public.current_organization_id()", "select current_setting('retainer.organization_id', true)",
        "set debug_print_plan = on; set client_min_messages = debug1; select title from public.tickets; reset debug_print_plan",
    ];
    let mut all: Vec<String> = fixed.iter().map(|text| (*text).to_owned()).collect();
    for setting in [
        format!("set retainer.organization_id = '{bolt}'"),
        format!("select set_config('retainer.organization_id', '{bolt}', false)"),
        format!("alter role current_user set retainer.organization_id = '{bolt}'"),
        "set role retainer_contract_consulting".to_owned(),
        "set search_path = public".to_owned(),
    ] {
        all.push(setting);
        all.push("select name, email from public.customers".to_owned());
        all.push("select name, email from public.users".to_owned());
        all.push("select * from consulting.users_consulting".to_owned());
        all.push("reset role".to_owned());
    }
    all.push(format!("select title from public.tickets where organization_id = '{bolt}'"));
    all.push(format!("select exists (select from public.tickets where organization_id = '{bolt}')"));
    all.push(format!("select count(*) from public.memberships where organization_id = '{bolt}'"));
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_way_of_asking_shows_a_foreign_value() {
    let spy = Spy::new().await;
    let mut answered = 0;
    for statement in harmless(&spy) {
        answered += usize::from(spy.learns_nothing(&statement).await.is_ok());
        spy.client.batch_execute("rollback; deallocate all").await.expect("a clean start");
    }
    assert!(answered > 60, "only {answered} were answered at all");
    assert_eq!(spy.ask("select count(*) from public.customers where name like '%anna'").await.as_deref(), Ok("1"), "one's own");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn copying_out_shows_only_ones_own() {
    let spy = Spy::new().await;
    let mut own = 0;
    for statement in [
        "copy (select * from consulting.tickets_consulting) to stdout",
        "copy (select title, details from public.tickets) to stdout",
        "copy public.tickets (title, number) to stdout",
        "copy public.customers (name, email) to stdout",
    ] {
        let Ok(stream) = spy.client.copy_out(statement).await else { continue };
        let mut stream = std::pin::pin!(stream);
        let mut text = String::new();
        while let Some(Ok(chunk)) = stream.next().await {
            text.push_str(&String::from_utf8_lossy(&chunk));
        }
        spy.clean(statement, &text, statement);
        own += usize::from(text.contains("anna"));
    }
    assert_eq!(own, 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn listening_tells_nothing_about_others() {
    let spy = Spy::new().await;
    spy.client.batch_execute("listen retainer_sessions; listen \"jobs:insert\"").await.expect("anybody may listen");
    let bolt = spy.app.sign_in("bolt-zwickau", "zed@zwickau.example").await;
    assert_eq!(bolt.delete("/session-tokens/current").await.status, 204);
    let heard = async {
        while spy.heard.lock().expect("the ear").is_empty() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            spy.client.batch_execute("select 1").await.expect("an answer");
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(5), heard).await.expect("the servers were told");
    spy.clean("listening", "", "nothing");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_may_execute_nothing_of_ours_but_what_the_policies_ask() {
    let spy = Spy::new().await;
    let ours = "select coalesce(string_agg(p.proname, ' ' order by p.proname), '') from pg_proc p
        join pg_namespace n on n.oid = p.pronamespace
        where n.nspname not in ('pg_catalog', 'information_schema', 'consulting') and has_function_privilege(p.oid, 'execute')
          and has_schema_privilege(n.oid, 'usage')";
    let found = spy.ask(ours).await.expect("a list");
    assert_eq!(found, "contract_organization_id current_organization_id current_user_id import_id");
    let writes = "select count(*) from pg_class c, unnest(array['insert', 'update', 'delete', 'truncate', 'references', 'trigger']) what
        where c.relkind in ('r', 'p', 'v') and c.relnamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
          and has_table_privilege(c.oid, what)";
    assert_eq!(spy.ask(writes).await.as_deref(), Ok("0"));
    let creates = "select has_database_privilege(current_database(), 'create') or has_database_privilege(current_database(), 'temp')
        or exists (select from pg_namespace where has_schema_privilege(oid, 'create'))";
    assert_eq!(spy.ask(creates).await.as_deref(), Ok("f"));
}
