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
    let short =
        shop.olga.post("/payments", json!({"invoice": invoice, "amount": {"amount": "80", "currency": "USD"}})).await;
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
    let balance = shop.balance(&cleo).await;
    assert_eq!((balance.prepaid_left().decimal(), balance.owed().decimal()), ("0.00".to_owned(), "3.00".to_owned()));
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
async fn another_organization_finds_nothing_of_ours() {
    let shop = Shop::open().await;
    let (cleo, plan) = (shop.customer("Cleo").await, shop.plan("Standard", json!({})).await);
    let subscription = shop.subscribe(&cleo, &plan).await;
    let top_up = shop.made("/top-ups", json!({"customer": cleo, "quantity": "2"})).await;
    let invoice = shop.get("/invoices?state=open").await["items"][0]["id"].as_str().expect("an invoice").to_owned();
    let payment = shop.get("/payments").await["items"][0]["id"].as_str().expect("a payment").to_owned();
    let other = shop.app.server.app.ids.next();
    shop.app.organization(other, "other", "Other").await;
    shop.app.member(other, "Otto", "otto@other.example", Role::Owner).await;
    let otto = shop.app.sign_in("other", "otto@other.example").await;
    for path in [
        format!("/plans/{plan}"),
        format!("/plans/{plan}/versions"),
        format!("/subscriptions/{subscription}"),
        format!("/subscriptions/{subscription}/history"),
        format!("/top-ups/{top_up}"),
        format!("/invoices/{invoice}"),
        format!("/payments/{payment}"),
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
    ] {
        let answer = otto.post(&path, body).await;
        assert_eq!(answer.status, 404, "{path}: {}", answer.body);
    }
    for path in ["/plans", "/subscriptions", "/invoices", "/payments", "/top-ups"] {
        assert_eq!(otto.get(path).await.body["items"], json!([]), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_customers_own_users_see_only_their_own_and_change_nothing() {
    let shop = Shop::open().await;
    let plan = shop.plan("Standard", json!({})).await;
    let (cleo, dora) = (shop.customer("Cleo").await, shop.customer("Dora").await);
    let (own, foreign) = (shop.subscribe(&cleo, &plan).await, shop.subscribe(&dora, &plan).await);
    shop.portal_user(&cleo, "cleo@berg.example").await;
    let portal = shop.app.sign_in("acme", "cleo@berg.example").await;
    for path in ["/subscriptions", "/invoices", "/payments"] {
        let items = portal.get(path).await.body["items"].clone();
        let customers: Vec<_> = items.as_array().expect("a list").iter().map(|it| it["customer"].clone()).collect();
        assert_eq!(customers, [json!(cleo)], "{path}");
    }
    assert_eq!(portal.get(&format!("/subscriptions/{own}")).await.status, 200);
    assert_eq!(portal.get(&format!("/subscriptions/{foreign}")).await.status, 404);
    let invoice =
        shop.get(&format!("/invoices?customer={dora}")).await["items"][0]["id"].as_str().expect("an id").to_owned();
    assert_eq!(portal.get(&format!("/invoices/{invoice}")).await.status, 404);
    assert_eq!(portal.get(&format!("/customers/{dora}")).await.status, 404);
    let money = json!({"amount": "1", "currency": "USD"});
    for (path, body) in [
        (format!("/subscriptions/{own}/pause"), json!({})),
        ("/payments".to_owned(), json!({"customer": cleo, "amount": money})),
        ("/top-ups".to_owned(), json!({"customer": cleo, "quantity": "1", "price": money, "pay_now": true})),
    ] {
        assert_eq!(portal.post(&path, body).await.code(), "permission.missing", "{path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_refunds_at_once_no_more_is_given_back_than_was_paid() {
    let shop = Shop::open().await;
    let cleo = shop.customer("Cleo").await;
    let price = json!({"amount": "100", "currency": "USD"});
    shop.made("/top-ups", json!({"customer": cleo, "quantity": "10", "price": price, "pay_now": true})).await;
    let payment = shop.get("/payments").await["items"][0]["id"].as_str().expect("a payment").to_owned();
    let path = format!("/payments/{payment}/refunds");
    let body = json!({"amount": {"amount": "60", "currency": "USD"}, "reason": "Twice."});
    let (one, two) = tokio::join!(shop.olga.post(&path, body.clone()), shop.olga.post(&path, body.clone()));
    let mut answers = [(one.status, one.code().to_owned()), (two.status, two.code().to_owned())];
    answers.sort();
    assert_eq!(answers, [(201, String::new()), (409, "refund.too_much".to_owned())]);
    assert_eq!(shop.get("/payments").await["items"][0]["refunded"]["amount"], "60.00");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn numbers_of_invoices_have_no_gaps_and_begin_anew_with_the_local_year() {
    let shop = Shop::open_in("Pacific/Auckland").await;
    let cleo = shop.customer("Cleo").await;
    let sell = json!({"customer": cleo, "quantity": "1", "price": {"amount": "90", "currency": "USD"}});
    let sold = tokio::join!(
        shop.made("/top-ups", sell.clone()),
        shop.made("/top-ups", sell.clone()),
        shop.made("/top-ups", sell.clone()),
        shop.olga.post("/top-ups", json!({"customer": cleo, "quantity": "1"})),
    );
    assert_eq!(sold.3.status, 422);
    shop.go_to("2026-12-31T10:59:59Z").await;
    shop.made("/top-ups", sell.clone()).await;
    shop.go_to("2026-12-31T11:00:00Z").await;
    shop.made("/top-ups", sell).await;
    let seen = shop.get("/invoices").await;
    let mut numbers: Vec<_> = seen["items"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|it| it["number"].as_str().expect("a number").to_owned())
        .collect();
    numbers.sort();
    assert_eq!(numbers, ["INV-2026-0001", "INV-2026-0002", "INV-2026-0003", "INV-2026-0004", "INV-2027-0001"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_meant_is_refused_and_nothing_is_half_done() {
    let shop = Shop::open().await;
    let cleo = shop.customer("Cleo").await;
    let price = json!({"amount": "90", "currency": "USD"});
    let top_up = |wrong: serde_json::Value| {
        let mut body = json!({"customer": cleo, "quantity": "2", "price": price});
        for (key, value) in wrong.as_object().expect("an object") {
            body[key] = value.clone();
        }
        body
    };
    for wrong in [
        json!({"quantity": "-2"}),
        json!({"quantity": "0"}),
        json!({"quantity": "1e9"}),
        json!({"quantity": "99999999999999"}),
        json!({"quantity": 2}),
        json!({"unit": "apple"}),
        json!({"price": {"amount": "-1", "currency": "USD"}}),
        json!({"expires_at": "2020-01-01T00:00:00Z"}),
        json!({"expires_at": "-009999-01-01T00:00:00Z"}),
        json!({"expires_at": "9999-01-01T00:00:00Z"}),
        json!({"what": 1}),
        json!({"customer": "cus_x"}),
    ] {
        let answer = shop.olga.post("/top-ups", top_up(wrong.clone())).await;
        assert_eq!(answer.status, 422, "{wrong}: {}", answer.body);
    }
    let both = json!({"amount": price});
    assert_eq!(shop.olga.post("/payments", both).await.code(), "payment.what_for");
    for at in ["2999-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "-001000-01-01T00:00:00Z"] {
        let answer = shop.olga.post("/payments", json!({"customer": cleo, "amount": price, "received_at": at})).await;
        assert_eq!((answer.status, answer.code()), (422, "payment.bad_date"), "{at}");
    }
    assert_eq!(shop.get("/invoices").await["items"], json!([]));
    assert_eq!(shop.get("/top-ups").await["items"], json!([]));
}
