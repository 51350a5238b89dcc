//! Tickets: opening, working, closing; hours held, used, given back.

use kernel::id::CustomerId;
use kernel::{Actor as Who, Role, Unit};
use retainer::ledger::{self, Owner};
use runtime::tx::Access;
use serde_json::{Value, json};
use testkit::{Actor, Answer, TestApp};

mod asking;
mod billing;
mod borders;
mod pages;
mod races;
mod work;

/// Acme with Cleo, who has ten hours, and Amir, who works tickets.
struct Shop {
    app: TestApp,
    cleo: CustomerId,
}

impl Shop {
    async fn start() -> Self {
        let app = TestApp::start().await;
        app.member(app.acme, "Amir", "amir@acme.example", Role::Member).await;
        let cleo = app.customer(app.acme, "Cleo Berg", "cleo@berg.example").await;
        app.grant_hours(app.acme, cleo, 10, "ten").await;
        Self { app, cleo }
    }

    async fn amir(&self) -> Actor {
        self.app.sign_in("acme", "amir@acme.example").await
    }

    async fn cleo(&self) -> Actor {
        self.app.sign_in("acme", "cleo@berg.example").await
    }

    /// Seconds that can be spent and seconds on hold, as the ledger has them.
    async fn balance(&self) -> (i64, i64) {
        balance(&self.app, self.cleo).await
    }
}

async fn balance(app: &TestApp, customer: CustomerId) -> (i64, i64) {
    let tx = app.server.app.begin(app.acme, Who::system("test"), Access::Read).await.expect("a transaction");
    let balance = ledger::find::balance(&tx, Owner::Customer(customer), Unit::Hour).await.expect("a balance");
    (balance.spendable().atoms, balance.held)
}

const HOUR: i64 = 3600;

async fn opened(cleo: &Actor, title: &str, hours: &str) -> String {
    let answer = cleo.post("/tickets", json!({"title": title, "priority": "High", "hours": hours})).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.body["id"].as_str().expect("a number").to_owned()
}

async fn step(actor: &Actor, id: &str, noun: &str, body: Value) -> Answer {
    actor.post(&format!("/tickets/{id}/{noun}"), body).await
}

