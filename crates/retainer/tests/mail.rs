//! The mail queue: delivery, retries, the outbox.

use kernel::{Actor as Who, Role};
use mail_parser::MessageParser;
use maud::html;
use retainer::mail::{Letter, Secrecy, Stopping, send};
use runtime::tx::Access;
use serde_json::json;
use testkit::{FakeSmtp, Setup, TestApp};

fn letter(subject: &str, text: &str) -> Letter {
    Letter {
        kind: "test",
        to: "cleo@example.com".parse().expect("an address"),
        user: None,
        subject: subject.to_owned(),
        text: text.to_owned(),
        html: html! { p { (text) } },
        reason: "You get this because a test says so.".to_owned(),
        secrecy: Secrecy::Open,
        stopping: Stopping::InPreferences("comment"),
        good_for: None,
        about: None,
        template: None,
        template_failure: None,
    }
}

async fn post(app: &TestApp, letter: Letter) -> String {
    let tx = app.server.app.begin(app.acme, Who::system("test"), Access::Write).await.expect("a transaction");
    let mail = send(&tx, letter).await.expect("a mail");
    tx.commit().await.expect("a commit");
    mail.to_string()
}

/// The mail, once the job has dealt with it.
async fn settled(app: &TestApp, mail: &str) -> serde_json::Value {
    let olga = app.olga().await;
    for _ in 0..400 {
        let answer = olga.get(&format!("/mails/{mail}")).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        if answer.body["state"] != "queued" {
            return answer.body;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the mail stayed queued");
}

async fn with_server() -> (FakeSmtp, TestApp) {
    let server = FakeSmtp::start().await;
    let app = TestApp::start_with(Setup { smtp: Some(server.url()), ..Setup::default() }).await;
    (server, app)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_is_delivered_once_and_as_it_was_written() {
    let (server, app) = with_server().await;
    let text = "Dear Cleo,\n.a line that begins with a dot\n.\n..two\n\nGrüße, 株式会社";
    let mail = post(&app, letter("Überraschung für Zoë 🎁", text)).await;
    let received = server.next().await;
    assert_eq!((received.from.as_str(), received.to), ("retainer@localhost", vec!["cleo@example.com".to_owned()]));
    let message = MessageParser::default().parse(&received.data).expect("a mail");
    assert_eq!(message.subject(), Some("Überraschung für Zoë 🎁"));
    let sender = message.from().and_then(|from| from.first()).expect("a sender");
    assert_eq!((sender.name(), sender.address()), (Some("Acme"), Some("retainer@localhost")));
    assert_eq!(message.message_id(), Some(format!("{mail}@localhost").as_str()));
    assert_eq!(message.date().map(|date| date.to_rfc3339()).as_deref(), Some("2026-11-20T09:00:00Z"));
    let plain = message.body_text(0).expect("a plain text").replace("\r\n", "\n");
    assert_eq!(
        plain.trim_end(),
        format!(
            "{text}\n\n-- \nAcme\nYou get this because a test says so.\nChoose what you are told: {}/acme/notifications/preferences",
            app.url()
        )
    );
    assert!(message.body_html(0).expect("HTML").contains("You get this because a test says so."));
    let unsubscribe = message.header_raw("List-Unsubscribe").expect("a way to stop");
    assert_eq!(unsubscribe.trim(), format!("<{}/acme/notifications/preferences>", app.url()));
    let sent = settled(&app, &mail).await;
    assert_eq!((&sent["state"], &sent["attempts"]), (&json!("sent"), &json!(1)));
    assert!(server.already().await.is_none(), "the mail came twice");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_that_nobody_can_stop_offers_no_way_to_stop_it() {
    let (server, app) = with_server().await;
    post(&app, Letter { stopping: Stopping::Never, ..letter("Reset", "A link") }).await;
    let received = server.next().await;
    let message = MessageParser::default().parse(&received.data).expect("a mail");
    assert_eq!(message.header_raw("List-Unsubscribe"), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_survives_a_server_that_is_away_and_one_that_says_later() {
    let server = FakeSmtp::start().await;
    let (address, url) = (server.address, server.url());
    drop(server);
    let app = TestApp::start_with(Setup { smtp: Some(url), ..Setup::default() }).await;
    let mail = post(&app, letter("Patience", "Wait for it")).await;
    let olga = app.olga().await;
    let tried = async {
        loop {
            let answer = olga.get(&format!("/mails/{mail}")).await;
            if answer.body["attempts"] == 1 {
                return answer.body;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    let tried = tokio::time::timeout(std::time::Duration::from_secs(20), tried).await.expect("a first try");
    assert_eq!(tried["state"], "queued");
    assert!(tried["last_error"].as_str().is_some_and(|words| words.contains("refused")), "{tried}");
    let server = FakeSmtp::start_at(address).await;
    server.refuse_next("451 4.3.0 come back later");
    server.next().await;
    let sent = settled(&app, &mail).await;
    assert_eq!((&sent["state"], &sent["attempts"], &sent["last_error"]), (&json!("sent"), &json!(3), &json!(null)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_that_is_refused_for_good_is_not_tried_again() {
    let (server, app) = with_server().await;
    server.refuse_next("550 5.1.1 nobody here");
    let mail = post(&app, letter("Nobody", "Nobody reads this")).await;
    let failed = settled(&app, &mail).await;
    assert_eq!((&failed["state"], &failed["attempts"]), (&json!("failed"), &json!(1)));
    assert!(failed["last_error"].as_str().is_some_and(|words| words.contains("nobody here")), "{failed}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_server_mail_stays_in_the_outbox_where_staff_read_it() {
    let app = TestApp::start().await;
    let mail = post(&app, letter("Held <b>here</b>", "Read me in the outbox")).await;
    let held = settled(&app, &mail).await;
    assert_eq!((&held["state"], &held["attempts"]), (&json!("held"), &json!(0)));
    assert!(held["html"].as_str().is_some_and(|html| html.contains("Read me in the outbox")));
    let olga = app.olga().await;
    let list = olga.get("/mails?state=held").await;
    assert_eq!(list.body["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(olga.get("/mails?state=sent").await.body["items"], json!([]));
    assert_eq!(olga.get("/mails?state=lost").await.status, 422);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_of_another_organization_is_not_there_and_a_developer_reads_no_outbox() {
    let app = TestApp::start().await;
    let mail = post(&app, letter("Ours", "Not theirs")).await;
    let brink = app.server.app.ids.next();
    app.organization(brink, "brink", "Brink").await;
    app.member(brink, "Bo", "bo@brink.example", Role::Owner).await;
    let bo = app.sign_in("brink", "bo@brink.example").await;
    assert_eq!(bo.get(&format!("/mails/{mail}")).await.status, 404);
    assert_eq!(bo.get("/mails").await.body["items"], json!([]));
    app.member(app.acme, "Dev", "dev@acme.example", Role::Developer).await;
    let dev = app.sign_in("acme", "dev@acme.example").await;
    assert_eq!(dev.get("/mails").await.status, 403);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_secret_mail_is_read_by_owners_and_only_while_its_recipient_belongs_nowhere_else() {
    let app = TestApp::start().await;
    app.member(app.acme, "Ada", "ada@acme.example", Role::Admin).await;
    app.member(app.acme, "Mo", "mo@acme.example", Role::Member).await;
    let mo = app.sign_in("acme", "mo@acme.example").await.get("/me").await.body["user"].clone();
    let user = mo.as_str().and_then(|text| text.parse().ok());
    let mail = post(&app, Letter { secrecy: Secrecy::Secret, user, ..letter("Reset", "the secret link") }).await;
    let path = format!("/mails/{mail}");
    let olga = app.olga().await;
    assert!(olga.get(&path).await.body["text"].as_str().is_some_and(|text| text.contains("the secret link")));
    let told = app.sign_in("acme", "ada@acme.example").await.get(&path).await.body;
    assert_eq!((&told["text"], &told["html"]), (&json!(null), &json!(null)));
    assert!(told["withheld"].as_str().is_some_and(|why| why.contains("only an owner")));
    let brink = app.server.app.ids.next();
    app.organization(brink, "brink", "Brink").await;
    app.member(brink, "Mo", "mo@acme.example", Role::Owner).await;
    let told = olga.get(&path).await.body;
    assert_eq!(told["text"], json!(null));
    assert!(told["withheld"].as_str().is_some_and(|why| why.contains("another organization")), "{told}");
}
