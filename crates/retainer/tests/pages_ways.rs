//! The ways that pages lead: from a figure to its rows, from a line of the ledger to its ticket, from an id to the one
//! address, from a used link to the door; the keys; and what a phone folds away.

use fantoccini::Locator;
use fantoccini::key::Key;
use kernel::id::{CustomerId, Id};
use serde_json::{Value, json};
use testkit::{Browser, PASSWORD, PageAnswer, Reader, Scripts, TestApp};

fn sees(page: &PageAnswer, words: &str) {
    assert!(page.html.contains(words), "{words:?} is not on the page ({}):\n{}", page.status, page.html);
}

async fn sent(reader: &Reader, page: &str, to: &str, fields: &[(&str, &str)]) -> PageAnswer {
    let once = reader.get(page).await.once();
    let mut fields = fields.to_vec();
    fields.push(("once", &once));
    reader.post(to, &fields).await
}

/// Acme with Cleo, who has ten hours.
async fn shop() -> (TestApp, CustomerId) {
    let app = TestApp::start().await;
    let cleo = app.customer(app.acme, "Cleo Berg", "cleo@berg.example").await;
    app.grant_hours(app.acme, cleo, 10, "ten").await;
    (app, cleo)
}

async fn opened(app: &TestApp, cleo: CustomerId, title: &str, hours: &str) -> String {
    let wanted = json!({"customer": cleo.to_string(), "title": title, "hours": hours, "priority": "Medium"});
    let answer = app.olga().await.post("/tickets", wanted).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.body["id"].as_str().expect("a number").to_owned()
}

