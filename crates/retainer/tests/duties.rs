//! What falls due by itself.

use kernel::id::{CustomerId, OrganizationId};
use kernel::{Actor, Quantity, Unit};
use retainer::customers;
use retainer::jobs::{ThingByThing, thing_by_thing, tick};
use retainer::ledger::{self, Amount, Grant, Key, Owner, Source, SourceKind, Terms};
use runtime::Tx;
use runtime::tx::Access;
use testkit::{TestApp, at};

async fn begin(app: &TestApp, organization: OrganizationId) -> Tx {
    app.server.app.begin(organization, Actor::system("test"), Access::Write).await.expect("a transaction")
}

async fn customer_with_two_hours(app: &TestApp, organization: OrganizationId) -> CustomerId {
    let tx = begin(app, organization).await;
    let input = customers::Add { name: "Cleo".parse().expect("a name"), email: None, notes: None, tags: Vec::new() };
    let customer = customers::add(&tx, input).await.expect("a customer");
    let source = Source::new(SourceKind::TopUp, customer.to_string());
    let mut terms = Terms::new(Amount::Limited(Quantity::hours(2)), source);
    terms.expires_at = Some(at("2026-11-21T00:00:00Z"));
    let grant = Grant { owner: Owner::Customer(customer), terms, key: Key::new(customer.to_string()) };
    ledger::grant(&tx, grant).await.expect("a lot");
    tx.commit().await.expect("a commit");
    customer
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_server_leaves_the_database_alone_and_still_takes_up_jobs() {
    let app = TestApp::start().await;
    app.rest().await;
    let owner = app.root().await;
    let transactions = async || -> i64 {
        owner.batch_execute("select pg_stat_clear_snapshot()").await.expect("a fresh look");
        let query = "select xact_commit from pg_stat_database where datname = current_database()";
        owner.query_one(query, &[]).await.expect("a count").get(0)
    };
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    let before = transactions().await;
    tokio::time::sleep(std::time::Duration::from_secs(6)).await;
    let asked = transactions().await - before;
    assert!(asked < 60, "{asked} transactions in six seconds without any work");
    owner.batch_execute("select enqueue_job('duties.tick', null, null, null)").await.expect("ordered");
    app.rest().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lots_of_idle_accounts_expire_in_every_organization() {
    let app = TestApp::start().await;
    let bolt = app.server.app.ids.next();
    app.organization(bolt, "bolt", "Bolt").await;
    let owners =
        [(app.acme, customer_with_two_hours(&app, app.acme).await), (bolt, customer_with_two_hours(&app, bolt).await)];
    app.clock.set(at("2026-11-21T00:00:00Z"));
    tick(&app.server.app).await.expect("all duties done");
    for (organization, customer) in owners {
        let tx = begin(&app, organization).await;
        let account = ledger::find::account(&tx, Owner::Customer(customer), Unit::Hour)
            .await
            .expect("a look")
            .expect("an account");
        let lots = ledger::find::lots(&tx, account, ledger::find::Which::All).await.expect("lots");
        assert_eq!(
            lots[0].ended.as_ref().map(|(how, when)| (how.as_str(), *when)),
            Some(("expired", at("2026-11-21T00:00:00Z")))
        );
        assert_eq!(ledger::verify::verify(&tx).await.expect("a check"), []);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_thing_that_cannot_be_done_keeps_no_other_waiting() {
    let app = TestApp::start().await;
    let (one, two) = (customer_with_two_hours(&app, app.acme).await, customer_with_two_hours(&app, app.acme).await);
    app.clock.set(at("2026-11-21T00:00:00Z"));
    // An account whose counters contradict its lots is refused by the database, whatever is done to it.
    let owner = runtime::db::connect(&app.root_config).await.expect("a connection");
    let break_it = "update allowance_accounts set posted = 0, next_event_at = $2 where owner_id = $1";
    let first = at("2026-11-20T09:00:01Z");
    owner.execute(break_it, &[kernel::id::Id::as_uuid(&one), &first]).await.expect("a broken account");
    assert!(tick(&app.server.app).await.is_err());
    let tx = begin(&app, app.acme).await;
    let account = ledger::find::account(&tx, Owner::Customer(two), Unit::Hour).await.expect("a look").expect("one");
    let lots = ledger::find::lots(&tx, account, ledger::find::Which::All).await.expect("lots");
    assert!(lots[0].ended.is_some(), "the healthy account is settled");
}

async fn count(app: &TestApp, table: &str) -> i64 {
    let owner = runtime::db::connect(&app.root_config).await.expect("the owner");
    owner.query_one(&format!("select count(*) from {table}"), &[]).await.expect("a count").get(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_over_is_swept_away_after_a_month_and_not_before() {
    let app = TestApp::start().await;
    let olga = app.olga().await;
    let wanted = serde_json::json!({"name": "Cleo"});
    let first = olga.post_once("/customers", "k1", wanted.clone()).await;
    assert_eq!(first.status, 201, "{}", first.body);
    let forgotten = serde_json::json!({"organization": "acme", "email": "olga@acme.example"});
    assert_eq!(app.nobody().post("/password-resets", forgotten).await.status, 204);
    app.link_token("reset_password", "olga@acme.example", 0).await;
    let wrong =
        serde_json::json!({"organization": "acme", "email": "olga@acme.example", "password": "a wrong password"});
    assert_eq!(app.nobody().post("/session-tokens", wrong).await.status, 401);
    let counts = async || {
        let of = |table| count(&app, table);
        [of("idempotency_keys").await, of("secret_links").await, of("sessions").await, of("rate_limits").await]
    };
    let before = counts().await;
    assert!(before.iter().all(|count| *count > 0), "{before:?}");
    app.clock.set(at("2026-12-20T08:59:59Z"));
    tick(&app.server.app).await.expect("all duties done");
    assert_eq!(counts().await[..3], before[..3], "a month is not over");
    assert_eq!(counts().await[3], 0, "full buckets are the same as none");
    let again = olga.post_once("/customers", "k1", wanted.clone()).await;
    assert_eq!(again.body["id"], first.body["id"], "a repeated request is answered as the first time");
    app.clock.set(at("2026-12-20T10:00:00Z"));
    tick(&app.server.app).await.expect("all duties done");
    assert_eq!(counts().await[..3], [0, 0, before[2]], "an API token lives for ninety days");
    app.clock.set(at("2027-03-20T09:00:00Z"));
    tick(&app.server.app).await.expect("all duties done");
    assert_eq!(counts().await[..3], [0, 0, 0]);
    let later = app.olga().await.post_once("/customers", "k1", wanted).await;
    assert!(later.status == 201 && later.body["id"] != first.body["id"], "after a month a key is new again");
}

/// A duty that stays due on whatever it is done to, as a contradiction in the data would make it.
struct Stubborn;

static DONE: std::sync::Mutex<Vec<u128>> = std::sync::Mutex::new(Vec::new());

impl ThingByThing for Stubborn {
    const NAME: &'static str = "test.stubborn";
    type Thing = uuid::Uuid;

    fn id(thing: &uuid::Uuid) -> uuid::Uuid {
        *thing
    }

    async fn due(_: &Tx, but: &[uuid::Uuid], limit: i64) -> Result<Vec<uuid::Uuid>, runtime::Error> {
        let all = (1..=150).map(uuid::Uuid::from_u128).filter(|thing| !but.contains(thing));
        Ok(all.take(usize::try_from(limit).unwrap_or(0)).collect())
    }

    async fn act(_: &Tx, thing: &uuid::Uuid) -> Result<(), runtime::Error> {
        DONE.lock().expect("the list").push(thing.as_u128());
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_duty_that_stays_due_has_its_turn_once_a_tick_and_keeps_no_other_waiting() {
    let app = TestApp::start().await;
    let done = thing_by_thing::<Stubborn>(app.server.app.clone(), app.acme);
    tokio::time::timeout(std::time::Duration::from_secs(60), done).await.expect("an end").expect("no fault");
    assert_eq!(*DONE.lock().expect("the list"), (1..=150).collect::<Vec<u128>>());
}
