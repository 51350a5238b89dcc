//! What is asked of one thing is read of one thing, however many there are.

use std::time::Duration;

use kernel::id::Id;
use testkit::TestApp;
use tokio_postgres::Client;

use super::{Business, login, server, shown};

const MANY: u32 = 3_000;

/// Acme with many tickets, comments, notifications, bills and past subscriptions of other customers beside its lively one.
async fn crowded() -> (TestApp, Business, Client) {
    let app = server().await;
    let business = Business::lively(&app, app.acme, "acme", "anna").await;
    let owner = runtime::db::connect(&app.root_config).await.expect("the owner");
    let rows = "
        create temp table many as select gen_random_uuid() as customer, gen_random_uuid() as thing, n from generate_series(1, {many}) n;
        insert into customers (organization_id, id, name, created_at) select '{org}', customer, 'Somebody ' || n, now() from many;
        insert into tickets (organization_id, id, number, customer_id, title, priority, status, wanted_seconds, held_seconds,
            used_seconds, created_at)
        select '{org}', thing, 'TKT-' || n, customer, 'Much', 'Low', 'pending', 0, 0, 0, now() from many;
        insert into ticket_comments (organization_id, id, ticket_id, origin_ticket_id, side, author_name, message, internal, created_at)
        select '{org}', thing, thing, thing, 'staff', 'Somebody', 'Much', false, now() from many;
        insert into invoices (organization_id, id, customer_id, number, state, currency, total_minor, created_at)
        select '{org}', thing, customer, 'INV-' || n, 'open', 'USD', 100, now() from many;
        insert into subscriptions (organization_id, id, customer_id, plan_version_id, state, created_at, ended_at)
        select '{org}', thing, customer, (select id from plan_versions where organization_id = '{org}' limit 1), 'ended', now(), now()
        from many;
        insert into notifications (organization_id, id, user_id, kind, subject_kind, subject_ref, title, text, reason, actor_name,
            created_at)
        select '{org}', thing, (select user_id from memberships where organization_id = '{org}' limit 1), 'status', 'ticket',
            'TKT-' || n, 'Much', '', '', '', now() from many;
        analyze";
    let rows = rows.replace("{many}", &MANY.to_string()).replace("{org}", &app.acme.uuid().to_string());
    owner.batch_execute(&rows).await.expect("many rows");
    let client = login(&app, app.acme, "analyst").await;
    (app, business, client)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_documented_id_is_looked_up_in_an_index() {
    let (_app, _business, client) = crowded().await;
    for (view, table) in [
        ("tickets_consulting", "tickets"),
        ("ticket_comments_consulting", "ticket_comments"),
        ("notifications_consulting", "notifications"),
        ("billing_consulting", "invoices"),
        ("subscriptions_consulting", "subscriptions"),
    ] {
        let plan = shown(&client, &format!("explain select * from {view} where id = 1000000500")).await;
        assert!(plan.contains(&format!("using {table}_contract_number on {table}")), "{view}:\n{plan}");
        assert!(plan.contains("contract_number = 1000000500"), "{view}:\n{plan}");
        // Which subscription counts a customer's other hours is asked of all of them.
        assert!(table == "subscriptions" || !plan.contains(&format!("Seq Scan on {table} ")), "{view}:\n{plan}");
    }
    let user = "explain select * from consulting_parts.imported_users where key = 'a'";
    let plan = shown(&client, user).await;
    assert!(plan.contains("source_id = 'a'"), "{plan}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn functions_about_one_thing_read_no_whole_table() {
    let (app, business, client) = crowded().await;
    let owner = runtime::db::connect(&app.root_config).await.expect("the owner");
    let ticket = shown(&client, "select id from tickets_consulting where title = 'open anna'").await;
    let read = "select sum(seq_tup_read) from pg_stat_user_tables
        where relname in ('tickets', 'customers', 'subscriptions', 'invoices', 'ticket_comments', 'external_refs')";
    let settle = async || {
        shown(&client, "select pg_stat_force_next_flush()").await;
        tokio::time::sleep(Duration::from_millis(200)).await;
        shown(&owner, read).await.parse::<u64>().expect("a number")
    };
    for (question, answer) in [
        (format!("select title, user_name from get_ticket_details_consulting({ticket})"), "open anna | Customer anna"),
        (
            format!(
                "select name, plan_name, status from get_user_subscriptions_consulting('{}')",
                business.customer.uuid()
            ),
            "Customer anna | plan anna | active",
        ),
    ] {
        let before = settle().await;
        for _ in 0..8 {
            assert_eq!(shown(&client, &question).await, answer);
        }
        let whole = settle().await - before;
        assert!(whole < u64::from(MANY), "{question} read {whole} rows of whole tables");
    }
}
