//! What happens by itself after a shop has moved in.

use testkit::at;

use super::world::{SHOP, World};

/// A bill that was overdue before, beside those of the shop, one of which becomes overdue later.
const LATE: &str =
    "insert into billing_consulting (user_id, invoice_number, amount, status, billing_type, created_at) values
    ('00000000-0000-4000-8000-000000000001', 'INV-4', 50.00, 'past_due', 'topup', '2026-08-01'),
    ('00000000-0000-4000-8000-000000000001', 'INV-5', 50.00, 'failed', 'renewal subscription', '2026-09-01'),
    ('00000000-0000-4000-8000-000000000001', 'INV-6', 50.00, 'pending', 'renewal subscription', '2026-09-01');";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_customer_gets_mail_because_their_shop_moved_in() {
    let world = World::with(&format!("{}{LATE}", SHOP.replace("'{bcrypt}'", "null"))).await;
    world.app.clock.set(at("2026-11-10T08:00:00Z"));
    world.import().await;
    let open = "select number from invoices where state = 'open' order by 1";
    assert_eq!(world.ours(open).await, ["INV-2", "INV-4", "INV-6"]);
    let failed = "select state || ' ' || void_reason from invoices where number = 'INV-5'";
    assert_eq!(
        world.ours(failed).await,
        ["void Its payment failed in the system before."],
        "an abandoned payment is no debt"
    );
    for now in ["2026-11-10T08:01:00Z", "2026-11-20T08:00:00Z", "2027-02-01T08:00:00Z"] {
        world.app.clock.set(at(now));
        retainer::jobs::tick(&world.app.server.app).await.expect("the duties");
        assert_eq!(world.ours("select kind || ' ' || to_email from mails").await, [""; 0], "at {now}");
        assert_eq!(world.ours("select title from notifications where kind = 'invoice'").await, [""; 0], "at {now}");
        let overdue = "select number from invoices where state = 'open' and due_at < '2027-02-02' order by 1";
        assert_eq!(world.ours(overdue).await, ["INV-4"], "the source knows when no other one is due");
        // A run in between takes nothing of that back.
        world.source("update billing_consulting set amount = amount + 1 where invoice_number = 'INV-4'").await;
        world.import().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_bill_was_for_stays_what_it_was_when_it_is_paid_here() {
    let world = World::with(&SHOP.replace("'{bcrypt}'", "null")).await;
    world.import().await;
    let leverai = world.leverai().await;
    world.app.member(leverai, "Olga", "olga@leverai.example", kernel::Role::Owner).await;
    let olga = world.app.sign_in("leverai", "olga@leverai.example").await;
    let wanted = serde_json::json!({"invoice": "INV-2", "amount": {"amount": "50.00", "currency": "USD"}});
    let bills = olga.get("/invoices").await.body;
    let bill = bills["items"].as_array().expect("bills").iter().find(|bill| bill["number"] == "INV-2").expect("INV-2");
    let wanted = serde_json::json!({"invoice": bill["id"], "amount": wanted["amount"]});
    let paid = olga.post("/payments", wanted).await;
    assert_eq!(paid.status, 201, "{}", paid.body);
    let bill = bills["items"].as_array().expect("bills").iter().find(|bill| bill["number"] == "INV-1").expect("INV-1");
    let payments = olga.get("/payments").await.body;
    let payment = payments["items"].as_array().expect("payments").iter().find(|it| it["invoice"] == bill["id"]);
    let payment = payment.unwrap_or_else(|| panic!("{payments}"))["id"].as_str().expect("an id").to_owned();
    let back = serde_json::json!({"amount": {"amount": "10.00", "currency": "USD"}, "reason": "Goodwill"});
    let back = olga.post(&format!("/payments/{payment}/refunds"), back).await;
    assert_eq!(back.status, 201, "{}", back.body);
    let login = crate::contract::login(&world.app, leverai, "analyst").await;
    let rows = "select invoice_number, status, amount, billing_type, stripe_payment_intent_id from billing_consulting order by 1";
    assert_eq!(
        crate::contract::shown(&login, rows).await,
        "INV-1 | paid | 440.00 | new subscription | pi_1\n\
         INV-2 | paid | 50.00 | new subscription | ∅\n\
         INV-3 | cancelled | 50.00 | topup | ∅"
    );
}
