//! Rate limits: what answers say of them, and that they hold.

use serde_json::json;
use testkit::{Answer, Setup, TestApp, at};

fn header<'a>(answer: &'a Answer, name: &str) -> &'a str {
    answer.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

async fn with(requests_a_minute: u32) -> TestApp {
    TestApp::start_with(Setup { requests_a_minute, ..Setup::default() }).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_to_a_token_says_what_is_left_and_too_many_are_put_off() {
    let app = with(3).await;
    let (olga, again) = (app.olga().await, app.olga().await);
    for (path, left, full) in [("/me", 2, 20), ("/tickets/TKT-0", 1, 40), ("/plans", 0, 60)] {
        let answer = olga.get(path).await;
        assert_ne!(answer.status, 429, "{}", answer.body);
        assert_eq!(header(&answer, "ratelimit-policy"), "\"requests\";q=3;w=60", "{path}");
        assert_eq!(header(&answer, "ratelimit"), format!("\"requests\";r={left};t={full}"), "{path}");
        assert_eq!(header(&answer, "retry-after"), "", "{path}");
    }
    let refused = olga.get("/me").await;
    assert_eq!((refused.status, refused.code()), (429, "requests.too_many"));
    assert_eq!(header(&refused, "retry-after"), "20");
    assert_eq!(header(&refused, "ratelimit-policy"), "\"requests\";q=3;w=60");
    assert_eq!(header(&refused, "ratelimit"), "\"requests\";r=0;t=20");
    assert_eq!(again.get("/me").await.status, 200, "another token has requests of its own");
    app.clock.set(at("2026-11-20T09:00:20Z"));
    assert_eq!(olga.get("/me").await.status, 200);
    assert_eq!(olga.get("/me").await.status, 429);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_put_off_request_changes_nothing() {
    let app = with(1).await;
    let olga = app.olga().await;
    assert_eq!(olga.get("/me").await.status, 200);
    assert_eq!(olga.post("/customers", json!({"name": "Never"})).await.status, 429);
    app.clock.set(at("2026-11-20T09:02:00Z"));
    assert_eq!(olga.get("/customers").await.body["items"], json!([]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_limit_nothing_is_said() {
    let app = with(0).await;
    let answer = app.olga().await.get("/me").await;
    assert_eq!((answer.status, header(&answer, "ratelimit-policy"), header(&answer, "ratelimit")), (200, "", ""));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_doors_of_guessers_say_their_limits_and_when_to_come_again() {
    let app = TestApp::start().await;
    let nobody = app.nobody();
    let wrong = json!({"organization": "acme", "email": "olga@acme.example", "password": "not this one"});
    let mut first_refusal = None;
    for _ in 0..12 {
        let answer = nobody.post("/session-tokens", wrong.clone()).await;
        assert!(header(&answer, "ratelimit-policy").contains(";q="), "{:?}", answer.headers);
        if answer.status == 429 {
            first_refusal.get_or_insert(answer);
        } else {
            assert_eq!((answer.status, header(&answer, "retry-after")), (401, ""));
        }
    }
    let refused = first_refusal.expect("guessing comes to an end");
    let wait: u32 = header(&refused, "retry-after").parse().expect("seconds");
    assert!((1..=900).contains(&wait), "{wait}");
    assert!(header(&refused, "ratelimit").ends_with(&format!(";r=0;t={wait}")), "{:?}", refused.headers);
    let page = app.reader();
    let fields = [("email", "olga@acme.example"), ("password", "not this one")];
    let answer = page.post("/acme/sign-in", &fields).await;
    assert!(answer.status == 429 || answer.html.contains("too often"), "{} {}", answer.status, answer.html);
    for (path, body) in [
        ("/password-resets", json!({"organization": "acme", "email": "olga@acme.example"})),
        ("/passwords", json!({"organization": "acme", "token": "rt_no", "password": "a long enough password"})),
    ] {
        let answer = nobody.post(path, body).await;
        assert!(header(&answer, "ratelimit-policy").contains(";q="), "{path}: {:?}", answer.headers);
    }
}
