//! What comes to a customer whose plan stands still lives as long as if it had come before.

use serde_json::{Value, json};

use super::Shop;

/// When the next units of a customer expire, and how many.
async fn next_expiry(shop: &Shop, customer: &str, unit: &str) -> Value {
    let seen = shop.get(&format!("/customers/{customer}/allowances")).await;
    let of_unit = |it: &&Value| it["unit"] == unit;
    seen["items"].as_array().expect("a list").iter().find(of_unit).expect("such units")["next_expiry"].clone()
}

async fn pause(shop: &Shop, subscription: &str) {
    let paused = shop.olga.post(&format!("/subscriptions/{subscription}/pause"), json!({})).await;
    assert_eq!(paused.status, 200, "{}", paused.body);
}

async fn resume(shop: &Shop, subscription: &str) -> Value {
    let resumed = shop.olga.delete(&format!("/subscriptions/{subscription}/pause")).await;
    assert_eq!(resumed.status, 200, "{}", resumed.body);
    resumed.body
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_period_that_is_paid_during_a_pause_ends_with_its_units() {
    // The second payment comes when the period would have been over without the pause.
    for paid_at in ["2027-01-05T09:00:00Z", "2027-01-25T09:00:00Z"] {
        let shop = Shop::open().await;
        let cleo = shop.customer("Cleo").await;
        let rate = json!({"amount": "60", "currency": "USD"});
        let credit = json!({"overage": "credit", "overage_limit": "5", "overage_rate": rate});
        let id = shop.subscribe(&cleo, &shop.plan("Flexible", credit).await).await;
        shop.go_to("2026-12-20T09:00:00Z").await;
        shop.go_to("2026-12-25T09:00:00Z").await;
        pause(&shop, &id).await;
        shop.go_to(paid_at).await;
        shop.pay_open(&id).await;
        shop.go_to("2027-02-05T09:00:00Z").await;
        let resumed = resume(&shop, &id).await;
        assert_eq!(resumed["period_end"], "2027-03-03T09:00:00Z", "{paid_at}");
        let expiry = next_expiry(&shop, &cleo, "hour").await;
        assert_eq!(expiry, json!({"quantity": "10.00", "at": "2027-03-03T09:00:00Z"}), "{paid_at}");
        shop.go_to("2027-03-03T08:59:59Z").await;
        let balance = shop.balance(&cleo).await;
        let left = [balance.prepaid_left().decimal(), balance.spendable().decimal()];
        assert_eq!(left, ["10.00", "15.00"], "{paid_at}: the units, and the credit line beside them");
        shop.go_to("2027-03-03T09:00:00Z").await;
        assert_eq!(shop.balance(&cleo).await.spendable().decimal(), "0.00", "{paid_at}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_top_up_bought_during_a_pause_gets_the_rest_of_it() {
    let shop = Shop::open().await;
    let (cleo, plan) = (shop.customer("Cleo").await, shop.plan("Standard", json!({})).await);
    let id = shop.subscribe(&cleo, &plan).await;
    shop.use_hours(&cleo, 10).await;
    pause(&shop, &id).await;
    shop.go_to("2026-11-25T09:00:00Z").await;
    let price = json!({"amount": "90", "currency": "USD"});
    let buy = json!({"customer": cleo, "quantity": "2", "price": price, "pay_now": true,
        "expires_at": "2026-12-01T09:00:00Z"});
    shop.made("/top-ups", buy).await;
    shop.go_to("2026-12-25T09:00:00Z").await;
    assert_eq!(shop.left(&cleo).await, "2.00");
    resume(&shop, &id).await;
    let expiry = next_expiry(&shop, &cleo, "hour").await;
    assert_eq!(expiry, json!({"quantity": "2.00", "at": "2026-12-31T09:00:00Z"}));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_clock_stands_still_also_for_units_of_which_there_were_none_when_the_pause_began() {
    let shop = Shop::open().await;
    let (cleo, hours) = (shop.customer("Cleo").await, shop.plan("Standard", json!({})).await);
    let sessions = shop.plan("Sessions", json!({"unit": "session"})).await;
    let id = shop.subscribe(&cleo, &hours).await;
    let wish = shop.olga.post(&format!("/subscriptions/{id}/plan-change"), json!({"plan": sessions})).await;
    assert_eq!(wish.body["taken"], "at_period_end", "{}", wish.body);
    shop.go_to("2026-12-20T09:00:00Z").await;
    pause(&shop, &id).await;
    shop.go_to("2026-12-25T09:00:00Z").await;
    shop.pay_open(&id).await;
    shop.go_to("2027-02-20T09:00:00Z").await;
    let resumed = resume(&shop, &id).await;
    assert_eq!(resumed["period_end"], "2027-03-23T09:00:00Z");
    let expiry = next_expiry(&shop, &cleo, "session").await;
    assert_eq!(expiry, json!({"quantity": "10", "at": "2027-03-23T09:00:00Z"}));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_period_that_is_paid_after_a_pause_does_not_live_for_ever() {
    let shop = Shop::open().await;
    let cleo = shop.customer("Cleo").await;
    let rolling = json!({"period": "week", "rollover": "all", "rollover_periods": 1});
    let id = shop.subscribe(&cleo, &shop.plan("Rolling", rolling).await).await;
    // The second week is not paid, and over when the pause moves the weeks that follow.
    shop.go_to("2026-11-27T09:00:00Z").await;
    shop.go_to("2026-12-04T09:00:00Z").await;
    pause(&shop, &id).await;
    shop.go_to("2026-12-05T09:00:00Z").await;
    resume(&shop, &id).await;
    shop.pay_open(&id).await;
    let expiry = next_expiry(&shop, &cleo, "hour").await;
    assert_eq!(expiry["at"], "2026-12-12T09:00:00Z", "a whole week from the payment");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_customer_whose_plan_is_paused_reads_so_and_no_end_that_does_not_come() {
    let (shop, cleo, _) = super::invoices::shop_with_cleo().await;
    let id = shop.subscribe(&cleo, &shop.plan("Standard", json!({})).await).await;
    let home = shop.app.signed_in("acme", "cleo@berg.example").await;
    assert!(home.get("/acme").await.html.contains("until "));
    pause(&shop, &id).await;
    let page = home.get("/acme").await.html;
    assert!(page.contains("Your plan is paused since") && !page.contains("nearly out"), "{page}");
    let portal = shop.app.sign_in("acme", "cleo@berg.example").await;
    let refused = portal.post("/tickets", json!({"title": "Now", "hours": "1"})).await;
    let said = refused.body["detail"].as_str().unwrap_or_default();
    assert!(refused.status == 409 && said.contains("while the plan is paused"), "{}", refused.body);
}
