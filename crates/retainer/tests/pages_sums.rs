//! Every figure leads to rows that add up to it, and lists are put into order by their heads.

use kernel::id::CustomerId;
use serde_json::json;
use testkit::{PageAnswer, TestApp};

use crate::money::Shop;

pub(crate) fn sees(page: &PageAnswer, words: &str) {
    assert!(page.html.contains(words), "{words:?} is not on the page ({}):\n{}", page.status, page.html);
}

/// The words of a page without its marks, each once apart.
fn words(page: &PageAnswer) -> String {
    let mut text = String::new();
    for piece in page.html.split('<').skip(1) {
        text.push_str(piece.split_once('>').map_or("", |(_, words)| words));
    }
    text.replace('\u{a0}', " ")
}

pub(crate) fn reads(page: &PageAnswer, said: &str) {
    let words = words(page);
    assert!(words.contains(said), "{said:?} is not said ({}):\n{words}", page.status);
}

/// Where each of the words first stands; they must all be there, one behind the other.
pub(crate) fn in_order(page: &PageAnswer, names: &[&str]) {
    let list = page.html.split("id=\"list\"").nth(1).unwrap_or_else(|| panic!("no list: {}", page.html));
    let places: Vec<usize> =
        names.iter().map(|name| list.find(name).unwrap_or_else(|| panic!("{name} is not there: {list}"))).collect();
    assert!(places.is_sorted(), "{names:?} stand at {places:?}");
}

