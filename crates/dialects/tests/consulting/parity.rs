//! The same questions to a documented database and to the contract after the import give the same rows and figures.

use kernel::Clock;
use serde_json::json;
use tokio_postgres::Client;

use super::world::{SHOP, UUID_IDS, World};
use crate::contract::{TABLES, login, made, shown};

/// Where the contract differs on purpose, and why. Each is asserted below.
const DIFFERENCES: &[(&str, &str)] = &[
    ("password_hash", "null for everybody: who reads reports has no business with what proves who somebody is"),
    ("uuid ids", "where the source numbered bills and subscriptions with UUIDs, they have integers of ours"),
];

/// No reasons for a difference where nobody has worked here.
const UNPROVED: [&str; 2] = ["went_on_here", "unexplained"];

/// What old reports ask, and what the document orders each by.
const FUNCTIONS: [(&str, &str); 8] = [
    ("get_customers_consulting()", "created_at"),
    ("get_tickets_consulting()", "created_at"),
    ("get_ticket_details_consulting(17)", "id"),
    ("get_user_subscriptions_consulting()", "(select u.created_at from users_consulting u where u.id = r.id)"),
    ("get_user_billing_consulting()", "created_at"),
    ("get_billing_totals_prev_curr_consulting()", "period"),
    ("get_active_plan_counts_consulting()", "count"),
    ("get_ticket_counts_by_status_consulting()", "count"),
];

/// The columns of a table that are compared.
fn columns(table: &str, without_ids: bool) -> String {
    match table {
        "users_consulting" => "id, name, email, role, created_at".to_owned(),
        "subscriptions_consulting" if without_ids => {
            "user_id, plan_name, hours_allocated, hours_remaining, status, start_date, end_date".to_owned()
        }
        "billing_consulting" if without_ids => {
            "user_id, invoice_number, stripe_charge_id, amount, status, billing_type, created_at, paid_at".to_owned()
        }
        _ => "*".to_owned(),
    }
}

fn sorted(rows: &str) -> Vec<&str> {
    let mut rows: Vec<&str> = rows.lines().collect();
    rows.sort_unstable();
    rows
}

/// A row in one line, whatever its texts hold.
fn flat(what: &str) -> String {
    format!("select replace(r::text, E'\\n', '¶') from {what} r")
}

async fn same(source: &Client, contract: &Client, question: &str) -> String {
    let (there, here) = (shown(source, question).await, shown(contract, question).await);
    let (theirs, ours) = (sorted(&there), sorted(&here));
    let missing: Vec<_> = theirs.iter().filter(|row| !ours.contains(row)).collect();
    let more: Vec<_> = ours.iter().filter(|row| !theirs.contains(row)).collect();
    assert!(missing.is_empty() && more.is_empty(), "{question}\nnot here: {missing:#?}\nonly here: {more:#?}");
    assert_eq!(theirs.len(), ours.len(), "{question}");
    here
}

/// Every row of every table, and every function.
async fn everything_is_the_same(world: &World, contract: &Client, without_ids: bool) {
    world.source.batch_execute("set timezone = 'UTC'").await.expect("one clock");
    for table in TABLES {
        let rows =
            same(&world.source, contract, &flat(&format!("(select {} from {table})", columns(table, without_ids))))
                .await;
        assert!(!rows.is_empty(), "{table} is empty");
    }
    for (call, key) in FUNCTIONS {
        if without_ids && call.starts_with("get_user_billing") {
            continue;
        }
        same(&world.source, contract, &flat(call)).await;
        let order = format!("select {key} from {call} r");
        assert_eq!(shown(contract, &order).await, shown(&world.source, &order).await, "the order of {call}");
    }
    let hashes = "select count(*) from users_consulting where password_hash is not null";
    assert_ne!(shown(&world.source, hashes).await, "0");
    assert_eq!(shown(contract, hashes).await, "0", "{}", DIFFERENCES[0].0);
}

