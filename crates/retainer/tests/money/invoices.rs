//! Invoices: how long there is to pay, and what their customers are told.

use serde_json::{Value, json};
use testkit::{Actor, TestApp};

use super::Shop;

fn price(amount: &str) -> Value {
    json!({"amount": amount, "currency": "USD"})
}

/// Titles of what somebody was told, the newest first, each with the reason.
async fn told(who: &Actor) -> Vec<(String, String)> {
    let answer = who.get("/notifications").await;
    let items = answer.body["items"].as_array().expect("items").clone();
    let text = |item: &Value, field: &str| item[field].as_str().expect("a text").to_owned();
    items.iter().map(|item| (text(item, "title"), text(item, "reason"))).collect()
}

async fn mails(app: &TestApp) -> Vec<String> {
    let owner = runtime::db::connect(&app.root_config).await.expect("the owner");
    let query = "select kind from mails where to_email = 'cleo@berg.example' and kind like 'invoice.%' order by id";
    owner.query(query, &[]).await.expect("mails").iter().map(|row| row.get(0)).collect()
}

pub(super) async fn shop_with_cleo() -> (Shop, String, Actor) {
    let shop = Shop::open().await;
    let cleo = shop.customer("Cleo").await;
    shop.portal_user(&cleo, "cleo@berg.example").await;
    let portal = shop.app.sign_in("acme", "cleo@berg.example").await;
    (shop, cleo, portal)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_organization_says_how_many_days_there_are_to_pay() {
    let shop = Shop::open().await;
    let cleo = shop.customer("Cleo").await;
    let sell = json!({"customer": cleo, "quantity": "1", "price": price("90")});
    let due = async || {
        let sold = shop.made("/top-ups", sell.clone()).await;
        let invoice = shop.get(&format!("/top-ups/{sold}")).await["invoice"].as_str().expect("an invoice").to_owned();
        shop.get(&format!("/invoices/{invoice}")).await["invoice"]["due_at"].clone()
    };
    assert_eq!(shop.get("/organization").await["days_to_pay"], 14);
    assert_eq!(due().await, "2026-12-04T09:00:00Z");
    let changed = shop.olga.patch("/organization", json!({"days_to_pay": 30})).await;
    assert_eq!((changed.status, &changed.body["days_to_pay"]), (200, &json!(30)), "{}", changed.body);
    assert_eq!(due().await, "2026-12-20T09:00:00Z");
    for bad in [json!(0), json!(366), json!(-1), json!("30"), json!(1.5), json!(99_999_999_999_i64)] {
        let refused = shop.olga.patch("/organization", json!({"days_to_pay": bad})).await;
        assert_eq!(refused.status, 422, "{bad}: {}", refused.body);
    }
    let page = shop.app.signed_in("acme", "olga@acme.example").await;
    let form = page.get("/acme/settings").await;
    assert!(form.html.contains("name=\"days_to_pay\"") && form.html.contains("value=\"30\""), "{}", form.html);
    let mut fields = vec![("name", "Acme"), ("time_zone", "UTC"), ("currency", "USD"), ("sign_up", "open")];
    fields.push(("days_to_pay", "0"));
    let refused = page.post("/acme/settings", &fields).await;
    assert!(refused.status == 422 && refused.html.contains("1 to 365"), "{}", refused.html);
    fields.pop();
    fields.push(("days_to_pay", "10"));
    assert_eq!(page.post("/acme/settings", &fields).await.status, 303);
    assert_eq!(shop.get("/organization").await["days_to_pay"], 10);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_customer_is_told_when_an_invoice_is_issued_overdue_and_paid_each_once() {
    let (shop, cleo, portal) = shop_with_cleo().await;
    let plan = shop.plan("Standard", json!({})).await;
    let subscription = shop.made("/subscriptions", json!({"customer": cleo, "plan": plan})).await;
    let why = "because it is your invoice".to_owned();
    let issued = ("Invoice INV-2026-0001 for $450.00".to_owned(), why.clone());
    assert_eq!(told(&portal).await, std::slice::from_ref(&issued));
    shop.go_to("2026-12-04T08:59:59Z").await;
    assert_eq!(told(&portal).await.len(), 1);
    for at in ["2026-12-04T09:00:00Z", "2026-12-04T09:01:00Z", "2026-12-10T09:00:00Z"] {
        shop.go_to(at).await;
    }
    let overdue = ("Invoice INV-2026-0001 is overdue: $450.00".to_owned(), why.clone());
    assert_eq!(told(&portal).await, [overdue.clone(), issued.clone()]);
    shop.pay_open(&subscription).await;
    let receipt = ("Receipt for invoice INV-2026-0001: $450.00".to_owned(), why);
    assert_eq!(told(&portal).await, [receipt, overdue, issued]);
    assert_eq!(mails(&shop.app).await, ["invoice.issued", "invoice.overdue", "invoice.paid"]);
    let letters = shop.app.letters("invoice.issued", "cleo@berg.example").await;
    assert!(letters[0].contains("Please pay it by 4 December 2026."), "{}", letters[0]);
    assert!(letters[0].contains("/acme/invoices/INV-2026-0001"), "{}", letters[0]);
    let page = shop.app.signed_in("acme", "cleo@berg.example").await;
    assert_eq!(page.get("/acme/invoices/INV-2026-0001").await.status, 200);
    assert!(told(&shop.olga).await.is_empty(), "staff are not told of their customers' invoices");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_paid_at_once_brings_only_a_receipt() {
    let (shop, cleo, portal) = shop_with_cleo().await;
    shop.made("/top-ups", json!({"customer": cleo, "quantity": "2", "price": price("90"), "pay_now": true})).await;
    assert_eq!(mails(&shop.app).await, ["invoice.paid"]);
    assert_eq!(told(&portal).await.len(), 1);
    let letters = shop.app.letters("invoice.paid", "cleo@berg.example").await;
    assert!(letters[0].contains("We have received $90.00") && letters[0].contains("Top-up: 2"), "{}", letters[0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_wants_no_mail_about_invoices_gets_none() {
    let (shop, cleo, portal) = shop_with_cleo().await;
    let wanted = json!({"preferences": [{"kind": "invoice", "channel": "mail", "enabled": false}]});
    let put = portal.send(portal.request(reqwest::Method::PUT, "/notification-preferences").json(&wanted)).await;
    assert_eq!(put.status, 200, "{}", put.body);
    shop.made("/top-ups", json!({"customer": cleo, "quantity": "2", "price": price("90")})).await;
    assert_eq!((mails(&shop.app).await.len(), told(&portal).await.len()), (0, 1));
    let page = shop.app.signed_in("acme", "cleo@berg.example").await;
    let preferences = page.get("/acme/notifications/preferences").await.html;
    assert!(preferences.contains("name=\"invoice.mail\""), "{preferences}");
    let staff = shop.app.signed_in("acme", "olga@acme.example").await;
    assert!(!staff.get("/acme/notifications/preferences").await.html.contains("invoice.mail"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invoice_says_how_to_pay_it_on_its_page_in_its_mail_and_in_the_api() {
    let (shop, cleo, _) = shop_with_cleo().await;
    let how = "Bank 1234, name the number.";
    let set = shop.olga.patch("/organization", json!({"payment_instructions": how})).await;
    assert_eq!((set.status, &set.body["payment_instructions"]), (200, &json!(how)), "{}", set.body);
    let plan = shop.plan("Standard", json!({})).await;
    let subscription = shop.made("/subscriptions", json!({"customer": cleo, "plan": plan})).await;
    let letters = shop.app.letters("invoice.issued", "cleo@berg.example").await;
    assert!(letters[0].contains(how), "{}", letters[0]);
    let invoice = shop.subscription(&subscription).await["open_invoice"].as_str().expect("an invoice").to_owned();
    let told = async || shop.get(&format!("/invoices/{invoice}")).await["payment_instructions"].clone();
    assert_eq!(told().await, how);
    let page = shop.app.signed_in("acme", "cleo@berg.example").await;
    let seen = async || page.get("/acme/invoices/INV-2026-0001").await.html;
    assert!(seen().await.contains(how));
    shop.pay(&invoice).await;
    assert_eq!((told().await, seen().await.contains(how)), (json!(null), false), "nothing is owed on it");
    let gone = shop.olga.patch("/organization", json!({"payment_instructions": null})).await;
    assert_eq!(gone.body["payment_instructions"], json!(null));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_opens_an_invoice_or_a_ticket_has_read_what_they_were_told_of_it() {
    let (shop, cleo, portal) = shop_with_cleo().await;
    let plan = shop.plan("Standard", json!({})).await;
    shop.made("/subscriptions", json!({"customer": cleo, "plan": plan})).await;
    let ticket = shop.made("/tickets", json!({"customer": cleo, "title": "Printer"})).await;
    shop.olga.post(&format!("/tickets/{ticket}/comments"), json!({"message": "Hello"})).await;
    let unread = async || portal.get("/notifications").await.body["unread"].clone();
    assert_eq!(unread().await, 2);
    let page = shop.app.signed_in("acme", "cleo@berg.example").await;
    page.get("/acme/notifications").await;
    assert_eq!(unread().await, 2, "the list alone is not the thing");
    assert_eq!(page.get("/acme/invoices/INV-2026-0001").await.status, 200);
    assert_eq!(unread().await, 1);
    assert_eq!(page.get(&format!("/acme/tickets/{ticket}")).await.status, 200);
    assert_eq!(unread().await, 0);
}
