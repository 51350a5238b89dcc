//! Signing in and out.

use serde_json::json;
use testkit::TestApp;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_who_signs_in_is_known_until_they_sign_out() {
    let app = TestApp::start().await;
    let olga = app.olga().await;
    let me = olga.get("/me").await;
    assert_eq!((me.status, &me.body["name"], &me.body["role"]), (200, &json!("Olga Ek"), &json!("owner")));
    assert_eq!(olga.delete("/session-tokens/current").await.status, 204);
    let gone = olga.get("/me").await;
    assert_eq!((gone.status, gone.code()), (401, "token.invalid"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_password_an_unknown_address_and_an_unknown_organization_are_told_alike() {
    let app = TestApp::start().await;
    let tries = [
        json!({"organization": "acme", "email": "olga@acme.example", "password": "wrong"}),
        json!({"organization": "acme", "email": "nobody@acme.example", "password": "wrong"}),
        json!({"organization": "nowhere", "email": "olga@acme.example", "password": "wrong"}),
    ];
    for wanted in tries {
        let answer = app.nobody().post("/session-tokens", wanted).await;
        assert_eq!((answer.status, answer.code()), (401, "sign_in.wrong"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_without_a_token_is_told_where_to_get_one() {
    let app = TestApp::start().await;
    let answer = app.nobody().get("/me").await;
    assert_eq!((answer.status, answer.code()), (401, "token.missing"));
    assert_eq!(answer.headers["www-authenticate"], "Bearer");
}
