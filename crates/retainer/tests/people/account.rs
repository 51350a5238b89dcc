//! One's own account.

use kernel::Role;
use serde_json::json;
use testkit::{PASSWORD, TestApp};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_changes_their_name_and_zone() {
    let app = TestApp::start().await;
    let olga = app.olga().await;
    let changed = olga.patch("/me", json!({"name": "Olga Öst", "time_zone": "Europe/Stockholm"})).await;
    assert_eq!((&changed.body["name"], &changed.body["time_zone"]), (&json!("Olga Öst"), &json!("Europe/Stockholm")));
    let emptied = olga.patch("/me", json!({"time_zone": null})).await;
    assert_eq!((&emptied.body["name"], &emptied.body["time_zone"]), (&json!("Olga Öst"), &json!(null)));
    assert_eq!(olga.patch("/me", json!({"time_zone": "Mars/Olympus"})).await.status, 422);
    assert_eq!(olga.patch("/me", json!({"role": "owner"})).await.status, 422);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_password_ends_all_other_sessions_in_all_organizations_and_is_told_by_mail() {
    let app = TestApp::start().await;
    let brink = app.server.app.ids.next();
    app.organization(brink, "brink", "Brink").await;
    app.member(brink, "Olga", "olga@acme.example", Role::Member).await;
    let (olga, other, away) = (app.olga().await, app.olga().await, app.sign_in("brink", "olga@acme.example").await);
    let wrong = olga.put("/me/password", json!({"current": "wrong", "new": "a whole new password"})).await;
    assert_eq!((wrong.status, wrong.code()), (422, "password.wrong"));
    let right = olga.put("/me/password", json!({"current": PASSWORD, "new": "a whole new password"})).await;
    assert_eq!(right.status, 204, "{}", right.body);
    assert_eq!(olga.get("/me").await.status, 200);
    assert_eq!(other.get("/me").await.status, 401);
    assert_eq!(away.get("/me").await.status, 401);
    assert_eq!(app.letters("password_changed", "olga@acme.example").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_sees_or_ends_the_sessions_of_others() {
    let app = TestApp::start().await;
    app.member(app.acme, "Mo", "mo@acme.example", Role::Admin).await;
    let (olga, mo) = (app.olga().await, app.sign_in("acme", "mo@acme.example").await);
    let own = olga.get("/sessions").await.body;
    assert_eq!(own["items"].as_array().map(Vec::len), Some(1));
    let id = own["items"][0]["id"].as_str().expect("an id");
    assert_eq!(mo.delete(&format!("/sessions/{id}")).await.code(), "session.not_found");
    assert_eq!(mo.delete("/sessions/rubbish").await.status, 404);
    assert_eq!(olga.get("/me").await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_pages_of_the_account_work_without_scripts() {
    let app = TestApp::start().await;
    let olga = app.signed_in("acme", "olga@acme.example").await;
    let page = olga.get("/acme/profile").await;
    assert!(page.html.contains("olga@acme.example"), "{}", page.html);
    let saved = olga.post("/acme/profile", &[("name", "Olga Öst"), ("time_zone", ""), ("once", &page.once())]).await;
    assert_eq!((saved.status, saved.location()), (303, "/acme/profile"));
    let wrong = olga.post("/acme/profile", &[("name", ""), ("time_zone", "Nowhere")]).await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.html.contains("Must be a time zone"), "{}", wrong.html);
    let other = app.signed_in("acme", "olga@acme.example").await;
    let changed = olga.post("/acme/profile/password", &[("current", PASSWORD), ("new", "a whole new password")]).await;
    assert_eq!(changed.status, 303, "{}", changed.html);
    assert_eq!(other.get("/acme/profile").await.location(), "/acme/sign-in?to=%2Facme%2Fprofile");
    assert_eq!(olga.get("/acme/profile").await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_organization_s_settings_are_its_owners_business() {
    let app = TestApp::start().await;
    let olga = app.olga().await;
    let before = olga.get("/organization").await;
    assert_eq!((&before.body["slug"], &before.body["currency"]), (&json!("acme"), &json!("USD")));
    let version = before.headers["etag"].to_str().expect("a version").to_owned();
    let change = json!({"name": "Acme AB", "time_zone": "Europe/Stockholm", "currency": "SEK"});
    let request = olga.request(reqwest::Method::PATCH, "/organization").header("if-match", &version).json(&change);
    let after = olga.send(request).await;
    assert_eq!((after.status, &after.body["currency"]), (200, &json!("SEK")));
    let request = olga.request(reqwest::Method::PATCH, "/organization").header("if-match", &version).json(&change);
    assert_eq!(olga.send(request).await.status, 412);
    app.member(app.acme, "Dev", "dev@acme.example", Role::Developer).await;
    let dev = app.sign_in("acme", "dev@acme.example").await;
    assert_eq!(dev.get("/organization").await.status, 200);
    assert_eq!(dev.patch("/organization", json!({"name": "Mine"})).await.status, 403);
    let reader = app.signed_in("acme", "olga@acme.example").await;
    let page = reader.get("/acme/settings").await;
    assert!(page.html.contains("Acme AB"), "{}", page.html);
    let fields =
        [("name", "Acme"), ("time_zone", "UTC"), ("currency", "USD"), ("sign_up", "open"), ("days_to_pay", "14")];
    assert_eq!(reader.post("/acme/settings", &fields).await.status, 303);
    assert_eq!(olga.get("/organization").await.body["time_zone"], json!("UTC"));
}
