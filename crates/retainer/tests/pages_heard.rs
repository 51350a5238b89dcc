//! Pages that stay open all day: what happens while one looks at them stands there without being asked for.

use serde_json::json;
use testkit::{Browser, Scripts};

use crate::pages_at_hand::{opened, shop, sign_in, until};

/// Waits until the server tells the page what happens.
async fn hears(browser: &Browser) {
    until(browser, "document.readyState === 'complete' && document.querySelector('main [data-hears]')").await;
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn today_home_the_balance_and_money_say_what_happened_meanwhile() {
    let (app, cleo) = shop().await;
    let asks = opened(&app, cleo, "The roof leaks", "Low").await;
    let api = app.olga().await;
    let Some(staff) = Browser::start(&app.url(), Scripts::On).await else { return };
    sign_in(&staff, "/acme", "olga@acme.example").await;
    hears(&staff).await;
    opened(&app, cleo, "The fence is down", "Urgent").await;
    staff.sees("The fence is down").await;
    // Money, empty at first, and then with a bill that nobody loaded the page for.
    staff.open("/acme/money").await;
    hears(&staff).await;
    let price = json!({"amount": "417.00", "currency": "USD"});
    let sold = json!({"customer": cleo.to_string(), "quantity": "4", "pay_now": false, "price": price});
    assert_eq!(api.post("/top-ups", sold).await.status, 201);
    staff.sees("$417.00").await;
    staff.open(&format!("/acme/customers/{cleo}/balance")).await;
    hears(&staff).await;
    let done = api.post(&format!("/tickets/{asks}/completion"), json!({"hours": "0.75"})).await;
    assert_eq!(done.status, 200, "{}", done.body);
    staff.sees("0:45 h used").await;
    staff.close().await;
    let Some(home) = Browser::start(&app.url(), Scripts::On).await else { return };
    sign_in(&home, "/acme", "cleo@berg.example").await;
    hears(&home).await;
    opened(&app, cleo, "The door sticks", "Low").await;
    home.sees("The door sticks").await;
    home.sees("2:00 h held").await;
    home.open("/acme/balance").await;
    hears(&home).await;
    opened(&app, cleo, "The lamp is out", "Low").await;
    home.sees("3:00 h held").await;
    home.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_question_to_a_customer_comes_and_its_answer_goes_while_both_look() {
    let (app, cleo) = shop().await;
    let ticket = opened(&app, cleo, "The roof leaks", "Low").await;
    let api = app.olga().await;
    let Some(home) = Browser::start(&app.url(), Scripts::On).await else { return };
    sign_in(&home, "/acme", "cleo@berg.example").await;
    home.open(&format!("/acme/tickets/{ticket}")).await;
    hears(&home).await;
    let asked = api.post(&format!("/tickets/{ticket}/hours"), json!({"hours": "1.5", "ask": true})).await;
    assert_eq!(asked.status, 200, "{}", asked.body);
    home.sees("Agree to 1:30 h").await;
    let Some(staff) = Browser::start(&app.url(), Scripts::On).await else { return };
    sign_in(&staff, "/acme", "olga@acme.example").await;
    staff.open(&format!("/acme/tickets/{ticket}")).await;
    staff.sees("The customer is asked to agree").await;
    hears(&staff).await;
    home.click("Agree to 1:30 h").await;
    until(&staff, "!document.querySelector('main').textContent.includes('The customer is asked to agree')").await;
    home.close().await;
    staff.close().await;
}
