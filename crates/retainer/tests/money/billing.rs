//! Payments, refunds, top-ups, and whose they are.

use kernel::Role;
use serde_json::json;

use super::Shop;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invoice_is_paid_once_by_the_whole_amount() {
    let shop = Shop::open().await;
    let cleo = shop.customer("Cleo").await;
    let price = json!({"amount": "90", "currency": "USD"});
    let top_up = shop.made("/top-ups", json!({"customer": cleo, "quantity": "2", "price": price})).await;
    assert_eq!(shop.left(&cleo).await, "none");
    let invoice = shop.get(&format!("/top-ups/{top_up}")).await["invoice"].as_str().expect("an invoice").to_owned();
    let short = shop.olga.post("/payments", json!({"invoice": invoice, "amount": {"amount": "80", "currency": "USD"}})).await;
    assert_eq!((short.status, short.code()), (409, "payment.wrong_amount"));
    let body = json!({"invoice": invoice, "amount": price, "reference": "OCR 123"});
    let (one, two) = tokio::join!(shop.olga.post("/payments", body.clone()), shop.olga.post("/payments", body.clone()));
    let mut answers = [(one.status, one.code().to_owned()), (two.status, two.code().to_owned())];
    answers.sort();
    assert_eq!(answers, [(201, String::new()), (409, "invoice.already_paid".to_owned())]);
    assert_eq!(shop.left(&cleo).await, "2.00");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_repeated_with_its_key_is_the_same_payment() {
    let shop = Shop::open().await;
    let cleo = shop.customer("Cleo").await;
    let price = json!({"amount": "90", "currency": "USD"});
    shop.made("/top-ups", json!({"customer": cleo, "quantity": "2", "price": price})).await;
    let body = json!({"customer": cleo, "amount": price});
    let first = shop.olga.post_once("/payments", "k1", body.clone()).await;
    let again = shop.olga.post_once("/payments", "k1", body.clone()).await;
    assert_eq!((first.status, &first.body), (201, &again.body));
    let nothing = shop.olga.post("/payments", body).await;
    assert_eq!((nothing.status, nothing.code()), (409, "payment.nothing_owed"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refund_takes_unused_hours_back_and_makes_used_ones_debt() {
    let shop = Shop::open().await;
    let cleo = shop.customer("Cleo").await;
    let price = json!({"amount": "100", "currency": "USD"});
    let buy = json!({"customer": cleo, "quantity": "10", "price": price, "pay_now": true});
    shop.made("/top-ups", buy.clone()).await;
    shop.use_hours(&cleo, 3).await;
    let payment = shop.get("/payments").await["items"][0]["id"].as_str().expect("a payment").to_owned();
    let path = format!("/payments/{payment}/refunds");
    let part = shop.olga.post(&path, json!({"amount": {"amount": "40", "currency": "USD"}, "reason": "Late."})).await;
    assert_eq!((part.status, shop.left(&cleo).await.as_str()), (201, "7.00"));
    let rest = shop.olga.post(&path, json!({"reason": "All of it."})).await;
    assert_eq!((rest.status, &rest.body["refunded"]["amount"]), (201, &json!("100.00")), "{}", rest.body);
    let seen = shop.get(&format!("/allowances?customer={cleo}")).await;
    assert_eq!((&seen["items"][0]["left"], &seen["items"][0]["owed"]), (&json!("0.00"), &json!("3.00")));
    let more = shop.olga.post(&path, json!({"reason": "Again."})).await;
    assert_eq!((more.status, more.code()), (409, "refund.too_much"));
    shop.made("/top-ups", buy).await;
    assert_eq!(shop.left(&cleo).await, "7.00");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_price_of_a_top_up_is_that_of_the_plan_unless_it_is_said() {
    let shop = Shop::open().await;
    let (cleo, plan) = (shop.customer("Cleo").await, shop.plan("Standard", json!({})).await);
    let wish = json!({"customer": cleo, "quantity": "2"});
    let unknown = shop.olga.post("/top-ups", wish.clone()).await;
    assert_eq!((unknown.status, unknown.code()), (422, "top_up.no_price"));
    shop.subscribe(&cleo, &plan).await;
    shop.made("/top-ups", wish).await;
    let open = shop.get("/invoices?state=open").await;
    assert_eq!(open["items"][0]["total"]["amount"], "90.00");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_adjustment_needs_a_reason_and_the_why_adds_up() {
    let shop = Shop::open().await;
    let (cleo, plan) = (shop.customer("Cleo").await, shop.plan("Standard", json!({})).await);
    shop.subscribe(&cleo, &plan).await;
    let account = shop.get(&format!("/allowances?customer={cleo}")).await["items"][0]["account"].as_str().expect("an account").to_owned();
    let path = format!("/allowances/{account}/adjustments");
    assert_eq!(shop.olga.post(&path, json!({"quantity": "1"})).await.status, 422);
    let down = shop.olga.post(&path, json!({"quantity": "-2.5", "reason": "Counted twice."})).await;
    assert_eq!((down.status, &down.body["left"], &down.body["adds_up"]), (200, &json!("7.50"), &json!(true)), "{}", down.body);
    let all = shop.olga.post(&path, json!({"quantity": "-8", "reason": "More than there is."})).await;
    assert_eq!((all.status, all.code()), (409, "ledger.short"));
    let entries = shop.get(&format!("/allowances/{account}/entries?limit=1")).await;
    assert_eq!((&entries["items"][0]["kind"], &entries["items"][0]["reason"]), (&json!("adjust_down"), &json!("Counted twice.")));
    assert!(entries["next"].is_number());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_organization_finds_nothing_of_ours() {
    let shop = Shop::open().await;
    let (cleo, plan) = (shop.customer("Cleo").await, shop.plan("Standard", json!({})).await);
    let subscription = shop.subscribe(&cleo, &plan).await;
    let top_up = shop.made("/top-ups", json!({"customer": cleo, "quantity": "2"})).await;
    let invoice = shop.get("/invoices?state=open").await["items"][0]["id"].as_str().expect("an invoice").to_owned();
    let payment = shop.get("/payments").await["items"][0]["id"].as_str().expect("a payment").to_owned();
    let account = shop.get(&format!("/allowances?customer={cleo}")).await["items"][0]["account"].as_str().expect("an account").to_owned();
    let other = shop.app.server.app.ids.next();
    shop.app.organization(other, "other", "Other").await;
    shop.app.member(other, "Otto", "otto@other.example", Role::Owner).await;
    let otto = shop.app.sign_in("other", "otto@other.example").await;
    for path in [
        format!("/plans/{plan}"), format!("/plans/{plan}/versions"), format!("/subscriptions/{subscription}"),
        format!("/subscriptions/{subscription}/history"), format!("/top-ups/{top_up}"), format!("/invoices/{invoice}"),
        format!("/payments/{payment}"), format!("/allowances?customer={cleo}"), format!("/customers/{cleo}/allowances"),
        format!("/allowances/{account}/entries"), format!("/allowances/{account}/why"), format!("/customers/{cleo}/statement"),
        format!("/customers/{cleo}/statement.csv"),
    ] {
        let answer = otto.get(&path).await;
        assert_eq!(answer.status, 404, "{path}: {}", answer.body);
    }
    let money = json!({"amount": "90", "currency": "USD"});
    let terms = json!({"price": money, "period": "month", "quantity": "10"});
    for (path, body) in [
        (format!("/plans/{plan}/versions"), json!({"terms": terms})),
        (format!("/plans/{plan}/archiving"), json!({})),
        ("/subscriptions".to_owned(), json!({"customer": cleo, "plan": plan})),
        (format!("/subscriptions/{subscription}/plan-change"), json!({"plan": plan})),
        (format!("/subscriptions/{subscription}/pause"), json!({})),
        (format!("/subscriptions/{subscription}/cancellation"), json!({"at": "now"})),
        (format!("/invoices/{invoice}/voiding"), json!({"reason": "x"})),
        ("/payments".to_owned(), json!({"invoice": invoice, "amount": money})),
        ("/payments".to_owned(), json!({"customer": cleo, "amount": money})),
        (format!("/payments/{payment}/refunds"), json!({"reason": "x"})),
        ("/top-ups".to_owned(), json!({"customer": cleo, "quantity": "1", "price": money})),
        (format!("/allowances/{account}/adjustments"), json!({"quantity": "1", "reason": "x"})),
    ] {
        let answer = otto.post(&path, body).await;
        assert_eq!(answer.status, 404, "{path}: {}", answer.body);
    }
    for path in ["/plans", "/subscriptions", "/invoices", "/payments", "/top-ups"] {
        assert_eq!(otto.get(path).await.body["items"], json!([]), "{path}");
    }
}
