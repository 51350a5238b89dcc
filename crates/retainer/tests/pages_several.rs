//! Several tickets at once: the bar of the list, what it refuses, what it asks, what became of each.

use serde_json::json;
use testkit::{Browser, Screen, Scripts};

use crate::pages_at_hand::{opened, sees, sees_not, shop, sign_in, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_tickets_are_done_at_once_and_of_each_it_is_told_what_became_of_it() {
    let (app, cleo) = shop().await;
    let (one, two) = (opened(&app, cleo, "One", "Low").await, opened(&app, cleo, "Two", "Low").await);
    let done = app.olga().await.post(&format!("/tickets/{two}/completion"), json!({})).await;
    assert_eq!(done.status, 200, "{}", done.body);
    let olga = app.signed_in("acme", "olga@acme.example").await;
    let list = olga.get("/acme/tickets").await;
    sees(&list, &format!("name=\"ticket\" value=\"{one}\" form=\"bulk\""));
    let both = [("ticket", one.as_str()), ("ticket", two.as_str())];
    let send = async |fields: &[(&str, &str)]| olga.post("/acme/tickets/several", &[&both, fields].concat()).await;
    // One that cannot be done keeps no other from it, and stays ticked.
    let started = send(&[("deed", "start")]).await;
    assert_eq!(started.status, 200, "{}", started.html);
    sees(&started, "One ticket is in work:");
    sees(&started, "One ticket is not, and stays ticked");
    sees(&started, &format!("{two}\">Two</a>: "));
    sees(&started, &format!("value=\"{two}\" form=\"bulk\" checked"));
    sees_not(&started, &format!("value=\"{one}\" form=\"bulk\" checked"));
    let now = async |ticket: &str| app.olga().await.get(&format!("/tickets/{ticket}")).await.body;
    assert_eq!((&now(&one).await["status"], &now(&two).await["status"]), (&json!("in_progress"), &json!("completed")));
    send(&[("deed", "tag"), ("word", "roof")]).await;
    send(&[("deed", "tag"), ("word", "piano")]).await;
    assert_eq!(now(&one).await["tags"], json!(["piano", "roof"]));
    // A customer has neither boxes nor the deed.
    let patron = app.signed_in("acme", "cleo@berg.example").await;
    sees_not(&patron.get("/acme/tickets").await, "form=\"bulk\"");
    assert_eq!(patron.post("/acme/tickets/several", &both).await.status, 403);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_refused_comes_back_to_the_list_with_ticks_fields_and_filters() {
    let (app, cleo) = shop().await;
    let (one, two) = (opened(&app, cleo, "One", "High").await, opened(&app, cleo, "Two", "Low").await);
    let olga = app.signed_in("acme", "olga@acme.example").await;
    let narrowed = "/acme/tickets/several?priority=High&sort=held";
    sees(
        &olga.get("/acme/tickets?priority=High&sort=held&q=").await,
        "action=\"/acme/tickets/several?priority=High&amp;sort=held\"",
    );
    let long = "x".repeat(60);
    let refused = olga.post(narrowed, &[("ticket", &one), ("deed", "tag"), ("word", &long), ("why", "Kept.")]).await;
    assert_eq!(refused.status, 422, "{}", refused.html);
    for seen in [
        format!("value=\"{one}\" form=\"bulk\" checked"),
        format!("name=\"word\" type=\"text\" value=\"{long}\""),
        "value=\"Kept.\"".to_owned(),
        "id=\"word-note\">The tag ".to_owned(),
        "value=\"tag\" checked".to_owned(),
        "<option value=\"High\" selected>".to_owned(),
    ] {
        sees(&refused, &seen);
    }
    sees_not(&refused, &two);
    // Whoever reloads it is back at the list as it was narrowed down.
    assert_eq!(olga.get(narrowed).await.location(), "/acme/tickets?priority=High&sort=held");
    let nothing = olga.post("/acme/tickets/several", &[("deed", "start")]).await;
    assert_eq!(nothing.status, 422);
    sees(&nothing, "Tick the tickets first.");
    sees(&olga.post("/acme/tickets/several", &[("ticket", &one)]).await, "Choose what is to be done.");
    let without = olga.post(narrowed, &[("ticket", &one), ("deed", "reject"), ("why", " ")]).await;
    sees(&without, "id=\"why-note\">Say why they are rejected; their customers read it.");
    assert_eq!(app.olga().await.get(&format!("/tickets/{one}")).await.body["status"], "pending");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rejecting_several_asks_first_and_says_how_many_customers_are_mailed() {
    let (app, cleo) = shop().await;
    let dan = app.customer(app.acme, "Dan Ek", "dan@ek.example").await;
    app.grant_hours(app.acme, dan, 4, "four").await;
    let silent = app.olga().await.post("/customers", json!({"name": "Nobody Home"})).await.body["id"]
        .as_str()
        .map(str::to_owned);
    let silent = silent.and_then(|id| id.parse().ok()).expect("a customer");
    app.grant_hours(app.acme, silent, 4, "silent").await;
    let (one, two) = (opened(&app, cleo, "One", "Low").await, opened(&app, dan, "Two", "Low").await);
    let three = opened(&app, silent, "Three", "Low").await;
    // Dan wants no such mails.
    let off = json!({"preferences": [{"kind": "status", "channel": "mail", "enabled": false}]});
    assert!(
        app.sign_in("acme", "dan@ek.example")
            .await
            .request(reqwest::Method::PUT, "/notification-preferences")
            .json(&off)
            .send()
            .await
            .expect("an answer")
            .status()
            .is_success()
    );
    let olga = app.signed_in("acme", "olga@acme.example").await;
    let all = [
        ("ticket", one.as_str()),
        ("ticket", two.as_str()),
        ("ticket", three.as_str()),
        ("deed", "reject"),
        ("why", "Not ours."),
    ];
    let asked = olga.post("/acme/tickets/several", &all).await;
    assert_eq!(asked.status, 422, "{}", asked.html);
    sees(&asked, "<b>Reject 3 tickets?</b> One customer is told by mail, with the reason.");
    sees(&asked, "value=\"Not ours.\"");
    let now = async |ticket: &str| app.olga().await.get(&format!("/tickets/{ticket}")).await.body["status"].clone();
    assert_eq!(now(&one).await, "pending");
    let sure = asked
        .html
        .split_once("name=\"sure\" value=\"")
        .and_then(|(_, rest)| rest.split_once('"'))
        .expect("a question")
        .0;
    // The yes is of these three: with one less it is asked again.
    let fewer: Vec<_> = all[1..].iter().copied().chain([("sure", sure)]).collect();
    let again = olga.post("/acme/tickets/several", &fewer).await;
    sees(&again, "Nobody is told by mail");
    assert_eq!(now(&two).await, "pending");
    let yes: Vec<_> = all.iter().copied().chain([("sure", sure)]).collect();
    let done = olga.post("/acme/tickets/several", &yes).await;
    assert_eq!(done.status, 200, "{}", done.html);
    sees(&done, "3 tickets are rejected:");
    assert_eq!(
        (now(&one).await, now(&two).await, now(&three).await),
        (json!("rejected"), json!("rejected"), json!("rejected"))
    );
    let mails = app.olga().await.get("/mails?limit=100").await.body.to_string();
    assert!(mails.contains("cleo@berg.example") && mails.contains("Rejected: One"), "{mails}");
    assert!(!mails.contains("Rejected: Two") && !mails.contains("Rejected: Three"), "{mails}");
}

/// Ticks the first row and tags it.
async fn tagged_by_hand(screen: Screen, scripts: Scripts) {
    let (app, cleo) = shop().await;
    for number in 0..30 {
        opened(&app, cleo, &format!("Piece {number}"), "Low").await;
    }
    let Some(browser) = Browser::start_on(&app.url(), scripts, screen).await else { return };
    sign_in(&browser, "/acme/tickets?status=open", "olga@acme.example").await;
    browser.open("/acme/tickets?status=open").await;
    browser.sees("Piece 29").await;
    let click = async |selector: &str| {
        let element = browser.client.find(fantoccini::Locator::Css(selector)).await.expect("it is there");
        element.click().await.expect("clicked");
    };
    let bar = "document.querySelector('.bulk').getBoundingClientRect()";
    if scripts == Scripts::On {
        until(&browser, &format!("{bar}.height === 0")).await;
    }
    click("td.tick label").await;
    if scripts == Scripts::On {
        until(&browser, "document.querySelector('.bulk .number').textContent === '1 ticked'").await;
        until(&browser, &format!("{bar}.bottom <= innerHeight && {bar}.top > innerHeight / 2")).await;
        until(&browser, "document.querySelector('[name=word]').offsetHeight === 0 && document.querySelector('.bulk .do').offsetHeight === 0").await;
        click("[data-ticks-all]").await;
        until(&browser, "document.querySelector('.bulk .number').textContent === '30 ticked'").await;
        // What changes meanwhile takes no tick away.
        opened(&app, cleo, "Meanwhile", "Low").await;
        browser.sees("Meanwhile").await;
        until(&browser, "document.querySelector('.bulk .number').textContent === '30 ticked'").await;
        click("[data-untick]").await;
        until(&browser, &format!("{bar}.height === 0")).await;
        click("td.tick label").await;
    }
    click("label[for=deed-tag]").await;
    browser.fill("word", "roof").await;
    click(".bulk .do").await;
    browser.sees("One ticket is tagged:").await;
    browser.sees("roof").await;
    let url = browser.client.current_url().await.expect("an address");
    // Without scripts the address has the number of the answer as well.
    let query = url.query().unwrap_or_default();
    assert!(url.path() == "/acme/tickets" && query.split('&').next() == Some("status=open"), "{url}");
    assert!(scripts == Scripts::Off || query == "status=open", "{url}");
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_bar_comes_with_the_first_tick_and_shows_the_fields_of_the_chosen_deed_alone() {
    tagged_by_hand(Screen::Wide, Scripts::On).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_bar_is_at_the_thumb_on_a_phone() {
    tagged_by_hand(Screen::Phone, Scripts::On).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_are_ticked_and_something_is_done_with_them_without_scripts() {
    tagged_by_hand(Screen::Wide, Scripts::Off).await;
}
