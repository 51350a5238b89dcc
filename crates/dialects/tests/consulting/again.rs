//! Importing again: nothing when nothing moved, the difference when something did, the rest when it was cut off.

use dialects::import::Wanted;

use super::world::{SHOP, World, decided, leverai, run, shop};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_run_changes_nothing() {
    let world = World::with(&shop()).await;
    world.import().await;
    let before = world.fingerprint().await;
    let (report, _) = world.import().await;
    assert_eq!((report.changes, report.ledger_entries, report.created), (0, 0, false));
    assert_eq!(world.fingerprint().await, before);
}

/// Something of everything.
const MOVED: &str = "update users_consulting set name = 'Cleo Renamed', email = 'cleo@new.example' where name = 'Cleo';
             -- Done: what was held is used. Refused: what was held comes back. Reopened: what was used is held.
             update tickets_consulting set status = 'Completed' where id = 3;
             update tickets_consulting set status = 'Rejected' where id = 4;
             update tickets_consulting set status = 'Pending', dedicate_hours = 2 where id = 2;
             update subscriptions_consulting set hours_remaining = 6.75 where id = 2;
             update subscriptions_consulting set status = 'cancelled' where id = 3;
             insert into subscriptions_consulting (user_id, plan_name, hours_allocated, hours_remaining, status, start_date, end_date)
             values ('00000000-0000-4000-8000-000000000002', 'pro', 100, 96, 'active', '2026-11-15', '2026-12-15');
             insert into tickets_consulting (ticket_id, user_id, title, status, dedicate_hours, created_at)
             values ('TKT-NEW', '00000000-0000-4000-8000-000000000002', 'New', 'In Progress', 4, '2026-11-16');
             update billing_consulting set status = 'paid', paid_at = '2026-11-17' where invoice_number = 'INV-2';
             update notifications_consulting set is_read = true;
             delete from ticket_comments_consulting where id = 2;
             update webhook_events set updated_at = now();";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_moved_in_the_source_moves_here() {
    let world = World::with(&shop()).await;
    world.import().await;
    world.source(MOVED).await;
    let (report, rows) = world.import().await;
    let counts: Vec<String> = report
        .tables
        .iter()
        .map(|table| format!("{} {} {} {}", table.table, table.new, table.changed, table.gone))
        .collect();
    assert_eq!(
        counts,
        [
            "users_consulting 0 1 0",
            "subscriptions_consulting 1 2 0",
            "tickets_consulting 1 3 0",
            "ticket_comments_consulting 0 0 1",
            "notifications_consulting 0 1 0",
            "billing_consulting 0 1 0",
            "webhook_events 0 1 0",
        ]
    );
    assert_eq!(decided(&rows, "ticket_comments_consulting", "2"), "gone_from_source");
    assert_eq!(rows.len(), 1, "{rows:?}");
    world.ledger_is_clean().await;
    world.hours_are_equal().await;
    let tickets = "select concat_ws(' ', contract_number, status, held_seconds, used_seconds) from tickets order by contract_number";
    assert_eq!(
        world.ours(tickets).await,
        [
            "1 completed 0 36000",
            "2 pending 7200 0",
            "3 completed 0 4500",
            "4 rejected 0 0",
            "5 rejected 0 0",
            "6 in_progress 14400 0"
        ]
    );
    let subscriptions = "select concat_ws(' ', contract_number, state) from subscriptions order by contract_number";
    assert_eq!(world.ours(subscriptions).await, ["1 ended", "2 active", "3 cancelled", "4 active"]);
    let paid = "select concat_ws(' ', i.number, i.state, p.amount_minor) from invoices i join payments p on p.invoice_id = i.id order by 1";
    assert_eq!(world.ours(paid).await, ["INV-1 paid 45000", "INV-2 paid 5000"]);
    assert_eq!(
        world.ours("select concat_ws(' ', c.name, c.email, u.email) from customers c join memberships m on m.customer_id = c.id
            join users u on u.id = m.user_id where c.name like 'Cleo%'").await,
        ["Cleo Renamed cleo@new.example cleo@new.example"]
    );
    assert_eq!(world.ours("select count(*)::text from ticket_comments").await, ["2"], "what the source lost stays");
    let before = world.fingerprint().await;
    assert_eq!(world.import().await.0.changes, 0);
    assert_eq!(world.fingerprint().await, before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_changed_here_too_stays_as_it_is_here() {
    let world = World::with(&shop()).await;
    world.import().await;
    world.app.member(world.leverai().await, "Olga", "olga@leverai.example", kernel::Role::Owner).await;
    let olga = world.app.sign_in("leverai", "olga@leverai.example").await;
    let rejected = olga.post("/tickets/TKT-20261107-100000-0004/rejection", serde_json::json!({"reason": "No"})).await;
    assert!(rejected.status < 300, "{}", rejected.body);
    world.source("update tickets_consulting set status = 'Completed' where id = 4").await;
    let (_, rows) = world.import().await;
    assert_eq!(decided(&rows, "tickets_consulting", "4"), "changed_here_too");
    assert_eq!(world.ours("select status from tickets where contract_number = 4").await, ["rejected"]);
    world.ledger_is_clean().await;
    assert_eq!(world.import().await.0.changes, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_that_joined_another_organization_is_not_the_sources_to_change_any_more() {
    let hash = bcrypt::hash(testkit::PASSWORD, 4).expect("a hash");
    let world = World::with(&SHOP.replace("{bcrypt}", &hash)).await;
    world.import().await;
    let bolt = world.app.server.app.ids.next();
    world.app.organization(bolt, "bolt", "Bolt").await;
    world.app.member(bolt, "Cleo", "cleo@customer.example", kernel::Role::Admin).await;
    let person = "select to_jsonb(u)::text from users u where name = 'Cleo'";
    let before = world.ours(person).await;
    let change = "update users_consulting set name = 'Not Cleo', email = 'owner-of-the-source@leverai.example',
            password_hash = '$2b$04$0123456789012345678901uSgHsO3zVLKrDqSJf1XrnYFrkl0eGgG' where name = 'Cleo'";
    world.source(change).await;
    let (_, rows) = world.import().await;
    assert_eq!(decided(&rows, "users_consulting", "00000000-0000-4000-8000-000000000001"), "known_elsewhere");
    assert_eq!(world.ours(person).await, before, "who they are stays theirs");
    assert_eq!(
        world.ours("select concat_ws(' ', name, email) from customers where name like 'Not%'").await,
        ["Not Cleo owner-of-the-source@leverai.example"],
        "how the shop knows its customer is the shop's"
    );
    let cleo = world.app.sign_in("bolt", "cleo@customer.example").await;
    assert_eq!(cleo.get("/me").await.body["role"], "admin");
    assert_eq!(world.import().await.0.changes, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_that_changed_in_the_source_is_unproved_and_ends_what_was_open() {
    let world = World::with(&shop()).await;
    world.import().await;
    let nobody = world.app.nobody();
    let ask = |email: &str| serde_json::json!({"organization": "leverai", "email": email});
    assert_eq!(nobody.post("/password-resets", ask("cleo@customer.example")).await.status, 204);
    let token = world.app.link_token("reset_password", "Cleo@customer.example", 0).await;
    let choose = serde_json::json!({"organization": "leverai", "token": token, "password": testkit::PASSWORD});
    assert_eq!(nobody.post("/passwords", choose).await.status, 204);
    let cleo = world.app.sign_in("leverai", "cleo@customer.example").await;
    assert_eq!(nobody.post("/password-resets", ask("cleo@customer.example")).await.status, 204);
    let proved = "select (email_verified_at is not null)::text from users where name = 'Cleo'";
    world.ours.batch_execute("update users set email_verified_at = now() where name = 'Cleo'").await.expect("proved");
    world.source("update users_consulting set email = 'new@customer.example' where name = 'Cleo'").await;
    world.import().await;
    assert_eq!(world.ours(proved).await, ["false"]);
    world.app.server.app.sessions.forget();
    assert_eq!(cleo.get("/me").await.status, 401);
    let token = world.app.link_token("reset_password", "Cleo@customer.example", 1).await;
    let choose = serde_json::json!({"organization": "leverai", "token": token, "password": "another password"});
    assert!(nobody.post("/passwords", choose).await.status >= 400, "a link to the old address leads nowhere");
    world.app.sign_in("leverai", "new@customer.example").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whom_the_shop_forgot_is_forgotten_in_what_was_imported_too() {
    let gone = shop().replace("'basic', 1, 1, 'active'", "'basic', 1, 1, 'expired'");
    let world = World::with(&gone).await;
    let event = "insert into webhook_events (event_id, status, created_at) values ('evt:Cato@customer.example', 'processed', '2026-11-01')";
    world.source(event).await;
    world.import().await;
    world.app.member(world.leverai().await, "Olga", "olga@leverai.example", kernel::Role::Owner).await;
    let olga = world.app.sign_in("leverai", "olga@leverai.example").await;
    let customers = olga.get("/customers?q=Cato").await.body;
    let cato = customers["items"][0]["id"].as_str().expect("Cato").to_owned();
    let forgotten =
        olga.post(&format!("/customers/{cato}/anonymisation"), serde_json::json!({"reason": "He asked."})).await;
    assert!(forgotten.status < 300, "{}", forgotten.body);
    let named = "select kind || ' ' || source_id from external_refs where (row::text || hidden::text) ilike '%cato%'";
    assert_eq!(world.ours(named).await, Vec::<String>::new());
    let anywhere = "select kind from external_refs where source_id = '00000000-0000-4000-8000-000000000002'";
    assert_eq!(world.ours(anywhere).await, ["users_consulting"], "that there was somebody stays");
    assert_eq!(world.import().await.0.changes, 0);
    world.source("update users_consulting set name = 'Cato Again' where name = 'Cato'").await;
    world.import().await;
    assert_eq!(world.ours(named).await, Vec::<String>::new(), "nor does another run write it down");
    assert_eq!(world.ours("select name from customers where name ilike '%cato%'").await, Vec::<String>::new());
    assert_eq!(world.import().await.0.changes, 0);
}

/// Ends the import's connection after some of its batches were committed, as a crash would.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_was_cut_off_is_gone_on_with() {
    let whole = World::with(&many()).await;
    whole.import_as(false, 1000).await.expect("an import");
    let world = World::with(&many()).await;
    let mut cuts = 0;
    let report = loop {
        // Each run is cut off when its rows in external_refs have grown by 150; the last one has fewer left to write.
        let goal: i64 =
            world.ours.query_one("select count(*) + 150 from external_refs", &[]).await.expect("a count").get(0);
        let cut = async {
            loop {
                let row = world.ours.query_one("select count(*) from external_refs", &[]).await.expect("a count");
                if row.get::<_, i64>(0) >= goal {
                    let kill =
                        "select pg_terminate_backend(pid) from pg_locks l join pg_database d on d.oid = l.database
                        where locktype = 'advisory' and d.datname = current_database() and pid <> pg_backend_pid()
                          and granted and l.mode = 'ExclusiveLock'";
                    world.ours.query(kill, &[]).await.expect("a cut");
                    std::future::pending::<()>().await;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            done = world.import_as(false, 20) => match done {
                Ok((report, _)) => break report,
                Err(_) => cuts += 1,
            },
            () = cut => unreachable!("the import ends first"),
        }
        assert!(cuts < 50, "it never comes to its end");
        world.ledger_is_clean().await;
    };
    assert!(cuts > 1, "it was cut off {cuts} times");
    assert!(report.resumed);
    world.hours_are_equal().await;
    world.ledger_is_clean().await;
    let sums = "select concat_ws(' ', (select count(*) from external_refs), (select count(*) from tickets), (select sum(posted) from allowance_accounts),
        (select sum(held) from allowance_accounts), (select count(*) from invoices), (select count(*) from payments),
        (select count(*) from notifications), (select count(*) from ticket_comments), (select count(*) from users))";
    assert_eq!(world.ours(sums).await, whole.ours(sums).await);
    assert_eq!(world.import().await.0.changes, 0);
}

/// A shop with some dozens of rows a table.
fn many() -> String {
    "insert into users_consulting (id, name, email, created_at)
     select ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, 'C' || n, 'c' || n || '@x.example', timestamp '2026-01-01' + n * interval '1 hour'
       from generate_series(1, 40) n;
     insert into subscriptions_consulting (user_id, plan_name, hours_allocated, hours_remaining, status, start_date, end_date)
     select id, 'pro', 100, 90 - row_number() over (order by id), 'active', '2026-11-01', '2026-12-01' from users_consulting;
     insert into tickets_consulting (ticket_id, user_id, title, status, dedicate_hours, created_at)
     select 'T-' || s.id || '-' || k, user_id, 'Work', (array['Pending', 'In Progress', 'Completed', 'Rejected'])[1 + (s.id + k) % 4], k, '2026-11-02'
       from subscriptions_consulting s, generate_series(1, 4) k;
     insert into ticket_comments_consulting (ticket_id, user_id, usertype, message, created_at)
     select id, user_id, 'customer', 'Hello', created_at from tickets_consulting;
     insert into notifications_consulting (recipient_id, ticket_id, type, message, created_at)
     select user_id, id, 'status', 'Went on', created_at from tickets_consulting;
     insert into billing_consulting (user_id, invoice_number, amount, status, billing_type, created_at, paid_at)
     select user_id, 'I-' || id, 10, 'paid', 'topup', '2026-11-01', '2026-11-02' from subscriptions_consulting;"
        .to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_being_changed_here_while_an_import_writes_stays_as_it_is_here() {
    let world = World::with(&SHOP.replace("'{bcrypt}'", "null")).await;
    world.import().await;
    world
        .source(
            "update users_consulting set name = 'Cato Renamed' where name = 'Cato';
             update tickets_consulting set title = 'Other words', status = 'Rejected' where id = 4;
             update billing_consulting set status = 'cancelled' where invoice_number = 'INV-2';
             update subscriptions_consulting set status = 'cancelled' where id = 3",
        )
        .await;
    // Staff have changed all four, and their transaction ends while the import waits for it.
    let staff = world.app.root().await;
    staff
        .batch_execute(
            "begin;
             update customers set name = 'Cato of here', version = version + 1 where name = 'Cato';
             update tickets set status = 'in_progress', version = version + 1 where number like '%0004';
             update invoices set due_at = due_at + interval '1 day', version = version + 1 where number = 'INV-2';
             update subscriptions set cancel_at_period_end = true, version = version + 1 where contract_number = 3",
        )
        .await
        .expect("work");
    let ends = async {
        let waits = "select count(*)::text from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
        for _ in 0..200 {
            if world.ours(waits).await != ["0"] {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        staff.batch_execute("commit").await.expect("committed");
    };
    let ((report, rows), ()) = tokio::join!(world.import(), ends);
    assert_eq!(report.changes, 4);
    let cato = ("users_consulting", "00000000-0000-4000-8000-000000000002");
    for (table, id) in
        [cato, ("tickets_consulting", "4"), ("billing_consulting", "2"), ("subscriptions_consulting", "3")]
    {
        assert!(decided(&rows, table, id).contains("changed_here_too"), "{table}: {rows:?}");
    }
    assert_eq!(world.ours("select status from tickets where number like '%0004'").await, ["in_progress"]);
    assert_eq!(world.ours("select state from invoices where number = 'INV-2'").await, ["open"]);
    assert_eq!(world.ours("select state from subscriptions where contract_number = 3").await, ["active"]);
    world.ledger_is_clean().await;
    // And the next change of the source does not overwrite it either.
    world.source("update users_consulting set name = 'Cato Thrice' where name = 'Cato Renamed'").await;
    let (_, rows) = world.import().await;
    assert!(decided(&rows, cato.0, cato.1).contains("changed_here_too"), "{rows:?}");
    assert_eq!(world.ours("select name from customers where name like 'Cato%'").await, ["Cato of here"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_source_that_lost_much_of_what_it_had_is_refused_unless_that_is_said_to_be_right() {
    let many = "insert into billing_consulting (user_id, invoice_number, amount, status, billing_type, created_at)
        select '00000000-0000-4000-8000-000000000001', 'INV-M' || n, 10, 'pending', 'topup', '2026-11-01' from generate_series(1, 40) n;";
    let world = World::with(&format!("{}{many}", shop())).await;
    world.import().await;
    world.source("delete from billing_consulting where invoice_number like 'INV-M%'").await;
    let before = world.fingerprint().await;
    let strict = || Wanted { accept_gone: false, ..leverai() };
    let refused = run(&world.app, &world.from, strict()).await.expect_err("another source").to_string();
    assert!(
        refused.contains("40 of the 43 rows of billing_consulting") && refused.contains("--accept-gone"),
        "{refused}"
    );
    assert_eq!(world.fingerprint().await, before);
    let (dry, _) = run(&world.app, &world.from, Wanted { dry_run: true, ..strict() }).await.expect("a dry run tells");
    assert_eq!(dry.changes, 40);
    assert!(dry.strange.is_some_and(|said| said.contains("40 of the 43 rows")), "and what will be refused");
    let (report, _) = world.import().await;
    assert_eq!(report.changes, 40);
    // Another shop's rows under the same ids are others, however many there are.
    let other = "update tickets_consulting set created_at = created_at + interval '1 hour'; insert into tickets_consulting
        (ticket_id, user_id, title, status, dedicate_hours, created_at) select 'TKT-M' || n, null, 'x', 'Pending', 0, '2026-11-01'
        from generate_series(1, 40) n";
    world.source(other).await;
    world.import().await;
    world.source("update tickets_consulting set created_at = created_at + interval '1 day'").await;
    let refused = run(&world.app, &world.from, strict()).await.expect_err("others").to_string();
    assert!(refused.contains("45 of the 45 rows of tickets_consulting"), "{refused}");
    world.import().await;
    // A few may go without a word.
    world.source("delete from ticket_comments_consulting where id = 2").await;
    assert_eq!(run(&world.app, &world.from, strict()).await.expect("an import").0.changes, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_source_that_holds_nothing_makes_no_organization() {
    let world = World::with("").await;
    for dry_run in [true, false] {
        let refused = world.import_as(dry_run, 7).await.expect_err("nothing");
        assert!(format!("{refused:#}").contains("are empty"), "{refused:#}");
    }
    assert_eq!(world.ours("select slug from organization_slugs where slug = 'leverai'").await, [""; 0]);
}
