//! A sample organization beside a real one: ordered, made, entered, and gone at a click.

use std::time::Duration;

use kernel::Role;
use retainer::jobs::tick;
use serde_json::{Value, json};
use testkit::{Actor, TestApp, at};

/// Waits until the sample stands as wanted.
async fn stands(olga: &Actor, wanted: &dyn Fn(&Value) -> bool) -> Value {
    for _ in 0..3000 {
        let sample = olga.get("/sample").await.body;
        if wanted(&sample) {
            return sample;
        }
        assert_ne!(sample["state"], "failed");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the sample does not get on");
}

/// How many organizations there are.
async fn organizations(app: &TestApp) -> i64 {
    let query = "select (select count(*) from organizations) + (select count(*) from organization_slugs) - 1";
    app.root().await.query_one(query, &[]).await.expect("a count").get(0)
}

async fn column(app: &TestApp, query: &str) -> Vec<String> {
    app.root().await.query(query, &[]).await.expect(query).iter().map(|row| row.get(0)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sample_is_ordered_watched_entered_and_deleted_and_nothing_else_is_touched() {
    let app = TestApp::start().await;
    let olga = app.olga().await;
    let browser = app.signed_in("acme", "olga@acme.example").await;
    let today = browser.get("/acme").await.html;
    assert!(today.contains("See it with sample data") && !today.contains("retainer demo"), "{today}");
    let asked = browser.post_from("/acme", "/acme/settings/sample", &[]).await;
    assert_eq!((asked.status, asked.location()), (303, "/acme/settings/sample"), "{}", asked.html);

    app.member(app.acme, "Omar", "omar@acme.example", Role::Owner).await;
    let making = stands(&olga, &|sample| sample["day"].as_i64() > Some(0)).await;
    assert_eq!((&making["state"], &making["slug"], &making["days"]), (&json!("making"), &json!(null), &json!(4)));
    let page = browser.get("/acme/settings/sample").await;
    assert!(page.html.contains("of 4.") && page.html.contains("<progress"), "{}", page.html);
    assert!(browser.get("/acme").await.html.contains("The sample is being made"), "Today knows of it");
    assert_eq!(olga.post("/sample", json!({})).await.code(), "sample.there");
    let entry = browser.post_from("/acme/settings/sample", "/acme/settings/sample/entry", &[]).await;
    assert_eq!(entry.status, 409, "nobody enters what is not there yet");
    // What is in the making is left alone by the clock.
    tick(&app.server.app).await.expect("a tick");

    let ready = stands(&olga, &|sample| sample["state"] == "ready").await;
    let slug = ready["slug"].as_str().expect("a word").to_owned();
    let entered = browser.post_from("/acme/settings/sample", "/acme/settings/sample/entry", &[]).await;
    assert_eq!((entered.status, entered.location()), (303, &*format!("/{slug}")), "{}", entered.html);
    let inside = browser.get(&format!("/{slug}")).await.html;
    assert!(inside.contains("Sample data") && inside.contains("LeverAI Consulting (sample)"), "{inside}");
    assert!(browser.get(&format!("/{slug}/customers")).await.html.contains("Northwind Traders"));
    the_ways_between(&browser, &slug).await;
    let home = browser.get("/").await;
    assert_eq!(home.location(), "/acme", "the only real one");
    nobody_else_enters(&app, &slug).await;
    it_is_a_business_in_order(&app).await;
    let omar = app.signed_in("acme", "omar@acme.example").await;
    let entered = omar.post_from("/acme/settings/sample", "/acme/settings/sample/entry", &[]).await;
    assert_eq!(entered.location(), format!("/{slug}"), "all owners own it: {}", entered.html);
    let of_a_sample = browser.get(&format!("/{slug}/settings/sample")).await;
    let again = browser.post_from(&format!("/{slug}/settings/sample"), &format!("/{slug}/settings/sample"), &[]).await;
    assert!(of_a_sample.html.contains("This is a sample organization:"), "{}", of_a_sample.html);
    assert!(!of_a_sample.html.contains("Add a sample"), "no button that is refused: {}", of_a_sample.html);
    let settings = browser.get(&format!("/{slug}/settings")).await.html;
    assert!(settings.contains(": this is one"), "{settings}");
    assert!(again.html.contains("This is a sample organization itself"), "{}", again.html);

    let gone = browser.post_from("/acme/settings/sample", "/acme/settings/sample/discarding", &[]).await;
    assert_eq!(gone.status, 303, "{}", gone.html);
    it_is_gone(&app, &olga).await;
    assert_eq!(browser.get(&format!("/{slug}")).await.status, 404);
    assert_eq!(browser.get("/acme").await.status, 200, "one's own is as it was");
}

/// From one's own organization into the sample, and back.
async fn the_ways_between(browser: &testkit::Reader, slug: &str) {
    let today = browser.get("/acme").await.html;
    assert!(today.contains("Open the sample") && !today.contains("See it with sample data"), "{today}");
    let here = browser.get(&format!("/{slug}/settings/sample")).await.html;
    assert!(here.contains("Back to Acme") && here.contains("href=\"/acme\""), "{here}");
    let settings = browser.get(&format!("/{slug}/settings")).await.html;
    assert!(!settings.contains("Customers sign up at") && !settings.contains("settings/deletion"), "{settings}");
}

/// Nobody of the cast can sign in, and no stranger up.
async fn nobody_else_enters(app: &TestApp, slug: &str) {
    let maya = format!("maya@leverai.{slug}.example");
    assert_eq!(column(app, &format!("select name from users where email = '{maya}'")).await, ["Maya Lindqvist"]);
    for password in ["retainer demo", ""] {
        let wanted = json!({"organization": slug, "email": maya, "password": password});
        let refused = app.nobody().post("/session-tokens", wanted).await.status;
        assert!([401, 422].contains(&refused), "{refused}");
    }
    let stranger = json!({"organization": slug, "name": "Sam", "email": "sam@elsewhere.example", "password": "a long pass phrase"});
    let refused = app.nobody().post("/sign-ups", stranger).await;
    assert!((400..500).contains(&refused.status), "{}", refused.body);
}

/// Its ledger is as it must be, and no mail leaves it.
async fn it_is_a_business_in_order(app: &TestApp) {
    app.rest().await;
    let mails = column(app, "select distinct state || ': ' || coalesce(last_error, '') from mails").await;
    assert_eq!(mails, ["held: No mail leaves a sample organization."]);
    // It begins as a desk that was left yesterday, not as one that nobody has looked at for a year.
    let unread = "select max(unread)::text from
                  (select count(*) as unread from notifications where read_at is null group by organization_id, user_id) u";
    let unread: i64 = column(app, unread).await[0].parse().expect("a count");
    assert!((1..60).contains(&unread), "{unread} are not read");
    let forgotten = "select i.number from invoices i where i.state = 'open'
                     and i.due_at < (select max(created_at) from invoices) - interval '45 days'";
    assert_eq!(column(app, forgotten).await, Vec::<String>::new());
    let made = column(app, "select made_id::text from samples").await[0].parse::<uuid::Uuid>().expect("an id");
    let sample =
        app.server.app.begin(kernel::id::Id::from_uuid(made), kernel::Actor::system("test"), runtime::tx::Access::Read);
    let found = retainer::ledger::verify::verify(&sample.await.expect("a transaction")).await.expect("a proof");
    assert_eq!(found, [], "the ledger");
}

async fn it_is_gone(app: &TestApp, olga: &Actor) {
    let at_once = olga.post("/sample", json!({})).await;
    assert!(["sample.there", "sample.too_often"].contains(&at_once.code()), "{}", at_once.body);
    app.rest().await;
    assert_eq!(organizations(app).await, 1);
    assert_eq!(column(app, "select email from users order by 1").await, ["olga@acme.example", "omar@acme.example"]);
    assert_eq!(column(app, "select slug from organization_slugs").await, ["acme"]);
    assert_eq!(olga.get("/sample").await.body["state"], "none");
    let early = olga.post("/sample", json!({})).await;
    assert_eq!(early.status, 429, "not twice in three minutes");
    let said = early.body["detail"].as_str().unwrap_or_default();
    assert!(said.ends_with("The next one can be ordered in three minutes."), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_is_discarded_while_it_is_made_is_made_no_further_and_leaves_nothing() {
    let app = TestApp::start().await;
    let olga = app.olga().await;
    assert_eq!(olga.delete("/sample").await.code(), "sample.none");
    assert_eq!(olga.post("/sample", json!({})).await.status, 202);
    stands(&olga, &|sample| sample["day"].as_i64() > Some(0)).await;
    assert_eq!(olga.delete("/sample").await.status, 204);
    app.rest().await;
    assert_eq!(organizations(&app).await, 1);
    assert_eq!(column(&app, "select email from users").await, ["olga@acme.example"], "the telling ended first");
    app.clock.set(at("2026-11-20T09:15:00Z"));
    another_may_be_had(&olga).await;
}

/// That a sample can be ordered, as soon as the last one is gone.
async fn another_may_be_had(olga: &Actor) {
    for _ in 0..600 {
        let answer = olga.post("/sample", json!({})).await;
        if answer.status == 202 {
            return;
        }
        assert_eq!(answer.code(), "sample.there", "{}", answer.body);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the last one is never gone");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_an_owner_has_to_do_with_samples() {
    let app = TestApp::start().await;
    app.member(app.acme, "Ada", "ada@acme.example", Role::Admin).await;
    app.member(app.acme, "Ana", "ana@acme.example", Role::Analyst).await;
    for email in ["ada@acme.example", "ana@acme.example"] {
        let actor = app.sign_in("acme", email).await;
        let browser = app.signed_in("acme", email).await;
        for answer in
            [actor.get("/sample").await, actor.post("/sample", json!({})).await, actor.delete("/sample").await]
        {
            assert_eq!((answer.status, answer.code()), (403, "permission.missing"), "{email}");
        }
        assert_eq!(browser.get("/acme/settings/sample").await.status, 403);
        assert!(!browser.get("/acme").await.html.contains("sample data"), "{email}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_server_left_half_made_is_said_to_be_cut_off_and_removed() {
    let app = TestApp::start().await;
    let olga = app.olga().await;
    // A server took the order on and died: its job will not come again for hours.
    let half = app.server.app.ids.next();
    app.organization(half, "sample-half", "Half").await;
    app.member(half, "Maya", "maya@leverai.sample-half.example", Role::Owner).await;
    let id = kernel::id::Id::uuid(half);
    let root = app.root().await;
    root.execute(
        "insert into samples (organization_id, state, made_id, slug, ordered_by, ordered_at, days, told_at)
         select organization_id, 'making', $1, 'sample-half', user_id, '2026-11-20 09:00Z', 120, '2026-11-20 09:00Z'
           from memberships where organization_id = $2",
        &[&id, kernel::id::Id::as_uuid(&app.acme)],
    )
    .await
    .expect("an order");
    let mark = "update organizations set is_sample = true, making_ends_at = '2026-11-20 09:10Z' where id = $1";
    root.execute(mark, &[&id]).await.expect("in the making");
    app.clock.set(at("2026-11-20T09:05:00Z"));
    tick(&app.server.app).await.expect("a tick");
    assert_eq!(organizations(&app).await, 3, "it has time yet");
    assert_eq!(olga.get("/sample").await.body["is_cut_off"], true);
    app.clock.set(at("2026-11-20T09:10:00Z"));
    tick(&app.server.app).await.expect("a tick");
    assert_eq!(organizations(&app).await, 1);
    assert_eq!(column(&app, "select email from users").await, ["olga@acme.example"]);
    assert_eq!(olga.delete("/sample").await.status, 204);
    another_may_be_had(&olga).await;
}
