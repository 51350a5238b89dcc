//! Granting, renewing and ending logins.

use kernel::Actor as Who;
use retainer::contracts::{self, list};

use super::{Business, connect, server, shown, text, url};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_organizations_have_a_login_of_the_same_name_and_each_sees_its_own() {
    let app = server().await;
    let bolt = app.server.app.ids.next();
    app.organization(bolt, "bolt", "Bolt").await;
    Business::lively(&app, app.acme, "acme", "anna").await;
    Business::lively(&app, bolt, "bolt", "bert").await;
    let (acme_url, bolt_url) = (url(&app, app.acme, "analyst").await, url(&app, bolt, "analyst").await);
    let (acme, bolt) = (connect(&acme_url).await.expect("Acme's"), connect(&bolt_url).await.expect("Bolt's"));
    for (client, word, other) in [(&acme, "anna", "bert"), (&bolt, "bert", "anna")] {
        for table in super::TABLES {
            let rows = shown(client, &format!("select * from {table}")).await;
            assert!(rows.contains(word) && !rows.contains(other), "{table} of {word}: {rows}");
        }
    }
    assert!(!acme_url.contains("acme") && !acme_url.contains("analyst"), "a role's name says nothing");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn granting_again_changes_the_password_and_ends_what_was_open() {
    let app = server().await;
    let old = url(&app, app.acme, "analyst").await;
    let session = connect(&old).await.expect("a session");
    let new = url(&app, app.acme, "analyst").await;
    assert_ne!(old, new);
    assert_eq!(old.split(':').nth(1), new.split(':').nth(1), "the role stays");
    text(&session, "select 1").await.expect_err("the session was ended");
    assert!(connect(&old).await.is_err(), "the old password is refused");
    assert_eq!(shown(&connect(&new).await.expect("the new one"), "select 1").await, "1");
    let logins = list(&app.server.app, app.acme).await.expect("a list");
    assert_eq!(logins.len(), 1);
    assert!(logins[0].rotated_at.is_some() && logins[0].login == "analyst");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn revoking_ends_a_login_at_once_and_its_name_may_be_used_again() {
    let app = server().await;
    let old = url(&app, app.acme, "analyst").await;
    let session = connect(&old).await.expect("a session");
    session.batch_execute("begin; select * from users_consulting").await.expect("in the middle of something");
    let name = "analyst".parse().expect("a name");
    contracts::revoke(&app.server.app, app.acme, Who::system("test"), "consulting", &name).await.expect("revoked");
    text(&session, "select 1").await.expect_err("the session was ended");
    assert!(connect(&old).await.is_err(), "nobody comes in");
    assert!(list(&app.server.app, app.acme).await.expect("a list").is_empty());
    let owner = runtime::db::connect(&app.root_config).await.expect("the owner");
    let role = old.trim_start_matches("postgresql://").split(':').next().expect("a role");
    let left = owner.query("select 1 from pg_roles where rolname = $1", &[&role]).await.expect("a look");
    assert!(left.is_empty(), "the role is gone");
    let again = contracts::revoke(&app.server.app, app.acme, Who::system("test"), "consulting", &name).await;
    assert_eq!(again.expect_err("there is none").code(), Some("contract.login_unknown"));
    assert_ne!(url(&app, app.acme, "analyst").await, old);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_interrupted_revocation_shows_nothing_and_can_be_finished() {
    let app = server().await;
    Business::lively(&app, app.acme, "acme", "anna").await;
    let session = super::login(&app, app.acme, "analyst").await;
    let owner = runtime::db::connect(&app.root_config).await.expect("the owner");
    owner.batch_execute("update contract_logins set revoked_at = now()").await.expect("only marked");
    for table in super::TABLES {
        assert_eq!(shown(&session, &format!("select * from {table}")).await, "", "{table}");
    }
    assert!(list(&app.server.app, app.acme).await.expect("a list").is_empty());
    let renewed = super::login(&app, app.acme, "analyst").await;
    assert!(!shown(&renewed, "select * from tickets_consulting").await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn granting_renewing_and_revoking_are_in_the_audit_trail() {
    let app = server().await;
    url(&app, app.acme, "analyst").await;
    url(&app, app.acme, "analyst").await;
    let name = "analyst".parse().expect("a name");
    contracts::revoke(&app.server.app, app.acme, Who::system("test"), "consulting", &name).await.expect("revoked");
    let olga = app.olga().await;
    let trail = olga.get("/audit").await.body;
    let told: Vec<&str> =
        trail["items"].as_array().expect("entries").iter().filter_map(|entry| entry["action"].as_str()).collect();
    let told: Vec<&str> = told.into_iter().filter(|action| action.starts_with("contract.")).collect();
    assert_eq!(told, ["contract.revoked", "contract.rotated", "contract.granted"]);
    assert!(!trail.to_string().contains("rtc_"), "no password is written down");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_has_limits() {
    let app = server().await;
    let url = url(&app, app.acme, "analyst").await;
    let client = connect(&url).await.expect("a session");
    assert_eq!(shown(&client, "show statement_timeout").await, "1min");
    assert_eq!(shown(&client, "show default_transaction_read_only").await, "on");
    assert_eq!(shown(&client, "show search_path").await, "consulting");
    let mut sessions = vec![client];
    while let Ok(more) = connect(&url).await {
        sessions.push(more);
        assert!(sessions.len() < 20, "there is no end of sessions");
    }
    assert_eq!(sessions.len(), 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_that_owns_something_in_another_database_is_ended_all_the_same() {
    let app = server().await;
    let url = url(&app, app.acme, "analyst").await;
    let cluster = testkit::database::cluster().await;
    let root = runtime::db::connect(&cluster.config("postgres")).await.expect("the root database");
    let other = format!("test_{}", &runtime::secret::Key::generate().to_hex()[..20]);
    root.batch_execute(&format!("create database {other} template template0")).await.expect("a database");
    let mut there: tokio_postgres::Config = url.parse().expect("settings");
    there.dbname(&other);
    let session = runtime::db::connect(&there).await.expect("everybody may connect there");
    session.batch_execute("set default_transaction_read_only = off; select lo_create(0)").await.expect("something");
    let name = "analyst".parse().expect("a name");
    contracts::revoke(&app.server.app, app.acme, Who::system("test"), "consulting", &name).await.expect("revoked");
    assert!(list(&app.server.app, app.acme).await.expect("a list").is_empty());
    text(&session, "select 1").await.expect_err("the session was ended");
    assert!(connect(&url).await.is_err(), "nobody comes in");
    let role = url.trim_start_matches("postgresql://").split(':').next().expect("a role");
    let left =
        "select rolcanlogin::text || (select count(*) from pg_auth_members where member = r.oid or roleid = r.oid)
        from pg_roles r where rolname = $1";
    assert_eq!(root.query_one(left, &[&role]).await.expect("it stays").get::<_, String>(0), "false0");
    root.batch_execute(&format!("drop database {other} with (force)")).await.expect("swept");
    root.batch_execute(&format!("drop role {role}")).await.expect("swept");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_login_keeps_the_installation_from_being_brought_up_to_date() {
    let app = server().await;
    let session = super::login(&app, app.acme, "analyst").await;
    let refused = text(&session, "select pg_advisory_lock(1)").await.expect_err("refused");
    assert!(refused.to_string().contains("db error") && refused.code().is_some_and(|code| code.code() == "42501"));
    // Where the owner may not take that right from everybody.
    let (root, mut owner) = (app.root().await, runtime::db::connect(&app.owner_config).await.expect("the owner"));
    root.batch_execute("grant execute on function pg_advisory_lock(bigint) to public").await.expect("granted");
    let number = i64::from_be_bytes(*b"Retainer");
    session.batch_execute(&format!("select pg_advisory_lock({number})")).await.expect("the installation's turn");
    let key = testkit::database::key();
    let brought = runtime::migrate::apply(&mut owner, &dialects::MIGRATIONS, &key);
    tokio::time::timeout(std::time::Duration::from_secs(60), brought).await.expect("in time").expect("up to date");
    text(&session, "select 1").await.expect_err("the session was ended");
    root.batch_execute("revoke execute on function pg_advisory_lock(bigint) from public").await.expect("as before");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_report_that_never_ends_is_ended() {
    let app = server().await;
    let session = super::login(&app, app.acme, "analyst").await;
    session.batch_execute("set idle_in_transaction_session_timeout = 0; begin; select 1").await.expect("begun");
    let patience = std::time::Duration::from_secs(3600);
    contracts::end_stalled(&app.server.app, patience).await.expect("a look");
    assert_eq!(shown(&session, "select 1").await, "1", "there is time");
    contracts::end_stalled(&app.server.app, std::time::Duration::ZERO).await.expect("a look");
    text(&session, "select 1").await.expect_err("the session was ended");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_login_is_granted_where_everything_ends_soon() {
    let app = server().await;
    let asked = serde_json::json!({"slug": "acme", "password": testkit::PASSWORD});
    assert_eq!(app.olga().await.post("/organization/deletion", asked).await.status, 200);
    let wanted = contracts::Grant { dialect: "consulting", login: "analyst".parse().expect("a name") };
    let refused = contracts::grant(&app.server.app, app.acme, Who::system("test"), wanted).await;
    assert_eq!(refused.expect_err("refused").code(), Some("organization.closing"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_another_system_left_is_in_its_own_contract_only() {
    let app = server().await;
    Business::lively(&app, app.acme, "acme", "anna").await;
    let session = super::login(&app, app.acme, "analyst").await;
    let all = "select count(*) > 0 from public.external_refs";
    assert_eq!(shown(&session, all).await, "t");
    let owner = runtime::db::connect(&app.root_config).await.expect("the owner");
    owner.batch_execute("update external_refs set source = 'hub'").await.expect("from elsewhere");
    assert_eq!(shown(&session, all).await, "f");
}

/// Somebody who is back as soon as they were sent away.
fn persistent(url: String) -> tokio::task::JoinHandle<()> {
    tokio::spawn(async move {
        loop {
            if let Ok(session) = connect(&url).await {
                let _ = session
                    .batch_execute("begin isolation level repeatable read; select * from tickets_consulting")
                    .await;
                let _ = session.batch_execute("select pg_sleep(60)").await;
            }
            tokio::task::yield_now().await;
        }
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_comes_back_at_once_keeps_neither_a_removal_nor_a_migration_from_passing() {
    let app = server().await;
    let url = url(&app, app.acme, "analyst").await;
    let mut owner = runtime::db::connect(&app.root_config).await.expect("the owner");
    let back: Vec<_> = (0..3).map(|_| persistent(url.clone())).collect();
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    owner.batch_execute("delete from schema_migrations where name !~ '^[0-9]'").await.expect("to be applied again");
    let key = testkit::database::key();
    let brought = runtime::migrate::apply(&mut owner, &dialects::MIGRATIONS, &key);
    tokio::time::timeout(std::time::Duration::from_secs(60), brought).await.expect("in time").expect("up to date");
    let may = "select rolcanlogin from pg_roles r join contract_logins l on l.role_name = r.rolname";
    assert_eq!(shown(&owner, may).await, "t", "afterwards they are let in again");
    contracts::end_all(&app.server.app, app.acme).await.expect("ended");
    assert!(connect(&url).await.is_err());
    back.iter().for_each(tokio::task::JoinHandle::abort);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_staff_say_among_themselves_reaches_no_login_by_being_told() {
    let app = server().await;
    let business = Business::lively(&app, app.acme, "acme", "anna").await;
    app.member(app.acme, "Amir", "amir@acme.example", kernel::Role::Admin).await;
    let tickets = business.owner.get("/tickets").await.body;
    let ticket = tickets["items"][0]["id"].as_str().expect("a ticket").to_owned();
    let note = serde_json::json!({"message": "beware of the dog", "internal": true});
    assert_eq!(business.owner.post(&format!("/tickets/{ticket}/comments"), note).await.status, 201);
    let amir = app.sign_in("acme", "amir@acme.example").await;
    assert!(amir.get("/notifications").await.body.to_string().contains("beware of the dog"), "a colleague is told");
    let session = super::login(&app, app.acme, "analyst").await;
    for query in ["select * from notifications_consulting", "select title, text from public.notifications"] {
        let told = shown(&session, query).await;
        assert!(!told.is_empty() && !told.contains("beware"), "{told}");
    }
}
