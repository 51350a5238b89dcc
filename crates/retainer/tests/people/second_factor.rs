//! The second factor.

use serde_json::{Value, json};
use testkit::{Actor, Answer, PASSWORD, TestApp, at};
use totp_rs::{Builder, Secret};

pub(super) fn code(secret: &str, app: &TestApp) -> String {
    let secret = Secret::try_from_base32(secret).expect("a secret");
    let totp = Builder::new().with_secret(secret).build().expect("a generator");
    totp.generate(u64::try_from(app.clock.now().as_second()).expect("a time")).to_string()
}

pub(super) async fn set_up(app: &TestApp, who: &Actor) -> (String, Vec<String>) {
    let begun = who.post("/me/second-factor", json!({"password": PASSWORD})).await;
    assert_eq!(begun.status, 201, "{}", begun.body);
    assert!(begun.body["qr"].as_str().is_some_and(|svg| svg.trim_start().starts_with("<svg")));
    let secret = begun.body["secret"].as_str().expect("a secret").to_owned();
    assert!(begun.body["url"].as_str().is_some_and(|url| url.starts_with("otpauth://totp/Acme:olga%40acme.example?")));
    let confirmed = who.post("/me/second-factor/confirmation", json!({"code": code(&secret, app)})).await;
    assert_eq!(confirmed.status, 200, "{}", confirmed.body);
    let codes = confirmed.body["recovery_codes"].as_array().expect("codes");
    (secret, codes.iter().filter_map(Value::as_str).map(str::to_owned).collect())
}

async fn sign_in(app: &TestApp, code: Option<&str>) -> Answer {
    let wanted = json!({"organization": "acme", "email": "olga@acme.example", "password": PASSWORD, "code": code});
    app.nobody().post("/session-tokens", wanted).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_is_asked_for_and_is_good_once() {
    let app = TestApp::start().await;
    let olga = app.olga().await;
    let (secret, _) = set_up(&app, &olga).await;
    assert_eq!(sign_in(&app, None).await.code(), "sign_in.code_needed");
    assert_eq!(sign_in(&app, Some("000000")).await.code(), "sign_in.code_wrong");
    let confirming = code(&secret, &app);
    assert_eq!(sign_in(&app, Some(&confirming)).await.code(), "sign_in.code_wrong", "the code that confirmed is used");
    app.clock.set(at("2026-11-20T09:00:30Z"));
    let next = code(&secret, &app);
    assert_eq!(sign_in(&app, Some(&next)).await.status, 201);
    assert_eq!(sign_in(&app, Some(&next)).await.code(), "sign_in.code_wrong");
    app.clock.set(at("2026-11-20T09:02:00Z"));
    let late = code(&secret, &app);
    app.clock.set(at("2026-11-20T09:03:30Z"));
    assert_eq!(sign_in(&app, Some(&late)).await.code(), "sign_in.code_wrong");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_who_use_one_code_at_once_one_gets_in() {
    let app = TestApp::start().await;
    let (secret, _) = set_up(&app, &app.olga().await).await;
    app.clock.set(at("2026-11-20T09:05:00Z"));
    let next = code(&secret, &app);
    let (one, two) = tokio::join!(sign_in(&app, Some(&next)), sign_in(&app, Some(&next)));
    let mut told = [one.status, two.status];
    told.sort_unstable();
    assert_eq!(told, [201, 401]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recovery_code_is_good_once_and_none_is_kept_readable() {
    let app = TestApp::start().await;
    let (_, codes) = set_up(&app, &app.olga().await).await;
    assert_eq!(codes.len(), 10);
    assert_eq!(sign_in(&app, Some(&codes[3].to_uppercase())).await.status, 201);
    assert_eq!(sign_in(&app, Some(&codes[3])).await.code(), "sign_in.code_wrong");
    assert_eq!(sign_in(&app, Some(&codes[4])).await.status, 201);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_second_factor_is_set_up_and_removed_only_with_the_password() {
    let app = TestApp::start().await;
    let olga = app.olga().await;
    let wrong = olga.post("/me/second-factor", json!({"password": "wrong"})).await;
    assert_eq!((wrong.status, wrong.code()), (422, "second_factor.wrong_password"));
    set_up(&app, &olga).await;
    assert_eq!(olga.post("/me/second-factor", json!({"password": PASSWORD})).await.code(), "second_factor.in_use");
    assert_eq!(olga.post("/me/second-factor/removal", json!({"password": "wrong"})).await.status, 422);
    assert_eq!(sign_in(&app, None).await.code(), "sign_in.code_needed");
    assert_eq!(olga.post("/me/second-factor/removal", json!({"password": PASSWORD})).await.status, 204);
    assert_eq!(sign_in(&app, None).await.status, 201);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeated_request_does_not_show_the_secrets_again() {
    let app = TestApp::start().await;
    let olga = app.olga().await;
    let first = olga.post_once("/me/second-factor", "key-1", json!({"password": PASSWORD})).await;
    let again = olga.post_once("/me/second-factor", "key-1", json!({"password": PASSWORD})).await;
    assert_eq!((first.status, again.status), (201, 204));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn codes_cannot_be_guessed_at_leisure() {
    let app = TestApp::start().await;
    set_up(&app, &app.olga().await).await;
    for _ in 0..10 {
        assert_eq!(sign_in(&app, Some("000000")).await.code(), "sign_in.code_wrong");
    }
    assert_eq!(sign_in(&app, Some("000000")).await.status, 429);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_sign_in_page_asks_for_the_code_in_a_second_step() {
    let app = TestApp::start().await;
    let (secret, _) = set_up(&app, &app.olga().await).await;
    app.clock.set(at("2026-11-20T09:05:00Z"));
    let reader = app.reader();
    let step = reader.post("/acme/sign-in", &[("email", "olga@acme.example"), ("password", PASSWORD)]).await;
    assert_eq!(step.status, 200);
    let token = step.html.split_once("name=\"token\" value=\"").and_then(|(_, rest)| rest.split_once('"'));
    let token = token.expect("a token in the form").0;
    let wrong = reader.post("/acme/sign-in/code", &[("token", token), ("code", "000000")]).await;
    assert_eq!(wrong.status, 422);
    let right = reader.post("/acme/sign-in/code", &[("token", token), ("code", &code(&secret, &app))]).await;
    assert_eq!((right.status, right.location()), (303, "/acme"));
    assert_eq!(reader.get("/acme/profile").await.status, 200);
    app.clock.set(at("2026-11-20T09:07:00Z"));
    let used = reader.post("/acme/sign-in/code", &[("token", token), ("code", &code(&secret, &app))]).await;
    assert_eq!(used.status, 422);
}
