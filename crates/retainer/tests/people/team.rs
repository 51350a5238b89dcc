//! Invitations, members, roles.

use kernel::Role;
use retainer::people::Invite;
use serde_json::{Value, json};
use testkit::{Actor, Answer, PASSWORD, TestApp, at};

async fn invite(who: &Actor, email: &str, role: &str) -> Answer {
    who.post("/invitations", json!({"email": email, "role": role})).await
}

async fn accept(app: &TestApp, organization: &str, token: &str, password: &str) -> Answer {
    let wanted = json!({"organization": organization, "token": token, "name": "New", "password": password});
    app.nobody().post("/invitation-acceptances", wanted).await
}

/// The membership of an address among the staff.
async fn membership(who: &Actor, email: &str) -> String {
    let list = who.get("/members").await.body;
    let all = list["items"].as_array().expect("members").clone();
    let found = all.iter().find(|member| member["email"] == email).unwrap_or_else(|| panic!("{email} in {list}"));
    found["id"].as_str().expect("an id").to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_new_accepts_an_invitation_with_a_password() {
    let app = TestApp::start().await;
    let olga = app.olga().await;
    let sent = invite(&olga, "dev@acme.example", "developer").await;
    assert_eq!(sent.status, 201, "{}", sent.body);
    assert_eq!(invite(&olga, "DEV@acme.example", "member").await.code(), "invitation.already_open");
    let token = app.link_token("invitation", "dev@acme.example", 0).await;
    assert_eq!(accept(&app, "acme", &token, "short").await.code(), "invitation.bad_password");
    let accepted = accept(&app, "acme", &token, PASSWORD).await;
    assert_eq!((accepted.status, &accepted.body["role"]), (201, &json!("developer")));
    let dev = app.nobody().with_token(accepted.body["token"].as_str().expect("a token"));
    let me = dev.get("/me").await.body;
    assert_eq!((&me["name"], &me["email_verified"]), (&json!("New"), &json!(false)));
    assert_eq!(accept(&app, "acme", &token, PASSWORD).await.code(), "link.useless");
    assert_eq!(olga.get("/invitations").await.body["items"], json!([]));
    assert_eq!(invite(&olga, "dev@acme.example", "member").await.code(), "people.already_member");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invitation_is_useless_when_revoked_resent_late_or_elsewhere() {
    let app = TestApp::start().await;
    let olga = app.olga().await;
    let brink = app.server.app.ids.next();
    app.organization(brink, "brink", "Brink").await;
    let id = |answer: &Answer| answer.body["id"].as_str().expect("an id").to_owned();
    let first = id(&invite(&olga, "one@acme.example", "member").await);
    let token = app.link_token("invitation", "one@acme.example", 0).await;
    assert_eq!(accept(&app, "brink", &token, PASSWORD).await.code(), "link.useless");
    let nobody = json!({});
    assert_eq!(olga.post(&format!("/invitations/{first}/resending"), nobody).await.status, 204);
    let newer = app.link_token("invitation", "one@acme.example", 1).await;
    assert_eq!(accept(&app, "acme", &token, PASSWORD).await.code(), "link.useless");
    app.clock.set(at("2026-11-27T09:00:01Z"));
    assert_eq!(accept(&app, "acme", &newer, PASSWORD).await.code(), "link.useless");
    assert_eq!(olga.delete(&format!("/invitations/{first}")).await.status, 204);
    assert_eq!(olga.delete(&format!("/invitations/{first}")).await.code(), "invitation.not_found");
    invite(&olga, "two@acme.example", "member").await;
    let second = id(&olga.get("/invitations").await.body["items"][0].clone().into_answer());
    let token = app.link_token("invitation", "two@acme.example", 0).await;
    olga.delete(&format!("/invitations/{second}")).await;
    assert_eq!(accept(&app, "acme", &token, PASSWORD).await.code(), "link.useless");
}

trait IntoAnswer {
    fn into_answer(self) -> Answer;
}
impl IntoAnswer for Value {
    fn into_answer(self) -> Answer {
        Answer { status: 200, body: self, headers: reqwest::header::HeaderMap::new() }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_of_another_organization_accepts_by_proving_their_password() {
    let app = TestApp::start().await;
    let brink = app.server.app.ids.next();
    app.organization(brink, "brink", "Brink").await;
    app.member(brink, "Bo Berg", "bo@brink.example", Role::Owner).await;
    let olga = app.olga().await;
    assert_eq!(invite(&olga, "bo@brink.example", "member").await.status, 201);
    let token = app.link_token("invitation", "bo@brink.example", 0).await;
    assert_eq!(accept(&app, "acme", &token, "not the password").await.code(), "invitation.wrong_password");
    let page = app.reader().get(&format!("/acme/invitations/{token}")).await;
    assert!(page.html.contains("The password of your account"), "{}", page.html);
    assert_eq!(accept(&app, "acme", &token, PASSWORD).await.status, 201);
    let bo = app.sign_in("acme", "bo@brink.example").await;
    let me = bo.get("/me").await.body;
    assert_eq!((&me["name"], &me["role"]), (&json!("Bo Berg"), &json!("member")));
    let at_home = app.sign_in("brink", "bo@brink.example").await;
    assert_eq!(at_home.get("/me").await.body["role"], json!("owner"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_raises_anybody_above_themselves_and_only_owners_touch_owners() {
    let app = TestApp::start().await;
    app.member(app.acme, "Ada", "ada@acme.example", Role::Admin).await;
    app.member(app.acme, "Mo", "mo@acme.example", Role::Member).await;
    let (olga, ada, mo) =
        (app.olga().await, app.sign_in("acme", "ada@acme.example").await, app.sign_in("acme", "mo@acme.example").await);
    let path = |id: &str| format!("/members/{id}");
    let (owner, member) = (membership(&olga, "olga@acme.example").await, membership(&olga, "mo@acme.example").await);
    assert_eq!(invite(&ada, "x@acme.example", "owner").await.code(), "people.role_too_high");
    assert_eq!(ada.patch(&path(&member), json!({"role": "owner"})).await.code(), "people.role_too_high");
    assert_eq!(ada.patch(&path(&owner), json!({"role": "member"})).await.code(), "people.role_too_high");
    assert_eq!(ada.delete(&path(&owner)).await.code(), "people.role_too_high");
    assert_eq!(mo.patch(&path(&member), json!({"role": "admin"})).await.status, 403);
    assert_eq!(invite(&mo, "x@acme.example", "analyst").await.status, 403);
    assert_eq!(olga.patch(&path(&member), json!({"role": "customer"})).await.code(), "member.other_side");
    let raised = ada.patch(&path(&member), json!({"role": "admin"})).await;
    assert_eq!((raised.status, &raised.body["role"]), (200, &json!("admin")));
    assert_eq!(mo.get("/me").await.body["role"], json!("admin"));
    let stale = olga.request(reqwest::Method::PATCH, &path(&member)).header("if-match", "\"1\"");
    assert_eq!(olga.send(stale.json(&json!({"role": "member"}))).await.code(), "member.stale");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_owner_stays() {
    let app = TestApp::start().await;
    let olga = app.olga().await;
    let own = membership(&olga, "olga@acme.example").await;
    assert_eq!(olga.delete(&format!("/members/{own}")).await.code(), "member.last_owner");
    assert_eq!(olga.patch(&format!("/members/{own}"), json!({"role": "admin"})).await.code(), "member.last_owner");
    app.member(app.acme, "Otto", "otto@acme.example", Role::Owner).await;
    let otto = app.sign_in("acme", "otto@acme.example").await;
    let others = membership(&olga, "otto@acme.example").await;
    let (one, two) = (format!("/members/{others}"), format!("/members/{own}"));
    let (one, two) = tokio::join!(olga.delete(&one), otto.delete(&two));
    let mut told = [one.status, two.status];
    told.sort_unstable();
    assert_eq!(told[0], 204, "{told:?}");
    assert!([401, 409].contains(&told[1]), "{told:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_removed_member_is_out_at_once_and_may_be_invited_again() {
    let app = TestApp::start().await;
    app.member(app.acme, "Mo", "mo@acme.example", Role::Member).await;
    let (olga, mo) = (app.olga().await, app.sign_in("acme", "mo@acme.example").await);
    let id = membership(&olga, "mo@acme.example").await;
    assert_eq!(olga.delete(&format!("/members/{id}")).await.status, 204);
    assert_eq!(mo.get("/me").await.status, 401);
    assert_eq!(olga.get(&format!("/members/{id}")).await.status, 404);
    assert_eq!(invite(&olga, "mo@acme.example", "analyst").await.status, 201);
    let token = app.link_token("invitation", "mo@acme.example", 0).await;
    assert_eq!(accept(&app, "acme", &token, PASSWORD).await.body["role"], json!("analyst"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stranger_finds_no_member_and_no_invitation() {
    let app = TestApp::start().await;
    let brink = app.server.app.ids.next();
    app.organization(brink, "brink", "Brink").await;
    app.member(brink, "Bo", "bo@brink.example", Role::Owner).await;
    let (olga, bo) = (app.olga().await, app.sign_in("brink", "bo@brink.example").await);
    let member = membership(&olga, "olga@acme.example").await;
    let invitation = invite(&olga, "x@acme.example", "member").await.body["id"].as_str().expect("an id").to_owned();
    for path in [format!("/members/{member}"), format!("/invitations/{invitation}")] {
        assert_eq!(bo.get(&path).await.status, 404, "{path}");
        assert_eq!(bo.delete(&path).await.status, 404, "{path}");
        assert_eq!(app.nobody().get(&path).await.status, 401, "{path}");
    }
    assert_eq!(bo.patch(&format!("/members/{member}"), json!({"role": "analyst"})).await.status, 404);
    assert_eq!(bo.post(&format!("/invitations/{invitation}/resending"), json!({})).await.status, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_customer_gets_users_at_once_or_by_invitation() {
    let app = TestApp::start().await;
    let olga = app.olga().await;
    let customer = olga.post("/customers", json!({"name": "Cleo AB"})).await.body["id"].clone();
    let users = format!("/customers/{}/users", customer.as_str().expect("an id"));
    let added = olga.post(&users, json!({"email": "cleo@example.com", "name": "Cleo", "password": PASSWORD})).await;
    assert_eq!((added.status, &added.body["member"]["customer"]), (201, &customer));
    let cleo = app.sign_in("acme", "cleo@example.com").await;
    assert_eq!(cleo.get("/me").await.body["customer"], customer);
    assert_eq!(cleo.get(&users).await.status, 403);
    assert_eq!(cleo.get("/members").await.status, 403);
    let invited = olga.post(&users, json!({"email": "cora@example.com", "name": "Cora"})).await;
    assert_eq!((invited.status, &invited.body["invitation"]["customer"]), (201, &customer));
    let token = app.link_token("invitation", "cora@example.com", 0).await;
    assert_eq!(accept(&app, "acme", &token, PASSWORD).await.body["role"], json!("customer"));
    assert_eq!(olga.get(&users).await.body["items"].as_array().map(Vec::len), Some(2));
    let brink = app.server.app.ids.next();
    app.organization(brink, "brink", "Brink").await;
    app.member(brink, "Bo", "bo@brink.example", Role::Owner).await;
    let known = olga.post(&users, json!({"email": "bo@brink.example", "name": "Bo", "password": PASSWORD})).await;
    assert_eq!(known.body["member"], json!(null), "an account of another organization is asked, not taken");
    let bo = app.sign_in("brink", "bo@brink.example").await;
    assert_eq!(bo.get(&users).await.status, 404);
    assert_eq!(bo.post(&users, json!({"email": "y@example.com", "name": "Y"})).await.status, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_team_page_works_without_scripts() {
    let app = TestApp::start().await;
    app.member(app.acme, "Mo", "mo@acme.example", Role::Member).await;
    let olga = app.signed_in("acme", "olga@acme.example").await;
    let page = olga.get("/acme/team").await;
    assert!(page.html.contains("mo@acme.example"), "{}", page.html);
    let fields = [("email", "new@acme.example"), ("name", ""), ("role", "analyst"), ("once", &page.once())];
    let sent = olga.post("/acme/team/invitations", &fields).await;
    assert_eq!((sent.status, sent.location()), (303, "/acme/team"));
    let again = olga.post("/acme/team/invitations", &[("email", "new@acme.example"), ("role", "analyst")]).await;
    assert_eq!(again.status, 422);
    assert!(again.html.contains("is invited already"), "{}", again.html);
    let token = app.link_token("invitation", "new@acme.example", 0).await;
    let newcomer = app.reader();
    let path = format!("/acme/invitations/{token}");
    assert!(newcomer.get(&path).await.html.contains("new@acme.example"));
    assert_eq!(newcomer.post(&path, &[("name", "Nea"), ("password", PASSWORD)]).await.location(), "/acme");
    let theirs = newcomer.get("/acme/team").await;
    assert!(theirs.html.contains("Nea"));
    assert!(theirs.html.contains("What may each role do?"), "an analyst reads what the role is for: {}", theirs.html);
    let api = app.olga().await;
    let mo = membership(&api, "mo@acme.example").await;
    assert_eq!(olga.post(&format!("/acme/team/{mo}/role"), &[("role", "admin")]).await.status, 303);
    assert_eq!(olga.post(&format!("/acme/team/{mo}/remove"), &[]).await.status, 303);
    assert!(!olga.get("/acme/team").await.html.contains("mo@acme.example"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_lost_the_link_that_the_operator_made_gets_another_and_the_first_is_over() {
    let app = TestApp::start().await;
    let wanted = || Invite {
        email: "new@acme.example".parse().expect("an address"),
        name: None,
        role: Role::Owner,
        customer: None,
    };
    let issue = || retainer::people::issue_invitation(&app.server.app, app.acme, wanted());
    let (first, second) = (issue().await.expect("a link"), issue().await.expect("another link"));
    assert_eq!((first.replaces, second.replaces), (false, true));
    let token = |link: &str| link.rsplit_once('/').expect("a token").1.to_owned();
    assert!(accept(&app, "acme", &token(&first.link), PASSWORD).await.status >= 400, "the first is over");
    assert_eq!(accept(&app, "acme", &token(&second.link), PASSWORD).await.body["role"], json!("owner"));
}
