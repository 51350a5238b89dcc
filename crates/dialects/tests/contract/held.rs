//! Logins that hold their own role, so that nobody else may alter it.

use std::time::{Duration, Instant};

use kernel::Actor as Who;
use retainer::contracts::{self, Grant};
use tokio::task::JoinHandle;

use super::{Business, connect, server, shown, text, url};

/// Sessions that are back as soon as they were sent away, and each time hold their role for a second.
fn holding(url: &str) -> Vec<JoinHandle<()>> {
    let one = |url: String| async move {
        let held = format!(
            "set default_transaction_read_only = off; set statement_timeout = 0; set lock_timeout = 0; begin; {PASSWORD};
             select pg_sleep(1); commit"
        );
        loop {
            if let Ok(session) = connect(&url).await {
                while session.batch_execute(&held).await.is_ok() {}
            }
            tokio::task::yield_now().await;
        }
    };
    (0..3).map(|_| tokio::spawn(one(url.to_owned()))).collect()
}

/// The own password once more, which is what a login may change of its role.
const PASSWORD: &str = "do $$ begin execute format('alter role %I password %L', session_user, 'mine'); end $$";

/// The address with the password that the login has chosen itself.
fn with_own_password(url: &str) -> String {
    let (before, rest) = url.split_once("://").expect("a scheme");
    let (login, place) = rest.split_once('@').expect("a host");
    format!("{before}://{}:mine@{place}", login.split(':').next().expect("a role"))
}

async fn in_time<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(30), what).await.expect("in time")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_that_holds_its_role_is_revoked_all_the_same() {
    let app = server().await;
    Business::lively(&app, app.acme, "acme", "anna").await;
    let url = url(&app, app.acme, "analyst").await;
    let mut back = holding(&url);
    back.extend(holding(&with_own_password(&url)));
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let name = "analyst".parse().expect("a name");
    let revoked = contracts::revoke(&app.server.app, app.acme, Who::system("test"), "consulting", &name);
    in_time(revoked).await.expect("revoked");
    back.iter().for_each(JoinHandle::abort);
    assert!(connect(&url).await.is_err() && connect(&with_own_password(&url)).await.is_err(), "nobody comes in");
    let owner = runtime::db::connect(&app.root_config).await.expect("the owner");
    assert_eq!(shown(&owner, "select count(*) from contract_logins").await, "0");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_that_holds_its_role_gets_a_new_password_all_the_same() {
    let app = server().await;
    let old = url(&app, app.acme, "analyst").await;
    let mut back = holding(&old);
    back.extend(holding(&with_own_password(&old)));
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let new = in_time(url(&app, app.acme, "analyst")).await;
    assert_eq!(shown(&connect(&new).await.expect("the new one"), "select 1").await, "1");
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(connect(&old).await.is_err() && connect(&with_own_password(&old)).await.is_err(), "nobody else comes in");
    assert!(connect(&new).await.is_ok(), "nobody has changed it since");
    back.iter().for_each(JoinHandle::abort);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_that_is_held_sees_nothing_and_keeps_no_other_waiting() {
    let app = server().await;
    Business::lively(&app, app.acme, "acme", "anna").await;
    let session = super::login(&app, app.acme, "analyst").await;
    let role = shown(&session, "select session_user").await;
    // Somebody whom the owner cannot end.
    let root = app.root().await;
    root.batch_execute(&format!("begin; alter role {role} connection limit 4")).await.expect("held");
    let beside = app.server.app.clone();
    let (acme, name) = (app.acme, "analyst".parse().expect("a name"));
    let revoking =
        tokio::spawn(async move { contracts::revoke(&beside, acme, Who::system("test"), "consulting", &name).await });
    let owner = runtime::db::connect(&app.root_config).await.expect("the owner");
    let marked = async {
        while shown(&owner, "select count(*) from contract_logins where revoked_at is null").await != "0" {
            tokio::task::yield_now().await;
        }
    };
    in_time(marked).await;
    let begun = Instant::now();
    let wanted = Grant { dialect: "consulting", login: "other".parse().expect("a name") };
    contracts::grant(&app.server.app, app.acme, Who::system("test"), wanted).await.expect("another login");
    assert!(begun.elapsed() < Duration::from_secs(3), "another waited for {:?}", begun.elapsed());
    let ended = async { while text(&session, "select count(*) from tickets_consulting").await.is_ok() {} };
    in_time(ended).await;
    let refused = tokio::time::timeout(Duration::from_secs(60), revoking).await.expect("in time").expect("no panic");
    assert_eq!(refused.expect_err("refused").code(), Some("contract.role_held"));
    root.batch_execute("rollback").await.expect("let go");
    let name = "analyst".parse().expect("a name");
    contracts::revoke(&app.server.app, app.acme, Who::system("test"), "consulting", &name).await.expect("finished");
}
