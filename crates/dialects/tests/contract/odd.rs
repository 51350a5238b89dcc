//! Kept rows that hold more than the documented types do.

use super::{Business, TABLES, login, server, shown};

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
