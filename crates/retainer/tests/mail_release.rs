//! Held mail that staff send once there is a mail server, and the click that stops a kind of mail.

use kernel::Role;
use mail_parser::MessageParser;
use serde_json::{Value, json};
use testkit::{Actor, FakeSmtp, Setup, TestApp, at};

async fn restarted(app: TestApp) -> (FakeSmtp, TestApp) {
    let server = FakeSmtp::start().await;
    let setup = Setup { smtp: Some(server.url()), ..Setup::default() };
    let app = app.restarted_with(setup).await;
    (server, app)
}

/// Cleo, a ticket of hers, and Amir who says something on it.
async fn conversation(app: &TestApp) -> (Actor, Actor, String) {
    app.member(app.acme, "Amir", "amir@acme.example", Role::Member).await;
    app.customer(app.acme, "Cleo", "cleo@berg.example").await;
    let (amir, cleo) = (app.sign_in("acme", "amir@acme.example").await, app.sign_in("acme", "cleo@berg.example").await);
    let ticket = cleo.post("/tickets", json!({"title": "Printer"})).await;
    let ticket = ticket.body["id"].as_str().expect("a number").to_owned();
    (amir, cleo, ticket)
}

async fn says(amir: &Actor, ticket: &str, message: &str) {
    let said = amir.post(&format!("/tickets/{ticket}/comments"), json!({"message": message})).await;
    assert_eq!(said.status, 201, "{}", said.body);
}

