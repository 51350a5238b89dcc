//! The start page of those who work: what is theirs comes first, and every figure leads to what makes it up.

use kernel::Role;
use serde_json::json;
use testkit::TestApp;

use crate::pages_at_hand::{opened, sees, sees_not, shop};

/// The parts of a page stand in this order.
fn in_order(html: &str, parts: &[&str]) {
    let mut rest = html;
    for part in parts {
        rest = rest.split_once(part).unwrap_or_else(|| panic!("{part:?} does not come next:\n{rest}")).1;
    }
}

/// Assigns a ticket to whoever has the address.
async fn assign(app: &TestApp, ticket: &str, email: &str) {
    let olga = app.olga().await;
    let members = olga.get("/members").await.body;
    let is = |member: &&serde_json::Value| member["email"] == email;
    let member = members["items"].as_array().expect("members").iter().find(is).expect(email)["id"].clone();
    let path = format!("/tickets/{ticket}/assignment");
    let answer = olga.post(&path, json!({"assignee": member})).await;
    assert!(answer.status < 300, "{}", answer.body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_day_says_the_next_step_and_a_quiet_one_is_quiet() {
    let app = TestApp::start().await;
    let page = app.signed_in("acme", "olga@acme.example").await;
    let olga = app.olga().await;
    let first = page.get("/acme").await.html;
    in_order(
        &first,
        &["Where to begin", "Say what you sell", "Add a customer", "Sell them a plan, or hours", "Open a ticket"],
    );
    let customer = olga.post("/customers", json!({"name": "Cleo Berg"})).await.body["id"].clone();
    let next = page.get("/acme").await.html;
    in_order(&next, &["Add a customer", "done", "href=\"/acme/tickets/new\""]);
    let price = json!({"amount": "90.00", "currency": "USD"});
    let sold =
        olga.post("/top-ups", json!({"customer": customer, "quantity": "2", "price": price, "pay_now": true})).await;
    assert_eq!(sold.status, 201, "{}", sold.body);
    sees_not(&page.get("/acme").await, "A quiet day");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_works_tickets_sees_their_own_above_what_is_anybodys() {
    let (app, cleo) = shop().await;
    app.member(app.acme, "Dev", "dev@acme.example", Role::Developer).await;
    let dev = app.signed_in("acme", "dev@acme.example").await;
    let free = opened(&app, cleo, "The fence is down", "Urgent").await;
    let empty = dev.get("/acme").await;
    sees(&empty, "No open ticket is assigned to you. Take one that is nobody’s yet.");
    let mine = opened(&app, cleo, "The roof leaks", "Low").await;
    let begun = opened(&app, cleo, "The door sticks", "Low").await;
    let other = opened(&app, cleo, "The lamp is out", "Urgent").await;
    for (ticket, email) in [(&mine, "dev@acme.example"), (&begun, "dev@acme.example"), (&other, "olga@acme.example")] {
        assign(&app, ticket, email).await;
    }
    assert!(app.olga().await.post(&format!("/tickets/{begun}/start"), json!({})).await.status < 300);
    let page = dev.get("/acme").await;
    let [free, mine, begun, other] = [free, mine, begun, other].map(|ticket| format!("/acme/tickets/{ticket}"));
    in_order(
        &page.html,
        &["<h2>Yours</h2>", &mine, &begun, "<h2>Anybody’s</h2>", &free, "<h2>With others</h2>", &other],
    );
    sees_not(&page, "with Dev");
    for ticket in [&free, &mine, &begun, &other] {
        let rows = page.html.matches(&format!("href=\"{ticket}\"")).count();
        assert_eq!(rows, 1, "{ticket} stands in one place: {}", page.html);
    }
    // What nobody has is never behind what somebody has.
    for number in 0..14 {
        let taken = opened(&app, cleo, &format!("Taken {number}"), "High").await;
        assign(&app, &taken, "olga@acme.example").await;
    }
    let fresh = opened(&app, cleo, "The printer is blue", "Low").await;
    for reader in ["dev@acme.example", "olga@acme.example"] {
        sees(&app.signed_in("acme", reader).await.get("/acme").await, &format!("/acme/tickets/{fresh}"));
    }
    // Whoever runs the office sees what is urgent first, whosever it is.
    let olga = app.signed_in("acme", "olga@acme.example").await.get("/acme").await;
    in_order(&olga.html, &["<h2>Needs you</h2>", &other, "<h2>In work</h2>", &begun]);
    // An old bill stands below what is urgent, and above what is not.
    let calm = opened(&app, cleo, "Paint the gate", "Medium").await;
    let price = json!({"amount": "100.00", "currency": "USD"});
    let sold = json!({"customer": cleo.to_string(), "quantity": "1", "price": price});
    assert_eq!(app.olga().await.post("/top-ups", sold).await.status, 201);
    app.clock.set(testkit::at("2027-01-15T09:00:00Z"));
    let late = app.signed_in("acme", "olga@acme.example").await.get("/acme").await;
    in_order(&late.html, &["<h2>Needs you</h2>", &other, "days overdue", &format!("/acme/tickets/{calm}")]);
    sees_not(&olga, "<h2>Yours</h2>");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_figures_of_headings_lead_to_their_rows_and_have_their_thousands_apart() {
    let (app, cleo) = shop().await;
    app.grant_hours(app.acme, cleo, 4_955, "many").await;
    let olga = app.olga().await;
    let price = json!({"amount": "1250.00", "currency": "USD"});
    let sold = json!({"customer": cleo.to_string(), "quantity": "5", "price": price, "pay_now": true});
    assert_eq!(olga.post("/top-ups", sold).await.status, 201);
    let reader = app.signed_in("acme", "olga@acme.example").await;
    let rows = "/acme/reports/month?of=2026-11&amp;rows=revenue";
    opened(&app, cleo, "The roof leaks", "Low").await;
    let today = reader.get("/acme").await;
    sees(&today, &format!("Revenue is <a href=\"{rows}\">"));
    sees(&today, "4,999:00");
    let reports = reader.get("/acme/reports").await;
    sees(&reports, &format!("<figcaption>Revenue is <a href=\"{rows}\">$1,250.00</a> so far"));
    sees(&reports, "Of 5,000:00 h sold in the last twelve months");
    sees_not(&reports, "5000:00");
    let money = reader.get("/acme/money").await;
    sees(&money, &format!("Revenue is <a href=\"{rows}\">"));
    sees(&money, "You owe customers <a href=\"/acme/customers?show=all&amp;sort=most\">");
    sees(&money, "4,999:00");
    let to = "/acme/reports/month?of=2026-11&rows=revenue";
    sees(&reader.get(to).await, "$1,250.00");
    let balance = reader.get(&format!("/acme/customers/{cleo}/balance")).await;
    sees(&balance, "4,999:00");
    sees_not(&balance, "4999:00");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_for_the_customers_yes_is_not_new_work_to_be_estimated() {
    let (app, cleo) = shop().await;
    let wanted = json!({"customer": cleo.to_string(), "title": "The roof leaks", "hours": "0", "priority": "Urgent"});
    let made = app.olga().await.post("/tickets", wanted).await;
    let ticket = made.body["id"].as_str().expect("a number").to_owned();
    let reader = app.signed_in("acme", "olga@acme.example").await;
    let new = reader.get("/acme").await;
    sees(&new, "New, ");
    sees(&new, "to be estimated");
    sees(&reader.get("/acme/tickets").await, "</span>Pending");
    let asked = app.olga().await.post(&format!("/tickets/{ticket}/hours"), json!({"hours": "1.75", "ask": true})).await;
    assert!(asked.status < 300, "{}", asked.body);
    let waits = reader.get("/acme").await;
    sees(&waits, "Asked, ");
    sees(&waits, "waits for a yes to ");
    sees_not(&waits, "to be estimated");
    sees_not(&waits, "New, ");
    let list = reader.get("/acme/tickets").await;
    sees(&list, "</span>Asked");
    sees_not(&list, "</span>Pending");
}
