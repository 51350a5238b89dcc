//! Subscriptions and comments that the source loses, and what it has in their place.

use dialects::import::Told;
use serde_json::json;

use super::takeover::{hours, moved_in, subscription, take_over};
use super::world::decided;

/// Cato's plan, written anew by the source.
const ANEW: &str = "insert into subscriptions_consulting (user_id, plan_name, hours_allocated, hours_remaining, status, start_date, end_date)
    values ('00000000-0000-4000-8000-000000000002', 'pro', 100, 40, 'active', '2026-11-09', '2026-12-21');";
const DELETED: &str = "delete from subscriptions_consulting where id = 3;";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_source_has_lost_is_taken_over_by_nobody_without_a_word() {
    let (world, olga) = moved_in("").await;
    world.source("delete from subscriptions_consulting where id = 3").await;
    let (report, told) = world.take_over(true).await;
    assert_eq!(report.waiting, 1);
    assert!(!told.iter().any(|it| matches!(it, Told::Upcoming(it) if it.customer == "Cato")), "{told:?}");
    let named: Vec<_> = report.not_taken_over.iter().map(|it| it.customer.as_deref()).collect();
    assert_eq!(named, [Some("Cato")], "a dry run says so, too");
    let (report, _) = world.take_over(false).await;
    let reasons: Vec<_> = report.not_taken_over.iter().map(|it| it.reason.as_str()).collect();
    assert!(report.taken_over == 1 && reasons.len() == 1 && reasons[0].contains("not in the source"), "{report:?}");
    assert_eq!(subscription(&olga, "Cato").await["renews"], false);
    let cato = subscription(&olga, "Cato").await;
    assert_eq!(take_over(&olga, &cato, json!({})).await.0, 200, "by itself it can be");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_source_has_in_place_of_a_lost_one_runs_and_is_taken_over() {
    for runs in [[format!("{DELETED}{ANEW}"), String::new()], [DELETED.to_owned(), ANEW.to_owned()]] {
        let (world, olga) = moved_in("").await;
        let mut rows = Vec::new();
        for run in runs.iter().filter(|run| !run.is_empty()) {
            world.source(run).await;
            rows = world.import().await.1;
        }
        assert!(decided(&rows, "subscriptions_consulting", "4").contains("replaces_lost"), "{rows:?}");
        let cato = subscription(&olga, "Cato").await;
        assert_eq!(
            (&cato["plan_name"], &cato["period_end"]),
            (&json!("Pro"), &json!("2026-12-21T00:00:00Z")),
            "{cato}"
        );
        assert_eq!(hours(&world, "Cato").await, "41.00 0.00", "what was left of the lost one stays until its end");
        let states =
            "select concat_ws(' ', contract_number, state) from subscriptions where contract_number > 2 order by 1";
        assert_eq!(world.ours(states).await, ["3 ended", "4 active"]);
        assert_eq!(world.import().await.0.changes, 0);
        let (report, _) = world.take_over(false).await;
        assert_eq!((report.taken_over, report.not_taken_over.len()), (2, 0), "{report:?}");
        world.ledger_is_clean().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_one_that_comes_back_runs_again() {
    let (world, olga) = moved_in("").await;
    world
        .source(&format!("create table before as select * from subscriptions_consulting where id = 3; {DELETED}{ANEW}"))
        .await;
    world.import().await;
    world.source("insert into subscriptions_consulting select * from before; delete from subscriptions_consulting where id = 4").await;
    let (_, rows) = world.import().await;
    assert!(!decided(&rows, "subscriptions_consulting", "3").contains("changed_here_too"), "{rows:?}");
    let cato = subscription(&olga, "Cato").await;
    assert_eq!((&cato["plan_name"], &cato["is_waiting"]), (&json!("Basic"), &json!(true)), "{cato}");
    world.ledger_is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_counts_only_what_may_be_taken_over() {
    let (world, _olga) = moved_in("").await;
    world.source(DELETED).await;
    world.import().await;
    let page = world.app.signed_in("leverai", "olga@leverai.example").await;
    let html = page.get("/leverai/settings/imports").await.html;
    assert!(html.contains("One subscription runs and does not renew here yet"), "{html}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn that_a_trial_becomes_an_active_plan_is_told_before() {
    let (world, _olga) = moved_in("update subscriptions_consulting set status = 'trial' where id = 3;").await;
    let (_, told) = world.take_over(true).await;
    let cato = told.iter().find_map(|it| if let Told::Upcoming(it) = it { Some(it) } else { None }).expect("Cato's");
    assert_eq!((cato.source_state.as_deref(), cato.differs.as_slice()), (Some("trial"), &["state"][..]), "{cato:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_comment_that_was_gone_for_a_while_has_not_changed() {
    let (world, _olga) = moved_in("").await;
    world
        .source("create table kept as select * from ticket_comments_consulting; delete from ticket_comments_consulting")
        .await;
    world.import().await;
    let rewritten = "update ticket_comments_consulting set message = 'Another' where id = (select min(id) from kept)";
    world.source(&format!("insert into ticket_comments_consulting select * from kept; {rewritten}")).await;
    let (_, rows) = world.import().await;
    let changed =
        rows.iter().filter(|row| row.decisions.iter().any(|it| it == "changed_in_source_after_import")).count();
    assert_eq!(changed, 1, "{rows:?}");
}

/// Ada, deleted and written anew under another id, with a plan and another password.
const WRITTEN_ANEW: &str = "delete from subscriptions_consulting where user_id = '00000000-0000-4000-8000-000000000002';
    update tickets_consulting set user_id = null where user_id = '00000000-0000-4000-8000-000000000002';
    update ticket_comments_consulting set user_id = null where user_id = '00000000-0000-4000-8000-000000000002';
    update billing_consulting set user_id = null where user_id = '00000000-0000-4000-8000-000000000002';
    delete from notifications_consulting where '00000000-0000-4000-8000-000000000002' in (sender_id, recipient_id);
    create table gone as select * from users_consulting where id = '00000000-0000-4000-8000-000000000002';
    delete from users_consulting where id = '00000000-0000-4000-8000-000000000002';
    insert into users_consulting (id, name, email, password_hash, role, created_at)
        select '00000000-0000-4000-8000-0000000000aa', name, email, password_hash, role, now() from gone;
    insert into subscriptions_consulting (user_id, plan_name, hours_allocated, hours_remaining, status, start_date, end_date)
        values ('00000000-0000-4000-8000-0000000000aa', 'pro', 100, 40, 'active', '2026-11-09', '2026-12-21');";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_written_anew_under_another_id_is_who_they_were() {
    let (world, _olga) = moved_in("").await;
    let people = "select count(*)::text from customers";
    let before = world.ours(people).await;
    let sign_in =
        "select u.id::text from users u join memberships m on m.user_id = u.id join customers c on c.id = m.customer_id
        where c.name = 'Cato'";
    let account = world.ours(sign_in).await;
    world.source(WRITTEN_ANEW).await;
    let (_, rows) = world.import().await;
    let decided = decided(&rows, "users_consulting", "00000000-0000-4000-8000-0000000000aa");
    assert!(decided.contains("another_id") && !decided.contains("email_differs"), "{decided}");
    assert_eq!(world.ours(people).await, before, "nobody is there twice");
    assert_eq!(world.ours(sign_in).await, account, "they sign in as before");
    let running = "select concat_ws(' ', c.name, s.state, s.contract_number) from subscriptions s join customers c on c.id = s.customer_id
        where c.name = 'Cato' order by s.contract_number";
    assert_eq!(world.ours(running).await, ["Cato ended 3", "Cato active 4"]);
    assert_eq!(world.import().await.0.changes, 0);
    world.ledger_is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_belongs_to_nobody_any_more_is_taken_over_by_nobody() {
    let (world, _olga) = moved_in("").await;
    world.source("update subscriptions_consulting set user_id = null, hours_remaining = 1 where id = 3").await;
    let (report, _) = world.take_over(false).await;
    let left: Vec<_> = report
        .not_taken_over
        .iter()
        .map(|it| (it.customer.as_deref(), it.reason.contains("another customer")))
        .collect();
    assert_eq!(left, [(Some("Cato"), true)], "{report:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_that_runs_long_past_its_end_is_said_and_left_out() {
    let long_over =
        "update subscriptions_consulting set start_date = '2025-01-05', end_date = '2025-02-05' where id = 3;";
    let (world, _olga) = moved_in(long_over).await;
    let (report, _) = world.take_over(false).await;
    let left: Vec<_> =
        report.not_taken_over.iter().map(|it| (it.customer.as_deref(), it.reason.contains("over for more"))).collect();
    assert_eq!(left, [(Some("Cato"), true)], "{report:?}");
    assert_eq!(report.decisions.get("runs_past_its_end"), Some(&1));
}
