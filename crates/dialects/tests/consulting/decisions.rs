//! Rows that need a decision: nothing is dropped, everything is told.

use super::world::{World, decided};

const USERS: &str = "users_consulting";
const SUBSCRIPTIONS: &str = "subscriptions_consulting";
const TICKETS: &str = "tickets_consulting";
const COMMENTS: &str = "ticket_comments_consulting";
const NOTIFICATIONS: &str = "notifications_consulting";
const BILLING: &str = "billing_consulting";

/// Users 1 to 9, customers, and `a`, an administrator.
const PEOPLE: &str = "
insert into users_consulting (id, name, email, role, created_at)
select ('00000000-0000-4000-8000-00000000000' || n)::uuid, 'Customer ' || n, 'c' || n || '@x.example', 'customer',
       timestamp '2026-01-01' + n * interval '1 minute' from generate_series(1, 9) n;
insert into users_consulting (id, name, email, role, created_at)
values ('00000000-0000-4000-8000-00000000000a', 'Ada', 'ada@x.example', 'admin', '2026-01-01');
";

fn id(n: char) -> String {
    format!("00000000-0000-4000-8000-00000000000{n}")
}

/// Imports `rows` on top of the people and asserts what was decided about each row of `expected`, and nothing about others.
async fn decide(rows: &str, expected: &[(&str, &str, &str)]) -> World {
    let rows = rows.replace("{u", "00000000-0000-4000-8000-00000000000").replace('}', "");
    let world = World::with(&format!("{PEOPLE}{rows}")).await;
    let (report, told) = world.import().await;
    for (table, row, words) in expected {
        assert_eq!(decided(&told, table, row), *words, "{table} {row}");
    }
    let others: Vec<_> = told
        .iter()
        .filter(|told| !expected.iter().any(|(table, row, _)| told.table == *table && told.id == *row))
        .collect();
    assert!(others.is_empty(), "{others:#?}");
    let kept = world.ours("select count(*)::text from external_refs").await;
    let rows: u64 = report.tables.iter().map(|table| table.rows).sum();
    assert_eq!(kept, [rows.to_string()], "every row of the source is kept");
    world.ledger_is_clean().await;
    world.hours_are_equal().await;
    let (again, _) = world.import().await;
    assert_eq!(again.changes, 0);
    world
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hours_below_zero_and_above_the_grant_come_out_as_they_were() {
    let world = decide(
        "insert into subscriptions_consulting (user_id, plan_name, hours_allocated, hours_remaining, status, start_date, end_date) values
           ('{u1}', 'basic', 1, -2.5, 'active', '2026-11-01', '2026-12-01'),
           ('{u2}', 'basic', 1, 4, 'active', '2026-11-01', '2026-12-01'),
           ('{u3}', 'pro', -5, -5, 'active', '2026-11-01', '2026-12-01'),
           ('{u4}', 'pro', 'NaN', 3, 'active', '2026-11-01', '2026-12-01'),
           ('{u5}', 'pro', 100, -1, 'cancelled', '2026-10-01', '2026-11-01'),
           ('{u6}', 'pro', 0, 0, 'active', '2026-11-01', '2026-12-01');
         insert into tickets_consulting (ticket_id, user_id, title, status, dedicate_hours, created_at) values
           ('T-1', '{u1}', 'More than there was', 'Completed', 3, '2026-11-02'),
           ('T-2', '{u2}', 'Below zero', 'Pending', -1, '2026-11-02'),
           ('T-3', '{u2}', 'Not a number', 'Pending', 'NaN', '2026-11-02'),
           ('T-4', '{u6}', 'Open without any', 'In Progress', 2, '2026-11-02');",
        &[
            (SUBSCRIPTIONS, "1", "negative_hours"),
            (SUBSCRIPTIONS, "2", "more_remaining_than_allocated"),
            (SUBSCRIPTIONS, "3", "negative_hours"),
            (SUBSCRIPTIONS, "4", "hours_out_of_range"),
            (SUBSCRIPTIONS, "5", "negative_hours"),
            (TICKETS, "2", "negative_hours"),
            (TICKETS, "3", "hours_out_of_range"),
        ],
    )
    .await;
    let debts = "select debt::text from allowance_accounts where debt > 0 order by allowance_accounts.debt";
    assert_eq!(
        world.ours(debts).await,
        ["9000", "18000"],
        "what is owed by those that run; the cancelled one owes nothing"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_running_subscriptions_the_later_is_the_running_one_and_both_keep_their_hours() {
    let world = decide(
        "insert into subscriptions_consulting (user_id, plan_name, hours_allocated, hours_remaining, status, start_date, end_date) values
           ('{u1}', 'basic', 1, 1, 'active', '2026-10-01', '2026-11-30'),
           ('{u1}', 'pro', 100, 40, 'active', '2026-11-01', '2026-12-01'),
           ('{u2}', 'pro', 100, 40, 'Frozen', '2026-11-01', '2026-12-01'),
           ('{u3}', 'Platinum ', 100, 40, 'active', '2026-12-01', '2026-11-01'),
           (null, 'pro', 100, 40, 'active', '2026-11-01', '2026-12-01'),
           ('{u4}', 'pro', 100, 40, 'past_due', '2026-11-01', 'infinity'),
           ('{ua}', 'pro', 100, 40, 'active', '2026-11-01', '2026-12-01');
         insert into tickets_consulting (ticket_id, user_id, title, status, dedicate_hours, created_at) values
           ('T-1', '{u1}', 'In both', 'Completed', 60, '2026-11-02'), ('T-2', '{u1}', 'In none', 'Completed', 2, '2025-11-02');",
        &[
            (SUBSCRIPTIONS, "1", "two_live_subscriptions"),
            (SUBSCRIPTIONS, "2", "two_live_subscriptions"),
            (SUBSCRIPTIONS, "3", "unknown_status"),
            (SUBSCRIPTIONS, "4", "unknown_plan ends_before_start"),
            (SUBSCRIPTIONS, "5", "no_user (kept)"),
            (SUBSCRIPTIONS, "6", "instant_out_of_range"),
            (USERS, &id('a'), "staff_who_buys"),
        ],
    )
    .await;
    let states = "select concat_ws(' ', s.contract_number, s.state, p.name) from subscriptions s
        join plan_versions v on v.id = s.plan_version_id join plans p on p.id = v.plan_id order by s.contract_number";
    assert_eq!(
        world.ours(states).await,
        ["1 ended Basic", "2 active Pro", "3 ended Pro", "4 active Platinum", "6 past_due Pro", "7 active Pro"]
    );
    let offered = "select name from plans where archived_at is not null";
    assert_eq!(world.ours(offered).await, ["Platinum"], "an unknown plan is not offered");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bills_that_contradict_themselves_are_kept_and_told() {
    let world = decide(
        "alter table billing_consulting drop constraint billing_consulting_invoice_number_key;
         insert into billing_consulting (user_id, invoice_number, amount, status, billing_type, created_at, paid_at) values
           (null, 'INV-1', 10, 'paid', 'topup', '2026-11-01', '2026-11-02'),
           ('{u1}', 'INV-2', 10, 'paid', 'topup', '2026-11-01', null),
           ('{u1}', 'INV-3', 10, 'pending', 'topup', '2026-11-01', '2026-11-02'),
           ('{u1}', 'INV-4', 10, 'paid', 'topup', '2026-11-02', '2026-11-01'),
           ('{u1}', 'inv-5', 10, 'paid', 'topup', '2026-11-01', '2026-11-02'),
           ('{u1}', 'INV -5', 10, 'paid', 'topup', '2026-11-01', '2026-11-02'),
           ('{u1}', 'INV-6', 10, 'pending', 'topup', '2026-11-01', null),
           ('{u2}', 'INV-6', 10, 'pending', 'topup', '2026-11-01', null),
           ('{u2}', null, 10, 'pending', 'topup', '2026-11-01', null),
           ('{u2}', 'INV-7', -10, 'paid', 'topup', '2026-11-01', '2026-11-02'),
           ('{u2}', 'INV-8', 10, 'trial', 'new subscription', '2026-11-01', null),
           ('{u2}', 'INV-9', 10, 'Refunded!', 'gift', '2026-11-01', null),
           ('{u2}', 'INV-10', 10, 'past_due', 'topup', null, null);",
        &[
            (BILLING, "1", "no_user (kept)"),
            (BILLING, "2", "paid_without_paid_at"),
            (BILLING, "3", "paid_at_but_not_paid"),
            (BILLING, "4", "paid_before_it_was_written"),
            (BILLING, "5", "invoice_number_alike"),
            (BILLING, "6", "invoice_number_alike"),
            (BILLING, "7", "invoice_number_alike"),
            (BILLING, "8", "invoice_number_twice"),
            (BILLING, "9", "no_invoice_number"),
            (BILLING, "10", "negative_amount (kept)"),
            (BILLING, "11", "status_of_a_subscription (kept)"),
            (BILLING, "12", "unknown_status unknown_type (kept)"),
            (BILLING, "13", "no_created_at"),
        ],
    )
    .await;
    let numbers = "select concat_ws(' ', contract_number, number, state) from invoices where contract_number between 7 and 9 order by 1";
    assert_eq!(world.ours(numbers).await, ["7 INV-6 open", "8 INV-6 (8) open", "9 consulting-9 open"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_who_cannot_sign_in_are_customers_all_the_same() {
    let world = decide(
        "insert into users_consulting (id, name, email, password_hash, role, created_at) values
           ('{ub}', 'Case', 'C1@X.example', null, 'customer', '2026-02-01'),
           ('{uc}', 'No address', 'nobody', null, 'customer', '2026-02-01'),
           ('{ud}', 'No role', 'r@x.example', null, null, '2026-02-01'),
           ('{ue}', E'Odd\\tname', 'o@x.example', 'md5', 'manager', null),
           ('{uf}', 'Staff without address', 'none', null, 'developer', '-infinity');",
        &[
            (USERS, &id('b'), "email_differs_only_by_case"),
            (USERS, &id('c'), "invalid_email"),
            (USERS, &id('d'), "unknown_role"),
            (USERS, &id('e'), "unknown_role password_not_usable no_created_at odd_text"),
            (USERS, &id('f'), "invalid_email instant_out_of_range (kept)"),
        ],
    )
    .await;
    assert_eq!(world.ours("select count(*)::text from customers").await, ["13"]);
    assert_eq!(world.ours("select count(*)::text from memberships").await, ["12"]);
    assert_eq!(
        world.ours("select name from customers where email is null order by name").await,
        ["Case", "No address"]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tickets_comments_and_notifications_of_nobody_are_kept() {
    let world = decide(
        "insert into tickets_consulting (id, ticket_id, user_id, title, details, status, request_priority, dedicate_hours, created_at) values
           (1, 'T-1', null, 'Of nobody', null, 'Pending', 'Low', 1, '2026-11-01'),
           (2, 'T/2', '{u1}', 'Odd number', null, 'On ice', 'Whenever', 0, '2026-11-01'),
           (3, 'T-3', '{u1}', 'Null', null, null, null, null, null),
           (1000000000, 'T-4', '{u1}', 'Large', E'Bell\\x07', 'Completed', 'low', 0, '2026-11-01');
         insert into ticket_comments_consulting (ticket_id, user_id, usertype, message, created_at) values
           (1, '{u1}', 'customer', 'On a ticket of nobody', '2026-11-01'), (3, null, 'customer', 'By nobody', '2026-11-01'),
           (3, '{u1}', 'admin', 'Posing', '2026-11-01'), (null, '{u1}', 'customer', 'On nothing', '2026-11-01'),
           (3, '{u1}', 'robot', 'Beep', '2026-11-01');
         insert into notifications_consulting (recipient_id, ticket_id, type, message, is_read, created_at) values
           ('{u1}', 4711, 'status', 'Vanished', false, '2026-11-01'), (null, 2, 'status', 'To nobody', null, '2026-11-01'),
           ('{u1}', 2, 'birthday', 'Hurray', false, '2026-11-01');
         insert into webhook_events (event_id, status) values ('evt_1', 'processing'), ('evt_2', 'lost');",
        &[
            (TICKETS, "1", "no_user (kept)"),
            (TICKETS, "2", "unknown_status unknown_priority number_not_usable"),
            (TICKETS, "3", "unknown_status no_created_at"),
            (TICKETS, "1000000000", "odd_text number_too_large"),
            (COMMENTS, "1", "ticket_not_imported (kept)"),
            (COMMENTS, "2", "no_user"),
            (COMMENTS, "3", "side_contradicts_role"),
            (COMMENTS, "4", "no_ticket (kept)"),
            (COMMENTS, "5", "unknown_role"),
            (NOTIFICATIONS, "1", "ticket_is_gone"),
            (NOTIFICATIONS, "2", "no_user (kept)"),
            (NOTIFICATIONS, "3", "unknown_type (kept)"),
            ("webhook_events", "1", "still_processing (kept)"),
            ("webhook_events", "2", "unknown_status (kept)"),
        ],
    )
    .await;
    let numbers =
        "select concat_ws(' ', number, contract_number >= 1000000000, priority, status) from tickets order by title";
    assert_eq!(
        world.ours(numbers).await,
        [
            "T-4 true Low completed".replace("true", "t"),
            "T-3 f Medium pending".to_owned(),
            "consulting-2 f Medium pending".to_owned()
        ]
    );
}

#[test]
fn every_decision_has_a_sentence_and_stands_in_the_manual() {
    use dialects::import::Dialect as _;
    let manual = include_str!("../../../../docs/operations.md");
    let mut known = std::collections::BTreeSet::new();
    let own = dialects::consulting::import::Consulting::DECISIONS;
    for line in own.lines().chain(dialects::import::DECISIONS.lines()) {
        let (word, sentence) = line.split_once('\t').expect("a word and a sentence");
        assert!(sentence.len() > 5 && known.insert(word), "{line}");
        assert!(manual.contains(&format!("`{word}`")), "{word} is not in docs/operations.md");
    }
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/consulting/import");
    for file in std::fs::read_dir(folder).expect("the statements") {
        let text = std::fs::read_to_string(file.expect("a file").path()).expect("its text");
        let list = text.split("array_remove(array[").nth(1).and_then(|rest| rest.split("], null)").next());
        for word in list.unwrap_or_default().split("then '").skip(1).filter_map(|rest| rest.split('\'').next()) {
            assert!(known.contains(word), "{word} has no sentence");
        }
    }
}
