//! The link in a mail that stops mails of its kind, and the balance that mails show.

use mail_parser::MessageParser;
use serde_json::json;
use testkit::{Actor, FakeSmtp, Setup, TestApp};

/// Acme with Cleo, a customer with eight hours, and a ticket that has two of them.
async fn shop(smtp: Option<String>) -> (TestApp, Actor, String) {
    let app = TestApp::start_with(Setup { smtp, ..Setup::default() }).await;
    let customer = app.customer(app.acme, "Cleo Berg", "cleo@berg.example").await;
    app.grant_hours(app.acme, customer, 8, "first").await;
    let cleo = app.sign_in("acme", "cleo@berg.example").await;
    let wanted = json!({"title": "Printer", "hours": "2"});
    let ticket = cleo.post("/tickets", wanted).await.body["id"].as_str().expect("an id").to_owned();
    let olga = app.olga().await;
    (app, olga, ticket)
}

async fn say(olga: &Actor, ticket: &str, message: &str) {
    let said = olga.post(&format!("/tickets/{ticket}/comments"), json!({"message": message})).await;
    assert_eq!(said.status, 201, "{}", said.body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_click_in_a_mail_stops_mails_of_its_kind_without_signing_in_and_looking_at_the_link_does_not() {
    let server = FakeSmtp::start().await;
    let (app, olga, ticket) = shop(Some(server.url())).await;
    say(&olga, &ticket, "One").await;
    let received = server.next().await;
    let message = MessageParser::default().parse(&received.data).expect("a mail");
    let header = message.header_raw("List-Unsubscribe").expect("a way to stop").trim().to_owned();
    let link = header.trim_matches(['<', '>']).to_owned();
    assert_eq!(message.header_raw("List-Unsubscribe-Post").map(str::trim), Some("List-Unsubscribe=One-Click"));
    let (text, html) = (message.body_text(0).expect("a text"), message.body_html(0).expect("HTML"));
    assert!(text.contains(&format!("Stop mails of this kind: {link}")), "{text}");
    assert!(text.contains("You get this because it is your ticket."), "{text}");
    assert!(html.contains(&format!("href=\"{link}\"")) && html.contains("because it is your ticket"), "{html}");
    // Whoever reads the outbox is not led there: it acts in the reader's name.
    let mails = olga.get("/mails").await.body;
    let mail = olga.get(&format!("/mails/{}", mails["items"][0]["id"].as_str().expect("an id"))).await.body;
    let proof = link.rsplit('/').next().expect("a proof");
    assert!(
        !mail.to_string().contains(proof)
            && mail["text"].as_str().is_some_and(|text| text.contains("only the recipient")),
        "{mail}"
    );
    let path = link.strip_prefix(&app.url()).expect("an address here");
    let nobody = app.reader();
    let asked = nobody.get(path).await;
    assert_eq!(asked.status, 200, "{}", asked.html);
    assert_eq!(asked.html.matches("<button").count(), 1, "{}", asked.html);
    say(&olga, &ticket, "Two").await;
    server.next().await;
    assert_eq!(nobody.get(&path.replace("/comment/", "/status/")).await.status, 404);
    assert_eq!(nobody.post(&format!("{path}x"), &[]).await.status, 404);
    let stopped = nobody.post(path, &[("List-Unsubscribe", "One-Click")]).await;
    assert!(stopped.status == 200 && stopped.html.contains("Stopped"), "{}", stopped.html);
    say(&olga, &ticket, "Three").await;
    olga.post(&format!("/tickets/{ticket}/start"), json!({})).await;
    let next = server.next().await;
    let next = MessageParser::default().parse(&next.data).and_then(|mail| mail.subject().map(str::to_owned));
    assert_eq!(next.as_deref(), Some("Work began on Printer"));
    assert_eq!(nobody.post(path, &[]).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mails_about_hours_show_the_balance_as_it_is_when_they_are_written() {
    let (app, olga, ticket) = shop(None).await;
    let customer = olga.get("/customers").await.body["items"][0]["id"].clone();
    let done = olga.post(&format!("/tickets/{ticket}/completion"), json!({"hours": "1.5"})).await;
    assert_eq!(done.status, 200, "{}", done.body);
    let went_on = app.letters("ticket.went_on", "cleo@berg.example").await.pop().expect("a mail");
    assert!(went_on.contains("1:30 h used, 0:00 h held, 6:30 h left"), "{went_on}");
    // A receipt shows what the payment bought.
    let price = json!({"amount": "200.00", "currency": "USD"});
    let wanted = json!({"customer": customer, "quantity": "4", "price": price, "pay_now": true});
    assert_eq!(olga.post("/top-ups", wanted).await.status, 201);
    let receipt = app.letters("invoice.paid", "cleo@berg.example").await.pop().expect("a mail");
    assert!(receipt.contains("1:30 h used, 0:00 h held, 10:30 h left"), "{receipt}");
    app.rest().await;
    let mails = olga.get("/mails").await.body;
    let lines = mails["items"].as_array().expect("items");
    let line = lines.iter().find(|mail| mail["kind"] == "invoice.paid").expect("the receipt");
    let mail = olga.get(&format!("/mails/{}", line["id"].as_str().expect("an id"))).await.body;
    let html = mail["html"].as_str().expect("HTML");
    assert!(
        html.contains("<td class=\"used\" width=\"12%\"") && html.contains("<td class=\"left\" width=\"88%\""),
        "{html}"
    );
    assert!(!html.contains("class=\"held\" width"), "{html}");
    // A comment is about no hours.
    say(&olga, &ticket, "Hello").await;
    let comment = app.letters("ticket.commented", "cleo@berg.example").await.pop().expect("a mail");
    assert!(!comment.contains("left"), "{comment}");
}
