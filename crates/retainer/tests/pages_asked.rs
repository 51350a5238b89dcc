//! What pages say first, how things are found by their names, and that a page's call is the page.

use kernel::Role;
use serde_json::{Value, json};
use testkit::{Actor, Reader};

use crate::pages_at_hand::{opened, sees, sees_not, shop};

/// Where something stands on a page.
fn place(html: &str, words: &str) -> usize {
    html.find(words).unwrap_or_else(|| panic!("{words:?} is not in {html}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_portal_says_the_balance_first_and_then_what_waits_for_the_customer_with_the_button_that_does_it() {
    let (app, cleo) = shop().await;
    let ticket = opened(&app, cleo, "The roof leaks", "Low").await;
    let olga = app.olga().await;
    let reader = app.signed_in("acme", "cleo@berg.example").await;
    sees_not(&reader.get("/acme").await, "Needs you");
    let desk = app.signed_in("acme", "olga@acme.example").await;
    let ask = |hours: &'static str, once: &'static str| {
        let fields = [("wanted", hours), ("ask", "true"), ("once", once)];
        let (desk, path) = (desk.clone(), format!("/acme/tickets/{ticket}/hours"));
        async move {
            let answer = desk.post(&path, &fields).await;
            assert_eq!(answer.status, 303, "{}", answer.html);
        }
    };
    ask("30", "k1").await;
    let price = json!({"amount": "400.00", "currency": "USD"});
    let top_up = json!({"customer": cleo.to_string(), "quantity": "4", "pay_now": false, "price": price});
    assert_eq!(olga.post("/top-ups", top_up).await.status, 201);
    let home = reader.get("/acme").await;
    let order = ["You have", "Needs you", "Ask for something"].map(|words| place(&home.html, words));
    assert!(order.is_sorted(), "{order:?}");
    sees(&home, "Agree to 30:00 h");
    sees(&home, "Invoice INV-2026-0001</b>");
    sees(&home, " is to be paid by ");
    sees(&home, "Asks you");
    // More than there is cannot be agreed to: the button asks for it, here and on the ticket.
    ask("50", "k2").await;
    let (home, page) = (reader.get("/acme").await, reader.get(&format!("/acme/tickets/{ticket}")).await);
    for page in [&home, &page] {
        sees(page, "Ask for more hours</a>");
        sees_not(page, "Agree to 50:00 h");
    }
    sees(&page, "class=\"btn go\" href=\"/acme/tickets/new?title=More+hours");
    ask("20", "k3").await;
    let home = reader.get("/acme").await;
    let agreed = [("wanted", "20:00"), ("once", "k4")];
    let agreed = reader.post(&format!("/acme/tickets/{ticket}/hours"), &agreed).await;
    assert_eq!(agreed.status, 303, "{} {}", agreed.html, home.html);
    sees_not(&reader.get("/acme").await, "Your yes");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_called_so_is_found_first_and_a_half_that_does_not_fit_is_named() {
    let (app, _) = shop().await;
    app.customer(app.acme, "Café Ñandú", "lucia@nandu.example").await;
    app.customer(app.acme, "Grand Cafe", "grand@cafe.example").await;
    let olga = app.signed_in("acme", "olga@acme.example").await;
    let found = olga.get("/acme/search?q=cafe+n").await;
    assert_eq!(found.status, 200);
    let found = olga.get("/acme/search?q=caf").await;
    assert!(place(&found.html, "Café Ñandú</a>") < place(&found.html, "Grand Cafe</a>"), "{}", found.html);
    let half = olga.get("/acme/search?q=customer:nand+vat").await;
    sees(&half, "Café Ñandú is a customer; none of their tickets has &quot;vat&quot; in it.");
}

/// The call that a page shows, as the API is asked.
async fn called(actor: &Actor, reader: &Reader, page: &str) -> Value {
    let html = reader.get(&format!("/acme{page}")).await.html;
    let call = html.split_once("/api/v1").unwrap_or_else(|| panic!("{page} shows no call: {html}")).1;
    let call = call.split('\'').next().expect("an address").replace("&amp;", "&");
    let answer = actor.get(&call).await;
    assert_eq!(answer.status, 200, "{page}: {call}: {}", answer.body);
    answer.body
}

/// What the items of an answer are told by, all of it on the page, in the same order.
fn same_rows(page: &str, body: &Value, name: &str, at: &str) -> Vec<String> {
    let items = body["items"].as_array().expect("items");
    let words: Vec<String> = items.iter().filter_map(|item| item[name].as_str().map(str::to_owned)).collect();
    let places: Vec<usize> = words.iter().map(|word| place(page, word)).collect();
    assert!(at.starts_with("/team") || places.is_sorted(), "{at}: {words:?} at {places:?}");
    words
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_call_of_a_list_returns_the_rows_of_the_page_in_its_order() {
    let (app, cleo) = shop().await;
    app.member(app.acme, "Amir", "amir@acme.example", Role::Member).await;
    let dora = app.customer(app.acme, "Dora Ek", "dora@ek.example").await;
    app.grant_hours(app.acme, dora, 5, "five").await;
    let (one, two) = (opened(&app, cleo, "The roof leaks", "High").await, opened(&app, dora, "Paint", "Low").await);
    let three = opened(&app, cleo, "A door", "Urgent").await;
    let api = app.olga().await;
    assert_eq!(api.post(&format!("/tickets/{two}/completion"), json!({"hours": "1"})).await.status, 200);
    let price = json!({"amount": "400.00", "currency": "USD"});
    for pay_now in [true, false] {
        let top_up = json!({"customer": cleo.to_string(), "quantity": "4", "pay_now": pay_now, "price": price});
        assert_eq!(api.post("/top-ups", top_up).await.status, 201);
    }
    let gone = app.customer(app.acme, "Gone", "gone@away.example").await;
    let archived = api.post(&format!("/customers/{gone}/archiving"), json!({})).await;
    assert!(archived.status < 300, "{}", archived.body);
    let olga = app.signed_in("acme", "olga@acme.example").await;
    // Of each list: what its rows are told by, as the API names it.
    let lists: [(&str, &[&str], &str); 6] = [
        (
            "/tickets",
            &[
                "",
                "?status=open&sort=priority",
                "?status=completed",
                "?priority=High",
                "?q=door",
                "?status=open&sort=held",
                "?sort=customer",
                "?status=open&assignee=none&sort=oldest",
            ],
            "id",
        ),
        ("/customers", &["", "?sort=most", "?q=dora", "?show=archived", "?show=all&sort=name"], "id"),
        (
            "/invoices",
            &["", "?state=open", "?state=paid", "?q=cleo&sort=total", "?from=2026-11-20&to=2026-11-20"],
            "number",
        ),
        ("/outbox", &["", "?state=held"], "id"),
        ("/subscriptions", &["", "?state=running", "?sort=next"], "id"),
        ("/team", &[""], "name"),
    ];
    for (list, queries, name) in lists {
        for query in queries {
            let at = format!("{list}{query}");
            let html = olga.get(&format!("/acme{at}")).await.html;
            let main = html.split_once("<tbody").map_or("", |(_, rows)| rows);
            let words = same_rows(main, &called(&api, &olga, &at).await, name, &at);
            for ticket in [&one, &two, &three].iter().filter(|_| list == "/tickets") {
                assert_eq!(main.contains(&format!("/acme/tickets/{ticket}\"")), words.contains(ticket), "{at}");
            }
        }
    }
    // Days are of the reader's zone, the last with all its hours.
    let audit = called(&api, &olga, "/audit?action=ticket&from=2026-11-20&to=2026-11-20").await;
    let actions: Vec<&str> =
        audit["items"].as_array().expect("items").iter().filter_map(|item| item["action"].as_str()).collect();
    assert!(!actions.is_empty() && actions.iter().all(|action| action.starts_with("ticket.")), "{actions:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_call_of_a_form_makes_what_the_form_makes() {
    let (app, cleo) = shop().await;
    let (olga, api) = (app.signed_in("acme", "olga@acme.example").await, app.olga().await);
    let ticket = format!("/tickets/new?customer={cleo}");
    for page in ["/customers/new", "/plans/new", &ticket] {
        let html = olga.get(&format!("/acme{page}")).await.html;
        let call = html.split_once("/api/v1").unwrap_or_else(|| panic!("{page} shows no call: {html}")).1;
        let path = call.split('\'').next().expect("an address");
        let body = call.split("END").nth(1).expect("a body").trim_matches(['\'', '\n']);
        let body = body.replace("&quot;", "\"").replace("&amp;", "&");
        let made = api.post(path, serde_json::from_str(&body).expect("JSON")).await;
        assert_eq!(made.status, 201, "{page}: {body}: {}", made.body);
    }
    let cleo = app.signed_in("acme", "cleo@berg.example").await;
    let html = cleo.get("/acme/tickets/new").await.html;
    assert!(html.contains("/api/v1/tickets") && !html.contains("$CUSTOMER"), "customers name nobody: {html}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_of_one_thing_shows_the_call_of_this_thing_and_a_refusal_shows_none() {
    let (app, cleo) = shop().await;
    let (olga, api) = (app.signed_in("acme", "olga@acme.example").await, app.olga().await);
    let price = json!({"amount": "400.00", "currency": "USD"});
    let top_up = json!({"customer": cleo.to_string(), "quantity": "4", "pay_now": false, "price": price});
    assert_eq!(api.post("/top-ups", top_up).await.status, 201);
    let number = api.get("/invoices").await.body["items"][0]["number"].as_str().expect("a number").to_owned();
    assert_eq!(called(&api, &olga, &format!("/invoices/{number}")).await["invoice"]["number"], json!(number));
    let waiting = opened(&app, cleo, "The roof leaks", "High").await;
    assert_eq!(called(&api, &olga, "").await["items"][0]["id"], json!(waiting));
    app.member(app.acme, "Amir", "amir@acme.example", Role::Member).await;
    let amir = app.signed_in("acme", "amir@acme.example").await;
    let refused = amir.get("/acme/settings").await;
    assert!(refused.status == 403 && !refused.html.contains("/api/v1"), "{}", refused.html);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_filter_that_is_not_understood_is_said_and_never_saved() {
    let (app, cleo) = shop().await;
    opened(&app, cleo, "The roof leaks", "High").await;
    let olga = app.signed_in("acme", "olga@acme.example").await;
    for (page, said) in [
        ("/tickets?priority=pressing", "There is no such priority: <b>pressing</b>."),
        ("/tickets?status=Open", "There is no such status: <b>Open</b>."),
        ("/tickets?sort=up", "There is no such order: <b>up</b>."),
        ("/customers?show=most", "There is no such choice: <b>most</b>."),
        ("/invoices?state=unpaid", "There is no such state: <b>unpaid</b>."),
        ("/subscriptions?state=on", "There is no such state: <b>on</b>."),
        ("/outbox?state=zzz&which=this", "There is no such state: <b>zzz</b>."),
    ] {
        let page = olga.get(&format!("/acme{page}")).await;
        assert_eq!(page.status, 200);
        if page.html.contains("class=\"list") {
            sees(&page, said);
        }
        // Once, in words of the page, and what is refused is not part of the call either.
        assert!(!page.html.contains("class=\"error\"") && !page.html.contains("must be one of"), "{}", page.html);
        let call = page.html.split_once("curl -s").map_or("", |(_, call)| call);
        let value = said.split_once("<b>").and_then(|(_, rest)| rest.split_once("</b>")).expect("a value").0;
        assert!(!call.is_empty() && (value == "up" || !call.contains(&format!("={value}"))), "{call}");
    }
    let fields = [("name", "Urgent"), ("once", "k1")];
    let refused = olga.post("/acme/tickets/views?priority=pressing&status=open", &fields).await;
    assert_eq!(refused.status, 422, "{}", refused.html);
    sees(&refused, "so this view is not saved");
    assert_eq!(app.olga().await.get("/ticket-views").await.body["items"], json!([]));
}
