//! Imported subscriptions that go on here.

use dialects::import::Told;
use kernel::Role;
use retainer::subscriptions;
use runtime::tx::Access;
use serde_json::{Value, json};
use testkit::{Actor, at};

use super::world::{SHOP, World, decided, decisions_of};

/// The shop on 10 November, and its owner.
pub(super) async fn moved_in(more: &str) -> (World, Actor) {
    let world = World::with(&format!("{}{more}", SHOP.replace("'{bcrypt}'", "null"))).await;
    world.app.clock.set(at("2026-11-10T08:00:00Z"));
    world.import().await;
    world.app.member(world.leverai().await, "Olga", "olga@leverai.example", Role::Owner).await;
    let olga = world.app.sign_in("leverai", "olga@leverai.example").await;
    (world, olga)
}

/// The living subscription of a customer.
pub(super) async fn subscription(olga: &Actor, name: &str) -> Value {
    let listed = olga.get("/subscriptions?limit=100").await.body;
    let items = listed["items"].as_array().expect("a list");
    let living = |item: &&Value| item["customer_name"] == name && item["state"] == "active";
    items.iter().find(living).cloned().unwrap_or_else(|| panic!("no living subscription of {name}: {listed}"))
}

pub(super) async fn take_over(olga: &Actor, subscription: &Value, body: Value) -> (u16, Value) {
    let id = subscription["id"].as_str().expect("an id");
    let answer = olga.post(&format!("/subscriptions/{id}/takeover"), body).await;
    (answer.status, answer.body)
}

async fn at_the_time(world: &World, now: &str) {
    world.app.clock.set(at(now));
    retainer::jobs::tick(&world.app.server.app).await.expect("the duties");
}