pub(crate) async fn opened(app: &TestApp, cleo: CustomerId, title: &str, hours: &str, priority: &str) -> String {
    let wanted = json!({"customer": cleo.to_string(), "title": title, "hours": hours, "priority": priority});
    let answer = app.olga().await.post("/tickets", wanted).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.body["id"].as_str().expect("a number").to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_open_work_holds_is_the_sum_of_the_list_that_the_figure_leads_to() {
    let app = TestApp::start().await;
    let cleo = app.customer(app.acme, "Cleo Berg", "cleo@berg.example").await;
    app.grant_hours(app.acme, cleo, 10, "ten").await;
    opened(&app, cleo, "A small one", "1.25", "Low").await;
    let begun = opened(&app, cleo, "A begun one", "2.5", "Urgent").await;
    let gone = opened(&app, cleo, "A finished one", "1", "High").await;
    let api = app.olga().await;
    assert_eq!(api.post(&format!("/tickets/{begun}/start"), json!({})).await.status, 200);
    assert_eq!(api.post(&format!("/tickets/{gone}/completion"), json!({})).await.status, 200);
    let olga = app.signed_in("acme", "olga@acme.example").await;
    let reports = olga.get("/acme/reports").await;
    reads(&reports, "open work holds 3:45 h more");
    sees(&reports, "href=\"/acme/tickets?status=open&amp;sort=held\"");
    let held = olga.get("/acme/tickets?status=open&sort=held").await;
    reads(&held, "2 tickets, those that are open, 3:45 h on hold together");
    in_order(&held, &["A begun one", "A small one"]);
    assert!(!held.html.contains("A finished one"), "{}", held.html);
    sees(&held, "aria-sort=\"descending\"");
    // One of the two statuses holds its part.
    reads(&olga.get("/acme/tickets?status=in_progress").await, "1 ticket, 2:30 h on hold together");
    reads(&olga.get("/acme/tickets?status=completed").await, "1 ticket");
    in_order(&olga.get("/acme/tickets?sort=priority").await, &["A begun one", "A small one"]);
    // The customer's own list adds up as well, and says nothing of others.
    let patron = app.signed_in("acme", "cleo@berg.example").await;
    reads(&patron.get("/acme/tickets?status=open").await, "2 tickets, 3:45 h on hold together");
    let dan = app.customer(app.acme, "Dan Ek", "dan@ek.example").await;
    reads(&patron.get(&format!("/acme/tickets?customer={dan}")).await, "No ticket fits");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn open_tickets_go_on_over_pages_in_their_order() {
    let app = TestApp::start().await;
    let cleo = app.customer(app.acme, "Cleo Berg", "cleo@berg.example").await;
    app.grant_hours(app.acme, cleo, 100, "hundred").await;
    for number in 0..55 {
        let priority = if number % 2 == 0 { "Low" } else { "Urgent" };
        opened(&app, cleo, &format!("Number {number:02}."), "0.5", priority).await;
    }
    let olga = app.signed_in("acme", "olga@acme.example").await;
    let first = olga.get("/acme/tickets?status=open&sort=priority").await;
    in_order(&first, &["Number 01.", "Number 03.", "Number 53.", "Number 00.", "Number 02."]);
    assert!(!first.html.contains("Number 54."), "{}", first.html);
    let next = first.html.split("rel=\"next\" href=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("more");
    let next = olga.get(&next.replace("&amp;", "&")).await;
    in_order(&next, &["Number 46.", "Number 48.", "Number 54."]);
    assert!(!next.html.contains("Number 44."), "{}", next.html);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_customers_are_owed_is_the_sum_of_their_list_and_the_list_has_an_order() {
    let app = TestApp::start().await;
    let cleo = app.customer(app.acme, "Cleo Berg", "cleo@berg.example").await;
    let dan = app.customer(app.acme, "Dan Ek", "dan@ek.example").await;
    let anna = app.customer(app.acme, "Anna Ask", "anna@ask.example").await;
    app.grant_hours(app.acme, cleo, 10, "ten").await;
    app.grant_hours(app.acme, dan, 3, "three").await;
    app.grant_hours(app.acme, anna, 5, "five").await;
    opened(&app, cleo, "Held", "2", "Low").await;
    let olga = app.signed_in("acme", "olga@acme.example").await;
    let reports = olga.get("/acme/reports").await;
    reads(&reports, "You owe customers 16:00 h");
    sees(&reports, "href=\"/acme/customers?show=all&amp;sort=most\"");
    let most = olga.get("/acme/customers?show=all&sort=most").await;
    reads(&most, "3 customers, 16:00 h left together");
    in_order(&most, &["Cleo Berg", "Anna Ask", "Dan Ek"]);
    sees(&most, "aria-sort=\"descending\"");
    in_order(&olga.get("/acme/customers?sort=left").await, &["Dan Ek", "Anna Ask", "Cleo Berg"]);
    in_order(&olga.get("/acme/customers?sort=name").await, &["Anna Ask", "Cleo Berg", "Dan Ek"]);
    // Archived ones are owed theirs all the same: the sum of all is the figure, that of the served is not.
    let archived = app.olga().await.post(&format!("/customers/{dan}/archiving"), json!({})).await;
    assert!(archived.status < 300, "{}", archived.body);
    reads(&olga.get("/acme/reports").await, "You owe customers 16:00 h");
    reads(&olga.get("/acme/customers?show=all&sort=most").await, "3 customers, 16:00 h left together");
    reads(&olga.get("/acme/customers").await, "2 customers, 13:00 h left together");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_running_plans_bring_is_the_sum_of_their_prices() {
    let shop = Shop::open().await;
    let (basic, pro) = (shop.plan("Basic", json!({})).await, shop.plan("Pro", json!({"quantity": "100"})).await);
    for (name, plan) in [("Cleo Berg", &basic), ("Dan Ek", &basic), ("Anna Ask", &pro)] {
        let customer = shop.made("/customers", json!({"name": name})).await;
        shop.subscribe(&customer, plan).await;
    }
    let olga = shop.app.signed_in("acme", "olga@acme.example").await;
    let reports = olga.get("/acme/reports").await;
    sees(&reports, "href=\"/acme/subscriptions?state=running\"");
    let figure = words(&reports)
        .split("Running plans bring ")
        .nth(1)
        .and_then(|rest| rest.split(" a month").next().map(str::to_owned))
        .expect("a figure");
    let list = olga.get("/acme/subscriptions?state=running").await;
    reads(&list, &format!("together {figure} a month"));
    // All of these plans are monthly: the column adds up.
    let cells = list.html.split("id=\"list\"").nth(1).expect("a list").split("class=\"money\" value=\"").skip(1);
    let cents =
        cells.map(|cell| cell.split('"').next().expect("an amount").replace('.', "").parse::<i64>().expect("cents"));
    let figure: i64 = figure.replace(['$', ',', '.'], "").parse().expect("cents");
    assert_eq!(cents.sum::<i64>(), figure, "{}", list.html);
    assert!(figure > 0, "nothing runs");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_months_page_says_what_the_bar_says() {
    let app = TestApp::start().await;
    let cleo = app.customer(app.acme, "Cleo Berg", "cleo@berg.example").await;
    let price = json!({"amount": "400.00", "currency": "USD"});
    for _ in 0..3 {
        let top_up = json!({"customer": cleo.to_string(), "quantity": "4", "pay_now": true, "price": price});
        assert_eq!(app.olga().await.post("/top-ups", top_up).await.status, 201);
    }
    let done = opened(&app, cleo, "Done", "2", "Low").await;
    opened(&app, cleo, "Open", "1", "Low").await;
    assert_eq!(app.olga().await.post(&format!("/tickets/{done}/completion"), json!({})).await.status, 200);
    let olga = app.signed_in("acme", "olga@acme.example").await;
    let reports = olga.get("/acme/reports").await;
    sees(&reports, "<title>November 2026: revenue $1,200.00</title>");
    sees(&reports, "<title>November 2026: sold 12:00 h, used 2:00 h, expired 0:00 h</title>");
    let page = async |rows: &str| olga.get(&format!("/acme/reports/month?of=2026-11&rows={rows}")).await;
    reads(&page("revenue").await, "Together $1,200.00 received less given back");
    reads(&page("hours").await, "Together12:002:000:00");
    reads(&page("tickets").await, "Together 2 tickets, 2:00 h used on them so far");
    reads(&page("completed").await, "Together 1 ticket, 2:00 h used on them so far");
}
