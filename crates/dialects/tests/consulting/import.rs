//! Bringing a documented database in.

use std::sync::Once;

use dialects::consulting::import::Consulting;
use dialects::import::{Doing, Progress, import};
use testkit::PASSWORD;

use super::world::{SHOP, UUID_IDS, World, leverai};

/// The shop, with Cleo's password as the old system kept it.
fn shop() -> String {
    SHOP.replace("{bcrypt}", &bcrypt::hash(PASSWORD, 4).expect("a hash"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shop_in_order_comes_over_whole() {
    let world = World::with(&shop()).await;
    let (report, rows) = world.import().await;
    assert_eq!(rows, [], "nothing had to be decided");
    assert_eq!((report.created, report.changes), (true, 4 + 3 + 5 + 2 + 2 + 3 + 1));
    world.ledger_is_clean().await;
    world.hours_are_equal().await;
    let tickets = "select concat_ws(' ', number, contract_number, status, held_seconds, used_seconds) from tickets order by number";
    assert_eq!(
        world.ours(tickets).await,
        [
            "TKT-20260105-100000-0001 1 completed 0 36000",
            "TKT-20261105-100000-0002 2 completed 0 9000",
            "TKT-20261106-100000-0003 3 in_progress 4500 0",
            "TKT-20261107-100000-0004 4 pending 3600 0",
            "TKT-20261108-100000-0005 5 rejected 0 0",
        ]
    );
    let subscriptions = "select concat_ws(' ', contract_number, state) from subscriptions order by contract_number";
    assert_eq!(world.ours(subscriptions).await, ["1 ended", "2 active", "3 active"]);
    let invoices =
        "select concat_ws(' ', number, state, total_minor, (select count(*) from payments p where p.invoice_id = i.id))
        from invoices i order by number";
    assert_eq!(world.ours(invoices).await, ["INV-1 paid 45000 1", "INV-2 open 5000 0", "INV-3 void 5000 0"]);
    let members =
        "select concat_ws(' ', u.email, m.role) from memberships m join users u on u.id = m.user_id order by 1";
    assert_eq!(
        world.ours(members).await,
        [
            "Cleo@customer.example customer",
            "ada@leverai.example owner",
            "cato@customer.example customer",
            "dev@leverai.example developer"
        ]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_imported_person_signs_in_with_the_old_password_and_sees_their_hours() {
    let world = World::with(&shop()).await;
    world.import().await;
    let cleo = world.app.sign_in("leverai", "cleo@customer.example").await;
    let tickets = cleo.get("/tickets").await;
    assert_eq!(tickets.status, 200, "{}", tickets.body);
    assert_eq!(tickets.body["items"].as_array().map(Vec::len), Some(5), "{}", tickets.body);
    // The next sign-in finds a hash of ours.
    let hashes =
        world.ours("select left(password_hash, 9) from users where email_folded = 'cleo@customer.example'").await;
    assert_eq!(hashes, ["$argon2id"]);
    world.app.sign_in("leverai", "cleo@customer.example").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn work_goes_on_where_it_was() {
    let world = World::with(&shop()).await;
    world.import().await;
    world.app.member(world.leverai().await, "Olga", "olga@leverai.example", kernel::Role::Owner).await;
    let olga = world.app.sign_in("leverai", "olga@leverai.example").await;
    let wanted = serde_json::json!({"hours": "1.25"});
    let done = olga.post("/tickets/TKT-20261106-100000-0003/completion", wanted).await;
    assert!(done.status < 300, "{}", done.body);
    let rejected = olga.post("/tickets/TKT-20261107-100000-0004/rejection", serde_json::json!({"reason": "No"})).await;
    assert!(rejected.status < 300, "{}", rejected.body);
    world.ledger_is_clean().await;
    let left = "select (posted - held)::text from allowance_accounts where posted - held <> 3600";
    assert_eq!(world.ours(left).await, ["22500"], "5.25 hours and the one that was given back");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ids_may_be_uuids() {
    let world = World::with(&format!("{}{UUID_IDS}", shop())).await;
    let (report, rows) = world.import().await;
    assert_eq!(rows, []);
    assert_eq!(report.tables[1].new, 3);
    world.ledger_is_clean().await;
    world.hours_are_equal().await;
    let native = "select count(*)::text from subscriptions where contract_number >= 1000000000";
    assert_eq!(world.ours(native).await, ["3"]);
    let (report, _) = world.import().await;
    assert_eq!(report.changes, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dry_run_tells_all_and_writes_nothing() {
    let world = World::with(&shop()).await;
    let before = world.fingerprint().await;
    let (dry, _) = world.import_as(true, 7).await.expect("a dry run");
    assert_eq!(world.fingerprint().await, before);
    let (wet, _) = world.import().await;
    assert_eq!((dry.changes, dry.ledger_entries, &dry.tables), (wet.changes, wet.ledger_entries, &wet.tables));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_moment_is_imported_while_the_old_system_goes_on() {
    let world = World::with(&shop()).await;
    let from = world.from.clone();
    let once = Once::new();
    let meanwhile = |progress: Progress| {
        if matches!(progress.doing, Doing::Reading) && progress.table == "users_consulting" {
            once.call_once(|| somebody_works(&from));
        }
    };
    let app = &world.app.server.app;
    let first =
        import::<Consulting>(app, &world.from, leverai(), &meanwhile, &mut |_| Ok(())).await.expect("an import");
    assert!(once.is_completed(), "somebody worked");
    assert_eq!(first.changes, 4 + 3 + 5 + 2 + 2 + 3 + 1, "as the shop was when the reading began");
    assert_eq!(world.ours("select title from tickets where number like '%0002'").await, ["Done"]);
    let (second, _) = world.import().await;
    let counts = |table: &str| {
        let found = second.tables.iter().find(|it| it.table == table).expect("a table");
        (found.new, found.changed, found.gone)
    };
    assert_eq!(
        (counts("tickets_consulting"), counts("billing_consulting")),
        ((1, 1, 0), (0, 0, 1)),
        "and then the rest"
    );
    world.ledger_is_clean().await;
}

/// Changes the source, from a thread of its own.
fn somebody_works(from: &tokio_postgres::Config) {
    let work = async {
        let old = runtime::db::connect(from).await.expect("the source");
        old.batch_execute(
            "update tickets_consulting set title = 'Changed' where id = 2;
             insert into tickets_consulting (ticket_id, user_id, title, status, dedicate_hours, created_at)
             values ('TKT-NEW', '00000000-0000-4000-8000-000000000001', 'New', 'Pending', 1, '2026-11-10');
             delete from billing_consulting where invoice_number = 'INV-3'",
        )
        .await
        .expect("work");
    };
    std::thread::scope(|scope| {
        scope.spawn(|| tokio::runtime::Runtime::new().expect("a runtime").block_on(work));
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_layout_is_told_apart_before_anything_happens() {
    let world = World::with("alter table tickets_consulting drop column title; drop table webhook_events").await;
    let before = world.fingerprint().await;
    let error = world.import_as(false, 7).await.expect_err("refused").to_string();
    assert!(error.contains("tickets_consulting.title") && error.contains("the table webhook_events"), "{error}");
    assert_eq!(world.fingerprint().await, before);
}