/// What a customer may use, and what is held, as hours.
pub(super) async fn hours(world: &World, name: &str) -> String {
    let query = format!(
        "select concat_ws(' ', round((a.posted - a.held) / 3600.0, 2), round(a.held / 3600.0, 2)) from allowance_accounts a
         join customers c on c.organization_id = a.organization_id and c.id = a.owner_id where c.name = '{name}'"
    );
    world.ours(&query).await.join(", ")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_imported_subscription_goes_on_here_when_its_period_ends() {
    let (world, olga) = moved_in("").await;
    let cleo = subscription(&olga, "Cleo").await;
    assert_eq!((&cleo["renews"], &cleo["period_end"]), (&json!(false), &json!("2026-12-01T00:00:00Z")));
    assert_eq!(hours(&world, "Cleo").await, "5.25 2.25");
    at_the_time(&world, "2026-12-05T08:00:00Z").await;
    assert_eq!(subscription(&olga, "Cleo").await["renews"], false, "by itself it never renews");
    world.app.clock.set(at("2026-11-10T09:00:00Z"));

    let (status, taken) = take_over(&olga, &cleo, json!({})).await;
    assert_eq!((status, &taken["period_end"]), (200, &json!("2026-12-01T00:00:00Z")), "{taken}");
    assert_eq!(hours(&world, "Cleo").await, "5.25 2.25", "taking over changes no hours");
    world.ledger_is_clean().await;
    let (status, again) = take_over(&olga, &cleo, json!({})).await;
    assert_eq!((status, &again["code"]), (409, &json!("subscription.not_waiting")), "{again}");

    at_the_time(&world, "2026-12-01T00:01:00Z").await;
    assert_eq!(hours(&world, "Cleo").await, "0.00 2.25", "what was left ended with its period, as the plan says");
    let renewed = subscription(&olga, "Cleo").await;
    assert_eq!(renewed["period_end"], "2027-01-01T00:00:00Z");
    let invoice = renewed["open_invoice"].as_str().expect("a bill for December");
    let bill = olga.get(&format!("/invoices/{invoice}")).await.body["invoice"].clone();
    assert_eq!(bill["total"]["amount"], "450.00", "{bill}");
    let paid = olga.post("/payments", json!({"invoice": invoice, "amount": bill["total"]})).await;
    assert!(paid.status < 300, "{}", paid.body);
    assert_eq!(hours(&world, "Cleo").await, "10.00 2.25");
    assert_eq!(subscription(&olga, "Cato").await["renews"], false, "others are not touched");
    world.ledger_is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_owner_says_when_and_never_in_the_past() {
    let (_world, olga) = moved_in("").await;
    let cato = subscription(&olga, "Cato").await;
    let (status, refused) = take_over(&olga, &cato, json!({"from": "2026-11-10T08:00:00Z"})).await;
    assert_eq!((status, &refused["errors"][0]["pointer"]), (422, &json!("/from")), "{refused}");
    let (status, taken) = take_over(&olga, &cato, json!({"from": "2026-12-15T12:00:00Z"})).await;
    assert_eq!((status, &taken["period_end"]), (200, &json!("2026-12-15T12:00:00Z")), "{taken}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn periods_that_are_over_are_the_old_systems_to_bill() {
    let late = "update subscriptions_consulting set end_date = '2026-08-20' where id = 3;";
    let (world, olga) = moved_in(late).await;
    let cato = subscription(&olga, "Cato").await;
    let (status, taken) = take_over(&olga, &cato, json!({})).await;
    assert_eq!((status, &taken["period_end"]), (200, &json!("2026-11-20T00:00:00Z")), "{taken}");
    at_the_time(&world, "2026-11-19T23:00:00Z").await;
    assert_eq!(subscription(&olga, "Cato").await["open_invoice"], Value::Null);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_may_take_over_all_and_later_ones_leave_them_alone() {
    let (world, olga) = moved_in("").await;
    let (report, _) = world.take_over(false).await;
    assert_eq!((report.changes, report.taken_over, report.waiting), (0, 2, 0));
    for name in ["Cleo", "Cato"] {
        assert_eq!(subscription(&olga, name).await["period_end"], "2026-12-01T00:00:00Z");
    }
    // The old system goes on for a while: what it says of them is listed, and the hours here stay.
    world
        .source(
            "update subscriptions_consulting set hours_remaining = 9, status = 'cancelled' where id = 2;
             insert into tickets_consulting (ticket_id, user_id, title, status, dedicate_hours, created_at)
             values ('TKT-LATE', '00000000-0000-4000-8000-000000000001', 'Late', 'Completed', 1, '2026-11-12')",
        )
        .await;
    let (report, told) = world.take_over(false).await;
    let rows = decisions_of(told);
    assert_eq!((report.taken_over, report.waiting), (0, 0));
    assert!(decided(&rows, "subscriptions_consulting", "2").contains("changed_here_too"), "{rows:?}");
    assert_eq!(hours(&world, "Cleo").await, "5.25 2.25");
    assert_eq!(subscription(&olga, "Cleo").await["state"], "active");
    world.ledger_is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_would_be_billed_is_told_before_and_a_dry_run_changes_nothing() {
    let more = "update subscriptions_consulting set hours_allocated = 20 where id = 2;
        update billing_consulting set amount = 399 where invoice_number = 'INV-1';";
    let world = World::with(&format!("{}{more}", SHOP.replace("'{bcrypt}'", "null"))).await;
    world.app.clock.set(at("2026-11-10T08:00:00Z"));
    let lines = |told: &[Told]| -> Vec<String> {
        let line = |told: &Told| {
            let Told::Upcoming(it) = told else { return None };
            let [before, billed] =
                [&it.source_allowance, &it.source_price].map(|it| it.as_deref().unwrap_or("nothing"));
            let (Some(hours), differs) = (it.allowance.as_deref(), it.differs.join("+")) else { return None };
            Some(format!(
                "{} {} {} {hours} on {}, before {billed} for {before}: {differs}",
                it.customer, it.plan, it.price, it.begins
            ))
        };
        told.iter().filter_map(line).collect()
    };
    let expected = [
        "Cato Basic 50.00 USD 1.00 on 2026-12-01T00:00:00Z, before nothing for 1.00: ",
        "Cleo Standard 450.00 USD 10.00 on 2026-12-01T00:00:00Z, before 399.00 for 20.00: allowance+price",
    ];
    // Before anything was imported, and after.
    for imported in [false, true] {
        if imported {
            world.import().await;
        }
        let before = world.fingerprint().await;
        let (report, told) = world.take_over(true).await;
        assert_eq!(lines(&told), expected, "imported before: {imported}");
        assert_eq!((report.taken_over, report.waiting), (0, 2));
        let standard = report.plans.iter().find(|plan| plan.plan == "Standard").expect("Standard");
        assert_eq!((standard.subscriptions, standard.other_allowance, standard.other_price), (1, 1, 1));
        assert_eq!(world.fingerprint().await, before, "a dry run changes nothing");
    }
    let (report, told) = world.take_over(false).await;
    assert_eq!(lines(&told), expected);
    assert_eq!((report.taken_over, report.waiting), (2, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_goes_on_here_on_the_terms_that_its_plan_has_then() {
    let (world, olga) = moved_in("").await;
    let cleo = subscription(&olga, "Cleo").await;
    let plan = format!("/plans/{}", cleo["plan"].as_str().expect("a plan"));
    let mut terms = olga.get(&plan).await.body["current"]["terms"].clone();
    terms["price"] = json!({"amount": "399.00", "currency": "USD"});
    terms["quantity"] = json!("20");
    let changed = olga.post(&format!("{plan}/versions"), json!({ "terms": terms })).await;
    assert_eq!(changed.status, 201, "{}", changed.body);

    let (status, taken) = take_over(&olga, &cleo, json!({})).await;
    assert_eq!(status, 200, "{taken}");
    at_the_time(&world, "2026-12-01T00:01:00Z").await;
    let invoice = subscription(&olga, "Cleo").await["open_invoice"].as_str().expect("a bill").to_owned();
    let bill = olga.get(&format!("/invoices/{invoice}")).await.body["invoice"].clone();
    assert_eq!(bill["total"]["amount"], "399.00", "{bill}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hours_that_the_source_renewed_between_two_imports_end_with_their_period_as_well() {
    let (world, olga) = moved_in("").await;
    // As each month while both systems run: all hours are there again, and more than once.
    for (remaining, end) in [(9, "2026-12-10"), (12, "2026-12-20")] {
        let renewed = format!(
            "update subscriptions_consulting set hours_remaining = {remaining}, end_date = '{end}' where id = 2"
        );
        world.source(&renewed).await;
        world.import().await;
    }
    assert_eq!(hours(&world, "Cleo").await, "12.00 2.25");
    let cleo = subscription(&olga, "Cleo").await;
    let (status, taken) = take_over(&olga, &cleo, json!({})).await;
    assert_eq!((status, &taken["period_end"]), (200, &json!("2026-12-20T00:00:00Z")), "{taken}");
    assert_eq!(hours(&world, "Cleo").await, "12.00 2.25", "taking over changes no hours");
    at_the_time(&world, "2026-12-20T00:01:00Z").await;
    assert_eq!(hours(&world, "Cleo").await, "0.00 2.25", "all of it ended");
    world.ledger_is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn invoices_go_on_after_the_numbers_that_the_source_used_like_ours() {
    let bills = "insert into billing_consulting (user_id, invoice_number, amount, status, billing_type, created_at, paid_at)
        select '00000000-0000-4000-8000-000000000001', 'INV-2026-' || lpad(n::text, 4, '0'), 10, 'paid', 'topup', '2026-11-01', '2026-11-02'
          from generate_series(1, 40) n;";
    let (world, olga) = moved_in(bills).await;
    let cleo = subscription(&olga, "Cleo").await;
    assert_eq!(take_over(&olga, &cleo, json!({})).await.0, 200);
    at_the_time(&world, "2026-12-01T00:01:00Z").await;
    let invoice = subscription(&olga, "Cleo").await["open_invoice"].as_str().expect("a bill").to_owned();
    assert_eq!(olga.get(&format!("/invoices/{invoice}")).await.body["invoice"]["number"], "INV-2026-0041");
    let sold = olga.post("/top-ups", json!({"customer": cleo["customer"], "quantity": "1"})).await;
    assert_eq!(sold.status, 201, "{}", sold.body);
    let last = "select number from invoices order by created_at desc, number desc limit 1";
    assert_eq!(world.ours(last).await, ["INV-2026-0042"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_taken_over_is_said_and_keeps_nothing_waiting() {
    // Cato's period ends when there is no time after it.
    let (world, olga) = moved_in("update subscriptions_consulting set end_date = '9999-12-29' where id = 3;").await;
    let (report, _) = world.take_over(false).await;
    assert_eq!((report.taken_over, report.waiting, report.not_taken_over.len()), (1, 1, 1), "{report:?}");
    assert_eq!(subscription(&olga, "Cleo").await["period_end"], "2026-12-01T00:00:00Z");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_late_elsewhere_is_not_late_here() {
    let (_world, olga) = moved_in("update subscriptions_consulting set status = 'past_due' where id = 2;").await;
    let late = olga.get("/subscriptions?limit=100").await.body;
    let cleo =
        late["items"].as_array().expect("a list").iter().find(|it| it["state"] == "past_due").cloned().expect("Cleo");
    let (status, taken) = take_over(&olga, &cleo, json!({})).await;
    assert_eq!((status, &taken["state"]), (200, &json!("active")), "{taken}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_row_of_the_source_beside_one_that_goes_on_here_is_said_and_stops_no_import() {
    let (world, olga) = moved_in("").await;
    world.take_over(false).await;
    let again = "insert into subscriptions_consulting (user_id, plan_name, hours_allocated, hours_remaining, status, start_date, end_date)
        values ('00000000-0000-4000-8000-000000000001', 'pro', 100, 100, 'active', '2026-11-09', '2026-12-09')";
    world.source(&format!("update subscriptions_consulting set status = 'cancelled' where id = 2; {again}")).await;
    let (report, rows) = world.import().await;
    assert_eq!(report.changes, 2);
    assert!(decided(&rows, "subscriptions_consulting", "4").contains("superseded_here"), "{rows:?}");
    assert_eq!(subscription(&olga, "Cleo").await["plan_name"], "Standard", "the one that goes on here");
    // Also where the source has lost the row of what runs here.
    let other = again.replace("0001'", "0002'").replace("'pro', 100, 100", "'basic', 1, 1");
    world.source(&format!("delete from subscriptions_consulting where id = 3; {other}")).await;
    let (report, rows) = world.import().await;
    assert_eq!(report.changes, 2);
    assert!(decided(&rows, "subscriptions_consulting", "5").contains("superseded_here"), "{rows:?}");
    world.ledger_is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_period_of_another_length_and_what_all_of_them_cost_are_told_before() {
    let daily = "update subscriptions_consulting set plan_name = 'daily' where id = 3;";
    let (world, _olga) = moved_in(daily).await;
    let (report, told) = world.take_over(true).await;
    let told: Vec<_> = told.iter().filter_map(|it| if let Told::Upcoming(it) = it { Some(it) } else { None }).collect();
    let [cato, cleo] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!((cato.period.as_str(), cato.source_days, cato.differs.as_slice()), ("day", Some(30), &["period"][..]));
    assert_eq!((cleo.period.as_str(), cleo.source_days, cleo.differs.as_slice()), ("month", Some(30), &["price"][..0]));
    let daily = report.plans.iter().find(|plan| plan.plan == "Daily").expect("Daily");
    assert_eq!((daily.subscriptions, daily.other_period, daily.total.as_str()), (1, 1, "50.00 USD"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn that_a_past_due_one_becomes_active_is_told_before_by_ids_that_the_api_takes() {
    let late = "update subscriptions_consulting set status = 'past_due' where id = 3;";
    let (world, olga) = moved_in(late).await;
    let (report, told) = world.take_over(true).await;
    let cato = told.iter().find_map(|it| if let Told::Upcoming(it) = it { Some(it) } else { None }).expect("Cato's");
    assert_eq!((cato.state.word(), cato.differs.as_slice()), ("past_due", &["state"][..]), "{cato:?}");
    assert_eq!(report.plans.iter().map(|plan| plan.past_due).collect::<Vec<_>>(), [1, 0]);
    let of_cato = format!("/subscriptions/{}", cato.subscription);
    assert_eq!(olga.get(&of_cato).await.body["is_waiting"], true);
    let there = olga.get(&format!("/customers/{}", cato.customer_id)).await.body;
    assert_eq!(there["name"], "Cato");
    let path = format!("/subscriptions/{}/takeover", cato.subscription);
    assert_eq!(olga.post(&path, json!({})).await.status, 200);
    let now = subscription(&olga, "Cato").await;
    assert_eq!((&now["state"], &now["is_waiting"]), (&json!("active"), &json!(false)), "{now}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_only_took_over_is_among_the_runs_and_terms_are_on_their_page() {
    // A name that looks like a place of a statement is a name.
    let (world, olga) = moved_in("update subscriptions_consulting set plan_name = '{now} {org}' where id = 3;").await;
    let page = world.app.signed_in("leverai", "olga@leverai.example").await;
    let html = page.get("/leverai/settings/imports").await.html;
    assert!(html.contains("What will be billed here") && html.contains("450.00 USD for 10.00 a month"), "{html}");
    world.app.clock.set(at("2026-11-10T09:00:00Z"));
    world.take_over(false).await;
    let runs = olga.get("/imports").await.body;
    let report = &runs["items"][0]["report"];
    assert_eq!((&report["taken_over"], &report["changes"], &report["waiting"]), (&json!(2), &json!(0), &json!(0)));
    let html = page.get("/leverai/settings/imports").await.html;
    assert!(html.contains("2 subscriptions go on here since") && !html.contains("What will be billed here"), "{html}");
    assert!(html.contains("Hours left"), "the figures stay: {html}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn until_it_goes_on_here_a_customer_reads_no_terms_that_nobody_agreed_to() {
    let hash = bcrypt::hash(testkit::PASSWORD, 4).expect("a hash");
    let world = World::with(&SHOP.replace("{bcrypt}", &hash)).await;
    world.app.clock.set(at("2026-11-10T08:00:00Z"));
    world.import().await;
    let cleo = world.app.signed_in("leverai", "cleo@customer.example").await;
    let page = cleo.get("/leverai/plan").await.html;
    assert!(page.contains("Ends") && page.contains("1 Dec") && page.contains("brought along"), "{page}");
    assert!(!page.contains("What it promises") && !page.contains("$450.00"), "{page}");
    world.take_over(false).await;
    let page = cleo.get("/leverai/plan").await.html;
    assert!(page.contains("Next period") && page.contains("What it promises") && page.contains("$450.00"), "{page}");
    let why = cleo.get("/leverai/balance").await.html;
    assert!(why.contains("goes on under the plan") && !why.contains("A better plan"), "{why}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_another_system_bills_is_not_ended_early_by_waiting_for_its_period() {
    let (_world, olga) = moved_in("").await;
    let cleo = subscription(&olga, "Cleo").await;
    let cancel = format!("/subscriptions/{}/cancellation", cleo["id"].as_str().expect("an id"));
    let refused = olga.post(&cancel, json!({"at": "period_end"})).await;
    assert_eq!((refused.status, refused.code()), (409, "subscription.billed_elsewhere"), "{}", refused.body);
    assert_eq!(subscription(&olga, "Cleo").await["state"], "active");
    assert_eq!(take_over(&olga, &cleo, json!({})).await.0, 200);
    let arranged = olga.post(&cancel, json!({"at": "period_end"})).await;
    assert!(arranged.status < 300, "{}", arranged.body);
    assert_eq!(subscription(&olga, "Cleo").await["cancel_at_period_end"], true);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_show_the_plan_that_runs_beside_one_that_began_later_and_has_ended() {
    let short = "insert into subscriptions_consulting (user_id, plan_name, hours_allocated, hours_remaining, status, start_date, end_date)
        values ('00000000-0000-4000-8000-000000000001', 'basic', 1, 0, 'expired', '2026-11-02', '2026-11-05');";
    let (world, olga) = moved_in(short).await;
    let cleo = subscription(&olga, "Cleo").await;
    let page = world.app.signed_in("leverai", "olga@leverai.example").await;
    let customer = cleo["customer"].as_str().expect("a customer");
    for path in [format!("/leverai/customers/{customer}"), format!("/leverai/customers/{customer}/subscription")] {
        let html = page.get(&path).await.html;
        assert!(html.contains("Standard") && !html.contains("Start a plan"), "{path}: {html}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_is_looked_at_once_page_by_page() {
    let (world, _olga) = moved_in("").await;
    let actor = kernel::Actor::system("test");
    let tx = world.app.server.app.begin(world.leverai().await, actor, Access::Read).await.expect("a transaction");
    let page = async |after, limit| subscriptions::waiting(&tx, after, limit).await.expect("a page");
    let all = page(None, 10).await;
    assert_eq!(all.len(), 2);
    assert_eq!([page(None, 1).await, page(Some(all[0]), 1).await].concat(), all);
    assert_eq!(page(Some(all[1]), 1).await, [], "also of those that could not be taken over none comes back");
}