async fn held(olga: &Actor) -> Vec<Value> {
    olga.get("/mails?state=held&limit=100").await.body["items"].as_array().expect("items").clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn held_mail_is_sent_when_staff_say_so_and_there_is_a_server() {
    let app = TestApp::start().await;
    let (amir, _, ticket) = conversation(&app).await;
    says(&amir, &ticket, "One").await;
    says(&amir, &ticket, "Two").await;
    app.rest().await;
    let olga = app.olga().await;
    let mails = held(&olga).await;
    // Amir's two comments told Cleo; of a ticket that nobody has nobody is told by mail.
    assert_eq!(mails.len(), 2, "{mails:?}");
    let newest = mails[0]["id"].as_str().expect("an id").to_owned();
    for path in [format!("/mails/{newest}/release"), "/mails/release".to_owned()] {
        let refused = olga.post(&path, json!({})).await;
        assert_eq!((refused.status, refused.code()), (409, "mail.no_server"));
        assert_eq!(amir.post(&path, json!({})).await.status, 403);
    }
    let page = app.signed_in("acme", "olga@acme.example").await;
    assert!(!page.get("/acme/outbox").await.html.contains("Send all that are kept"));

    let (server, app) = restarted(app).await;
    let olga = app.olga().await;
    let page = app.signed_in("acme", "olga@acme.example").await;
    assert!(page.get("/acme/outbox").await.html.contains("Send all that are kept (2)"));
    assert_eq!(held(&olga).await.len(), 2, "nothing is sent by itself");
    let one = page.get(&format!("/acme/outbox/{newest}")).await;
    assert!(one.html.contains("Send now"), "{}", one.html);
    let sent = page.post(&format!("/acme/outbox/{newest}/release"), &[("once", &one.once())]).await;
    assert_eq!(sent.status, 303, "{}", sent.html);
    assert_eq!(server.next().await.to, ["cleo@berg.example"]);
    app.rest().await;
    let again = olga.post(&format!("/mails/{newest}/release"), json!({})).await;
    assert_eq!((again.status, again.code()), (409, "mail.not_held"), "{}", again.body);
    let all = olga.post("/mails/release", json!({})).await;
    assert_eq!((all.status, &all.body), (200, &json!({"released": 1, "over": 0, "overtaken": 0, "left": 0})));
    server.next().await;
    app.rest().await;
    assert!(server.already().await.is_none() && held(&olga).await.is_empty());
    let audit = olga.get("/audit?action=mail.released").await;
    assert_eq!(audit.body["items"].as_array().map(Vec::len), Some(2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_read_here_meanwhile_or_has_gone_on_is_not_sent_with_the_others() {
    let app = TestApp::start().await;
    let (amir, cleo, ticket) = conversation(&app).await;
    let other =
        cleo.post("/tickets", json!({"title": "Scanner"})).await.body["id"].as_str().expect("a number").to_owned();
    says(&amir, &ticket, "Read on the page").await;
    // Two steps of the other ticket: of the first nobody needs to hear once there is the second.
    for step in ["start", "completion"] {
        let went = amir.post(&format!("/tickets/{other}/{step}"), json!({})).await;
        assert_eq!(went.status, 200, "{}", went.body);
    }
    app.rest().await;
    let page = app.signed_in("acme", "cleo@berg.example").await;
    assert_eq!(page.get(&format!("/acme/tickets/{ticket}")).await.status, 200);
    let (server, app) = restarted(app).await;
    let olga = app.olga().await;
    let all = olga.post("/mails/release", json!({})).await;
    assert_eq!((all.status, &all.body), (200, &json!({"released": 1, "over": 0, "overtaken": 2, "left": 0})));
    assert!(subject_of(&server).await.contains("Scanner"));
    app.rest().await;
    assert_eq!(held(&olga).await.len(), 2, "they can still be sent one by one");
    let amir = app.sign_in("acme", "amir@acme.example").await;
    says(&amir, &ticket, "And this is new").await;
    assert!(subject_of(&server).await.contains("Printer"));
}

async fn subject_of(server: &FakeSmtp) -> String {
    let received = server.next().await;
    MessageParser::default()
        .parse(&received.data)
        .and_then(|mail| mail.subject().map(str::to_owned))
        .expect("a subject")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_held_mail_whose_link_is_over_is_not_sent_with_the_others() {
    let app = TestApp::start().await;
    let forgotten = json!({"organization": "acme", "email": "olga@acme.example"});
    assert_eq!(app.nobody().post("/password-resets", forgotten).await.status, 204);
    app.link_token("reset_password", "olga@acme.example", 0).await;
    app.rest().await;
    app.clock.set(at("2026-11-20T10:00:00Z"));
    let (server, app) = restarted(app).await;
    let olga = app.olga().await;
    let all = olga.post("/mails/release", json!({})).await;
    assert_eq!((all.status, &all.body), (200, &json!({"released": 0, "over": 1, "overtaken": 0, "left": 0})));
    assert!(server.already().await.is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_click_in_a_mail_program_stops_that_kind_of_mail_and_no_other() {
    let (server, app) = restarted(TestApp::start().await).await;
    let (amir, cleo, ticket) = conversation(&app).await;
    says(&amir, &ticket, "One").await;
    let data = loop {
        let received = server.next().await;
        if received.to == ["cleo@berg.example"] {
            break received.data;
        }
    };
    let message = MessageParser::default().parse(&data).expect("a mail");
    let raw = |name: &str| message.header_raw(name).map(|value| value.split_whitespace().collect::<String>());
    assert_eq!(raw("List-Unsubscribe-Post").as_deref(), Some("List-Unsubscribe=One-Click"));
    let link = raw("List-Unsubscribe").expect("a link");
    let link = link.trim_start_matches('<').trim_end_matches('>').to_owned();
    let path = link.strip_prefix(&app.url()).expect("an address of ours").to_owned();

    let wants = async |kind: &str| {
        let all = cleo.get("/notification-preferences").await.body["preferences"].as_array().expect("a list").clone();
        all.iter().find(|it| it["kind"] == kind && it["channel"] == "mail").expect("one")["enabled"].clone()
    };
    let browser = app.reader();
    let asked = browser.get(&path).await;
    assert!(asked.status == 200 && asked.html.contains("Stop these mails?"), "{}", asked.html);
    assert_eq!(wants("comment").await, json!(true), "looking at a link stops nothing");
    // What a mail program sends: no cookie, no origin or a foreign one.
    let client = reqwest::Client::new();
    for _ in 0..2 {
        let body = "List-Unsubscribe=One-Click";
        let form = client.post(&link).header("content-type", "application/x-www-form-urlencoded").body(body);
        let answer = form.header("origin", "https://mail.example").send().await.expect("an answer");
        assert_eq!(answer.status().as_u16(), 200);
    }
    assert_eq!((wants("comment").await, wants("status").await), (json!(false), json!(true)));
    says(&amir, &ticket, "Two").await;
    app.rest().await;
    let letters = app.letters("ticket.commented", "cleo@berg.example").await;
    assert_eq!(letters.len(), 1, "{letters:?}");
    let audit = app.olga().await.get("/audit?action=preferences.changed").await;
    assert_eq!(audit.body["items"].as_array().map(Vec::len), Some(1), "{}", audit.body);

    let other = path.replace("/comment/", "/status/");
    let (proof, _) = path.rsplit_once('/').expect("a proof");
    for guessed in [other, format!("{proof}/{}", "0".repeat(64)), path.replace("/acme/", "/bolt/")] {
        assert_eq!(browser.post(&guessed, &[]).await.status, 404, "{guessed}");
    }
    assert_eq!(wants("status").await, json!(true));
}