fn items(answer: &Answer) -> &Vec<Value> {
    answer.body["items"].as_array().expect("items")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ticket_holds_its_hours_from_the_moment_it_is_opened() {
    let shop = Shop::start().await;
    let cleo = shop.cleo().await;
    let wanted = json!({"title": "Skrivaren 🖨 vill inte — 打印机", "details": "Rad 1\nRad 2", "priority": "Urgent", "hours": "2.5"});
    let answer = cleo.post("/tickets", wanted).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    let ticket = &answer.body;
    assert_eq!(ticket["id"], "TKT-20261120-090000-0001");
    assert_eq!(answer.headers["location"], "/api/v1/tickets/TKT-20261120-090000-0001");
    assert_eq!(answer.headers["etag"], "\"1\"");
    assert_eq!((&ticket["status"], &ticket["priority"]), (&json!("pending"), &json!("Urgent")));
    assert_eq!(
        (&ticket["hours"], &ticket["hours_held"], &ticket["hours_used"]),
        (&json!("2.50"), &json!("2.50"), &json!("0.00"))
    );
    assert_eq!(ticket["customer"], json!(shop.cleo.to_string()));
    assert_eq!(shop.balance().await, (75 * HOUR / 10, 25 * HOUR / 10));
    let again = cleo.get("/tickets/TKT-20261120-090000-0001").await;
    assert_eq!((again.status, &again.body), (200, ticket));
    assert_eq!(opened(&cleo, "Another", "0").await, "TKT-20261120-090000-0002");
    assert_eq!(shop.balance().await, (75 * HOUR / 10, 25 * HOUR / 10));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ticket_for_more_than_is_left_is_refused_with_what_is_left() {
    let shop = Shop::start().await;
    let cleo = shop.cleo().await;
    let answer = cleo.post("/tickets", json!({"title": "Too much", "hours": "10.01"})).await;
    assert_eq!((answer.status, answer.code()), (409, "ticket.not_enough_hours"));
    assert_eq!(answer.body["facts"], json!({"wanted": "10.01", "left": "10.00"}));
    assert_eq!(answer.body["errors"][0]["pointer"], "/hours");
    assert_eq!(items(&cleo.get("/tickets").await).len(), 0);
    assert_eq!(shop.balance().await, (10 * HOUR, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn absurd_hours_and_other_rubbish_open_nothing() {
    let shop = Shop::start().await;
    let cleo = shop.cleo().await;
    for hours in
        [json!("-1"), json!("1e9"), json!("1.0000001"), json!("1000001"), json!(""), json!(2), json!("NaN"), json!([])]
    {
        let answer = cleo.post("/tickets", json!({"title": "Odd", "hours": hours})).await;
        assert_eq!(answer.status, 422, "{hours}: {}", answer.body);
        assert_eq!(answer.body["errors"][0]["pointer"], "/hours", "{hours}");
    }
    for body in [
        json!({"title": "a\u{0}b"}),
        json!({"title": " "}),
        json!({"title": "å".repeat(256)}),
        json!({}),
        json!({"title": "Fine", "priority": "high"}),
        json!({"title": "Fine", "owner": "me"}),
    ] {
        assert_eq!(cleo.post("/tickets", body.clone()).await.status, 422, "{body}");
    }
    let olga = shop.app.olga().await;
    let nobody = olga.post("/tickets", json!({"title": "For whom?"})).await;
    assert_eq!((nobody.status, nobody.code()), (422, "ticket.no_customer"));
    assert_eq!(items(&olga.get("/tickets").await).len(), 0);
    assert_eq!(shop.balance().await, (10 * HOUR, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn completing_with_fewer_hours_gives_the_rest_back() {
    let shop = Shop::start().await;
    let (cleo, amir) = (shop.cleo().await, shop.amir().await);
    let id = opened(&cleo, "Fix it", "4").await;
    assert_eq!(step(&amir, &id, "start", json!({})).await.body["status"], "in_progress");
    let done = step(&amir, &id, "completion", json!({"hours": "1.5"})).await;
    assert_eq!((done.status, &done.body["status"]), (200, &json!("completed")), "{}", done.body);
    assert_eq!((&done.body["hours_held"], &done.body["hours_used"]), (&json!("0.00"), &json!("1.50")));
    assert_eq!(shop.balance().await, (85 * HOUR / 10, 0));
    let again = step(&amir, &id, "completion", json!({"hours": "1.5"})).await;
    assert_eq!((again.status, &again.body), (200, &done.body));
    let other = step(&amir, &id, "completion", json!({"hours": "2"})).await;
    assert_eq!((other.status, other.code()), (409, "ticket.completed"));
    assert_eq!(shop.balance().await, (85 * HOUR / 10, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn completing_with_more_hours_draws_on_what_is_left_and_never_beyond() {
    let shop = Shop::start().await;
    let (cleo, amir) = (shop.cleo().await, shop.amir().await);
    let (first, second, free) =
        (opened(&cleo, "One", "4").await, opened(&cleo, "Two", "2").await, opened(&cleo, "Three", "0").await);
    let done = step(&amir, &first, "completion", json!({"hours": "6"})).await;
    assert_eq!((done.status, &done.body["hours_used"]), (200, &json!("6.00")), "{}", done.body);
    assert_eq!(shop.balance().await, (2 * HOUR, 2 * HOUR));
    let over = step(&amir, &second, "completion", json!({"hours": "4.5"})).await;
    assert_eq!((over.status, over.code()), (409, "ticket.not_enough_hours"));
    assert_eq!(over.body["facts"], json!({"wanted": "2.50", "left": "2.00"}));
    assert_eq!(amir.get(&format!("/tickets/{second}")).await.body["status"], "pending");
    // A ticket without a hold can still use what is left.
    let done = step(&amir, &free, "completion", json!({"hours": "0.5"})).await;
    assert_eq!((done.status, &done.body["hours_used"]), (200, &json!("0.50")), "{}", done.body);
    assert_eq!(shop.balance().await, (15 * HOUR / 10, 2 * HOUR));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rejecting_twice_gives_the_hours_back_once() {
    let shop = Shop::start().await;
    let (cleo, amir) = (shop.cleo().await, shop.amir().await);
    let id = opened(&cleo, "No", "4").await;
    let first = step(&amir, &id, "rejection", json!({"reason": "We do not do roofs."})).await;
    assert_eq!((first.status, &first.body["status"]), (200, &json!("rejected")), "{}", first.body);
    assert_eq!(shop.balance().await, (10 * HOUR, 0));
    let second = step(&amir, &id, "rejection", json!({"reason": "Again."})).await;
    assert_eq!((second.status, &second.body), (200, &first.body));
    assert_eq!(shop.balance().await, (10 * HOUR, 0));
    let history = cleo.get(&format!("/tickets/{id}/history")).await;
    let actions: Vec<_> = items(&history).iter().map(|event| (&event["action"], &event["reason"])).collect();
    assert_eq!(
        actions,
        [(&json!("ticket.opened"), &json!(null)), (&json!("ticket.rejected"), &json!("We do not do roofs."))]
    );
    for (noun, body) in [("start", json!({})), ("completion", json!({"hours": "1"})), ("hours", json!({"hours": "1"}))]
    {
        let refused = step(&amir, &id, noun, body).await;
        assert_eq!((refused.status, refused.code()), (409, "ticket.closed"), "{noun}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reopening_needs_the_hours_again() {
    let shop = Shop::start().await;
    let (cleo, amir) = (shop.cleo().await, shop.amir().await);
    let id = opened(&cleo, "Again", "6").await;
    step(&amir, &id, "rejection", json!({"reason": "Not now."})).await;
    let other = opened(&cleo, "Meanwhile", "5").await;
    let refused = step(&amir, &id, "reopening", json!({})).await;
    assert_eq!((refused.status, refused.code()), (409, "ticket.not_enough_hours"));
    assert_eq!(amir.get(&format!("/tickets/{id}")).await.body["status"], "rejected");
    let back = step(&amir, &id, "reopening", json!({"hours": "5", "reason": "Now."})).await;
    assert_eq!(
        (&back.body["status"], &back.body["hours_held"], &back.body["closed_at"]),
        (&json!("pending"), &json!("5.00"), &json!(null))
    );
    assert_eq!(shop.balance().await, (0, 10 * HOUR));
    assert_eq!(step(&amir, &id, "reopening", json!({})).await.code(), "ticket.open");
    // Completed, reopened and completed again: both rounds count.
    step(&amir, &other, "completion", json!({"hours": "2"})).await;
    step(&amir, &other, "reopening", json!({"hours": "1"})).await;
    let done = step(&amir, &other, "completion", json!({"hours": "1"})).await;
    assert_eq!(done.body["hours_used"], "3.00");
    assert_eq!(shop.balance().await, (2 * HOUR, 5 * HOUR));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changing_the_hours_changes_what_is_held() {
    let shop = Shop::start().await;
    let (cleo, amir) = (shop.cleo().await, shop.amir().await);
    let id = opened(&cleo, "Grows", "2").await;
    assert_eq!(step(&cleo, &id, "hours", json!({"hours": "5"})).await.body["hours_held"], "5.00");
    assert_eq!(shop.balance().await, (5 * HOUR, 5 * HOUR));
    assert_eq!(step(&amir, &id, "hours", json!({"hours": "1.5"})).await.body["hours"], "1.50");
    assert_eq!(shop.balance().await, (85 * HOUR / 10, 15 * HOUR / 10));
    let refused = step(&cleo, &id, "hours", json!({"hours": "11"})).await;
    assert_eq!((refused.status, refused.code()), (409, "ticket.not_enough_hours"));
    assert_eq!(step(&amir, &id, "hours", json!({"hours": "0"})).await.body["hours_held"], "0.00");
    assert_eq!(shop.balance().await, (10 * HOUR, 0));
    assert_eq!(step(&amir, &id, "hours", json!({"hours": "1"})).await.body["hours_held"], "1.00");
    step(&amir, &id, "start", json!({})).await;
    let begun = step(&cleo, &id, "hours", json!({"hours": "3"})).await;
    assert_eq!((begun.status, begun.code()), (409, "ticket.being_worked_on"));
}
