//! The transaction itself: what it keeps, what it undoes, what it hides.

use kernel::Actor;
use kernel::id::{CustomerId, Id};
use retainer::customers::{self, Add};
use runtime::Tx;
use runtime::tx::Access;
use testkit::TestApp;

async fn begin(app: &TestApp, access: Access) -> Tx {
    app.server.app.begin(app.acme, Actor::system("test"), access).await.expect("a transaction")
}

async fn add(tx: &Tx, name: &str) -> CustomerId {
    let input = Add { name: name.parse().expect("a name"), email: None, notes: None, tags: Vec::new() };
    customers::add(tx, input).await.expect("a customer")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_committed_is_undone_and_the_connection_lives_on() {
    let app = TestApp::start().await;
    let tx = begin(&app, Access::Write).await;
    let customer = add(&tx, "Never").await;
    drop(tx);
    // More transactions than the pool has connections: each must come back in order.
    for _ in 0..40 {
        let tx = begin(&app, Access::Read).await;
        let error = customers::find::get(&tx, customer).await.expect_err("nothing");
        assert_eq!(error.code(), Some("customer.not_found"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_statement_takes_the_whole_transaction_with_it() {
    let app = TestApp::start().await;
    let tx = begin(&app, Access::Write).await;
    let customer = add(&tx, "Half").await;
    tx.rows("insert into mails (organization_id) values ($1)", &[tx.org()]).await.expect_err("not null");
    tx.commit().await.expect_err("the transaction is broken");
    let tx = begin(&app, Access::Read).await;
    customers::find::get(&tx, customer).await.expect_err("nothing");
    let trail = "select 1 from audit_entries where organization_id = $1 and subject_id = $2";
    assert_eq!(tx.rows(trail, &[tx.org(), customer.as_uuid()]).await.expect("rows").len(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reading_transaction_cannot_write() {
    let app = TestApp::start().await;
    let tx = begin(&app, Access::Read).await;
    let input = Add { name: "No".parse().expect("a name"), email: None, notes: None, tags: Vec::new() };
    customers::add(&tx, input).await.expect_err("read only");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_query_that_forgets_its_filter_still_sees_one_organization() {
    let app = TestApp::start().await;
    let tx = begin(&app, Access::Write).await;
    add(&tx, "Cleo").await;
    tx.commit().await.expect("a commit");
    let bolt = app.server.app.ids.next();
    app.organization(bolt, "bolt", "Bolt").await;
    let tx = app.server.app.begin(bolt, Actor::system("test"), Access::Read).await.expect("a transaction");
    assert_eq!(tx.rows("select 1 from customers", &[]).await.expect("rows").len(), 0);
    let tx = begin(&app, Access::Read).await;
    assert_eq!(tx.rows("select 1 from customers", &[]).await.expect("rows").len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_of_one_statement_ends_with_it_and_answers_no_other() {
    let app = TestApp::start().await;
    let tx = begin(&app, Access::Write).await;
    add(&tx, "Cleo").await;
    tx.commit().await.expect("a commit");
    for _ in 0..40 {
        let tx = begin(&app, Access::Once).await;
        assert_eq!(tx.rows("select 1 from customers", &[]).await.expect("rows").len(), 1);
        tx.rows("select 1 from customers", &[]).await.expect_err("it has ended");
        drop(tx);
        // Whoever comes next gets a connection without a transaction, and without a tenant.
        let client = app.server.app.db.client().await.expect("a connection");
        let setting = "select count(*), coalesce(current_setting('retainer.organization_id', true), '') from customers";
        let row = client.query_one(setting, &[]).await.expect("a row");
        assert_eq!((row.get::<_, i64>(0), row.get::<_, &str>(1)), (0, ""));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_of_one_statement_that_fails_leaves_a_good_connection() {
    let app = TestApp::start().await;
    for _ in 0..40 {
        let tx = begin(&app, Access::Once).await;
        tx.rows("select 1 / 0", &[]).await.expect_err("by nought");
        drop(tx);
        let tx = begin(&app, Access::Once).await;
        tx.rows_planned_for("select 1 from customers", &[]).await.expect("rows");
    }
}
