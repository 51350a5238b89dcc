//! Subscriptions: each period once, whatever happens.

use retainer::jobs;
use serde_json::{Value, json};

use super::Shop;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_begins_with_its_first_payment_and_each_month_is_granted_when_it_is_paid() {
    let shop = Shop::open().await;
    let (cleo, plan) = (shop.customer("Cleo").await, shop.plan("Standard", json!({})).await);
    let id = shop.made("/subscriptions", json!({"customer": cleo, "plan": plan})).await;
    assert_eq!(
        (&shop.subscription(&id).await["state"], shop.left(&cleo).await.as_str()),
        (&json!("incomplete"), "none")
    );
    shop.pay_open(&id).await;
    assert_eq!((&shop.subscription(&id).await["state"], shop.left(&cleo).await.as_str()), (&json!("active"), "10.00"));
    shop.go_to("2026-12-20T09:00:00Z").await;
    shop.go_to("2026-12-20T09:00:00Z").await;
    assert_eq!(shop.left(&cleo).await, "0.00");
    shop.pay_open(&id).await;
    assert_eq!(shop.left(&cleo).await, "10.00");
    assert_eq!(shop.periods(&id).await, ["2026-11-20T09:00:00Z granted", "2026-12-20T09:00:00Z granted"]);
    let numbers: Vec<Value> = shop.get("/invoices").await["items"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|it| it["number"].clone())
        .collect();
    assert_eq!(numbers, ["INV-2026-0002", "INV-2026-0001"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn periods_keep_their_local_hour_through_the_clock_change_and_come_back_to_the_31st() {
    let shop = Shop::open_in("Europe/Stockholm").await;
    shop.app.clock.set(testkit::at("2027-01-31T09:00:00Z"));
    let cleo = shop.customer("Cleo").await;
    let plan = shop.plan("Free", json!({"price": {"amount": "0", "currency": "USD"}})).await;
    let id = shop.subscribe(&cleo, &plan).await;
    for at in ["2027-02-28T09:00:00Z", "2027-03-31T08:00:00Z", "2027-04-30T08:00:00Z"] {
        shop.go_to(at).await;
    }
    let starts = [
        "2027-01-31T09:00:00Z granted",
        "2027-02-28T09:00:00Z granted",
        "2027-03-31T08:00:00Z granted",
        "2027-04-30T08:00:00Z granted",
    ];
    assert_eq!(shop.periods(&id).await, starts);
    assert_eq!(shop.left(&cleo).await, "10.00");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_missed_is_caught_up_in_order_but_nobody_is_billed_for_what_could_never_be_used() {
    let shop = Shop::open().await;
    let (cleo, dora) = (shop.customer("Cleo").await, shop.customer("Dora").await);
    let price = json!({"amount": "100", "currency": "USD"});
    let kept = shop.plan("Kept", json!({"period": "week", "expiry": "never", "price": price})).await;
    let lost = shop.plan("Lost", json!({"period": "week", "price": price})).await;
    let (first, second) = (shop.subscribe(&cleo, &kept).await, shop.subscribe(&dora, &lost).await);
    shop.go_to("2026-12-20T09:00:00Z").await;
    let states = |periods: Vec<String>| {
        periods.into_iter().map(|it| it.split(' ').nth(1).unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(states(shop.periods(&first).await), ["granted", "billed", "billed", "billed", "billed"]);
    assert_eq!(states(shop.periods(&second).await), ["granted", "lapsed", "lapsed", "lapsed", "billed"]);
    while shop.pay_open(&first).await.is_some() {}
    assert_eq!(shop.left(&cleo).await, "50.00");
    shop.pay_open(&second).await;
    assert_eq!(shop.left(&dora).await, "10.00");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_daily_hour_is_used_or_lost_at_local_midnight() {
    let shop = Shop::open_in("America/New_York").await;
    let cleo = shop.customer("Cleo").await;
    let plan = shop
        .plan("Daily", json!({"period": "day", "quantity": "1", "price": {"amount": "0", "currency": "USD"}}))
        .await;
    let id = shop.subscribe(&cleo, &plan).await;
    shop.use_hours(&cleo, 1).await;
    shop.go_to("2026-11-21T04:59:59Z").await;
    assert_eq!(shop.left(&cleo).await, "0.00");
    shop.go_to("2026-11-21T05:00:00Z").await;
    assert_eq!(shop.left(&cleo).await, "1.00");
    shop.go_to("2026-11-22T05:00:00Z").await;
    assert_eq!(shop.left(&cleo).await, "1.00");
    assert_eq!(shop.periods(&id).await.len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_left_rolls_over_up_to_the_cap_and_ends_when_its_rule_says() {
    let shop = Shop::open().await;
    let cleo = shop.customer("Cleo").await;
    let terms = json!({"rollover": "cap", "rollover_cap": "4", "rollover_periods": 1, "price": {"amount": "0", "currency": "USD"}});
    let plan = shop.plan("Rolling", terms).await;
    shop.subscribe(&cleo, &plan).await;
    shop.use_hours(&cleo, 3).await;
    shop.go_to("2026-12-20T09:00:00Z").await;
    assert_eq!(shop.left(&cleo).await, "14.00");
    shop.go_to("2027-01-20T09:00:00Z").await;
    assert_eq!(shop.left(&cleo).await, "14.00");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pause_stops_the_clock_and_resuming_gives_the_time_back() {
    let shop = Shop::open().await;
    let (cleo, plan) = (shop.customer("Cleo").await, shop.plan("Standard", json!({})).await);
    let id = shop.subscribe(&cleo, &plan).await;
    shop.go_to("2026-11-30T09:00:00Z").await;
    assert_eq!(shop.olga.post(&format!("/subscriptions/{id}/pause"), json!({"reason": "Holidays."})).await.status, 200);
    shop.go_to("2027-01-30T09:00:00Z").await;
    assert_eq!((shop.left(&cleo).await.as_str(), shop.periods(&id).await.len()), ("10.00", 1));
    let resumed = shop.olga.delete(&format!("/subscriptions/{id}/pause")).await;
    assert_eq!(
        (&resumed.body["state"], &resumed.body["period_end"]),
        (&json!("active"), &json!("2027-02-19T09:00:00Z"))
    );
    shop.go_to("2027-02-19T08:59:59Z").await;
    assert_eq!(shop.left(&cleo).await, "10.00");
    shop.go_to("2027-02-19T09:00:00Z").await;
    assert_eq!((shop.left(&cleo).await.as_str(), shop.periods(&id).await.len()), ("0.00", 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_who_start_at_once_one_is_refused() {
    let shop = Shop::open().await;
    let (cleo, plan) = (shop.customer("Cleo").await, shop.plan("Standard", json!({})).await);
    let body = json!({"customer": cleo, "plan": plan});
    let (one, two) =
        tokio::join!(shop.olga.post("/subscriptions", body.clone()), shop.olga.post("/subscriptions", body));
    let mut answers = [(one.status, one.code().to_owned()), (two.status, two.code().to_owned())];
    answers.sort();
    assert_eq!(answers, [(201, String::new()), (409, "subscription.already_live".to_owned())]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_better_plan_is_taken_at_once_for_the_difference_and_a_smaller_one_waits() {
    let shop = Shop::open().await;
    let cleo = shop.customer("Cleo").await;
    let small = shop.plan("Standard", json!({})).await;
    let large = shop.plan("Pro", json!({"quantity": "100", "price": {"amount": "4000", "currency": "USD"}})).await;
    let id = shop.subscribe(&cleo, &small).await;
    shop.use_hours(&cleo, 4).await;
    let path = format!("/subscriptions/{id}/plan-change");
    let wish = shop.olga.post(&path, json!({"plan": large})).await;
    assert_eq!((wish.status, &wish.body["taken"]), (200, &json!("when_paid")), "{}", wish.body);
    shop.pay(wish.body["invoice"].as_str().expect("an invoice")).await;
    assert_eq!((shop.left(&cleo).await.as_str(), &shop.subscription(&id).await["plan_name"]), ("96.00", &json!("Pro")));
    let back = shop.olga.post(&path, json!({"plan": small})).await;
    assert_eq!(
        (&back.body["taken"], &back.body["subscription"]["next_plan_name"]),
        (&json!("at_period_end"), &json!("Standard"))
    );
    shop.go_to("2026-12-20T09:00:00Z").await;
    shop.pay_open(&id).await;
    assert_eq!(
        (shop.left(&cleo).await.as_str(), &shop.subscription(&id).await["plan_name"]),
        ("10.00", &json!("Standard"))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancelling_now_or_later_keeps_what_was_paid_and_can_be_taken_back_in_time() {
    let shop = Shop::open().await;
    let (cleo, plan) = (shop.customer("Cleo").await, shop.plan("Standard", json!({})).await);
    let id = shop.subscribe(&cleo, &plan).await;
    let path = format!("/subscriptions/{id}/cancellation");
    let now = shop.olga.post(&path, json!({"at": "now"})).await;
    assert_eq!((&now.body["state"], shop.left(&cleo).await.as_str()), (&json!("cancelled"), "10.00"));
    assert_eq!(shop.olga.delete(&path).await.body["state"], "active");
    let later = shop.olga.post(&path, json!({"at": "period_end", "reason": "Too dear."})).await;
    assert_eq!((&later.body["state"], &later.body["cancel_at_period_end"]), (&json!("active"), &json!(true)));
    shop.go_to("2026-12-20T09:00:00Z").await;
    assert_eq!(shop.subscription(&id).await["state"], "cancelled");
    let late = shop.olga.delete(&path).await;
    assert_eq!((late.status, late.code()), (409, "subscription.too_late"));
    shop.subscribe(&cleo, &plan).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_overdue_payment_stops_new_periods_until_it_comes() {
    let shop = Shop::open().await;
    let (cleo, plan) = (shop.customer("Cleo").await, shop.plan("Standard", json!({"expiry": "never"})).await);
    let id = shop.subscribe(&cleo, &plan).await;
    shop.go_to("2026-12-20T09:00:00Z").await;
    shop.go_to("2027-01-03T08:59:59Z").await;
    assert_eq!(shop.subscription(&id).await["state"], "active", "there are fourteen days to pay");
    shop.go_to("2027-01-03T09:00:00Z").await;
    assert_eq!(
        (&shop.subscription(&id).await["state"], shop.left(&cleo).await.as_str()),
        (&json!("past_due"), "10.00")
    );
    shop.go_to("2027-01-20T09:00:00Z").await;
    shop.pay_open(&id).await;
    assert_eq!((&shop.subscription(&id).await["state"], shop.left(&cleo).await.as_str()), (&json!("active"), "20.00"));
    let states: Vec<String> = shop.periods(&id).await.into_iter().map(|it| it[21..].to_owned()).collect();
    assert_eq!(states, ["granted", "granted", "skipped"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn used_credit_is_billed_when_its_period_closes() {
    let shop = Shop::open().await;
    let cleo = shop.customer("Cleo").await;
    let rate = json!({"amount": "60", "currency": "USD"});
    let plan = shop.plan("Flexible", json!({"overage": "credit", "overage_limit": "5", "overage_rate": rate})).await;
    let id = shop.subscribe(&cleo, &plan).await;
    shop.use_hours(&cleo, 12).await;
    shop.go_to("2026-12-20T09:00:00Z").await;
    let invoices = shop.get(&format!("/invoices?customer={cleo}&state=open")).await;
    let totals: Vec<Value> =
        invoices["items"].as_array().expect("a list").iter().map(|it| it["total"]["amount"].clone()).collect();
    assert_eq!(totals, ["450.00", "120.00"]);
    assert_eq!(shop.subscription(&id).await["state"], "active");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trial_is_free_ends_and_is_had_once() {
    let shop = Shop::open().await;
    let (cleo, plan) = (shop.customer("Cleo").await, shop.plan("Standard", json!({"trial_days": 14})).await);
    let id = shop.made("/subscriptions", json!({"customer": cleo, "plan": plan})).await;
    assert_eq!((&shop.subscription(&id).await["state"], shop.left(&cleo).await.as_str()), (&json!("active"), "10.00"));
    shop.go_to("2026-12-04T09:00:00Z").await;
    assert_eq!(shop.left(&cleo).await, "0.00");
    shop.pay_open(&id).await;
    assert_eq!(shop.left(&cleo).await, "10.00");
    shop.olga.post(&format!("/subscriptions/{id}/cancellation"), json!({"at": "now"})).await;
    let second = shop.made("/subscriptions", json!({"customer": cleo, "plan": plan})).await;
    assert_eq!(shop.subscription(&second).await["state"], "incomplete");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_servers_that_renew_at_once_make_each_period_once() {
    let shop = Shop::open().await;
    let free = json!({"price": {"amount": "0", "currency": "USD"}, "period": "week", "expiry": "never"});
    let (free, paid) =
        (shop.plan("Free", free).await, shop.plan("Weekly", json!({"period": "week", "expiry": "never"})).await);
    let (cleo, dora) = (shop.customer("Cleo").await, shop.customer("Dora").await);
    let (first, second) = (shop.subscribe(&cleo, &free).await, shop.subscribe(&dora, &paid).await);
    shop.app.clock.set(testkit::at("2026-12-05T09:00:00Z"));
    let app = &shop.app.server.app;
    let ticks = tokio::join!(jobs::tick(app), jobs::tick(app), jobs::tick(app), jobs::tick(app));
    assert!([ticks.0, ticks.1, ticks.2, ticks.3].iter().all(Result::is_ok));
    let week = |day: &str, state: &str| format!("2026-{day}T09:00:00Z {state}");
    let granted = ["11-20", "11-27", "12-04"].map(|day| week(day, "granted"));
    assert_eq!((shop.periods(&first).await, shop.left(&cleo).await.as_str()), (granted.to_vec(), "30.00"));
    assert_eq!(
        shop.periods(&second).await,
        [week("11-20", "granted"), week("11-27", "billed"), week("12-04", "billed")]
    );
    let invoices = shop.get(&format!("/invoices?customer={dora}")).await;
    assert_eq!(invoices["items"].as_array().map(Vec::len), Some(3));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_pays_after_the_period_is_over_gets_a_whole_one() {
    let shop = Shop::open().await;
    let (cleo, plan) = (shop.customer("Cleo").await, shop.plan("Standard", json!({})).await);
    let id = shop.subscribe(&cleo, &plan).await;
    shop.go_to("2026-12-20T09:00:00Z").await;
    shop.go_to("2027-01-25T09:00:00Z").await;
    shop.pay_open(&id).await;
    assert_eq!(shop.left(&cleo).await, "10.00");
    shop.go_to("2027-02-25T08:59:59Z").await;
    assert_eq!(shop.left(&cleo).await, "10.00");
    shop.go_to("2027-02-25T09:00:00Z").await;
    assert_eq!(shop.left(&cleo).await, "0.00");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invoice_that_is_taken_back_takes_its_period_with_it() {
    let shop = Shop::open().await;
    let (cleo, plan) = (shop.customer("Cleo").await, shop.plan("Standard", json!({})).await);
    let first = shop.made("/subscriptions", json!({"customer": cleo, "plan": plan})).await;
    let void = async |subscription: &str| {
        let invoice = shop.subscription(subscription).await["open_invoice"].as_str().expect("an invoice").to_owned();
        let voided = shop.olga.post(&format!("/invoices/{invoice}/voiding"), json!({"reason": "A mistake."})).await;
        assert_eq!((voided.status, &voided.body["state"]), (200, &json!("void")), "{}", voided.body);
        let paid = json!({"invoice": invoice, "amount": {"amount": "450", "currency": "USD"}});
        assert_eq!(shop.olga.post("/payments", paid).await.code(), "invoice.void");
    };
    void(&first).await;
    assert_eq!(shop.subscription(&first).await["state"], "cancelled");
    let second = shop.subscribe(&cleo, &plan).await;
    shop.go_to("2026-12-20T09:00:00Z").await;
    shop.go_to("2027-01-04T09:00:00Z").await;
    assert_eq!(shop.subscription(&second).await["state"], "past_due");
    void(&second).await;
    assert_eq!(shop.subscription(&second).await["state"], "active");
    assert_eq!(shop.periods(&second).await[1], "2026-12-20T09:00:00Z lapsed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_customer_with_a_running_plan_is_neither_archived_nor_forgotten() {
    let shop = Shop::open().await;
    let (cleo, plan) = (shop.customer("Cleo").await, shop.plan("Standard", json!({})).await);
    let id = shop.subscribe(&cleo, &plan).await;
    for (path, body) in [("archiving", json!({})), ("anonymisation", json!({"reason": "Asked."}))] {
        let answer = shop.olga.post(&format!("/customers/{cleo}/{path}"), body).await;
        assert_eq!((answer.status, answer.code()), (409, "customer.still_subscribed"));
    }
    shop.olga.post(&format!("/subscriptions/{id}/cancellation"), json!({"at": "now"})).await;
    assert_eq!(
        shop.olga.post(&format!("/customers/{cleo}/anonymisation"), json!({"reason": "Asked."})).await.status,
        200
    );
    assert_eq!(shop.left(&cleo).await, "10.00");
    let sold = shop.olga.post("/subscriptions", json!({"customer": cleo, "plan": plan})).await;
    assert_eq!((sold.status, sold.code()), (409, "subscription.customer_archived"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_subscription_keeps_the_terms_it_was_started_on() {
    let shop = Shop::open().await;
    let (cleo, plan) = (shop.customer("Cleo").await, shop.plan("Standard", json!({})).await);
    let id = shop.subscribe(&cleo, &plan).await;
    let dearer = json!({"terms": {"price": {"amount": "500", "currency": "USD"}, "period": "month", "quantity": "8"}});
    assert_eq!(shop.olga.post(&format!("/plans/{plan}/versions"), dearer).await.status, 201);
    shop.go_to("2026-12-20T09:00:00Z").await;
    let invoices = shop.get("/invoices?state=open").await;
    assert_eq!(invoices["items"][0]["total"]["amount"], "450.00");
    shop.pay_open(&id).await;
    assert_eq!(shop.left(&cleo).await, "10.00");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unlimited_plan_has_no_limit_and_ends_with_its_period() {
    let shop = Shop::open().await;
    let (cleo, plan) = (shop.customer("Cleo").await, shop.plan("Premium", json!({"quantity": null})).await);
    shop.subscribe(&cleo, &plan).await;
    shop.use_hours(&cleo, 1000).await;
    assert!(shop.balance(&cleo).await.unlimited);
    shop.go_to("2026-12-20T09:00:00Z").await;
    assert!(!shop.balance(&cleo).await.unlimited);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_subscription_whose_first_payment_never_comes_ends_and_makes_room() {
    let shop = Shop::open().await;
    let (cleo, plan) = (shop.customer("Cleo").await, shop.plan("Standard", json!({})).await);
    let id = shop.made("/subscriptions", json!({"customer": cleo, "plan": plan})).await;
    shop.go_to("2027-01-03T08:59:59Z").await;
    assert_eq!(shop.subscription(&id).await["state"], "incomplete");
    shop.go_to("2027-01-03T09:00:00Z").await;
    assert_eq!(shop.subscription(&id).await["state"], "ended");
    assert_eq!(shop.get("/invoices").await["items"][0]["state"], "void");
    shop.subscribe(&cleo, &plan).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn credit_that_work_held_over_the_end_of_its_period_is_billed_with_the_next() {
    let shop = Shop::open().await;
    let cleo = shop.customer("Cleo").await;
    let rate = json!({"amount": "60", "currency": "USD"});
    let plan = shop.plan("Flexible", json!({"overage": "credit", "overage_limit": "5", "overage_rate": rate})).await;
    let id = shop.subscribe(&cleo, &plan).await;
    let hold = shop.hold_hours(&cleo, 13).await;
    shop.go_to("2026-12-20T09:00:00Z").await;
    shop.pay_open(&id).await;
    shop.capture_hours(hold, 12).await;
    shop.go_to("2027-01-20T09:00:00Z").await;
    shop.go_to("2027-02-20T09:00:00Z").await;
    let invoices = shop.get(&format!("/invoices?customer={cleo}")).await;
    let mut totals: Vec<_> = invoices["items"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|it| it["total"]["amount"].as_str().unwrap_or_default())
        .collect();
    totals.sort_unstable();
    assert_eq!(totals, ["120.00", "450.00", "450.00", "450.00"]);
}
