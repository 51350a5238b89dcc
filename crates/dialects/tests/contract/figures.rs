//! What the contract says of a business that was never anywhere else.

use serde_json::json;

use super::{Business, login, made, server, shown};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hours_tickets_and_bills_come_out_in_documented_words() {
    let app = server().await;
    let acme = Business::lively(&app, app.acme, "acme", "anna").await;
    let client = login(&app, acme.organization, "figures").await;
    let is = async |query: &str, wanted: &str| assert_eq!(shown(&client, query).await, wanted, "{query}");
    // 10 hours of the plan and 2 more; 1.5 are on hold and 2 of 3 were used.
    is(
        "select plan_name, hours_allocated, hours_remaining, status from get_user_subscriptions_consulting()
         where name = 'Customer anna'",
        "plan anna | 10.00 | 8.50 | active",
    )
    .await;
    is(
        "select title, status, request_priority, dedicate_hours, user_name from get_tickets_consulting()
         where ticket_id <> 'TKT-anna' order by title",
        "done anna | Completed | Medium | 2.00 | Customer anna\nopen anna | Pending | Medium | 1.50 | Customer anna",
    )
    .await;
    is(
        "select billing_type, amount, status, paid_at is not null from billing_consulting where id >= 1000000000 order by 1",
        "new subscription | 450.00 | paid | t\ntopup | 90.00 | paid | t",
    )
    .await;
    is("select * from get_billing_totals_prev_curr_consulting()", "current_month | 540.00\nprevious_month | 0").await;
    is("select * from get_active_plan_counts_consulting()", "plan anna | 1").await;
    is(
        "select usertype, message, count(*) from ticket_comments_consulting where ticket_id >= 1000000000 group by 1, 2 order by 1",
        "admin | said anna | 2\ncustomer | said anna | 2",
    )
    .await;
    is(
        "select role, count(*) from users_consulting where name like '%anna' group by 1 order by 1",
        "admin | 1\ncustomer | 2",
    )
    .await;
    is("select count(*) from users_consulting where password_hash is not null", "0").await;
    is(
        "select count(*) > 0, bool_and(t.ticket_id like 'TKT-%') from notifications_consulting n
         join tickets_consulting t on t.id = n.ticket_id where n.type in ('request', 'status', 'comment') and t.id <> 9",
        "t | t",
    )
    .await;
    // Whoever signs in for a customer is that customer, in comments too.
    is(
        "select distinct u.name from ticket_comments_consulting c join users_consulting u on u.id = c.user_id
         where c.usertype = 'customer'",
        "Customer anna",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_that_were_only_kept_are_shown_as_they_were() {
    let app = server().await;
    let acme = Business::lively(&app, app.acme, "acme", "anna").await;
    let client = login(&app, acme.organization, "kept").await;
    let is = async |query: &str, wanted: &str| assert_eq!(shown(&client, query).await, wanted, "{query}");
    is(
        "select id, plan_name, hours_allocated, hours_remaining, status, start_date from subscriptions_consulting where id = 7",
        "7 | plan anna | 10.00 | -2.50 | frozen | 2025-03-01 10:00:00",
    )
    .await;
    is(
        "select status, request_priority, user_name from get_ticket_details_consulting(9) d
        join tickets_consulting t using (id, status, request_priority)",
        "Waiting | ASAP | ∅",
    )
    .await;
    is(
        "select id, amount, status, stripe_charge_id, stripe_invoice_id from billing_consulting where id = 8",
        "8 | 12.34 | paid | ch_anna | ∅",
    )
    .await;
    is("select usertype, created_at from ticket_comments_consulting where id = 10", "robot | ∅").await;
    is("select ticket_id, is_read from notifications_consulting where id = 11", "404 | ∅").await;
    is("select id, event_id, status, processed_at from webhook_events", "12 | evt_anna | processing | ∅").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refund_is_no_revenue_and_a_month_is_the_organizations() {
    let app = server().await;
    let acme = Business::new(&app, app.acme, "acme", "anna").await;
    acme.subscribe().await;
    let client = login(&app, acme.organization, "months").await;
    let totals = "select * from get_billing_totals_prev_curr_consulting()";
    let payment = acme.owner.get("/payments").await.body["items"][0]["id"].as_str().expect("a payment").to_owned();
    let part = json!({"reason": "half", "amount": {"amount": "50.00", "currency": "USD"}});
    made(&acme.owner, &format!("/payments/{payment}/refunds"), part).await;
    assert_eq!(shown(&client, totals).await, "current_month | 400.00\nprevious_month | 0");
    let owner = runtime::db::connect(&app.root_config).await.expect("the owner");
    // Half an hour before the month began in Stockholm, which is in this month for a clock further west.
    let moved = "update invoices set paid_at = (date_trunc('month', now() at time zone 'Europe/Stockholm') - interval '30 minutes')
        at time zone 'Europe/Stockholm'";
    owner.batch_execute(moved).await.expect("paid earlier");
    owner.batch_execute("update organizations set time_zone = 'Europe/Stockholm'").await.expect("a zone");
    assert_eq!(shown(&client, totals).await, "current_month | 0\nprevious_month | 400.00");
    client.batch_execute("set timezone = 'Pacific/Kiritimati'").await.expect("allowed");
    assert_eq!(shown(&client, totals).await, "current_month | 0\nprevious_month | 400.00", "whoever asks");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_better_plan_shows_its_whole_allowance() {
    let app = server().await;
    let acme = Business::new(&app, app.acme, "acme", "anna").await;
    let subscription = acme.subscribe().await["id"].as_str().expect("an id").to_owned();
    let terms = json!({"price": {"amount": "900.00", "currency": "USD"}, "period": "month", "quantity": "20"});
    let better = made(&acme.owner, "/plans", json!({"name": "Better", "terms": terms})).await["id"].clone();
    let change =
        made(&acme.owner, &format!("/subscriptions/{subscription}/plan-change"), json!({"plan": better})).await;
    let invoice = change["invoice"].as_str().expect("the difference").to_owned();
    let amount = acme.owner.get(&format!("/invoices/{invoice}")).await.body["invoice"]["total"].clone();
    made(&acme.owner, "/payments", json!({"invoice": invoice, "amount": amount})).await;
    let client = login(&app, app.acme, "analyst").await;
    let hours = "select plan_name, hours_allocated, hours_remaining from subscriptions_consulting";
    assert_eq!(shown(&client, hours).await, "better | 20.00 | 20.00");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_end_is_a_day_that_a_client_can_read() {
    let app = server().await;
    let acme = Business::new(&app, app.acme, "acme", "anna").await;
    let terms =
        json!({"price": {"amount": "90.00", "currency": "USD"}, "period": "once", "quantity": "2", "expiry": "never"});
    let once = made(&acme.owner, "/plans", json!({"name": "Once", "terms": terms})).await["id"].clone();
    for (name, stops) in [("Never Began", true), ("Goes On", false)] {
        let customer = made(&acme.owner, "/customers", json!({ "name": name })).await["id"].clone();
        let started = made(&acme.owner, "/subscriptions", json!({"customer": customer, "plan": once})).await;
        if stops {
            let path = format!("/subscriptions/{}/cancellation", started["id"].as_str().expect("an id"));
            let ended = acme.owner.post(&path, json!({"at": "now"})).await;
            assert_eq!(ended.status, 200, "{}", ended.body);
        } else {
            let invoice = started["open_invoice"].clone();
            let amount = json!({"amount": "90.00", "currency": "USD"});
            made(&acme.owner, "/payments", json!({"invoice": invoice, "amount": amount})).await;
        }
    }
    let client = login(&app, app.acme, "analyst").await;
    let ends = "select status, isfinite(end_date), end_date > now() + interval '100 years' from subscriptions_consulting order by 1";
    assert_eq!(shown(&client, ends).await, "active | t | t\ncancelled | t | f");
}
