//! People: signing in and out; below, the doors for strangers, one's account, the team.

mod account;
mod cookies;
mod entrance;
mod lockout;
mod once;
mod ownership;
mod second_factor;
mod team;

use kernel::Role;
use serde_json::json;
use testkit::{PASSWORD, TestApp, at};

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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_imported_bcrypt_hash_lets_its_owner_in_and_is_replaced() {
    let app = TestApp::start().await;
    let owner = runtime::db::connect(&app.root_config).await.expect("a connection");
    let imported = bcrypt::hash(PASSWORD, 4).expect("a hash");
    owner
        .execute("update users set password_hash = $1 where email = 'olga@acme.example'", &[&imported])
        .await
        .expect("an import");
    app.olga().await;
    let kept: String = owner
        .query_one("select password_hash from users where email = 'olga@acme.example'", &[])
        .await
        .expect("a hash")
        .get(0);
    assert!(kept.starts_with("$argon2id$"), "{kept}");
    app.olga().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guessing_is_slowed_down_per_account_and_the_right_password_waits_too() {
    let app = TestApp::start().await;
    let guess = |password: &'static str| {
        let nobody = app.nobody();
        let wanted = json!({"organization": "acme", "email": "olga@acme.example", "password": password});
        async move { nobody.post("/session-tokens", wanted).await }
    };
    for _ in 0..10 {
        assert_eq!(guess("not it at all").await.code(), "sign_in.wrong");
    }
    let refused = guess("not it at all").await;
    assert_eq!((refused.status, refused.code()), (429, "tries.too_many"));
    let wait: i64 = refused.headers["retry-after"].to_str().expect("text").parse().expect("seconds");
    assert!((1..=60).contains(&wait), "{wait}");
    assert_eq!(guess(PASSWORD).await.status, 429);
    app.member(app.acme, "Mo", "mo@acme.example", Role::Member).await;
    app.sign_in("acme", "mo@acme.example").await;
    app.clock.set(at("2026-11-20T09:01:01Z"));
    assert_eq!(guess(PASSWORD).await.status, 201);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guesses_sent_all_at_once_are_limited_as_well() {
    let app = TestApp::start().await;
    let guesses = (0..60).map(|number| {
        let nobody = app.nobody();
        let wanted =
            json!({"organization": "acme", "email": "olga@acme.example", "password": format!("guess number {number}")});
        tokio::spawn(async move { nobody.post("/session-tokens", wanted).await.status })
    });
    let mut told = Vec::new();
    for guess in guesses.collect::<Vec<_>>() {
        told.push(guess.await.expect("an answer"));
    }
    assert_eq!(told.iter().filter(|status| **status == 401).count(), 10, "{told:?}");
    assert_eq!(told.iter().filter(|status| **status == 429).count(), 50, "{told:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_honest_people_behind_one_address_are_never_kept_waiting() {
    let app = TestApp::start().await;
    let all = (0..200).map(|_| {
        let nobody = app.nobody();
        let wanted = json!({"organization": "acme", "email": "olga@acme.example", "password": PASSWORD});
        tokio::spawn(async move { nobody.post("/session-tokens", wanted).await.status })
    });
    for answer in all.collect::<Vec<_>>() {
        assert_eq!(answer.await.expect("an answer"), 201);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoked_session_is_forgotten_by_every_server() {
    let app = TestApp::start().await;
    let second = app.second_server().await;
    let olga = app.olga().await;
    let phone = app.olga().await;
    let elsewhere = phone.at(&format!("http://{}", second.address));
    let known = async {
        // Until it listens, the second server remembers nothing; then it serves from memory.
        for _ in 0..50 {
            assert_eq!(elsewhere.get("/me").await.status, 200);
        }
    };
    known.await;
    let sessions = olga.get("/sessions").await.body;
    let lost = sessions["items"].as_array().expect("a list").iter().find(|session| session["current"] == json!(false));
    let lost = lost.and_then(|session| session["id"].as_str()).expect("the phone's session").to_owned();
    assert_eq!(olga.delete(&format!("/sessions/{lost}")).await.status, 204);
    assert_eq!(phone.get("/me").await.status, 401);
    let forgotten = async {
        while elsewhere.get("/me").await.status != 401 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(2), forgotten)
        .await
        .expect("the other server to forget at once");
    assert_eq!(olga.delete(&format!("/sessions/{lost}")).await.status, 404);
    second.stop().await;
}
