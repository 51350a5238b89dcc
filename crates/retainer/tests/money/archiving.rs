//! Customers who are put away while somebody sells them something: whoever is first has it, and the other is told.

use serde_json::{Value, json};
use testkit::Answer;

use super::Shop;
use crate::locks::waiting;

const PUT_AWAY: &str = "subscription.customer_archived";

/// A request that is on its way: a method, a path and a body.
type Asked = (&'static str, String, Value);

async fn ask(shop: &Shop, (method, path, body): Asked) -> Answer {
    shop.olga.send(shop.olga.request(method.parse().expect("a method"), &path).json(&body)).await
}

/// Sends both to where they wait for the customer, one after the other, and lets them go on: they do in that order.
async fn one_after_the_other(shop: &Shop, customer: &str, first: Asked, second: Asked) -> [Answer; 2] {
    let mut blocker = runtime::db::connect(&shop.app.root_config).await.expect("a connection");
    let watcher = runtime::db::connect(&shop.app.root_config).await.expect("a connection");
    let hold = blocker.transaction().await.expect("a transaction");
    let id: kernel::id::CustomerId = customer.parse().expect("a customer");
    let lock = "select from customers where id = $1 for update";
    hold.execute(lock, &[kernel::id::Id::as_uuid(&id)]).await.expect("a lock");
    let in_order = async {
        waiting(&watcher, 1).await;
        let late = async {
            waiting(&watcher, 2).await;
            hold.rollback().await.expect("a release");
        };
        tokio::join!(ask(shop, second), late).0
    };
    let (first, second) = tokio::join!(ask(shop, first), in_order);
    [first, second]
}

fn archiving(customer: &str) -> Asked {
    ("POST", format!("/customers/{customer}/archiving"), json!({}))
}

/// What may be begun for a customer, and how it is refused of an archived one.
async fn sales(shop: &Shop, customer: &str, plan: &str) -> [(Asked, &'static str); 3] {
    let price = json!({"amount": "90", "currency": "USD"});
    let buy = json!({"customer": customer, "quantity": "2", "price": price, "pay_now": true});
    let cancelled = shop.subscribe(customer, plan).await;
    let cancellation = format!("/subscriptions/{cancelled}/cancellation");
    assert_eq!(shop.olga.post(&cancellation, json!({"at": "now"})).await.status, 200);
    [
        (("POST", "/subscriptions".to_owned(), json!({"customer": customer, "plan": plan})), PUT_AWAY),
        (("DELETE", cancellation, json!({})), PUT_AWAY),
        (("POST", "/top-ups".to_owned(), buy), "top_up.customer_archived"),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_begun_for_a_customer_who_is_being_archived() {
    let shop = Shop::open().await;
    let plan = shop.plan("Standard", json!({})).await;
    for which in 0..3 {
        let cleo = shop.customer("Cleo").await;
        let (sale, code) = sales(&shop, &cleo, &plan).await[which].clone();
        let [archived, sold] = one_after_the_other(&shop, &cleo, archiving(&cleo), sale.clone()).await;
        assert_eq!(archived.status, 200, "{sale:?}: {}", archived.body);
        assert_eq!((sold.status, sold.code()), (409, code), "{sale:?}: {}", sold.body);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ticket_and_archiving_never_both_happen_to_a_customer() {
    let shop = Shop::open().await;
    let cleo = shop.customer("Cleo").await;
    let customer: kernel::id::CustomerId = cleo.parse().expect("a customer");
    shop.app.grant_hours(shop.app.acme, customer, 10, "ten").await;
    let ticket = json!({"customer": cleo, "title": "Printer", "hours": "2"});
    let opening = ("POST", "/tickets".to_owned(), ticket.clone());
    let [opened, archived] = one_after_the_other(&shop, &cleo, opening.clone(), archiving(&cleo)).await;
    assert_eq!(opened.status, 201, "{}", opened.body);
    assert_eq!((archived.status, archived.code()), (409, "customer.open_tickets"), "{}", archived.body);
    let number = opened.body["id"].as_str().expect("a number");
    let rejected = shop.olga.post(&format!("/tickets/{number}/rejection"), json!({"reason": "No."})).await;
    assert_eq!(rejected.status, 200, "{}", rejected.body);
    let [archived, opened] = one_after_the_other(&shop, &cleo, archiving(&cleo), opening).await;
    assert_eq!(archived.status, 200, "{}", archived.body);
    assert_eq!((opened.status, opened.code()), (409, "ticket.customer_archived"), "{}", opened.body);
    assert_eq!(shop.balance(&cleo).await.held, 0, "nothing is held for a ticket that is not there");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_customer_for_whom_a_plan_is_being_started_or_taken_up_is_not_archived() {
    let shop = Shop::open().await;
    let plan = shop.plan("Standard", json!({})).await;
    for which in 0..2 {
        let cleo = shop.customer("Cleo").await;
        let (sale, _) = sales(&shop, &cleo, &plan).await[which].clone();
        let [sold, archived] = one_after_the_other(&shop, &cleo, sale.clone(), archiving(&cleo)).await;
        assert!(sold.status < 300, "{sale:?}: {}", sold.body);
        assert_eq!((archived.status, archived.code()), (409, "customer.still_subscribed"), "{sale:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_plan_of_an_archived_customer_is_taken_up_only_when_the_customer_is_back() {
    let shop = Shop::open().await;
    let (cleo, plan) = (shop.customer("Cleo").await, shop.plan("Standard", json!({})).await);
    let id = shop.subscribe(&cleo, &plan).await;
    let (cancellation, archiving) =
        (format!("/subscriptions/{id}/cancellation"), format!("/customers/{cleo}/archiving"));
    assert_eq!(shop.olga.post(&cancellation, json!({"at": "now"})).await.status, 200);
    assert_eq!(shop.olga.post(&archiving, json!({})).await.status, 200);
    let refused = shop.olga.delete(&cancellation).await;
    assert_eq!((refused.status, refused.code()), (409, PUT_AWAY), "{}", refused.body);
    assert_eq!(shop.subscription(&id).await["state"], "cancelled");
    assert_eq!(shop.olga.delete(&archiving).await.status, 200);
    assert_eq!(shop.olga.delete(&cancellation).await.body["state"], "active");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_that_was_left_running_for_an_archived_customer_is_neither_changed_nor_resumed() {
    let shop = Shop::open().await;
    let (cleo, plan) = (shop.customer("Cleo").await, shop.plan("Standard", json!({})).await);
    let large = shop.plan("Pro", json!({"quantity": "100", "price": {"amount": "4000", "currency": "USD"}})).await;
    let id = shop.subscribe(&cleo, &plan).await;
    let owner = runtime::db::connect(&shop.app.root_config).await.expect("the owner");
    let put_away = async |at: &str| {
        let statement = format!("update customers set archived_at = {at}");
        owner.batch_execute(&statement).await.expect("a customer put away as they could be before");
    };
    put_away("now()").await;
    let change = format!("/subscriptions/{id}/plan-change");
    let changed = shop.olga.post(&change, json!({"plan": large})).await;
    assert_eq!((changed.status, changed.code()), (409, PUT_AWAY), "{}", changed.body);
    put_away("null").await;
    let pause = format!("/subscriptions/{id}/pause");
    assert_eq!(shop.olga.post(&pause, json!({})).await.status, 200);
    put_away("now()").await;
    let resumed = shop.olga.delete(&pause).await;
    assert_eq!((resumed.status, resumed.code()), (409, PUT_AWAY), "{}", resumed.body);
}
