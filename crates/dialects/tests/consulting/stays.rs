//! What stays here as it was imported although the source says something else since, and that this is said.

use serde_json::json;
use testkit::at;

use super::world::{SHOP, World, decided, shop};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_bill_says_is_not_rewritten_and_that_stays_said_whatever_changes_next() {
    let world = World::with(&shop()).await;
    world.import().await;
    let first = "update billing_consulting set amount = 300, paid_at = '2026-11-03' where invoice_number = 'INV-1'";
    for change in [first, "update billing_consulting set stripe_charge_id = 'ch_9' where invoice_number = 'INV-1'"] {
        world.source(change).await;
        let (report, rows) = world.import().await;
        assert_eq!(decided(&rows, "billing_consulting", "1"), "amount_changed paid_at_changed", "{change}");
        let paid = report.figures.iter().find(|figure| figure.figure == "paid").expect("what was paid");
        let why: Vec<_> = paid.differences.iter().map(|it| (it.decision.as_str(), it.by.as_str())).collect();
        assert_eq!(why, [("amount_changed", "150.00")], "{change}");
    }
    let here = "select concat_ws(' ', total_minor, paid_at at time zone 'UTC') from invoices where number = 'INV-1'";
    assert_eq!(world.ours(here).await, ["45000 2026-11-01 09:00:00"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bill_that_becomes_late_in_the_source_is_late_here_and_its_payment_is_its_customers() {
    let world = World::with(&shop()).await;
    world.import().await;
    let due = "select (due_at is not null)::text from invoices where number = 'INV-2'";
    assert_eq!(world.ours(due).await, ["false"]);
    world.source("update billing_consulting set status = 'past_due' where invoice_number = 'INV-2'").await;
    world.import().await;
    assert_eq!(world.ours(due).await, ["true"]);
    let paid = "update billing_consulting set status = 'paid', paid_at = '2026-11-17',
        user_id = '00000000-0000-4000-8000-000000000001' where invoice_number = 'INV-2'";
    world.source(paid).await;
    let (_, rows) = world.import().await;
    assert_eq!(decided(&rows, "billing_consulting", "2"), "moved_to_another_customer");
    let whose = "select concat_ws(' ', c.name, (p.customer_id = i.customer_id)::text) from invoices i
        join payments p on p.invoice_id = i.id join customers c on c.id = i.customer_id where i.number = 'INV-2'";
    assert_eq!(world.ours(whose).await, ["Cato true"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_subscription_that_went_to_another_customer_stays_with_the_first_and_that_is_said() {
    let world = World::with(&shop()).await;
    world.import().await;
    let whose = "select concat_ws(' ', s.contract_number, c.name, s.state) from subscriptions s
        join customers c on c.id = s.customer_id order by 1";
    let hours = "select concat_ws(' ', c.name, round((a.posted - a.held) / 3600.0, 2)) from allowance_accounts a
        join customers c on c.id = a.owner_id order by 1";
    let before = (world.ours(whose).await, world.ours(hours).await);
    let other = "update subscriptions_consulting set user_id = '00000000-0000-4000-8000-000000000002', hours_remaining = 4 where id = 2";
    world.source(other).await;
    let (report, rows) = world.import().await;
    assert_eq!(decided(&rows, "subscriptions_consulting", "2"), "moved_to_another_customer");
    assert_eq!((world.ours(whose).await, world.ours(hours).await), before, "nothing of it moved");
    let left = report.figures.iter().find(|figure| figure.figure == "hours_left").expect("the hours");
    assert_eq!(
        left.differences.iter().map(|it| it.decision.as_str()).collect::<Vec<_>>(),
        ["moved_to_another_customer"]
    );
    let (report, _) = world.take_over(false).await;
    let left: Vec<_> = report.not_taken_over.iter().map(|it| (it.customer.as_deref(), it.reason.as_str())).collect();
    assert!(
        matches!(left.as_slice(), [(Some("Cleo"), why)] if why.starts_with("the source has it for another")),
        "{left:?}"
    );
    world.ledger_is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_that_changes_in_the_source_after_a_sign_in_here_stays_and_that_is_said() {
    let hash = bcrypt::hash(testkit::PASSWORD, 4).expect("a hash");
    let world = World::with(&SHOP.replace("{bcrypt}", &hash)).await;
    world.import().await;
    world.app.sign_in("leverai", "cleo@customer.example").await;
    let other = bcrypt::hash("quite another password", 4).expect("a hash");
    world.source(&format!("update users_consulting set password_hash = '{other}' where name = 'Cleo'")).await;
    let (_, rows) = world.import().await;
    assert_eq!(decided(&rows, "users_consulting", "00000000-0000-4000-8000-000000000001"), "password_kept");
    world.source("update users_consulting set name = 'Cleo Berg' where name = 'Cleo'").await;
    let (_, rows) = world.import().await;
    let said = decided(&rows, "users_consulting", "00000000-0000-4000-8000-000000000001");
    assert_eq!(said, "password_kept", "it stays said whatever changes next");
    world.app.sign_in("leverai", "cleo@customer.example").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_that_the_source_takes_away_opens_nothing_here_and_is_said() {
    let hash = bcrypt::hash(testkit::PASSWORD, 4).expect("a hash");
    let world = World::with(&SHOP.replace("{bcrypt}", &hash)).await;
    world.import().await;
    world.source("update users_consulting set password_hash = null where name = 'Cleo'").await;
    let (_, rows) = world.import().await;
    assert_eq!(decided(&rows, "users_consulting", "00000000-0000-4000-8000-000000000001"), "password_gone");
    let wanted = json!({"organization": "leverai", "email": "cleo@customer.example", "password": testkit::PASSWORD});
    assert_eq!(world.app.nobody().post("/session-tokens", wanted).await.status, 401);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_that_is_taken_away_after_a_sign_in_here_stays_until_another_is_chosen() {
    let hash = bcrypt::hash(testkit::PASSWORD, 4).expect("a hash");
    let world = World::with(&SHOP.replace("{bcrypt}", &hash)).await;
    world.import().await;
    let cleo = world.app.sign_in("leverai", "cleo@customer.example").await;
    world.source("update users_consulting set password_hash = null where name = 'Cleo'").await;
    let said = async || decided(&world.import().await.1, "users_consulting", "00000000-0000-4000-8000-000000000001");
    assert_eq!(said().await, "password_kept");
    world.source("update users_consulting set name = 'Cleo Berg' where name = 'Cleo'").await;
    assert_eq!(said().await, "password_kept");
    world.app.clock.set(at("2026-11-21T09:00:00Z"));
    let chosen = json!({"current": testkit::PASSWORD, "new": "a new one, and a long one"});
    assert_eq!(cleo.put("/me/password", chosen).await.status, 204);
    world.source("update users_consulting set name = 'Cleo B' where name = 'Cleo Berg'").await;
    let (_, rows) = world.import().await;
    assert!(!rows.iter().any(|row| row.decisions.iter().any(|it| it == "password_kept")), "{rows:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_blank_name_of_a_plan_is_the_plan_that_the_customer_has_otherwise() {
    let blank = "insert into subscriptions_consulting (user_id, plan_name, hours_allocated, hours_remaining, status, start_date, end_date)
        values ('00000000-0000-4000-8000-000000000001', ' ', 40, 40, 'active', '2026-11-05', '2026-12-05'),
               ('00000000-0000-4000-8000-00000000000d', '', 7, 7, 'active', '2026-11-05', '2026-12-05');";
    let world = World::with(&format!("{}{blank}", shop())).await;
    let (_, rows) = world.import().await;
    assert!(decided(&rows, "subscriptions_consulting", "4").contains("no_plan"), "{rows:?}");
    let plans = "select concat_ws(' ', s.contract_number, p.name, p.archived_at is not null) from subscriptions s
        join plan_versions v on v.id = s.plan_version_id join plans p on p.id = v.plan_id where s.contract_number > 3 order by 1";
    assert_eq!(world.ours(plans).await, ["4 Standard f", "5 Without a name t"]);
}
