//! Guests' requests: with an Idempotency-Key they are done once, like everybody's, and what is kept of them tells nothing.

use futures_util::future::join_all;
use serde_json::{Value, json};
use testkit::{Answer, PASSWORD, TestApp, at};

const OLGA: &str = "olga@acme.example";

fn sign_in(email: &str, password: &str) -> Value {
    json!({"organization": "acme", "email": email, "password": password})
}

fn sign_up(email: &str) -> Value {
    json!({"organization": "acme", "name": "Cleo", "email": email, "password": PASSWORD})
}

fn is_replayed(answer: &Answer) -> bool {
    answer.headers.get("idempotency-replayed").is_some()
}

async fn count(app: &TestApp, what: &str) -> i64 {
    let owner = app.root().await;
    owner.query_one(&format!("select count(*) from {what}"), &[]).await.expect("a count").get(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeated_sign_in_gets_the_same_token_and_opens_one_session() {
    let app = TestApp::start().await;
    let guest = app.nobody();
    let all = join_all((0..8).map(|_| guest.post_once("/session-tokens", "morning", sign_in(OLGA, PASSWORD)))).await;
    let first = all[0].body["token"].as_str().expect("a token").to_owned();
    for answer in &all {
        assert_eq!((answer.status, answer.body["token"].as_str()), (201, Some(first.as_str())), "{}", answer.body);
    }
    assert_eq!(all.iter().filter(|answer| !is_replayed(answer)).count(), 1);
    assert_eq!(count(&app, "sessions").await, 1);
    assert_eq!(guest.with_token(&first).get("/me").await.status, 200);
    let other = guest.post_once("/session-tokens", "morning", sign_in(OLGA, "something else")).await;
    assert_eq!((other.status, other.code()), (401, "sign_in.wrong"), "a guess is a guess, whatever its key");
    app.clock.set(at("2026-11-20T09:11:00Z"));
    let late = guest.post_once("/session-tokens", "morning", sign_in(OLGA, PASSWORD)).await;
    assert_eq!(late.code(), "idempotency.key_reused", "the token is not handed out for ever");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_known_key_is_no_way_around_the_limits_of_guessing() {
    let app = TestApp::start().await;
    let guest = app.nobody();
    assert_eq!(guest.post_once("/session-tokens", "1", sign_in(OLGA, PASSWORD)).await.status, 201);
    let mut shut = false;
    for guess in 0..30 {
        let answer = guest.post_once("/session-tokens", "1", sign_in(OLGA, &format!("guess number {guess}"))).await;
        shut |= answer.status == 429;
    }
    assert!(shut, "guesses are counted");
    assert_eq!(guest.post_once("/session-tokens", "1", sign_in(OLGA, PASSWORD)).await.status, 429);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guests_who_chose_the_same_key_do_not_meet() {
    let app = TestApp::start().await;
    app.member(app.acme, "Amir", "amir@acme.example", kernel::Role::Member).await;
    let guest = app.nobody();
    let olga = guest.post_once("/session-tokens", "1", sign_in(OLGA, PASSWORD)).await;
    let amir = guest.post_once("/session-tokens", "1", sign_in("amir@acme.example", PASSWORD)).await;
    assert_eq!((olga.status, amir.status), (201, 201), "{}", amir.body);
    assert_ne!(olga.body["token"], amir.body["token"]);
    let wrong = guest.post_once("/session-tokens", "2", sign_in(OLGA, "not the password")).await;
    let again = guest.post_once("/session-tokens", "2", sign_in(OLGA, PASSWORD)).await;
    assert_eq!((wrong.code(), again.status), ("sign_in.wrong", 201), "what was refused has taken no key");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signing_up_many_times_at_once_makes_one_customer() {
    let app = TestApp::start().await;
    let guest = app.nobody();
    let all = join_all((0..6).map(|_| guest.post_once("/sign-ups", "k", sign_up("cleo@example.com")))).await;
    for answer in &all {
        assert_eq!((answer.status, &answer.body), (201, &all[0].body));
    }
    assert_eq!(count(&app, "customers").await, 1);
    assert_eq!(guest.post("/sign-ups", sign_up("cleo@example.com")).await.code(), "sign_up.taken", "without the key");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_that_was_used_answers_its_own_request_again_and_no_other() {
    let app = TestApp::start().await;
    let guest = app.nobody();
    let ask = json!({"organization": "acme", "email": OLGA});
    for _ in 0..2 {
        assert_eq!(guest.post_once("/password-resets", "ask", ask.clone()).await.status, 204);
    }
    let token = app.link_token("reset_password", OLGA, 0).await;
    app.rest().await;
    assert_eq!(app.letters("reset_password", OLGA).await.len(), 1, "the wish was one");
    let choose = |password: &str| json!({"organization": "acme", "token": token, "password": password});
    let first = guest.post_once("/passwords", "choose", choose("a whole new password")).await;
    let again = guest.post_once("/passwords", "choose", choose("a whole new password")).await;
    assert_eq!((first.status, again.status, is_replayed(&first), is_replayed(&again)), (204, 204, false, true));
    let other = guest.post_once("/passwords", "choose", choose("yet another password")).await;
    assert_eq!(other.code(), "idempotency.key_reused");
    assert_eq!(guest.post("/passwords", choose("a whole new password")).await.code(), "link.useless");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_kept_beside_a_key_holds_neither_token_nor_password() {
    use sha2::Digest;
    let app = TestApp::start().await;
    let body = sign_in(OLGA, PASSWORD);
    let answer = app.nobody().post_once("/session-tokens", "k", body.clone()).await;
    let token = answer.body["token"].as_str().expect("a token");
    let owner = app.root().await;
    let row = owner.query_one("select key, request_hash, body from idempotency_keys", &[]).await.expect("a row");
    let (hash, kept): (Vec<u8>, Vec<u8>) = (row.get("request_hash"), row.get("body"));
    assert_ne!(hash, sha2::Sha256::digest(body.to_string().as_bytes()).to_vec());
    assert!(!String::from_utf8_lossy(&kept).contains(token) && !kept.is_empty());
    assert!(!row.get::<_, &str>("key").contains(OLGA));
}
