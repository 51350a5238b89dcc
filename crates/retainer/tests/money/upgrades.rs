//! Better plans in mid-period, and giving back what was paid for them.

use serde_json::{Value, json};

use super::Shop;

/// Cleo's payments for ten hours, of which four were used, and for the difference to a hundred.
struct Upgraded {
    shop: Shop,
    cleo: String,
    first: String,
    difference: String,
}

impl Upgraded {
    async fn open(terms: Value) -> Self {
        let shop = Shop::open().await;
        let (cleo, small) = (shop.customer("Cleo").await, shop.plan("Standard", json!({})).await);
        let mut better = json!({"quantity": "100", "price": {"amount": "4000", "currency": "USD"}});
        for (key, value) in terms.as_object().expect("terms") {
            better[key] = value.clone();
        }
        let large = shop.plan("Pro", better).await;
        let id = shop.made("/subscriptions", json!({"customer": cleo, "plan": small})).await;
        let first = shop.pay_open(&id).await.expect("a payment");
        shop.use_hours(&cleo, 4).await;
        // A pause moves the periods that follow; the one that runs keeps its beginning.
        let pause = format!("/subscriptions/{id}/pause");
        assert_eq!(shop.olga.post(&pause, json!({})).await.status, 200);
        shop.go_to("2026-11-22T09:00:00Z").await;
        assert_eq!(shop.olga.delete(&pause).await.status, 200);
        let wish = shop.olga.post(&format!("/subscriptions/{id}/plan-change"), json!({"plan": large})).await;
        let difference = shop.pay(wish.body["invoice"].as_str().expect("an invoice")).await;
        Self { shop, cleo, first, difference }
    }

    async fn give_back(&self, payment: &str) {
        let path = format!("/payments/{payment}/refunds");
        let refunded = self.shop.olga.post(&path, json!({"reason": "Unhappy."})).await;
        assert_eq!(refunded.status, 201, "{}", refunded.body);
    }

    /// What is left and what is owed.
    async fn standing(&self) -> [String; 2] {
        let balance = self.shop.balance(&self.cleo).await;
        [balance.prepaid_left().decimal(), balance.owed().decimal()]
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refund_of_an_upgrade_leaves_what_was_paid_for_before() {
    let cleo = Upgraded::open(json!({})).await;
    assert_eq!(cleo.standing().await, ["96.00", "0.00"]);
    cleo.give_back(&cleo.difference).await;
    assert_eq!(cleo.standing().await, ["6.00", "0.00"]);
    cleo.give_back(&cleo.first).await;
    assert_eq!(cleo.standing().await, ["0.00", "4.00"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hours_of_a_refunded_upgrade_that_were_used_are_owed() {
    let cleo = Upgraded::open(json!({})).await;
    cleo.shop.use_hours(&cleo.cleo, 20).await;
    cleo.give_back(&cleo.difference).await;
    assert_eq!(cleo.standing().await, ["0.00", "14.00"], "24 were used, and 10 are paid for");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refund_of_the_first_payment_leaves_what_the_upgrade_brought() {
    let cleo = Upgraded::open(json!({})).await;
    cleo.give_back(&cleo.first).await;
    assert_eq!(cleo.standing().await, ["90.00", "4.00"]);
    cleo.give_back(&cleo.difference).await;
    assert_eq!(cleo.standing().await, ["0.00", "4.00"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_plans_that_stack_each_refund_takes_back_its_own_hours() {
    let cleo = Upgraded::open(json!({"upgrade": "stack"})).await;
    assert_eq!(cleo.standing().await, ["106.00", "0.00"]);
    cleo.give_back(&cleo.first).await;
    assert_eq!(cleo.standing().await, ["100.00", "4.00"]);
    cleo.give_back(&cleo.difference).await;
    assert_eq!(cleo.standing().await, ["0.00", "4.00"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_upgrades_in_one_period_come_to_the_best_plans_allowance() {
    let cleo = Upgraded::open(json!({})).await;
    let terms = json!({"quantity": "150", "price": {"amount": "5000", "currency": "USD"}});
    let best = cleo.shop.plan("Max", terms).await;
    let subscription = cleo.shop.get("/subscriptions").await["items"][0]["id"].as_str().expect("an id").to_owned();
    let wish = cleo.shop.olga.post(&format!("/subscriptions/{subscription}/plan-change"), json!({"plan": best})).await;
    let second = cleo.shop.pay(wish.body["invoice"].as_str().expect("an invoice")).await;
    assert_eq!(cleo.standing().await, ["146.00", "0.00"]);
    cleo.give_back(&cleo.difference).await;
    assert_eq!(cleo.standing().await, ["56.00", "0.00"]);
    cleo.give_back(&second).await;
    assert_eq!(cleo.standing().await, ["6.00", "0.00"]);
    let sold = cleo.shop.get("/reports/hours").await["months"][0]["sold"].clone();
    assert_eq!(sold, "150.00", "what moves from lot to lot is not sold again");
}