async fn sold(app: &TestApp, cleo: CustomerId, pay_now: bool) -> Value {
    let price = json!({"amount": "400.00", "currency": "USD"});
    let top_up = json!({"customer": cleo.to_string(), "quantity": "4", "pay_now": pay_now, "price": price});
    let answer = app.olga().await.post("/top-ups", top_up).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.body
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_months_figures_lead_to_the_rows_that_make_them_up() {
    let (app, cleo) = shop().await;
    sold(&app, cleo, true).await;
    let ticket = opened(&app, cleo, "The roof leaks", "2").await;
    let done = app.olga().await.post(&format!("/tickets/{ticket}/completion"), json!({"hours": "1.5"})).await;
    assert_eq!(done.status, 200, "{}", done.body);
    let olga = app.signed_in("acme", "olga@acme.example").await;
    let reports = olga.get("/acme/reports").await;
    sees(&reports, "One ticket was opened in November so far, and 1 completed; in October none were.");
    sees(&reports, "Of 14:00 h sold in the last twelve months 11\u{a0}% were used and none expired.");
    sees(&reports, "<title>November 2026: sold 14:00 h, used 1:30 h, expired 0:00 h</title>");
    for (rows, seen) in
        [("revenue", "$400.00"), ("hours", "1:30"), ("tickets", "The roof leaks"), ("completed", &ticket)]
    {
        let to = format!("/acme/reports/month?of=2026-11&amp;rows={rows}");
        assert!(reports.html.contains(&to), "{to}");
        sees(&olga.get(&to.replace("&amp;", "&")).await, seen);
        let before = olga.get(&format!("/acme/reports/month?of=2026-10&rows={rows}")).await;
        assert!(!before.html.contains(seen), "{rows} of October: {}", before.html);
    }
    // Without a month it is the present one; a month that is none is not silently another.
    sees(&olga.get("/acme/reports/month?rows=x").await, "November 2026");
    assert_eq!(olga.get("/acme/reports/month?of=2026-99").await.status, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_of_the_ledger_names_its_ticket_and_a_merged_one_the_ticket_that_goes_on() {
    let (app, cleo) = shop().await;
    let (one, two) = (opened(&app, cleo, "One", "1").await, opened(&app, cleo, "Two", "2").await);
    let api = app.olga().await;
    assert_eq!(api.post(&format!("/tickets/{one}/merging"), json!({"into": two})).await.status, 200);
    let olga = app.signed_in("acme", "olga@acme.example").await;
    let balance = olga.get(&format!("/acme/customers/{cleo}/balance")).await;
    sees(&balance, &format!("Held for <a href=\"/acme/tickets/{two}\""));
    assert!(!balance.html.contains(&one), "the merged ticket holds nothing: {}", balance.html);
    // Two lots, one act: one line.
    app.grant_hours(app.acme, cleo, 5, "five").await;
    assert_eq!(api.post(&format!("/tickets/{two}/completion"), json!({"hours": "3"})).await.status, 200);
    let used = olga.get(&format!("/acme/customers/{cleo}/balance")).await;
    assert_eq!(used.html.matches("Used for <a").count(), 1, "{}", used.html);
    // The page of the ticket proposes others, and writes its time together.
    let logged = api.post(&format!("/tickets/{two}/time-entries"), json!({"hours": "0.5", "billable": false})).await;
    assert!(logged.status < 300, "{}", logged.body);
    sees(&olga.get(&format!("/acme/tickets/{two}")).await, "of it billable");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invoice_has_one_address_and_the_overdue_one_comes_first_everywhere() {
    let (app, cleo) = shop().await;
    let invoice = sold(&app, cleo, false).await["invoice"].as_str().expect("an invoice").to_owned();
    let olga = app.signed_in("acme", "olga@acme.example").await;
    let by_id = olga.get(&format!("/acme/invoices/{invoice}")).await;
    assert_eq!((by_id.status, by_id.location()), (303, "/acme/invoices/INV-2026-0001"));
    app.clock.set(testkit::at("2026-12-10T10:00:00Z"));
    let olga = app.signed_in("acme", "olga@acme.example").await;
    let today = olga.get("/acme").await;
    sees(&today, "6 days overdue");
    sees(&today, "/acme/invoices/INV-2026-0001#payment");
    sees(&today, "<span class=\"heard\"> overdue</span>");
    sees(&olga.get("/acme/money").await, "all of it overdue");
    sees(&olga.get(&format!("/acme/customers/{cleo}")).await, "overdue");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_late_reads_what_others_did_and_who_takes_too_much_where_more_comes_from() {
    let (app, cleo) = shop().await;
    let ticket = opened(&app, cleo, "The roof leaks", "2").await;
    let olga = app.signed_in("acme", "olga@acme.example").await;
    let path = format!("/acme/tickets/{ticket}");
    let started = app.olga().await.post(&format!("/tickets/{ticket}/start"), json!({})).await;
    assert_eq!(started.status, 200, "{}", started.body);
    let late = [("version", "1"), ("title", "Mine"), ("details", "See https://x.example/a."), ("priority", "Low")];
    let late = sent(&olga, &path, &format!("{path}/changes"), &late).await;
    assert_eq!(late.status, 422);
    sees(&late, "started work");
    sees(&late, "value=\"Mine\"");
    let much = sent(&olga, &path, &format!("{path}/completion"), &[("used", "50")]).await;
    assert_eq!(much.status, 422, "{}", much.html);
    sees(&much, "That is more than is on hold and left together.");
    sees(&much, &format!("/acme/customers/{cleo}/top-up"));
    let said = [("message", "Look at https://x.example/a?b=1, please."), ("to", "everybody")];
    assert_eq!(sent(&olga, &path, &format!("{path}/comments"), &said).await.status, 303);
    sees(&olga.get(&path).await, "<a href=\"https://x.example/a?b=1\" rel=\"nofollow noopener noreferrer\">");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_that_was_brought_along_is_offered_to_be_taken_over_on_its_page() {
    let (app, cleo) = shop().await;
    let olga = app.signed_in("acme", "olga@acme.example").await;
    assert_eq!(sent(&olga, "/acme/plans", "/acme/plans/consulting", &[]).await.status, 303);
    let api = app.olga().await;
    let plan = api.get("/plans").await.body["items"][0]["id"].clone();
    let started = api.post("/subscriptions", json!({"customer": cleo.to_string(), "plan": plan})).await;
    assert_eq!(started.status, 201, "{}", started.body);
    let bill = &api.get("/invoices").await.body["items"][0];
    let paid = json!({"invoice": bill["id"], "amount": bill["total"]});
    let paid = api.post("/payments", paid).await;
    assert_eq!(paid.status, 201, "{}", paid.body);
    let page = format!("/acme/customers/{cleo}/subscription");
    assert!(!olga.get(&page).await.html.contains("Bill it here"), "what renews here is not taken over");
    // As an import leaves it: it runs, and no period follows here.
    let owner = runtime::db::connect(&app.root_config).await.expect("the owner");
    let waits = "update subscriptions set renews_at = null where organization_id = $1";
    owner.execute(waits, &[app.acme.as_uuid()]).await.expect("an imported subscription");
    let waiting = olga.get(&page).await;
    sees(&waiting, "Bill it here");
    let id =
        waiting.html.split_once("name=\"subscription\" value=\"").expect("its id").1.split('"').next().expect("an id");
    let wrong = sent(&olga, &page, &format!("{page}/takeover"), &[("subscription", id), ("from", "soon")]).await;
    assert_eq!(wrong.status, 422);
    let past = sent(&olga, &page, &format!("{page}/takeover"), &[("subscription", id), ("from", "2026-01-01")]).await;
    assert_eq!(past.status, 422);
    sees(&past, "The next period must begin in the future.");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_in_is_not_asked_again_and_a_useless_link_says_so_at_once() {
    let (app, _) = shop().await;
    let olga = app.signed_in("acme", "olga@acme.example").await;
    let again = olga.get("/acme/sign-in?to=/acme/tickets").await;
    assert_eq!((again.status, again.location()), (303, "/acme/tickets"));
    let nobody = app.reader();
    let useless = nobody.get("/acme/verify/rubbish").await;
    assert!(useless.status >= 400, "{}", useless.status);
    sees(&useless, "This link is used up");
    assert!(!useless.html.contains("Yes, this is my address"));
    sees(&useless, "<p class=\"mark\">Acme</p>");
    sees(&useless, "/acme/sign-in");
}

async fn enter(browser: &Browser) {
    browser.open("/acme").await;
    browser.fill("email", "olga@acme.example").await;
    browser.fill("password", PASSWORD).await;
    browser.click("Sign in").await;
    browser.sees("Needs you").await;
}

async fn press(browser: &Browser, keys: &str) {
    let body = browser.client.find(Locator::Css("body")).await.expect("a body");
    for key in keys.chars() {
        body.send_keys(&key.to_string()).await.expect("a key pressed");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_keys_go_create_move_search_and_list_themselves() {
    let (app, cleo) = shop().await;
    opened(&app, cleo, "The roof leaks", "2").await;
    let Some(browser) = Browser::start(&app.url(), Scripts::On).await else { return };
    enter(&browser).await;
    press(&browser, "?").await;
    browser.sees("Next row, previous row").await;
    let dialog = browser.client.find(Locator::Css("dialog")).await.expect("the list of keys");
    dialog.send_keys(&String::from(char::from(Key::Escape))).await.expect("escape");
    press(&browser, "gt").await;
    browser.sees("Assigned to").await;
    press(&browser, "j").await;
    let row = browser.client.active_element().await.expect("a focused row");
    assert_eq!(row.text().await.expect("its words"), "The roof leaks");
    press(&browser, "/").await;
    let search = browser.client.active_element().await.expect("a focused field");
    assert_eq!(search.attr("name").await.expect("a name").as_deref(), Some("q"));
    // On a ticket its steps have keys, too, and stand in the list.
    browser.click("The roof leaks").await;
    browser.sees("Write a comment").await;
    for (key, field) in [("r", "message"), ("a", "assignee"), ("w", "worked")] {
        press(&browser, key).await;
        let at = browser.client.active_element().await.expect("a focused field");
        assert_eq!(at.attr("name").await.expect("a name").as_deref(), Some(field));
        browser.client.execute("document.activeElement.blur()", vec![]).await.expect("left");
    }
    press(&browser, "?").await;
    browser.sees("Change the hours").await;
    browser.open("/acme/tickets").await;
    press(&browser, "c").await;
    browser.sees("Open the ticket").await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_phone_folds_away_is_opened_by_the_platform_without_a_script() {
    let (app, cleo) = shop().await;
    opened(&app, cleo, "The roof leaks", "2").await;
    let olga = app.signed_in("acme", "olga@acme.example").await;
    let page = olga.get("/acme/tickets").await;
    for (button, sheet) in
        [("popovertarget=\"rooms\"", "id=\"rooms\" popover"), ("popovertarget=\"filters\"", "id=\"filters\" popover")]
    {
        sees(&page, button);
        sees(&page, sheet);
    }
    // The portal has a handful of places, which stay in sight.
    let cleo = app.signed_in("acme", "cleo@berg.example").await;
    assert!(!cleo.get("/acme").await.html.contains("popovertarget=\"rooms\""));
}
