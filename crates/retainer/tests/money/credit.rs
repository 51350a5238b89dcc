//! Credit lines at their end: what was used of them is billed once, whatever happened meanwhile.

use kernel::id::HoldId;
use serde_json::{Value, json};

use super::Shop;

/// A shop with Cleo on ten hours a month and five more on credit at $60.
async fn flexible() -> (Shop, String, String) {
    let shop = Shop::open().await;
    let cleo = shop.customer("Cleo").await;
    let rate = json!({"amount": "60", "currency": "USD"});
    let plan = shop.plan("Flexible", json!({"overage": "credit", "overage_limit": "5", "overage_rate": rate})).await;
    let subscription = shop.subscribe(&cleo, &plan).await;
    (shop, cleo, subscription)
}

/// What Cleo was billed in all, by description's end.
async fn overages(shop: &Shop, cleo: &str) -> Vec<String> {
    let seen = shop.get(&format!("/invoices?customer={cleo}")).await;
    let mut found = Vec::new();
    for invoice in seen["items"].as_array().expect("a list") {
        let id = invoice["id"].as_str().expect("an id");
        let lines = shop.get(&format!("/invoices/{id}")).await["lines"].clone();
        if lines[0]["kind"] == "overage" {
            found.push(invoice["total"]["amount"].as_str().expect("an amount").to_owned());
        }
    }
    found
}

async fn cancel(shop: &Shop, subscription: &str) -> Value {
    let path = format!("/subscriptions/{subscription}/cancellation");
    let cancelled = shop.olga.post(&path, json!({"at": "now"})).await;
    assert_eq!(cancelled.status, 200, "{}", cancelled.body);
    cancelled.body
}

/// Gives back all of the only payment.
async fn refund_first(shop: &Shop) {
    let payment = shop.get("/payments").await["items"][0]["id"].as_str().expect("a payment").to_owned();
    let refunded = shop.olga.post(&format!("/payments/{payment}/refunds"), json!({"reason": "Unhappy."})).await;
    assert_eq!(refunded.status, 201, "{}", refunded.body);
}

