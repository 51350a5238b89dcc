//! What leads on, and what a phone has in sight: the mail of an invitation, the rows behind a count, an authenticator that is
//! on the phone itself, the balance beside a ticket, the steps of a balance, how an invoice stands.

use kernel::id::CustomerId;
use serde_json::json;
use testkit::{Browser, PASSWORD, PageAnswer, Screen, Scripts, TestApp};

fn sees(page: &PageAnswer, words: &str) {
    assert!(page.html.contains(words), "{words:?} is not on the page ({}):\n{}", page.status, page.html);
}

/// Acme with Cleo, who has ten hours.
async fn shop() -> (TestApp, CustomerId) {
    let app = TestApp::start().await;
    let cleo = app.customer(app.acme, "Cleo Berg", "cleo@berg.example").await;
    app.grant_hours(app.acme, cleo, 10, "ten").await;
    (app, cleo)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_invites_without_a_mail_server_is_led_to_the_mail() {
    let (app, cleo) = shop().await;
    let olga = app.signed_in("acme", "olga@acme.example").await;
    let (team, customer) = ("/acme/team".to_owned(), format!("/acme/customers/{cleo}"));
    for (page, to, fields) in [
        (&team, "/acme/team/invitations".to_owned(), vec![("email", "nils@acme.example"), ("role", "member")]),
        (&customer, format!("{customer}/users"), vec![("user_email", "dora@berg.example")]),
    ] {
        let once = olga.get(page).await.once();
        let mut fields = fields;
        fields.push(("once", &once));
        let sent = olga.post(&to, &fields).await;
        assert_eq!(sent.status, 303, "{}", sent.html);
        let next = olga.get(page).await;
        let way = next.html.split_once("\">the mail</a>").and_then(|(before, _)| before.rsplit_once("href=\""));
        sees(&olga.get(way.unwrap_or_else(|| panic!("{}", next.html)).1).await, fields[0].1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_counts_of_a_plan_lead_to_its_subscriptions() {
    let (app, cleo) = shop().await;
    let olga = app.olga().await;
    let terms = json!({"price": {"amount": "450.00", "currency": "USD"}, "period": "month", "quantity": "10"});
    let mut plans = Vec::new();
    for name in ["Standard", "Pro"] {
        let plan = olga.post("/plans", json!({"name": name, "terms": terms})).await;
        plans.push(plan.body["id"].as_str().unwrap_or_else(|| panic!("{}", plan.body)).to_owned());
    }
    let dora = app.customer(app.acme, "Dora", "dora@other.example").await;
    for (customer, plan) in [(cleo, &plans[0]), (dora, &plans[1])] {
        let wanted = json!({"customer": customer.to_string(), "plan": plan});
        let begun = olga.post("/subscriptions", wanted).await;
        assert_eq!(begun.status, 201, "{}", begun.body);
        let invoice = begun.body["open_invoice"].as_str().expect("an invoice").to_owned();
        let paid = json!({"invoice": invoice, "amount": {"amount": "450.00", "currency": "USD"}});
        assert_eq!(olga.post("/payments", paid).await.status, 201);
    }
    let reader = app.signed_in("acme", "olga@acme.example").await;
    let to = format!("/acme/subscriptions?plan={}&amp;state=active", plans[0]);
    sees(&reader.get("/acme/reports").await, &format!("<a href=\"{to}\">1</a>"));
    let list = reader.get(&to.replace("&amp;", "&")).await;
    sees(&list, "Cleo Berg");
    assert!(!list.html.contains("Dora"), "{}", list.html);
    let items = olga.get(&format!("/subscriptions?plan={}", plans[1])).await.body["items"].clone();
    assert_eq!((items[0]["customer_name"].as_str(), items[1].is_null()), (Some("Dora"), true), "{items}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_authenticator_on_the_same_phone_is_a_tap_away_and_its_secret_can_be_copied() {
    let (app, _) = shop().await;
    let reader = app.signed_in("acme", "olga@acme.example").await;
    let page = reader.get("/acme/profile/second-factor").await;
    sees(&page, "Your password");
    let shown = reader.post("/acme/profile/second-factor", &[("password", PASSWORD)]).await;
    sees(&shown, "<a class=\"btn\" href=\"otpauth://totp/");
    let secret = shown.html.split("data-copy=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a secret");
    assert!(secret.len() == 32 && secret.chars().all(|letter| letter.is_ascii_alphanumeric()), "{secret}");
    sees(&shown, &format!("{} {} ", &secret[..4], &secret[4..8]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_tells_when_an_invoice_was_written_and_that_part_of_it_was_given_back() {
    let (app, cleo) = shop().await;
    let olga = app.olga().await;
    let price = json!({"amount": "400.00", "currency": "USD"});
    let top_up = json!({"customer": cleo.to_string(), "quantity": "4", "pay_now": true, "price": price});
    assert_eq!(olga.post("/top-ups", top_up).await.status, 201);
    let (staff, portal) =
        (app.signed_in("acme", "olga@acme.example").await, app.signed_in("acme", "cleo@berg.example").await);
    for reader in [&staff, &portal] {
        let list = reader.get("/acme/invoices").await;
        assert!(!list.html.contains("partly refunded"), "{}", list.html);
    }
    let payment = olga.get("/payments").await.body["items"][0]["id"].as_str().expect("a payment").to_owned();
    let part = json!({"amount": {"amount": "100.00", "currency": "USD"}, "reason": "Too slow."});
    let given = olga.post(&format!("/payments/{payment}/refunds"), part).await;
    assert_eq!(given.status, 201, "{}", given.body);
    for reader in [&staff, &portal] {
        let list = reader.get("/acme/invoices").await;
        sees(&list, "partly refunded");
        let narrow = list.html.split("<span class=\"narrow\">").nth(1).and_then(|rest| rest.split("</td>").next());
        assert!(narrow.is_some_and(|narrow| narrow.contains("20\u{a0}Nov") || narrow.contains("20 Nov")), "{narrow:?}");
    }
    let bill = olga.get("/invoices").await.body["items"][0].clone();
    assert_eq!((&bill["state"], &bill["refunded"]["amount"]), (&json!("paid"), &json!("100.00")), "{bill}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_draws_the_steps_of_a_balance_and_has_it_in_sight_on_a_ticket() {
    let (app, cleo) = shop().await;
    let opened =
        app.olga().await.post("/tickets", json!({"customer": cleo.to_string(), "title": "Leaks", "hours": "2"})).await;
    let ticket = opened.body["id"].as_str().unwrap_or_else(|| panic!("{}", opened.body)).to_owned();
    let Some(browser) = Browser::start_on(&app.url(), Scripts::On, Screen::Phone).await else { return };
    browser.open("/acme/sign-in").await;
    browser.fill("email", "cleo@berg.example").await;
    browser.fill("password", PASSWORD).await;
    browser.click("Sign in").await;
    browser.sees("Leaks").await;
    let measures = "const seen = [...document.querySelectorAll(arguments[0])].map((it) => it.getBoundingClientRect()); \
                    return [seen.length, Math.min(...seen.map((it) => it.width)), document.documentElement.scrollWidth - innerWidth]";
    for (page, what, wide) in [
        ("/acme/balance".to_owned(), "td.fall svg", 250.0),
        (format!("/acme/tickets/{ticket}"), "#glance svg.bar", 250.0),
    ] {
        browser.open(&page).await;
        let found = browser.client.execute(measures, vec![json!(what)]).await.expect("measures");
        assert!(found[0].as_u64() >= Some(1) && found[1].as_f64() > Some(wide), "{page}: {found}");
        assert!(found[2].as_i64() <= Some(0), "{page} scrolls sideways: {found}");
    }
    browser.close().await;
}
