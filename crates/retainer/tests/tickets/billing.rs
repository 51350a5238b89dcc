//! What work counts as, what a timer begins, and what more hours lead to.

use retainer::ledger::{self, Owner};
use serde_json::{Value, json};
use testkit::at;

use super::{HOUR, Shop, opened, step};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn work_counts_by_the_increment_of_the_organization_and_nobody_is_billed_seconds() {
    let shop = Shop::start().await;
    let (cleo, amir, olga) = (shop.cleo().await, shop.amir().await, shop.app.olga().await);
    let id = opened(&cleo, "Timed", "2").await;
    step(&amir, &id, "timer", json!({})).await;
    shop.app.clock.set(at("2026-11-20T09:45:47Z"));
    let stopped = amir.delete(&format!("/tickets/{id}/timer")).await;
    assert_eq!((&stopped.body["hours"], &stopped.body["increment"]), (&json!("0.763056"), &json!(1)));
    let done = step(&amir, &id, "completion", json!({})).await;
    assert_eq!(done.body["hours_used"], "0.766667", "46 minutes: {}", done.body);
    let quarter = olga.patch("/organization", json!({"time_increment": 15})).await;
    assert_eq!((quarter.status, &quarter.body["time_increment"]), (200, &json!(15)), "{}", quarter.body);
    assert_eq!(olga.patch("/organization", json!({"time_increment": 7})).await.status, 422);
    let other = opened(&cleo, "Quarters", "1").await;
    for minutes in [7, 3, 10] {
        let entry = step(&amir, &other, "time-entries", json!({"minutes": minutes})).await;
        assert_eq!((entry.status, &entry.body["increment"]), (201, &json!(15)), "{}", entry.body);
    }
    let entries = amir.get(&format!("/tickets/{other}/time-entries")).await;
    assert_eq!(entries.body["billable"], "0.50", "twenty minutes are rounded up once: {}", entries.body);
    let page = shop.app.signed_in("acme", "amir@acme.example").await.get(&format!("/acme/tickets/{other}")).await;
    assert!(page.html.contains("rounded up once for the ticket"), "{}", page.html);
    assert_eq!(step(&amir, &other, "completion", json!({})).await.body["hours_used"], "0.50");
    let exact = opened(&cleo, "Typed", "1").await;
    let typed = step(&amir, &exact, "completion", json!({"hours": "0.37"})).await;
    assert_eq!(typed.body["hours_used"], "0.37", "what somebody types is taken as it is");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_form_of_completion_says_what_the_timer_adds() {
    let shop = Shop::start().await;
    let (cleo, amir) = (shop.cleo().await, shop.amir().await);
    let id = opened(&cleo, "Timed", "2").await;
    step(&amir, &id, "time-entries", json!({"minutes": 30})).await;
    step(&amir, &id, "timer", json!({})).await;
    shop.app.clock.set(at("2026-11-20T09:45:47Z"));
    let page = shop.app.signed_in("acme", "amir@acme.example").await.get(&format!("/acme/tickets/{id}")).await;
    assert!(page.html.contains("Empty means 1:16 h: 0:30 h of billable time"), "{}", page.html);
    assert!(page.html.contains("0:46 h that your timer adds"), "{}", page.html);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_timer_on_a_ticket_that_waits_begins_the_work_and_on_a_closed_one_it_does_not_run() {
    let shop = Shop::start().await;
    let (cleo, amir) = (shop.cleo().await, shop.amir().await);
    let id = opened(&cleo, "Waiting", "1").await;
    assert_eq!(step(&amir, &id, "timer", json!({})).await.status, 201);
    let begun = amir.get(&format!("/tickets/{id}")).await.body;
    assert_eq!((&begun["status"], &begun["assignee_name"]), (&json!("in_progress"), &json!("Amir")), "{begun}");
    amir.delete(&format!("/tickets/{id}/timer")).await;
    step(&amir, &id, "completion", json!({})).await;
    let late = step(&amir, &id, "timer", json!({})).await;
    assert_eq!((late.status, late.code()), (409, "ticket.closed"));
    assert_eq!(amir.delete(&format!("/tickets/{id}/timer")).await.code(), "timer.not_running");
}

/// A plan of ten hours that runs for Cleo.
async fn with_plan(shop: &Shop, overage: &str) {
    let olga = shop.app.olga().await;
    let terms =
        json!({"price": {"amount": "0", "currency": "USD"}, "period": "month", "quantity": "1", "overage": overage});
    let plan = olga.post("/plans", json!({"name": "Standard", "terms": terms})).await.body["id"].clone();
    let started = olga.post("/subscriptions", json!({"customer": shop.cleo, "plan": plan})).await;
    assert_eq!(started.status, 201, "{}", started.body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_hours_than_there_are_are_refused_by_a_plan_that_blocks_and_the_form_says_so_before() {
    let shop = Shop::start().await;
    with_plan(&shop, "block").await;
    let (cleo, amir) = (shop.cleo().await, shop.amir().await);
    let id = opened(&cleo, "Grows", "3").await;
    let page = shop.app.signed_in("acme", "amir@acme.example").await.get(&format!("/acme/tickets/{id}")).await;
    let said = "Up to 8:00 h more are put on hold at once; for more, hours have to be added first.";
    assert!(page.html.contains(said), "{}", page.html);
    let held = step(&amir, &id, "hours", json!({"hours": "4"})).await;
    assert_eq!((&held.body["hours_held"], &held.body["hours_asked"]), (&json!("4.00"), &json!(null)));
    let refused = step(&amir, &id, "hours", json!({"hours": "50"})).await;
    assert_eq!((refused.status, refused.code()), (409, "ticket.not_enough_hours"), "{}", refused.body);
    assert_eq!(shop.balance().await, (7 * HOUR, 4 * HOUR));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shortage_is_not_told_as_something_done() {
    let shop = Shop::start().await;
    let cleo = shop.cleo().await;
    let id = opened(&cleo, "Grows", "3").await;
    let amir = shop.app.signed_in("acme", "amir@acme.example").await;
    let path = format!("/acme/tickets/{id}");
    let once = amir.get(&path).await.once();
    let asked = amir.post(&format!("{path}/hours"), &[("wanted", "50"), ("once", &once)]).await;
    let page = amir.get(asked.location()).await;
    assert!(page.html.contains("40:00 h are missing"), "{}", page.html);
    assert!(!page.html.contains("class=\"flash\""), "{}", page.html);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_has_too_few_hours_asks_for_them_with_the_ticket_that_they_typed() {
    let shop = Shop::start().await;
    let cleo = shop.app.signed_in("acme", "cleo@berg.example").await;
    let once = cleo.get("/acme/tickets/new").await.once();
    let typed = [("title", "A new roof"), ("details", "It leaks."), ("priority", "Urgent"), ("hours", "88")];
    let refused = cleo.post("/acme/tickets", &[&typed[..], &[("once", &once)]].concat()).await;
    assert!(refused.html.contains("Ask for more hours"), "{}", refused.html);
    let sent = cleo.post("/acme/tickets", &[&typed[..], &[("ask", "true"), ("once", &refused.once())]].concat()).await;
    assert_eq!(sent.status, 303, "{}", sent.html);
    let page = cleo.get(sent.location()).await;
    for words in ["A new roof", "It leaks.", "88:00 h", "Urgent", "Its hours are to be estimated."] {
        assert!(page.html.contains(words), "{words}: {}", page.html);
    }
    assert!(page.html.contains("<dt>Hours wanted</dt><dd>to be estimated</dd>"), "{}", page.html);
    let olga = shop.app.olga().await;
    let told = olga.get("/notifications").await.body["items"][0]["text"].clone();
    assert!(told.as_str().is_some_and(|text| text.contains("its hours to be estimated")), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_merged_ticket_asked_for_is_said_in_the_one_that_goes_on() {
    let shop = Shop::start().await;
    let (cleo, amir) = (shop.cleo().await, shop.amir().await);
    let one =
        cleo.post("/tickets", json!({"title": "Printer", "details": "See https://x.example"})).await.body["id"].clone();
    let (one, two) = (one.as_str().expect("a number").to_owned(), opened(&cleo, "Two", "1").await);
    assert_eq!(step(&amir, &one, "merging", json!({"into": two})).await.status, 200);
    let said = amir.get(&format!("/tickets/{two}/comments")).await.body["items"][0].clone();
    let words = said["message"].as_str().expect("a message");
    assert!(words.contains(&one) && words.contains("Printer") && words.contains("See https://x.example"), "{said}");
    assert_eq!((&said["from"], &said["author"], &said["side"]), (&json!(one), &json!("Cleo Berg"), &json!("customer")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_entry_that_took_from_several_lots_names_them_all() {
    let shop = Shop::start().await;
    with_plan(&shop, "block").await;
    let cleo = shop.cleo().await;
    opened(&cleo, "From both", "4").await;
    let page = shop.app.signed_in("acme", "cleo@berg.example").await.get("/acme/balance").await;
    let both = ["from Standard and Top-up", "from Top-up and Standard"];
    assert!(both.iter().any(|words| page.html.contains(words)), "{}", page.html);
    let statement = cleo.get(&format!("/customers/{}/statement", shop.cleo)).await.body["units"][0]["lines"].clone();
    let whats: Vec<Value> = statement.as_array().expect("lines").iter().map(|line| line["what"].clone()).collect();
    assert!(whats.contains(&json!("Plan Standard")) && whats.contains(&json!("Bought")), "{whats:?}");
    let tx = shop.app.server.app.begin(shop.app.acme, kernel::Actor::system("test"), runtime::tx::Access::Read).await;
    let owner = Owner::Customer(shop.cleo);
    let balance =
        ledger::find::balance(&tx.expect("a transaction"), owner, kernel::Unit::Hour).await.expect("it works");
    assert_eq!(balance.held, 4 * HOUR);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn less_than_a_minute_is_no_work_and_a_timer_that_ran_so_long_leaves_only_a_line_of_history() {
    let shop = Shop::start().await;
    let (cleo, amir) = (shop.cleo().await, shop.amir().await);
    assert_eq!(shop.app.olga().await.patch("/organization", json!({"time_increment": 15})).await.status, 200);
    let id = opened(&cleo, "By mistake", "1").await;
    let short = step(&amir, &id, "time-entries", json!({"hours": "0:00:03"})).await;
    assert_eq!((short.status, short.code()), (422, "time_entry.duration"), "{}", short.body);
    step(&amir, &id, "timer", json!({})).await;
    shop.app.clock.set(at("2026-11-20T09:00:03Z"));
    let page = shop.app.signed_in("acme", "amir@acme.example").await;
    let once = page.get(&format!("/acme/tickets/{id}")).await.once();
    let stopped = page.post(&format!("/acme/tickets/{id}/timer-stop"), &[("once", &once)]).await;
    let seen = page.get(stopped.location()).await;
    assert!(seen.html.contains("ran for less than a minute, so no time is written down"), "{}", seen.html);
    assert!(seen.html.contains("stopped the timer after 3 s"), "{}", seen.html);
    assert_eq!(amir.get(&format!("/tickets/{id}/time-entries")).await.body, json!({"items": [], "billable": "0.00"}));
    step(&amir, &id, "timer", json!({})).await;
    assert_eq!(amir.delete(&format!("/tickets/{id}/timer")).await.status, 204);
    step(&amir, &id, "timer", json!({})).await;
    shop.app.clock.set(at("2026-11-20T09:01:03Z"));
    assert_eq!(amir.delete(&format!("/tickets/{id}/timer")).await.body["hours"], "0.016667", "a minute is work");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_worked_beyond_the_hold_is_said_on_the_ticket_and_today_and_the_customers_word_is_asked_for() {
    let shop = Shop::start().await;
    with_plan(&shop, "block").await;
    let (cleo, amir) = (shop.cleo().await, shop.amir().await);
    let id = opened(&cleo, "Migrate the CRM export", "2").await;
    step(&amir, &id, "start", json!({})).await;
    step(&amir, &id, "time-entries", json!({"hours": "1.5"})).await;
    let page = shop.app.signed_in("acme", "amir@acme.example").await;
    let within = page.get(&format!("/acme/tickets/{id}")).await;
    assert!(within.html.contains("aria-label=\"1:30 worked, 0:30 still held, 9:00 left after\""), "{}", within.html);
    assert!(!within.html.contains("Ask to approve"), "{}", within.html);
    step(&amir, &id, "time-entries", json!({"hours": "1.25"})).await;
    let over = page.get(&format!("/acme/tickets/{id}")).await;
    assert!(over.html.contains("aria-label=\"2:45 worked, 0:00 still held, 8:15 left after\""), "{}", over.html);
    assert!(over.html.contains("worked of 2:00 h held, 0:45 h more"), "{}", over.html);
    let today = page.get("/acme").await;
    assert!(today.html.contains("Over estimate") && today.html.contains("Ask to approve"), "{}", today.html);
    let ask = [("wanted", "2.75"), ("ask", "true"), ("once", &today.once())];
    let asked = page.post(&format!("/acme/tickets/{id}/hours"), &ask).await;
    assert_eq!(asked.status, 303, "{}", asked.html);
    let ticket = amir.get(&format!("/tickets/{id}")).await.body;
    let figures = (&ticket["hours_held"], &ticket["hours_asked"]);
    assert_eq!(figures, (&json!("2.00"), &json!("2.75")), "asked for, though the plan would have allowed it: {ticket}");
    assert!(!page.get("/acme").await.html.contains("Over estimate"), "it is the customer's turn");
    let agreed = step(&cleo, &id, "hours", json!({"hours": "2.75"})).await;
    assert_eq!((&agreed.body["hours_held"], &agreed.body["hours_asked"]), (&json!("2.75"), &json!(null)));
    let late = step(&amir, &id, "hours", json!({"hours": "2.50", "ask": true})).await;
    assert_eq!((late.status, late.code()), (409, "ticket.on_hold_already"), "asking gives nothing back: {}", late.body);
    let theirs = shop.app.signed_in("acme", "cleo@berg.example").await.get(&format!("/acme/tickets/{id}")).await;
    assert!(!theirs.html.contains("worked,") && theirs.html.contains("2:45 held"), "{}", theirs.html);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_completion_that_needs_the_customers_word_offers_to_ask_for_it() {
    let shop = Shop::start().await;
    with_plan(&shop, "ask").await;
    let cleo = shop.cleo().await;
    let id = opened(&cleo, "Grows", "2").await;
    let page = shop.app.signed_in("acme", "amir@acme.example").await;
    let path = format!("/acme/tickets/{id}");
    let once = page.get(&path).await.once();
    let refused = page.post(&format!("{path}/completion"), &[("used", "3"), ("once", &once)]).await;
    assert!(
        refused.html.contains("asked before more than the") && refused.html.contains("Ask to approve"),
        "{}",
        refused.html
    );
    let ask = [("used", "3"), ("wanted", "3.00"), ("ask", "true"), ("once", &refused.once())];
    assert_eq!(page.post(&format!("{path}/hours"), &ask).await.status, 303);
    assert_eq!(cleo.get(&format!("/tickets/{id}")).await.body["hours_asked"], "3.00");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn today_shows_what_waits_with_the_urgent_first_whoever_has_it() {
    let shop = Shop::start().await;
    let (cleo, olga) = (shop.cleo().await, shop.app.olga().await);
    for number in 0..14 {
        let wanted = json!({"title": format!("Small {number}"), "priority": "Low"});
        assert_eq!(cleo.post("/tickets", wanted).await.status, 201);
    }
    let mut urgent = Vec::new();
    let amir = olga.get("/members").await.body["items"]
        .as_array()
        .and_then(|all| all.iter().find(|it| it["name"] == "Amir").cloned());
    let amir = amir.expect("Amir")["id"].clone();
    for number in 0..13 {
        let wanted = json!({"title": format!("Burns {number}!"), "priority": "Urgent"});
        let id = cleo.post("/tickets", wanted).await.body["id"].as_str().expect("a number").to_owned();
        assert_eq!(step(&olga, &id, "assignment", json!({"assignee": amir})).await.status, 200);
        urgent.push(format!("Burns {number}!"));
    }
    // What somebody has and is not urgent is what may be cut off.
    for number in 0..3 {
        let wanted = json!({"title": format!("Later {number}"), "priority": "Low"});
        let id = cleo.post("/tickets", wanted).await.body["id"].as_str().expect("a number").to_owned();
        assert_eq!(step(&olga, &id, "assignment", json!({"assignee": amir})).await.status, 200);
    }
    let today = shop.app.signed_in("acme", "olga@acme.example").await.get("/acme").await;
    let places: Vec<_> = urgent
        .iter()
        .map(|title| today.html.find(title.as_str()).unwrap_or_else(|| panic!("{title} is hidden")))
        .collect();
    assert!(places.is_sorted(), "{places:?}");
    assert!((0..14).all(|number| today.html.contains(&format!("Small {number}<"))), "{}", today.html);
    assert!(!today.html.contains("Later 0"), "{}", today.html);
    assert!(today.html.contains("with Amir") && today.html.contains("All 30 waiting tickets"), "{}", today.html);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn today_and_the_ticket_come_to_the_same_hours_whatever_they_are_rounded_by() {
    let shop = Shop::start().await;
    let (cleo, amir) = (shop.cleo().await, shop.amir().await);
    assert_eq!(shop.app.olga().await.patch("/organization", json!({"time_increment": 15})).await.status, 200);
    let id = opened(&cleo, "Rounded", "2").await;
    step(&amir, &id, "start", json!({})).await;
    step(&amir, &id, "time-entries", json!({"minutes": 157})).await;
    let page = shop.app.signed_in("acme", "amir@acme.example").await;
    let today = page.get("/acme").await.html;
    assert!(today.contains("name=\"wanted\" value=\"2.75\""), "{today}");
    assert!(page.get(&format!("/acme/tickets/{id}")).await.html.contains("2:45 worked"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_colleagues_timer_alone_does_not_make_work_free() {
    let shop = Shop::start().await;
    shop.app.member(shop.app.acme, "Dora", "dora@acme.example", kernel::Role::Developer).await;
    let (cleo, amir) = (shop.cleo().await, shop.amir().await);
    let dora = shop.app.sign_in("acme", "dora@acme.example").await;
    let id = opened(&cleo, "Agreed", "2").await;
    step(&dora, &id, "timer", json!({})).await;
    shop.app.clock.set(at("2026-11-20T10:00:00Z"));
    let done = step(&amir, &id, "completion", json!({})).await;
    assert_eq!(done.body["hours_used"], "2.00", "nobody wrote time down, so it is what was agreed: {}", done.body);
    let page = shop.app.signed_in("acme", "amir@acme.example").await.get(&format!("/acme/tickets/{id}")).await;
    assert!(page.html.contains("The customer’s hours") && !page.html.contains("The ticket’s hours"), "{}", page.html);
}
