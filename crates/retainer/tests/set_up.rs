//! Setting a fresh installation up.

use retainer::set_up::issue_setup_link;
use serde_json::json;
use testkit::{PASSWORD, TestApp, at};

const FIELDS: [(&str, &str); 7] = [
    ("name", "LeverAI Consulting"),
    ("slug", ""),
    ("time_zone", "America/New_York"),
    ("currency", "USD"),
    ("plans", "true"),
    ("owner", "Lena"),
    ("email", "lena@leverai.example"),
];

async fn link(app: &TestApp) -> String {
    let link = issue_setup_link(&app.server.app).await.expect("an answer").expect("a link");
    link.strip_prefix(&app.url()).expect("an address of this server").to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fresh_installation_is_set_up_once_through_its_newest_link() {
    let app = TestApp::bare().await;
    let (older, newer) = (link(&app).await, link(&app).await);
    let lena = app.reader();
    assert_eq!(lena.get(&older).await.status, 404);
    assert_eq!(lena.get(&newer).await.status, 200);
    let mut fields = FIELDS.to_vec();
    fields.push(("password", "short"));
    let wrong = lena.post(&newer, &fields).await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.html.contains("LeverAI Consulting") && wrong.html.contains("at least 10"), "{}", wrong.html);
    fields.pop();
    fields.push(("password", PASSWORD));
    let done = lena.post(&newer, &fields).await;
    assert_eq!((done.status, done.location()), (303, "/leverai-consulting"), "{}", done.html);
    assert_eq!(lena.get("/leverai-consulting").await.status, 200);
    let owner = app.sign_in("leverai-consulting", "lena@leverai.example").await;
    let me = owner.get("/me").await.body;
    assert_eq!((&me["role"], &me["email_verified"]), (&json!("owner"), &json!(true)));
    assert_eq!(owner.get("/plans").await.body["items"].as_array().map(Vec::len), Some(4));
    assert_eq!(lena.post(&newer, &fields).await.status, 404);
    assert_eq!(issue_setup_link(&app.server.app).await.expect("an answer"), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_set_up_link_is_useless_after_an_hour_and_of_two_who_use_it_one_wins() {
    let app = TestApp::bare().await;
    let old = link(&app).await;
    app.clock.set(at("2026-11-20T10:00:01Z"));
    assert_eq!(app.reader().get(&old).await.status, 404);
    let newer = link(&app).await;
    let mut fields = FIELDS.to_vec();
    fields.push(("password", PASSWORD));
    let mut other = fields.clone();
    other[0] = ("name", "Another");
    other[6] = ("email", "ann@another.example");
    let (one, two) = (app.reader(), app.reader());
    let (one, two) = tokio::join!(one.post(&newer, &fields), two.post(&newer, &other));
    let mut told = [one.status, two.status];
    told.sort_unstable();
    assert_eq!(told, [303, 404]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_set_up_link_is_useless_once_an_organization_came_to_be_otherwise() {
    let app = TestApp::bare().await;
    let link = link(&app).await;
    app.organization(app.acme, "acme", "Acme").await;
    assert_eq!(app.reader().get(&link).await.status, 404);
    let mut fields = FIELDS.to_vec();
    fields.push(("password", PASSWORD));
    assert_eq!(app.reader().post(&link, &fields).await.status, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_plans_are_priced_in_the_currency_of_the_business() {
    let app = TestApp::bare().await;
    let link = link(&app).await;
    let mut fields = FIELDS.to_vec();
    fields[3] = ("currency", "JPY");
    fields.push(("password", PASSWORD));
    assert_eq!(app.reader().post(&link, &fields).await.status, 303);
    let owner = app.sign_in("leverai-consulting", "lena@leverai.example").await;
    let plans = owner.get("/plans").await.body;
    let prices: Vec<_> =
        plans["items"].as_array().expect("plans").iter().map(|plan| &plan["current"]["terms"]["price"]).collect();
    assert!(prices.contains(&&json!({"amount": "450", "currency": "JPY"})), "{prices:?}");
    let terms = json!({"price": {"amount": "1500000", "currency": "JPY"}, "period": "month", "quantity": "10"});
    let dear = owner.post("/plans", json!({"name": "Dear", "terms": terms})).await;
    assert_eq!(dear.status, 201, "{}", dear.body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_installation_with_an_organization_has_no_set_up_link() {
    let app = TestApp::start().await;
    assert_eq!(issue_setup_link(&app.server.app).await.expect("an answer"), None);
    assert_eq!(app.reader().get("/setup/rs_guessed").await.status, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_root_of_a_fresh_installation_says_what_to_do_and_never_shows_the_link() {
    let app = TestApp::bare().await;
    let link = link(&app).await;
    let root = app.reader().get("/").await;
    assert_eq!(root.status, 200);
    assert!(root.html.contains("Not set up yet") && root.html.contains("printed a link"), "{}", root.html);
    let token = link.rsplit('/').next().expect("a token");
    assert!(!root.html.contains(token) && !root.html.contains("/setup/"), "{}", root.html);
    app.organization(app.acme, "acme", "Acme").await;
    let root = app.reader().get("/").await;
    assert_eq!((root.status, root.location()), (303, "/acme"));
}
