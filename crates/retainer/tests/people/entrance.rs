//! The doors for whoever is not signed in: signing up, verifying, resetting.

use kernel::Role;
use serde_json::{Value, json};
use testkit::{PASSWORD, TestApp, at};

async fn sign_up(app: &TestApp, organization: &str, email: &str, password: &str) -> testkit::Answer {
    let wanted = json!({"organization": organization, "name": "Cleo", "email": email, "password": password});
    app.nobody().post("/sign-ups", wanted).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stranger_becomes_a_customer_and_confirms_the_address() {
    let app = TestApp::start().await;
    let signed_up = sign_up(&app, "acme", "cleo@example.com", PASSWORD).await;
    assert_eq!(signed_up.status, 201, "{}", signed_up.body);
    let cleo = app.sign_in("acme", "cleo@example.com").await;
    let me = cleo.get("/me").await.body;
    assert_eq!((&me["role"], &me["customer"]), (&json!("customer"), &signed_up.body["customer"]));
    assert_eq!(me["email_verified"], json!(false));
    let token = app.link_token("verify_email", "cleo@example.com", 0).await;
    let wanted = json!({"organization": "acme", "token": token});
    assert_eq!(app.nobody().post("/email-verifications", wanted.clone()).await.status, 204);
    assert_eq!(cleo.get("/me").await.body["email_verified"], json!(true));
    let again = app.nobody().post("/email-verifications", wanted).await;
    assert_eq!((again.status, again.code()), (422, "link.useless"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_signs_up_with_an_address_that_is_not_theirs() {
    let app = TestApp::start().await;
    assert_eq!(sign_up(&app, "acme", "olga@acme.example", "another password").await.code(), "sign_up.taken");
    let olga = app.olga().await;
    let known = olga.post("/customers", json!({"name": "Known", "email": "known@example.com"})).await;
    assert_eq!(known.status, 201, "{}", known.body);
    assert_eq!(sign_up(&app, "acme", "known@example.com", PASSWORD).await.code(), "sign_up.taken");
    assert_eq!(sign_up(&app, "nowhere", "x@example.com", PASSWORD).await.status, 404);
    assert_eq!(sign_up(&app, "acme", "x@example.com", "short").await.status, 422);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_of_another_organization_signs_up_with_the_same_password_and_stays_one_person() {
    let app = TestApp::start().await;
    let brink = app.server.app.ids.next();
    app.organization(brink, "brink", "Brink").await;
    app.member(brink, "Bo", "bo@brink.example", Role::Owner).await;
    assert_eq!(sign_up(&app, "acme", "bo@brink.example", "not the password").await.code(), "sign_up.taken");
    assert_eq!(sign_up(&app, "acme", "bo@brink.example", PASSWORD).await.status, 201);
    let bo = app.sign_in("acme", "bo@brink.example").await;
    let me = bo.get("/me").await.body;
    assert_eq!((&me["name"], &me["role"]), (&json!("Bo"), &json!("customer")));
    assert_eq!(me["organizations"], json!(["acme", "brink"]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_organization_may_take_customers_by_invitation_only() {
    let app = TestApp::start().await;
    let olga = app.olga().await;
    let changed = olga.patch("/organization", json!({"sign_up": "invitation"})).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    assert_eq!(sign_up(&app, "acme", "cleo@example.com", PASSWORD).await.code(), "sign_up.closed");
}

async fn ask(app: &TestApp, organization: &str, email: &str) -> testkit::Answer {
    app.nobody().post("/password-resets", json!({"organization": organization, "email": email})).await
}

async fn choose(app: &TestApp, organization: &str, token: &str, password: &str) -> testkit::Answer {
    let wanted = json!({"organization": organization, "token": token, "password": password});
    app.nobody().post("/passwords", wanted).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_forgotten_password_is_replaced_by_a_link_that_works_once_and_ends_all_sessions() {
    let app = TestApp::start().await;
    let olga = app.olga().await;
    assert_eq!(ask(&app, "acme", "OLGA@acme.example").await.status, 204);
    let token = app.link_token("reset_password", "olga@acme.example", 0).await;
    assert_eq!(choose(&app, "acme", &token, "short").await.status, 422);
    assert_eq!(choose(&app, "acme", &token, "a whole new password").await.status, 204);
    assert_eq!(olga.get("/me").await.status, 401);
    let old = json!({"organization": "acme", "email": "olga@acme.example", "password": PASSWORD});
    assert_eq!(app.nobody().post("/session-tokens", old).await.code(), "sign_in.wrong");
    let new = json!({"organization": "acme", "email": "olga@acme.example", "password": "a whole new password"});
    assert_eq!(app.nobody().post("/session-tokens", new).await.status, 201);
    assert_eq!(choose(&app, "acme", &token, "yet another password").await.code(), "link.useless");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_answer_to_a_reset_never_tells_whether_an_address_exists() {
    let app = TestApp::start().await;
    let known = ask(&app, "acme", "olga@acme.example").await;
    let unknown = ask(&app, "acme", "nobody@acme.example").await;
    let nowhere = ask(&app, "nowhere", "olga@acme.example").await;
    let plain = |answer: &testkit::Answer| (answer.status, answer.body.clone());
    assert_eq!(plain(&known), (204, Value::String(String::new())));
    assert_eq!(plain(&known), plain(&unknown));
    assert_eq!(plain(&known), plain(&nowhere));
    app.link_token("reset_password", "olga@acme.example", 0).await;
    assert!(app.letters("reset_password", "nobody@acme.example").await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_is_useless_after_its_time_and_in_another_organization() {
    let app = TestApp::start().await;
    let brink = app.server.app.ids.next();
    app.organization(brink, "brink", "Brink").await;
    app.member(brink, "Olga", "olga@acme.example", Role::Member).await;
    ask(&app, "acme", "olga@acme.example").await;
    let token = app.link_token("reset_password", "olga@acme.example", 0).await;
    assert_eq!(choose(&app, "brink", &token, "a whole new password").await.code(), "link.useless");
    let as_verification = json!({"organization": "acme", "token": token});
    assert_eq!(app.nobody().post("/email-verifications", as_verification).await.code(), "link.useless");
    app.clock.set(at("2026-11-20T10:00:01Z"));
    assert_eq!(choose(&app, "acme", &token, "a whole new password").await.code(), "link.useless");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_and_mails_are_limited() {
    let app = TestApp::start().await;
    for _ in 0..30 {
        assert_eq!(choose(&app, "acme", "rl_guessed", "a whole new password").await.code(), "link.useless");
    }
    assert_eq!(choose(&app, "acme", "rl_guessed", "a whole new password").await.status, 429);
    let invited = json!({"organization": "acme", "token": "ri_guessed", "password": PASSWORD});
    assert_eq!(app.nobody().post("/invitation-acceptances", invited).await.status, 429);
    for _ in 0..5 {
        assert_eq!(ask(&app, "acme", "olga@acme.example").await.status, 204);
    }
    assert_eq!(ask(&app, "acme", "olga@acme.example").await.code(), "tries.too_many");
    for number in 0..60 {
        let email = format!("x{number}@example.com");
        assert_eq!(sign_up(&app, "acme", &email, PASSWORD).await.status, 201);
    }
    assert_eq!(sign_up(&app, "acme", "late@example.com", PASSWORD).await.code(), "tries.too_many");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_pages_of_the_entrance_work_without_scripts() {
    let app = TestApp::start().await;
    let cleo = app.reader();
    assert_eq!(cleo.get("/acme/sign-up").await.status, 200);
    let short = cleo.post("/acme/sign-up", &[("name", "Cleo"), ("email", "cleo@example.com"), ("password", "x")]).await;
    assert_eq!(short.status, 422);
    assert!(short.html.contains("at least 10 characters") && short.html.contains("cleo@example.com"), "{}", short.html);
    let fields = [("name", "Cleo"), ("email", "cleo@example.com"), ("password", PASSWORD)];
    let done = cleo.post("/acme/sign-up", &fields).await;
    assert_eq!((done.status, done.location()), (303, "/acme"));
    assert_eq!(cleo.get("/acme/profile").await.status, 200);
    let token = app.link_token("verify_email", "cleo@example.com", 0).await;
    let path = format!("/acme/verify/{token}");
    assert_eq!(cleo.get(&path).await.status, 200);
    assert!(cleo.post(&path, &[]).await.html.contains("Your address is confirmed"));
    let forgetful = app.reader();
    let asked = forgetful.post("/acme/reset", &[("email", "cleo@example.com")]).await;
    assert!(asked.html.contains("Ask an owner for the link"), "{}", asked.html);
    let token = app.link_token("reset_password", "cleo@example.com", 0).await;
    let path = format!("/acme/reset/{token}");
    assert_eq!(forgetful.get(&path).await.status, 200);
    assert_eq!(forgetful.post(&path, &[("password", "a whole new password")]).await.status, 200);
    assert_eq!(forgetful.post(&path, &[("password", "a whole new password")]).await.status, 422);
    assert_eq!(cleo.get("/acme/profile").await.status, 303);
}
