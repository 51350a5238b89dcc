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
        let owner = runtime::db::connect(&app.root_config).await.expect("the owner");
        let large = "select lo_from_bytea(4711, 'zwickau'); analyze";
        owner.batch_execute(large).await.expect("a large object, and statistics");
        let mut secrets = vec![bolt.uuid().to_string()];
        for (table, column) in [("customers", "id"), ("tickets", "id"), ("memberships", "user_id"), ("invoices", "id")]
        {
            let query = format!("select {column}::text from {table} where organization_id = $1");
            secrets.extend(
                owner.query(&query, &[bolt.as_uuid()]).await.expect("ids").iter().map(|row| row.get::<_, String>(0)),
            );
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
        let settings =
            "set default_transaction_read_only = off; set statement_timeout = 0; set client_min_messages = debug1";
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
                assert!(
                    given || !text.contains(secret.as_str()),
                    "{what}: the {from} holds Bolt's id {secret}: {text}"
                );
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
    let owner = runtime::db::connect(&spy.app.root_config).await.expect("the owner");
    let columns: Vec<(String, String, String)> = owner
        .query(COLUMNS, &[])
        .await
        .expect("the catalog")
        .iter()
        .map(|row| (row.get(0), row.get(1), row.get(2)))
        .collect();
    // The search itself finds what there is.
    let mut there = 0;
    for (schema, relation, column) in columns.iter().filter(|(schema, ..)| schema == "public") {
        let query =
            format!("select count(*) from \"{schema}\".\"{relation}\" where \"{column}\"::text like '%{WORD}%'");
        there += i64::from(owner.query_one(&query, &[]).await.expect("a count").get::<_, i64>(0) > 0);
    }
    assert!(there > 20, "only {there} columns hold the word");

    let bolt = spy.bolt.uuid();
    let boss = &spy.secrets[spy.secrets.len() - 1];
    let pretend = format!("set retainer.organization_id = '{bolt}'; set retainer.user_id = '{boss}'");
    let mut seen = 0;
    for before in
        ["reset all", pretend.as_str(), "set role retainer_contract_consulting", "reset role; set row_security = off"]
    {
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
        ("users", "password_hash"),
        ("users", "totp_sealed"),
        ("recovery_codes", "code_hash"),
        ("sessions", "token_hash"),
        ("secret_links", "token_hash"),
        ("invitations", "token_hash"),
        ("mails", "text"),
        ("mails", "html"),
        ("mails", "subject"),
        ("external_refs", "hidden"),
        ("contract_logins", "login"),
        ("contract_logins", "organization_id"),
        ("customers", "notes"),
        ("audit_entries", "after"),
        ("user_directory", "user_id"),
        ("installation", "setup_token_hash"),
        ("idempotency_keys", "body"),
        ("organization_slugs", "slug"),
        ("organizations", "name"),
    ] {
        spy.is_refused(&format!("select {column} from public.{table}")).await;
    }
    let kept =
        spy.ask("select row::text from public.external_refs where kind = 'users_consulting'").await.expect("own rows");
    assert!(kept.contains("kept@anna.example") && !kept.contains("$2b$"), "{kept}");
    let said = spy.ask("select string_agg(message, ' ') from public.ticket_comments").await.expect("comments");
    assert!(said.contains("said anna") && !said.contains("note"), "what staff say among themselves: {said}");
}

/// What must be refused.
fn refused(spy: &Spy) -> Vec<String> {
    let bolt = spy.bolt.uuid();
    let fixed = include_str!("refused.sql").lines().filter(|line| !line.starts_with("--"));
    let mut all: Vec<String> = fixed.map(str::to_owned).collect();
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
    let owner = runtime::db::connect(&spy.app.root_config).await.expect("the owner");
    let role = spy.ask("select session_user").await.expect("its name");
    let borders = async || owner.query_one(BORDERS, &[&role]).await.expect("the borders").get::<_, String>(0);
    let before = borders().await;
    let groups = [
        "drop owned by retainer_contract_consulting",
        "drop owned by retainer_contract_consulting cascade",
        "revoke select on consulting.tickets_consulting from retainer_contract_consulting",
        "revoke usage on schema consulting from retainer_contract_consulting",
        "revoke retainer_contract_consulting from current_user",
        "grant retainer_contract_consulting to public",
        "alter role retainer_contract_consulting bypassrls",
        "alter default privileges for role retainer_contract_consulting grant all on tables to public",
        "set role retainer_contract_consulting; drop owned by current_user; reset role",
        "set role retainer_contract_consulting; alter role current_user set search_path = 'x'; reset role",
        "revoke all on all tables in schema consulting from public",
        "grant select on public.tickets to public",
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
    let owner = runtime::db::connect(&spy.app.root_config).await.expect("the owner");
    let roles = "select string_agg(rolname, ',') from pg_roles where rolname = 'spy'";
    assert_eq!(owner.query_one(roles, &[]).await.expect("a look").get::<_, Option<String>>(0), None);
}

/// What may be done, and must show nothing foreign.
fn harmless(spy: &Spy) -> Vec<String> {
    let bolt = spy.bolt.uuid();
    let fixed = include_str!("harmless.sql").lines().filter(|line| !line.starts_with("--"));
    let mut all: Vec<String> = fixed.map(str::to_owned).collect();
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
    assert_eq!(
        spy.ask("select count(*) from public.customers where name like '%anna'").await.as_deref(),
        Ok("1"),
        "one's own"
    );
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
        where n.nspname not in ('pg_catalog', 'information_schema', 'consulting', 'consulting_parts') and has_function_privilege(p.oid, 'execute')
          and has_schema_privilege(n.oid, 'usage')";
    let found = spy.ask(ours).await.expect("a list");
    assert_eq!(
        found,
        "contract_dialect contract_organization_id contract_people contract_staff current_organization_id current_user_id"
    );
    let writes = "select count(*) from pg_class c, unnest(array['insert', 'update', 'delete', 'truncate', 'references', 'trigger']) what
        where c.relkind in ('r', 'p', 'v') and c.relnamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
          and has_table_privilege(c.oid, what)";
    assert_eq!(spy.ask(writes).await.as_deref(), Ok("0"));
    let creates = "select has_database_privilege(current_database(), 'create') or has_database_privilege(current_database(), 'temp')
        or exists (select from pg_namespace where has_schema_privilege(oid, 'create'))";
    assert_eq!(spy.ask(creates).await.as_deref(), Ok("f"));
}
