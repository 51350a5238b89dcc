//! Rows that hold more than the documented types do.

use serde_json::json;

use super::{Business, TABLES, login, made, server, shown};

const TOO_LARGE: &str = "
    update external_refs set source_id = '30000000' || lpad(source_id, 2, '0') where kind <> 'users_consulting';
    update external_refs set row = row || '{\"hours_allocated\": 100000000, \"hours_remaining\": -1e20}'
     where kind = 'subscriptions_consulting';
    update external_refs set row = row || '{\"amount\": 99999999.995}' where kind = 'billing_consulting';
    update external_refs set row = row || '{\"dedicate_hours\": \"Infinity\"}' where kind = 'tickets_consulting';
    update external_refs set row = row || '{\"ticket_id\": 2147483648}'
     where kind in ('ticket_comments_consulting', 'notifications_consulting')";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_does_not_fit_is_null_and_keeps_nobody_from_the_rest() {
    let app = server().await;
    Business::lively(&app, app.acme, "acme", "anna").await;
    let client = login(&app, app.acme, "analyst").await;
    let mut before = Vec::new();
    for table in TABLES {
        before.push(shown(&client, &format!("select * from {table}")).await.lines().count());
    }
    let owner = runtime::db::connect(&app.root_config).await.expect("the owner");
    owner.batch_execute(TOO_LARGE).await.expect("rows of a larger kind");
    for (table, before) in TABLES.into_iter().zip(before) {
        let all = shown(&client, &format!("select * from {table}")).await;
        assert_eq!(all.lines().count(), before, "{table}: {all}");
        let nameless = shown(&client, &format!("select count(*) from {table} where id is null")).await;
        assert_eq!(nameless, if table == "users_consulting" { "0" } else { "1" }, "{table}");
    }
    for (query, answer) in [
        (
            "select hours_allocated, hours_remaining, status from subscriptions_consulting where id is null",
            "∅ | ∅ | frozen",
        ),
        ("select amount, billing_type from billing_consulting where id is null", "∅ | topup"),
        ("select dedicate_hours, status from tickets_consulting where id is null", "∅ | Waiting"),
        ("select ticket_id, usertype from ticket_comments_consulting where id is null", "∅ | robot"),
        ("select ticket_id, type from notifications_consulting where id is null", "∅ | status"),
        ("select count(*) > 0 from get_tickets_consulting()", "t"),
        ("select count(*) > 0 from get_user_billing_consulting()", "t"),
        ("select count(*) > 0 from get_user_subscriptions_consulting()", "t"),
        ("select count(*) from get_billing_totals_prev_curr_consulting()", "2"),
        ("select max(id) >= 1000000000 from subscriptions_consulting", "t"),
    ] {
        assert_eq!(shown(&client, query).await, answer, "{query}");
    }
}

/// More hours than anybody may type at once, as many small sums would come to.
const MANY_HOURS: &str = "
    update tickets set wanted_seconds = 360000000000 where title = 'open anna';
    update tickets set used_seconds = 359999999982 where title = 'done anna';
    update allowance_lots set amount = amount + 360000000000, remaining = remaining + 360000000000
     where id in (select lot_id from subscription_periods)";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_made_here_and_does_not_fit_is_null_in_the_tables_and_told_and_counted_by_the_functions() {
    let app = server().await;
    let acme = Business::lively(&app, app.acme, "acme", "anna").await;
    let client = login(&app, app.acme, "analyst").await;
    let price = json!({"amount": "100000000.00", "currency": "USD"});
    let top_up = json!({"customer": acme.customer.to_string(), "quantity": "2", "price": price, "pay_now": true});
    made(&acme.owner, "/top-ups", top_up).await;
    let owner = runtime::db::connect(&app.root_config).await.expect("the owner");
    owner.batch_execute(MANY_HOURS).await.expect("many hours");
    let of_bills = "from billing_consulting where id >= 1000000000";
    for (query, answer) in [
        (format!("select amount {of_bills} order by 1"), "90.00\n450.00\n∅"),
        (format!("select sum(amount) {of_bills}"), "540.00"),
        ("select max(amount) from get_user_billing_consulting()".to_owned(), "100000000.00"),
        (
            "select * from get_billing_totals_prev_curr_consulting()".to_owned(),
            "current_month | 100000540.00\nprevious_month | 0",
        ),
        (
            "select hours_allocated, hours_remaining, status from subscriptions_consulting where id >= 1000000000".to_owned(),
            "∅ | ∅ | active",
        ),
        (
            "select hours_allocated, hours_remaining from get_user_subscriptions_consulting() where name = 'Customer anna'"
                .to_owned(),
            "100000010.00 | 100000010.50",
        ),
        (
            format!(
                "select hours_allocated, hours_remaining from get_user_subscriptions_consulting('{}')",
                kernel::id::Id::uuid(acme.customer)
            ),
            "100000010.00 | 100000010.50",
        ),
        (
            "select title, dedicate_hours from tickets_consulting where id >= 1000000000 order by 1".to_owned(),
            "done anna | ∅\nopen anna | ∅",
        ),
        (
            "select title, dedicate_hours from get_tickets_consulting() where id >= 1000000000 order by 1".to_owned(),
            "done anna | 100000000.00\nopen anna | 100000000.00",
        ),
        (
            "select d.dedicate_hours from tickets_consulting t, get_ticket_details_consulting(t.id) d where t.title = 'open anna'"
                .to_owned(),
            "100000000.00",
        ),
    ] {
        assert_eq!(shown(&client, &query).await, answer, "{query}");
    }
    owner
        .batch_execute("update tickets set used_seconds = 359999999981 where title = 'done anna'")
        .await
        .expect("one less");
    let most = shown(&client, "select dedicate_hours from tickets_consulting where title = 'done anna'").await;
    assert_eq!(most, "99999999.99", "what fits is shown");
}
