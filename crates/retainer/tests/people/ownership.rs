//! Whose an address is: nobody gets hold of another's account before they come, and nobody but them keeps it.

use kernel::{Actor as Who, Role};
use runtime::tx::Access;
use serde_json::{Value, json};
use testkit::{Answer, PASSWORD, TestApp, at};

use super::second_factor::{code, set_up};

const NEW: &str = "a whole new password";

async fn token(app: &TestApp, organization: &str, email: &str, password: &str) -> Answer {
    let wanted = json!({"organization": organization, "email": email, "password": password});
    app.nobody().post("/session-tokens", wanted).await
}

async fn ask(app: &TestApp, organization: &str, email: &str) {
    let asked = app.nobody().post("/password-resets", json!({"organization": organization, "email": email})).await;
    assert_eq!(asked.status, 204);
}

async fn choose(app: &TestApp, organization: &str, token: &str, password: &str) -> Answer {
    let wanted = json!({"organization": organization, "token": token, "password": password});
    app.nobody().post("/passwords", wanted).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_accepts_in_anothers_name_confirms_nothing_and_sets_no_second_factor_up() {
    let app = TestApp::start().await;
    let olga = app.olga().await;
    let invited = olga.post("/invitations", json!({"email": "old@secret.example", "role": "member"})).await;
    assert_eq!(invited.status, 201);
    let link = app.link_token("invitation", "old@secret.example", 0).await;
    let wanted = json!({"organization": "acme", "token": link, "name": "Not them", "password": PASSWORD});
    let accepted = app.nobody().post("/invitation-acceptances", wanted).await;
    let somebody = app.nobody().with_token(accepted.body["token"].as_str().expect("a token"));
    assert_eq!(somebody.get("/me").await.body["email_verified"], json!(false));
    let refused = somebody.post("/me/second-factor", json!({"password": PASSWORD})).await;
    assert_eq!((refused.status, refused.code()), (409, "second_factor.not_verified"));
    let verify = app.link_token("verify_email", "old@secret.example", 0).await;
    let outbox = olga.get("/mails").await.body;
    let mails = outbox["items"].as_array().expect("mails");
    let mail = mails.iter().find(|mail| mail["kind"] == "verify_email").expect("the mail that confirms");
    let mail = olga.get(&format!("/mails/{}", mail["id"].as_str().expect("an id"))).await.body;
    assert_eq!((&mail["text"], &mail["html"]), (&Value::Null, &Value::Null), "nobody else reads it");
    // A reset is something an owner may help with, so it confirms nothing either.
    ask(&app, "acme", "old@secret.example").await;
    let reset = app.link_token("reset_password", "old@secret.example", 0).await;
    assert_eq!(choose(&app, "acme", &reset, NEW).await.status, 204);
    let somebody = token(&app, "acme", "old@secret.example", NEW).await;
    let somebody = app.nobody().with_token(somebody.body["token"].as_str().expect("a token"));
    assert_eq!(somebody.get("/me").await.body["email_verified"], json!(false));
    let wanted = json!({"organization": "acme", "token": verify});
    assert_eq!(app.nobody().post("/email-verifications", wanted).await.status, 204);
    assert_eq!(somebody.get("/me").await.body["email_verified"], json!(true));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reset_frees_an_address_that_nobody_confirmed_of_its_second_factor() {
    let app = TestApp::start().await;
    let (secret, codes) = set_up(&app, &app.olga().await).await;
    assert_eq!((secret.is_empty(), codes.len()), (false, 10));
    let owner = runtime::db::connect(&app.root_config).await.expect("a connection");
    owner.batch_execute("update users set email_verified_at = null").await.expect("an account of before");
    ask(&app, "acme", "olga@acme.example").await;
    let reset = app.link_token("reset_password", "olga@acme.example", 0).await;
    assert_eq!(choose(&app, "acme", &reset, NEW).await.status, 204);
    assert_eq!(token(&app, "acme", "olga@acme.example", NEW).await.status, 201, "no code is asked for");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reset_keeps_the_second_factor_of_a_confirmed_address() {
    let app = TestApp::start().await;
    set_up(&app, &app.olga().await).await;
    ask(&app, "acme", "olga@acme.example").await;
    let reset = app.link_token("reset_password", "olga@acme.example", 0).await;
    assert_eq!(choose(&app, "acme", &reset, NEW).await.status, 204);
    assert_eq!(token(&app, "acme", "olga@acme.example", NEW).await.code(), "sign_in.code_needed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_password_makes_the_links_of_all_organizations_useless() {
    let app = TestApp::start().await;
    let brink = app.server.app.ids.next();
    app.organization(brink, "brink", "Brink").await;
    app.member(brink, "Olga", "olga@acme.example", Role::Member).await;
    ask(&app, "brink", "olga@acme.example").await;
    let elsewhere = app.link_token("reset_password", "olga@acme.example", 0).await;
    ask(&app, "acme", "olga@acme.example").await;
    let here = app.link_token("reset_password", "olga@acme.example", 1).await;
    assert_eq!(choose(&app, "acme", &here, NEW).await.status, 204);
    assert_eq!(choose(&app, "brink", &elsewhere, "yet another password").await.code(), "link.useless");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_half_done_sign_in_ends_with_a_new_password() {
    let app = TestApp::start().await;
    let olga = app.olga().await;
    let (secret, _) = set_up(&app, &olga).await;
    app.clock.set(at("2026-11-20T09:05:00Z"));
    let reader = app.reader();
    let step = reader.post("/acme/sign-in", &[("email", "olga@acme.example"), ("password", PASSWORD)]).await;
    let link = step.html.split_once("name=\"token\" value=\"").and_then(|(_, rest)| rest.split_once('"'));
    let link = link.expect("a token in the form").0;
    let changed = olga.put("/me/password", json!({"current": PASSWORD, "new": NEW})).await;
    assert_eq!(changed.status, 204, "{}", changed.body);
    let late = reader.post("/acme/sign-in/code", &[("token", link), ("code", &code(&secret, &app))]).await;
    assert_eq!(late.status, 422);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn codes_sent_all_at_once_are_limited_as_well() {
    let app = TestApp::start().await;
    set_up(&app, &app.olga().await).await;
    let reader = app.reader();
    let step = reader.post("/acme/sign-in", &[("email", "olga@acme.example"), ("password", PASSWORD)]).await;
    let link = step.html.split_once("name=\"token\" value=\"").and_then(|(_, rest)| rest.split_once('"'));
    let link = link.expect("a token in the form").0.to_owned();
    let guesses = (0..60).map(|_| {
        let (reader, link) = (reader.clone(), link.clone());
        // Answered in place: of answers that come at once a browser without scripts carries one.
        tokio::spawn(async move {
            reader.post_in_place("/acme/sign-in/code", &[("token", &link), ("code", "000000")]).await
        })
    });
    let mut tried = 0;
    for guess in guesses.collect::<Vec<_>>() {
        let answer = guess.await.expect("an answer");
        tried += i32::from(answer.html.contains("The code is not right"));
    }
    assert_eq!(tried, 10);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_directory_tells_no_address_to_whoever_has_only_the_database() {
    let app = TestApp::start().await;
    let owner = runtime::db::connect(&app.root_config).await.expect("a connection");
    let query = "select count(*), count(*) filter (where email_hash = sha256('olga@acme.example')) from user_directory";
    let row = owner.query_one(query, &[]).await.expect("the directory");
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), (1, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_ends_in_time_though_it_is_remembered() {
    let app = TestApp::start().await;
    let olga = app.olga().await;
    app.clock.set(at("2027-02-18T08:59:50Z"));
    assert_eq!(olga.get("/me").await.status, 200);
    assert_eq!(olga.get("/me").await.status, 200);
    app.clock.set(at("2027-02-18T09:00:01Z"));
    assert_eq!(olga.get("/me").await.status, 401);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_is_read_by_their_organization_and_changed_by_themselves_only() {
    let app = TestApp::start().await;
    app.member(app.acme, "Mo", "mo@acme.example", Role::Member).await;
    let olga = app.olga().await;
    let members = olga.get("/members").await.body;
    let mo = members["items"].as_array().expect("a list").iter().find(|one| one["name"] == "Mo").expect("Mo").clone();
    assert_eq!(olga.delete(&format!("/members/{}", mo["id"].as_str().expect("an id"))).await.status, 204);
    let tx = app.server.app.begin(app.acme, Who::system("test"), Access::Write).await.expect("a transaction");
    let names = "select name from users where email = 'mo@acme.example'";
    assert_eq!(tx.rows(names, &[]).await.expect("a look").len(), 1, "old tickets show the name");
    for email in ["mo@acme.example", "olga@acme.example"] {
        let changed = tx.execute("update users set name = 'Me' where email = $1", &[&email]).await.expect("a try");
        assert_eq!(changed, 0, "{email}");
    }
    let forged = "insert into users (id, email, email_folded, name, email_verified_at, created_at)
                  values (gen_random_uuid(), 'x@x.example', 'x@x.example', 'X', now(), now())";
    tx.execute(forged, &[]).await.expect_err("nobody is born with a confirmed address");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_admin_runs_the_office_and_an_owner_the_organization() {
    let app = TestApp::start().await;
    app.member(app.acme, "Ada", "ada@acme.example", Role::Admin).await;
    let ada = app.sign_in("acme", "ada@acme.example").await;
    assert_eq!(ada.patch("/organization", json!({"name": "Ada's"})).await.code(), "permission.missing");
    assert_eq!(ada.get("/organization").await.body["name"], json!("Acme"));
    assert_eq!(ada.post("/invitations", json!({"email": "new@acme.example", "role": "admin"})).await.status, 201);
    let olga = app.olga().await;
    assert_eq!(olga.patch("/organization", json!({"name": "Acme & Co."})).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_runs_the_installation_may_vouch_for_an_address_that_no_mail_reaches() {
    let app = TestApp::start().await;
    let wanted = json!({"organization": "acme", "name": "Mo", "email": "mo@acme.example", "password": PASSWORD});
    assert_eq!(app.nobody().post("/sign-ups", wanted).await.status, 201);
    let mo = app.sign_in("acme", "mo@acme.example").await;
    assert_eq!(mo.get("/me").await.body["email_verified"], json!(false));
    let nobody = retainer::people::vouch(&app.server.app, &"no@acme.example".parse().expect("an address")).await;
    assert_eq!(nobody.expect_err("nobody").code(), Some("user.unknown"));
    retainer::people::vouch(&app.server.app, &"MO@acme.example".parse().expect("an address")).await.expect("it works");
    assert_eq!(mo.get("/me").await.body["email_verified"], json!(true));
    assert_eq!(mo.post("/me/second-factor", json!({"password": PASSWORD})).await.status, 201);
    let audit = app.olga().await.get("/audit").await.body;
    let entry =
        &audit["items"].as_array().expect("entries").iter().find(|entry| entry["action"] == "user.email_verified");
    assert_eq!(entry.expect("an entry")["actor_name"], json!("retainer user confirm-email"), "{audit}");
}
