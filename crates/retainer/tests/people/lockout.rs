//! Who guesses passwords keeps themselves out, not the owner.

use std::net::IpAddr;

use retainer::people::limit::{failures, take};
use serde_json::json;
use testkit::{Actor, PASSWORD, TestApp};

async fn tries(who: &Actor, password: &str) -> u16 {
    let wanted = json!({"organization": "acme", "email": "olga@acme.example", "password": password});
    who.post("/session-tokens", wanted).await.status
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guesser_elsewhere_does_not_keep_the_owner_out() {
    let app = TestApp::start().await;
    let guesser = Actor::calling_from(app.url(), IpAddr::from([127, 0, 0, 2]));
    for number in 0..10 {
        assert_eq!(tries(&guesser, "a wrong password").await, 401, "guess {number}");
    }
    assert_eq!(tries(&guesser, "a wrong password").await, 429);
    assert_eq!(tries(&guesser, PASSWORD).await, 429, "even the right password tells a guesser nothing");
    assert_eq!(tries(&app.nobody(), PASSWORD).await, 201);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guesses_from_many_places_are_limited_and_a_reset_by_mail_gets_in_all_the_same() {
    let app = TestApp::start().await;
    let email = "olga@acme.example".parse().expect("an address");
    for place in 0..20_u8 {
        for _ in 0..5 {
            take(&app.server.app, &failures(&email, Some(IpAddr::from([198, 51, 100, place])))).await.expect("room");
        }
    }
    let somewhere = Actor::calling_from(app.url(), IpAddr::from([127, 0, 0, 3]));
    assert_eq!(tries(&somewhere, "a wrong password").await, 429, "all of these together were too many");
    let owner = app.nobody();
    assert_eq!(tries(&owner, PASSWORD).await, 429);
    let asked = owner.post("/password-resets", json!({"organization": "acme", "email": "olga@acme.example"})).await;
    assert_eq!(asked.status, 204, "{}", asked.body);
    let token = app.link_token("reset_password", "olga@acme.example", 0).await;
    let chosen = json!({"organization": "acme", "token": token, "password": "a whole new password"});
    let chosen = owner.post("/passwords", chosen).await;
    assert!(chosen.status < 300, "{} {}", chosen.status, chosen.body);
    assert_eq!(tries(&owner, "a whole new password").await, 201);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_operator_issues_a_link_that_is_good_once_and_is_recorded() {
    let app = TestApp::start().await;
    let server = &app.server.app;
    let email = "olga@acme.example".parse().expect("an address");
    let issued = retainer::people::issue_reset(server, &email, None).await.expect("a link");
    assert_eq!((issued.organization.as_str(), issued.expires_at), ("acme", testkit::at("2026-11-20T10:00:00Z")));
    let path = issued.link.strip_prefix(&app.url()).expect("an address of ours").to_owned();
    let reader = app.reader();
    assert_eq!(reader.get(&path).await.status, 200);
    assert_eq!(reader.post(&path, &[("password", "a whole new password")]).await.status, 200);
    assert_eq!(reader.post(&path, &[("password", "yet another password")]).await.status, 422);
    assert_eq!(tries(&app.nobody(), "a whole new password").await, 201);
    let owner = runtime::db::connect(&app.root_config).await.expect("the owner");
    let entry = "select actor_name from audit_entries where action = 'user.reset_issued'";
    let entries = owner.query(entry, &[]).await.expect("entries");
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0].get::<_, &str>(0), "retainer user reset-password");
    let nobody = "nobody@acme.example".parse().expect("an address");
    for (who, place) in [(&nobody, None), (&email, Some("brink"))] {
        let refused = retainer::people::issue_reset(server, who, place).await.expect_err("a refusal");
        assert_eq!(refused.code(), Some("user.unknown"));
    }
}
