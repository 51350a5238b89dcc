//! Notifications and the audit trail.

use kernel::Role;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Actor, TestApp};

async fn told(actor: &Actor) -> Vec<(String, String, i64)> {
    let answer = actor.get("/notifications").await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let items = answer.body["items"].as_array().expect("items");
    items
        .iter()
        .map(|item| (text(&item["title"]), text(&item["reason"]), item["count"].as_i64().unwrap_or(0)))
        .collect()
}

fn line(title: &str, reason: &str, count: i64) -> (String, String, i64) {
    (title.to_owned(), reason.to_owned(), count)
}

/// Acme with Amir, who works, Ana, who only reads, and Cleo, who is a customer.
async fn shop() -> (TestApp, Actor, Actor, Actor) {
    let app = TestApp::start().await;
    app.member(app.acme, "Amir", "amir@acme.example", Role::Member).await;
    app.member(app.acme, "Ana", "ana@acme.example", Role::Analyst).await;
    app.customer(app.acme, "Cleo", "cleo@berg.example").await;
    let (olga, amir, cleo) = (
        app.olga().await,
        app.sign_in("acme", "amir@acme.example").await,
        app.sign_in("acme", "cleo@berg.example").await,
    );
    (app, olga, amir, cleo)
}

async fn open(cleo: &Actor) -> String {
    let answer = cleo.post("/tickets", json!({"title": "Printer"})).await;
    answer.body["id"].as_str().expect("a number").to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_right_people_are_told_and_why_and_never_who_did_it() {
    let (app, olga, amir, cleo) = shop().await;
    let id = open(&cleo).await;
    let ana = app.sign_in("acme", "ana@acme.example").await;
    let new = [line("New: Printer", "because you work on tickets", 1)];
    assert_eq!((told(&olga).await.as_slice(), told(&amir).await.as_slice()), (&new[..], &new[..]));
    assert_eq!((told(&ana).await, told(&cleo).await), (vec![], vec![]));
    amir.post(&format!("/tickets/{id}/start"), json!({})).await;
    assert_eq!(told(&cleo).await, [line("Work began on Printer", "because it is your ticket", 1)]);
    assert_eq!(told(&amir).await.len(), 1);
    olga.post(&format!("/tickets/{id}/comments"), json!({"message": "Note", "internal": true})).await;
    assert_eq!(told(&amir).await[0], line("Olga Ek: internal comment on Printer", "because you are assigned", 1));
    assert_eq!(told(&cleo).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unread_comments_of_a_ticket_are_one_notification_with_a_count() {
    let (_app, _olga, amir, cleo) = shop().await;
    let id = open(&cleo).await;
    for message in ["One", "Two", "Three"] {
        amir.post(&format!("/tickets/{id}/comments"), json!({"message": message})).await;
    }
    let answer = cleo.get("/notifications").await.body;
    assert_eq!(
        (&answer["items"][0]["count"], &answer["items"][0]["text"], &answer["unread"]),
        (&json!(3), &json!("Three"), &json!(1))
    );
    let one = answer["items"][0]["id"].as_str().expect("an id").to_owned();
    assert_eq!(cleo.post(&format!("/notifications/{one}/read"), json!({})).await.status, 204);
    amir.post(&format!("/tickets/{id}/comments"), json!({"message": "Four"})).await;
    let answer = cleo.get("/notifications?unread=true").await.body;
    assert_eq!((answer["items"].as_array().map(Vec::len), &answer["items"][0]["count"]), (Some(1), &json!(1)));
    // Somebody else's is none of theirs.
    let theirs = amir.post(&format!("/notifications/{one}/read"), json!({})).await;
    assert_eq!((theirs.status, theirs.code()), (404, "notification.not_found"));
    assert_eq!(cleo.post("/notifications/read", json!({})).await.body, json!({"read": 1}));
    assert_eq!(cleo.get("/notifications").await.body["unread"], 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_does_not_want_to_be_told_is_not() {
    let (app, _olga, amir, cleo) = shop().await;
    let wanted = json!({"preferences": [
        {"kind": "comment", "channel": "in_app", "enabled": false}, {"kind": "status", "channel": "mail", "enabled": false},
    ]});
    let put = cleo.send(cleo.request(Method::PUT, "/notification-preferences").json(&wanted)).await;
    assert_eq!((put.status, put.body["preferences"].as_array().map(Vec::len)), (200, Some(8)), "{}", put.body);
    let id = open(&cleo).await;
    amir.post(&format!("/tickets/{id}/comments"), json!({"message": "Hello <b>Cleo</b>"})).await;
    amir.post(&format!("/tickets/{id}/start"), json!({})).await;
    assert_eq!(told(&cleo).await, [line("Work began on Printer", "because it is your ticket", 1)]);
    let owner = runtime::db::connect(&app.root_config).await.expect("the owner");
    let statement = "select kind, text, html, reason from mails where to_email = 'cleo@berg.example'";
    let mails = owner.query(statement, &[]).await.expect("the mails");
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].get::<_, &str>("kind"), "ticket.commented");
    assert_eq!(mails[0].get::<_, &str>("reason"), "You get this because it is your ticket.");
    assert!(mails[0].get::<_, &str>("text").contains(&format!("/acme/tickets/{id}")));
    assert!(mails[0].get::<_, &str>("html").contains("&lt;b&gt;Cleo"));
    let bad = json!({"preferences": [{"kind": "weather", "channel": "in_app", "enabled": false}]});
    assert_eq!(cleo.send(cleo.request(Method::PUT, "/notification-preferences").json(&bad)).await.status, 422);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_audit_trail_tells_who_did_what_with_before_and_after() {
    let (_app, olga, amir, cleo) = shop().await;
    let id = open(&cleo).await;
    amir.post(&format!("/tickets/{id}/start"), json!({})).await;
    let answer = olga.get("/audit?action=ticket.started").await;
    let entry = &answer.body["items"][0];
    assert_eq!(
        (&entry["actor_name"], &entry["actor_role"], &entry["address"]),
        (&json!("Amir"), &json!("member"), &json!("127.0.0.1"))
    );
    assert_eq!(
        (&entry["before"], &entry["after"]),
        (&json!({"status": "pending"}), &json!({"status": "in_progress", "assignee": "Amir", "number": id}))
    );
    let subject = entry["subject"].as_str().expect("an id");
    let all = olga.get(&format!("/audit?subject={subject}")).await.body;
    let actions: Vec<_> = all["items"].as_array().expect("items").iter().map(|item| item["action"].as_str()).collect();
    assert_eq!(actions, [Some("ticket.started"), Some("ticket.opened")]);
    assert_eq!(olga.get("/audit?action=ticket&limit=1").await.body["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(olga.get("/audit?to=2026-11-20T09:00:00Z").await.body["items"], json!([]));
    assert_eq!(olga.get("/audit?from=-005000-01-01T00:00:00Z&action=ticket.opened").await.status, 200);
    for (who, name) in [(&amir, "amir"), (&cleo, "cleo")] {
        let refused = who.get("/audit").await;
        assert_eq!((refused.status, refused.code()), (403, "permission.missing"), "{name}");
    }
    assert_eq!(olga.get("/audit?subject=nonsense").await.status, 422);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ticket_that_nobody_has_mails_nobody_who_did_not_ask_for_it() {
    let (app, olga, amir, cleo) = shop().await;
    let wanted = json!({"preferences": [{"kind": "request", "channel": "mail", "enabled": true}]});
    assert_eq!(olga.send(olga.request(Method::PUT, "/notification-preferences").json(&wanted)).await.status, 200);
    open(&cleo).await;
    assert_eq!((told(&olga).await.len(), told(&amir).await.len()), (1, 1));
    let owner = runtime::db::connect(&app.root_config).await.expect("the owner");
    let statement = "select to_email from mails where kind = 'ticket.opened' order by 1";
    let mails = owner.query(statement, &[]).await.expect("the mails");
    let to: Vec<&str> = mails.iter().map(|row| row.get("to_email")).collect();
    assert_eq!(to, ["olga@acme.example"]);
}
