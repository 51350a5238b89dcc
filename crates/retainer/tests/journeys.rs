//! What staff and the owner do in a day, in a real Chromium, with and without scripts.

use kernel::Role;
use kernel::id::CustomerId;
use serde_json::json;
use testkit::{Browser, PASSWORD, Scripts, TestApp};

async fn sign_in(browser: &Browser, email: &str) {
    browser.open("/acme").await;
    browser.fill("email", email).await;
    browser.fill("password", PASSWORD).await;
    browser.click("Sign in").await;
    browser.sees("Sign out").await;
}

/// Acme with Amir, who works tickets, and Cleo, who has ten hours and asks for three.
async fn shop() -> (TestApp, CustomerId) {
    let app = TestApp::start().await;
    app.member(app.acme, "Amir", "amir@acme.example", Role::Member).await;
    let cleo = app.customer(app.acme, "Cleo Berg", "cleo@berg.example").await;
    app.grant_hours(app.acme, cleo, 10, "ten").await;
    let asks = app.sign_in("acme", "cleo@berg.example").await;
    let wanted = json!({"title": "The roof leaks", "details": "Since Tuesday.", "hours": "3", "priority": "High"});
    let answer = asks.post("/tickets", wanted).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    (app, cleo)
}

async fn staff_work_a_ticket(scripts: Scripts) {
    let (app, _) = shop().await;
    let Some(browser) = Browser::start(&app.url(), scripts).await else { return };
    sign_in(&browser, "amir@acme.example").await;
    browser.click("Tickets").await;
    browser.click("The roof leaks").await;
    browser.sees("Since Tuesday.").await;
    browser.click("Start work").await;
    browser.sees("In progress").await;
    browser.fill("message", "I come tomorrow at nine.").await;
    browser.click("Send to Cleo Berg").await;
    browser.sees("I come tomorrow at nine.").await;
    // The time worked is more than what is asked for can be, so it is refused beside its field and stays there.
    browser.fill("used", "2.0000001").await;
    browser.click("Complete it").await;
    browser.sees("finer than").await;
    browser.fill("used", "2.5").await;
    browser.click("Complete it").await;
    browser.sees("Completed").await;
    browser.sees("7:30\u{a0}h left").await;
    let seen = app.sign_in("acme", "cleo@berg.example").await.get("/tickets").await.body;
    assert_eq!((&seen["items"][0]["status"], &seen["items"][0]["hours_used"]), (&json!("completed"), &json!("2.50")));
    browser.close().await;
}

async fn the_owner_asks_why(scripts: Scripts) {
    let (app, cleo) = shop().await;
    let olga = app.olga().await;
    let top_up = json!({"customer": cleo.to_string(), "quantity": "4", "pay_now": true,
        "price": {"amount": "400.00", "currency": "USD"}});
    let sold = olga.post("/top-ups", top_up).await;
    assert_eq!(sold.status, 201, "{}", sold.body);
    let Some(browser) = Browser::start(&app.url(), scripts).await else { return };
    sign_in(&browser, "olga@acme.example").await;
    browser.click("Reports").await;
    browser.sees("Revenue is $400.00 so far").await;
    browser.click("Customers").await;
    browser.click("Cleo Berg").await;
    browser.sees("11:00\u{a0}h left").await;
    browser.click("Why?").await;
    browser
        .sees("Of 14:00 h that are running, 0:00 were used and 3:00 are held by open work, so 11:00 are left.")
        .await;
    browser.sees("Top-up").await;
    // What holds the hours is one step away.
    browser.click("The roof leaks").await;
    browser.sees("Since Tuesday.").await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn staff_work_a_ticket_from_the_list_to_completion_with_scripts() {
    staff_work_a_ticket(Scripts::On).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn staff_work_a_ticket_from_the_list_to_completion_without_scripts() {
    staff_work_a_ticket(Scripts::Off).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_owner_reads_figures_and_asks_why_of_a_balance_with_scripts() {
    the_owner_asks_why(Scripts::On).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_owner_reads_figures_and_asks_why_of_a_balance_without_scripts() {
    the_owner_asks_why(Scripts::Off).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_open_ticket_shows_what_others_say_and_keeps_what_is_being_typed() {
    let (app, _) = shop().await;
    let Some(browser) = Browser::start(&app.url(), Scripts::On).await else { return };
    sign_in(&browser, "amir@acme.example").await;
    browser.click("Tickets").await;
    browser.click("The roof leaks").await;
    browser.fill("message", "Half a sentence").await;
    let cleo = app.sign_in("acme", "cleo@berg.example").await;
    let ticket = cleo.get("/tickets").await.body["items"][0]["id"].as_str().expect("a number").to_owned();
    let body = json!({"message": "Now it pours.", "internal": false});
    assert_eq!(cleo.post(&format!("/tickets/{ticket}/comments"), body).await.status, 201);
    browser.sees("Now it pours.").await;
    let of = async |script: &str| browser.client.execute(script, vec![]).await.expect("a value");
    assert_eq!(of("return document.querySelector('[name=message]').value").await, json!("Half a sentence"));
    // What is looked at has been read; something else is told without a reload.
    let more = json!({"title": "The cellar is wet", "hours": "1"});
    assert_eq!(cleo.post("/tickets", more).await.status, 201);
    let unread = "return document.querySelector('#unread .count')?.firstChild.textContent ?? ''";
    for _ in 0..80 {
        if of(unread).await != json!("") {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(of(unread).await, json!("1"), "the other ticket");
    // A whole page was not loaded for it.
    assert_eq!(of("return performance.getEntriesByType('navigation')[0].type").await, json!("navigate"));
    browser.close().await;
}