async fn held_past_cancelling() -> (Shop, String, HoldId) {
    let (shop, cleo, subscription) = flexible().await;
    let hold = shop.hold_hours(&cleo, 13).await;
    cancel(&shop, &subscription).await;
    shop.go_to("2026-11-21T09:00:00Z").await;
    assert_eq!(overages(&shop, &cleo).await, Vec::<String>::new(), "nothing was used yet");
    (shop, cleo, hold)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn credit_that_work_used_after_the_subscription_was_cancelled_is_billed_once() {
    let (shop, cleo, hold) = held_past_cancelling().await;
    shop.capture_hours(hold, 12).await;
    for at in ["2026-11-22T09:00:00Z", "2026-11-22T09:01:00Z", "2027-03-01T09:00:00Z"] {
        shop.go_to(at).await;
        assert_eq!(overages(&shop, &cleo).await, ["120.00"], "{at}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn credit_that_was_held_and_given_back_after_cancelling_is_not_billed() {
    let (shop, cleo, hold) = held_past_cancelling().await;
    shop.capture_hours(hold, 9).await;
    shop.go_to("2026-11-22T09:00:00Z").await;
    assert_eq!(overages(&shop, &cleo).await, Vec::<String>::new());
    let owner = runtime::db::connect(&shop.app.root_config).await.expect("the owner");
    let watched = owner.query_one("select count(*) from subscription_periods where credit_watched", &[]).await;
    assert_eq!(watched.expect("a count").get::<_, i64>(0), 0, "nothing is left to be looked at");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_servers_bill_late_credit_once() {
    let (shop, cleo, hold) = held_past_cancelling().await;
    shop.capture_hours(hold, 13).await;
    let app = &shop.app.server.app;
    let tick = || retainer::jobs::tick(app);
    let ticks = tokio::join!(tick(), tick(), tick(), tick());
    assert!([ticks.0, ticks.1, ticks.2, ticks.3].iter().all(Result::is_ok));
    assert_eq!(overages(&shop, &cleo).await, ["180.00"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refunded_period_loses_its_credit_line_and_what_was_used_of_it_stays_owed() {
    let (shop, cleo, _) = flexible().await;
    shop.use_hours(&cleo, 12).await;
    refund_first(&shop).await;
    let balance = shop.balance(&cleo).await;
    assert_eq!((balance.spendable().decimal(), balance.owed().decimal()), ("0.00".to_owned(), "10.00".to_owned()));
    assert_eq!(overages(&shop, &cleo).await, ["120.00"]);
    shop.go_to("2026-12-20T09:00:00Z").await;
    assert_eq!(overages(&shop, &cleo).await, ["120.00"], "the end of the period does not bill it again");
}

/// How Cleo's credit line ended, and what was written of its unused units.
async fn end_of_line(shop: &Shop) -> (String, Vec<(String, i64)>) {
    let owner = runtime::db::connect(&shop.app.root_config).await.expect("the owner");
    let line = "select ended_as from allowance_lots where source_kind = 'credit_line'";
    let ended = owner.query_one(line, &[]).await.expect("a credit line").get(0);
    let gone = "select e.kind, e.quantity / 3600 from allowance_entries e join allowance_lots l on l.id = e.lot_id
        where l.source_kind = 'credit_line' and e.kind in ('void', 'expire') order by e.seq";
    let rows = owner.query(gone, &[]).await.expect("entries");
    (ended, rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refund_voids_the_credit_line_and_the_plan_says_what_becomes_of_what_was_used_of_it() {
    let cases = [
        ("bill", "voided_billed", vec!["120.00"], "10.00"),
        ("carry", "voided", vec![], "12.00"),
        ("forgive", "voided_forgiven", vec![], "10.00"),
    ];
    for (close, ended, billed, owed) in cases {
        let shop = Shop::open().await;
        let cleo = shop.customer("Cleo").await;
        let rate = json!({"amount": "60", "currency": "USD"});
        let terms = json!({"overage": "credit", "overage_limit": "5", "overage_rate": rate, "overage_close": close});
        shop.subscribe(&cleo, &shop.plan("Flexible", terms).await).await;
        shop.use_hours(&cleo, 12).await;
        refund_first(&shop).await;
        let void = ("void".to_owned(), 3);
        assert_eq!(end_of_line(&shop).await, (ended.to_owned(), vec![void]), "{close}");
        for at in ["2026-11-21T09:00:00Z", "2026-12-20T09:00:00Z"] {
            shop.go_to(at).await;
            assert_eq!(overages(&shop, &cleo).await, billed, "{close} {at}");
            assert_eq!(shop.balance(&cleo).await.owed().decimal(), owed, "{close} {at}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_work_holds_of_a_voided_credit_line_is_billed_if_it_is_used_and_gone_if_it_is_not() {
    let (shop, cleo, _) = flexible().await;
    let hold = shop.hold_hours(&cleo, 14).await;
    refund_first(&shop).await;
    assert_eq!(overages(&shop, &cleo).await, Vec::<String>::new(), "nothing was used yet");
    shop.capture_hours(hold, 12).await;
    let void = |hours| ("void".to_owned(), hours);
    assert_eq!(end_of_line(&shop).await, ("voided_billed".to_owned(), vec![void(1), void(2)]));
    for at in ["2026-11-21T09:00:00Z", "2026-12-20T09:00:00Z"] {
        shop.go_to(at).await;
        assert_eq!(overages(&shop, &cleo).await, ["120.00"], "{at}");
    }
    let balance = shop.balance(&cleo).await;
    assert_eq!((balance.spendable().decimal(), balance.owed().decimal()), ("0.00".to_owned(), "10.00".to_owned()));
}