/// A documented database of random content, imported; and a login that reads it.
async fn imported(seed: &str, variant: &str) -> (World, Client) {
    let world = World::with(&include_str!("random.sql").replace("{seed}", seed)).await;
    world.source(variant).await;
    world.app.clock.set(Clock::system().now());
    let (report, _) = world.import_as(false, 1_000).await.expect("an import");
    // Nobody has worked here yet, so each difference between both sides' figures has a reason of its own.
    assert_eq!(report.figures.len(), 2, "{:?}", report.figures);
    let unexplained: Vec<_> =
        report.figures.iter().flat_map(|it| &it.differences).filter(|it| UNPROVED.contains(&&*it.decision)).collect();
    assert!(unexplained.is_empty(), "{unexplained:?}");
    world.ledger_is_clean().await;
    let leverai = world.leverai().await;
    let contract = login(&world.app, leverai, "analyst").await;
    (world, contract)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_row_and_figure_of_a_random_database_is_the_same() {
    let (world, contract) = imported("0.25", "").await;
    everything_is_the_same(&world, &contract, false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_random_database_is_the_same_too_and_again_after_a_second_import() {
    let (world, contract) = imported("-0.75", "").await;
    everything_is_the_same(&world, &contract, false).await;
    let (report, _) = world.import_as(false, 1_000).await.expect("an import beside a login");
    assert_eq!(report.changes, 0);
    everything_is_the_same(&world, &contract, false).await;
}

/// Whatever a shop's day brings, run after run: nothing of what was before may show in what is now.
async fn as_the_source_moves(first: &str, seeds: [&str; 5]) {
    let (world, contract) = imported(first, "").await;
    for (round, seed) in seeds.iter().enumerate() {
        world.source(&include_str!("moves.sql").replace("{seed}", seed).replace("{round}", &round.to_string())).await;
        let (report, rows) = world.import_as(false, 50).await.expect("an import of what moved");
        assert_ne!(report.changes, 0);
        let strangers: Vec<_> =
            rows.iter().filter(|row| row.decisions.iter().any(|it| it == "user_not_imported")).collect();
        assert!(strangers.is_empty(), "round {round}: everybody is in the source: {strangers:?}");
        let unexplained: Vec<_> = report
            .figures
            .iter()
            .flat_map(|it| &it.differences)
            .filter(|it| UNPROVED.contains(&&*it.decision))
            .collect();
        assert!(unexplained.is_empty(), "round {round}: {unexplained:?}");
        everything_is_the_same(&world, &contract, false).await;
        world.ledger_is_clean().await;
        assert_eq!(world.import_as(false, 1_000).await.expect("once more").0.changes, 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_and_figures_stay_the_same_while_the_source_moves() {
    as_the_source_moves("0.125", ["0.1", "-0.2", "0.3", "-0.4", "0.5"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn and_so_they_do_however_it_moves() {
    as_the_source_moves("-0.5", ["-0.11", "0.22", "-0.33", "0.44", "-0.55"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_with_uuid_ids_is_the_same_but_for_them() {
    let (world, contract) = imported("0.5", UUID_IDS).await;
    everything_is_the_same(&world, &contract, true).await;
    let integers = "select count(*) from billing_consulting where id >= 1000000000";
    assert_ne!(shown(&contract, integers).await, "0", "{}", DIFFERENCES[1].0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_done_here_shows_in_documented_words() {
    let world = World::with(&SHOP.replace("{bcrypt}", "")).await;
    world.app.clock.set(Clock::system().now());
    world.import().await;
    let leverai = world.leverai().await;
    world.app.member(leverai, "Olga", "olga@leverai.example", kernel::Role::Owner).await;
    let olga = world.app.sign_in("leverai", "olga@leverai.example").await;
    let contract = login(&world.app, leverai, "analyst").await;
    let hours = "select hours_remaining from subscriptions_consulting where id = 2";
    assert_eq!(shown(&contract, hours).await, "5.25");
    made(&olga, "/tickets/TKT-20261106-100000-0003/completion", json!({"hours": "1"})).await;
    made(&olga, "/tickets/TKT-20261107-100000-0004/rejection", json!({"reason": "No"})).await;
    assert_eq!(shown(&contract, hours).await, "6.50", "a quarter of an hour and one hour were given back");
    let tickets = "select id, status, dedicate_hours from tickets_consulting where id in (3, 4) order by id";
    assert_eq!(shown(&contract, tickets).await, "3 | Completed | 1.00\n4 | Rejected | 1.00");
    let said = "select count(*) from ticket_comments_consulting";
    let before = shown(&contract, said).await;
    made(&olga, "/tickets/TKT-20261105-100000-0002/comments", json!({"message": "Well done"})).await;
    assert_ne!(shown(&contract, said).await, before);
    let native =
        "select id >= 1000000000, ticket_id, usertype from ticket_comments_consulting where message = 'Well done'";
    assert_eq!(shown(&contract, native).await, "t | 2 | admin");
}
