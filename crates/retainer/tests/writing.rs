//! Who is writing on a ticket just now: who is told, at any server, and that nothing of it is kept.

use std::time::Duration;

use kernel::Role;
use serde_json::{Value, json};
use testkit::{Browser, Reader, Scripts};

use crate::pages_at_hand::{opened, shop, sign_in, until};

/// Somebody's open page.
struct Page {
    response: reqwest::Response,
    text: String,
}

impl Page {
    async fn open(reader: &Reader) -> Self {
        let response = reader.request("/acme/live").send().await.expect("an answer");
        assert_eq!(response.status(), 200);
        let mut page = Self { response, text: String::new() };
        assert_eq!(page.next().await.0, "ready");
        page
    }

    /// The next event with its data.
    async fn next(&mut self) -> (String, Value) {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| {
                    event.lines().find_map(|line| line.strip_prefix(name)).map(|text| text.trim().to_owned())
                };
                let (what, data) = (field("event:"), field("data:"));
                self.text = rest.to_owned();
                let Some(what) = what else { continue };
                return (what, serde_json::from_str(&data.unwrap_or_default()).unwrap_or_default());
            }
            let chunk =
                tokio::time::timeout(Duration::from_secs(8), self.response.chunk()).await.expect("something in time");
            self.text.push_str(&String::from_utf8_lossy(&chunk.expect("a stream").expect("more")));
        }
    }

    /// The next that is told of the ticket itself.
    async fn of_ticket(&mut self) -> (String, Value) {
        loop {
            let (what, data) = self.next().await;
            if what.starts_with("ticket.") {
                return (what, data);
            }
        }
    }
}

async fn writes(reader: &Reader, ticket: &str, fields: &[(&str, &str)]) -> u16 {
    reader.post(&format!("/acme/tickets/{ticket}/writing"), fields).await.status
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_staff_at_any_server_are_told_who_writes_and_customers_are_not() {
    let (app, cleo) = shop().await;
    app.member(app.acme, "Amir Haddad", "amir@acme.example", Role::Member).await;
    app.customer(app.acme, "Dora Dal", "dora@dal.example").await;
    let bolt = app.server.app.ids.next();
    app.organization(bolt, "bolt", "Bolt").await;
    app.member(bolt, "Bo", "bo@bolt.example", Role::Owner).await;
    let ticket = opened(&app, cleo, "The roof leaks", "Low").await;
    let second = app.second_server().await;
    let (olga, amir) =
        (app.signed_in("acme", "olga@acme.example").await, app.signed_in("acme", "amir@acme.example").await);
    let (patron, dora) =
        (app.signed_in("acme", "cleo@berg.example").await, app.signed_in("acme", "dora@dal.example").await);
    let elsewhere = format!("http://{}", second.address);
    let (mut olgas, mut amirs) = (Page::open(&olga.at(&elsewhere)).await, Page::open(&amir).await);
    let mut cleos = Page::open(&patron).await;
    let changes = async || -> i64 {
        app.root().await.query_one("select count(*) from live_changes", &[]).await.expect("a count").get(0)
    };
    let before = changes().await;
    assert_eq!(writes(&amir, &ticket, &[]).await, 204);
    let (what, told) = olgas.of_ticket().await;
    assert_eq!(
        (what.as_str(), &told["subject"], &told["name"]),
        ("ticket.writing", &json!(ticket), &json!("Amir Haddad"))
    );
    assert_eq!((&told["staff"], &told["ends"]), (&json!(true), &json!(false)));
    // Said again at once it is not told again; that it ends is.
    assert_eq!(writes(&amir, &ticket, &[]).await, 204);
    assert_eq!(writes(&amir, &ticket, &[("ends", "true")]).await, 204);
    assert_eq!(olgas.of_ticket().await.1["ends"], true);
    assert_eq!(writes(&patron, &ticket, &[]).await, 204);
    let (_, told) = olgas.of_ticket().await;
    assert_eq!((&told["name"], &told["staff"]), (&json!("Cleo Berg"), &json!(false)));
    assert_eq!(changes().await, before, "nothing of it is kept");
    // It is another's ticket to Dora, and no ticket at all to Bolt.
    assert_eq!(writes(&dora, &ticket, &[]).await, 404);
    let bo = app.signed_in("bolt", "bo@bolt.example").await;
    assert_eq!(bo.post(&format!("/bolt/tickets/{ticket}/writing"), &[]).await.status, 404);
    // Cleo and Amir heard of what was said next, and of nothing before it but what is theirs to hear.
    assert_eq!(
        app.olga().await.post(&format!("/tickets/{ticket}/comments"), json!({"message": "Coming."})).await.status,
        201
    );
    assert_eq!(cleos.of_ticket().await.0, "ticket.changed");
    let (what, told) = amirs.of_ticket().await;
    assert_eq!((what.as_str(), &told["name"]), ("ticket.writing", &json!("Cleo Berg")), "not of himself");
    assert_eq!(amirs.of_ticket().await.0, "ticket.changed");
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_others_say_on_the_channel_is_not_believed() {
    let (app, cleo) = shop().await;
    app.member(app.acme, "Amir Haddad", "amir@acme.example", Role::Member).await;
    let ticket = opened(&app, cleo, "The roof leaks", "Low").await;
    let (olga, amir) =
        (app.signed_in("acme", "olga@acme.example").await, app.signed_in("acme", "amir@acme.example").await);
    let mut olgas = Page::open(&olga).await;
    let root = app.root().await;
    for forged in ["", "nonsense", "00ff", &"00".repeat(200)] {
        root.execute("select pg_notify('retainer_writing', $1)", &[&forged]).await.expect("said");
    }
    assert_eq!(writes(&amir, &ticket, &[]).await, 204);
    assert_eq!(olgas.of_ticket().await.1["name"], "Amir Haddad");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_writes_is_seen_beside_the_box_until_they_leave() {
    let (app, cleo) = shop().await;
    app.member(app.acme, "Amir Haddad", "amir@acme.example", Role::Member).await;
    let page = format!("/acme/tickets/{}", opened(&app, cleo, "The roof leaks", "Low").await);
    let Some(olga) = Browser::start(&app.url(), Scripts::On).await else { return };
    let Some(amir) = Browser::start(&app.url(), Scripts::On).await else { return };
    sign_in(&olga, &page, "olga@acme.example").await;
    olga.open(&page).await;
    sign_in(&amir, &page, "amir@acme.example").await;
    amir.open(&page).await;
    amir.fill("message", "I am on my way").await;
    olga.sees("Amir Haddad is writing…").await;
    until(&amir, "document.getElementById('writing').textContent === ''").await;
    amir.open("/acme/customers").await;
    until(&olga, "document.getElementById('writing').textContent === ''").await;
    olga.close().await;
    amir.close().await;
}
