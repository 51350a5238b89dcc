//! Things that happen to one customer at once wait for each other in one order, and none is turned away.

use retainer::jobs;
use serde_json::json;

use super::Shop;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_top_up_that_is_paid_at_once_and_a_renewal_of_the_same_customer_do_not_deadlock() {
    let shop = Shop::open().await;
    let cleo = shop.customer("Cleo").await;
    let rate = json!({"amount": "60", "currency": "USD"});
    let terms = json!({"price": {"amount": "10", "currency": "USD"}, "period": "day", "quantity": "1",
        "overage": "credit", "overage_limit": "5", "overage_rate": rate});
    let plan = shop.plan("Daily", terms).await;
    let subscription = shop.subscribe(&cleo, &plan).await;
    let price = json!({"amount": "50", "currency": "USD"});
    let buy = json!({"customer": cleo, "quantity": "1", "price": price, "pay_now": true});
    for day in 21..31 {
        shop.app.clock.set(testkit::at(&format!("2026-11-{day}T09:00:00Z")));
        let app = &shop.app.server.app;
        let top_ups = (0..6).map(|_| shop.olga.post("/top-ups", buy.clone()));
        let (renewed, sold) = tokio::join!(jobs::tick(app), futures_util::future::join_all(top_ups));
        assert!(renewed.is_ok(), "day {day}: {renewed:?}");
        let refused: Vec<_> = sold.iter().filter(|answer| answer.status != 201).map(|answer| &answer.body).collect();
        assert!(refused.is_empty(), "day {day}: {refused:?}");
        shop.pay_open(&subscription).await;
    }
    assert_eq!(shop.periods(&subscription).await.len(), 11);
    let verified = retainer::ledger::verify::verify(
        &shop
            .app
            .server
            .app
            .begin(shop.app.acme, kernel::Actor::system("test"), runtime::tx::Access::Read)
            .await
            .expect("a transaction"),
    )
    .await;
    assert_eq!(verified.expect("a check"), []);
}
