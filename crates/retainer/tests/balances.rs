//! Balances, their "why", statements and figures.

use kernel::{Actor as Who, Quantity, Role, Unit};
use retainer::ledger::{self, Hold, Key, Owner as LedgerOwner, Subject};
use runtime::Tx;
use runtime::tx::Access;
use serde_json::json;
use testkit::{Actor, TestApp, at};

/// Cleo has ten hours; a ticket holds two, another used one and a half.
async fn shop() -> (TestApp, Actor, Actor, String) {
    let app = TestApp::start().await;
    let customer = app.customer(app.acme, "Cleo Berg", "cleo@berg.example").await;
    app.grant_hours(app.acme, customer, 10, "ten").await;
    let (olga, cleo) = (app.olga().await, app.sign_in("acme", "cleo@berg.example").await);
    for hours in ["2", "3"] {
        let body = json!({"title": format!("=Takes {hours}"), "priority": "High", "hours": hours});
        assert_eq!(cleo.post("/tickets", body).await.status, 201);
    }
    let newest = cleo.get("/tickets").await.body["items"][0]["id"].as_str().expect("a number").to_owned();
    for (step, body) in [("start", json!({})), ("completion", json!({"hours": "1.5"}))] {
        let answer = olga.post(&format!("/tickets/{newest}/{step}"), body).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
    (app, olga, cleo, customer.to_string())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_balance_tells_granted_used_held_and_left_and_why() {
    let (_app, olga, cleo, customer) = shop().await;
    let own = cleo.get("/allowances").await;
    let allowance = &own.body["items"][0];
    let figures = ["unit", "granted", "used", "held", "left"].map(|name| allowance[name].as_str().unwrap_or_default());
    assert_eq!(figures, ["hour", "10.00", "1.50", "2.00", "6.50"]);
    assert_eq!(olga.get(&format!("/allowances?customer={customer}")).await.body, own.body);
    assert_eq!(olga.get("/allowances").await.code(), "allowance.customer_needed");
    let id = allowance["id"].as_str().expect("an id");
    for path in [format!("/allowances/{id}/why"), "/allowances/why".to_owned()] {
        let why = cleo.get(&path).await;
        assert_eq!((why.status, &why.body["adds_up"]), (200, &json!(true)), "{}", why.body);
        assert_eq!(why.body["holds"][0]["quantity"], "2.00");
        assert!(why.body["holds"][0]["subject"].as_str().expect("a number").starts_with("TKT-"));
        assert_eq!(
            why.body["sentence"],
            "Of 10:00 h that are running, 1:30 were used and 2:00 are held by open work, so 6:30 are left."
        );
    }
    let all = cleo.get(&format!("/allowances/{id}/entries")).await;
    for entry in all.body["items"].as_array().expect("entries") {
        assert_eq!(entry["source"], "Top-up", "{entry}");
        let about = (entry["ticket"].as_str().unwrap_or_default(), entry["about"].as_str().unwrap_or_default());
        let is_of_ticket = about.0.starts_with("TKT-2026") && about.1.starts_with("=Takes ");
        assert_eq!(is_of_ticket, entry["kind"] != "grant", "{entry}");
    }
    let entries = cleo.get(&format!("/allowances/{id}/entries?limit=2")).await;
    assert_eq!(entries.body["items"].as_array().map(Vec::len), Some(2));
    let next = entries.body["next"].as_i64().expect("more");
    let older = cleo.get(&format!("/allowances/{id}/entries?before={next}")).await;
    assert_eq!(older.body["next"], json!(null));
    assert_eq!(
        older.body["items"].as_array().and_then(|items| items.last()).map(|entry| entry["kind"].clone()),
        Some(json!("grant"))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_balance_is_set_right_only_by_who_may_and_with_a_reason() {
    let (app, olga, cleo, customer) = shop().await;
    let path = format!("/customers/{customer}/adjustments");
    let down = olga.post_once(&path, "once", json!({"quantity": "-0.5", "reason": "Counted twice"})).await;
    assert_eq!((down.status, &down.body["items"][0]["left"]), (201, &json!("6.00")), "{}", down.body);
    let again = olga.post_once(&path, "once", json!({"quantity": "-0.5", "reason": "Counted twice"})).await;
    assert_eq!((again.status, &again.body), (201, &down.body));
    assert_eq!(olga.post(&path, json!({"quantity": "-100", "reason": "Too much"})).await.status, 409);
    for bad in
        [json!({"quantity": "0", "reason": "x"}), json!({"quantity": "x", "reason": "x"}), json!({"quantity": "1"})]
    {
        assert_eq!(olga.post(&path, bad).await.status, 422);
    }
    app.member(app.acme, "Amir", "amir@acme.example", Role::Member).await;
    for actor in [app.sign_in("acme", "amir@acme.example").await, cleo] {
        assert_eq!(actor.post(&path, json!({"quantity": "1", "reason": "Please"})).await.status, 403);
    }
    let trail = olga.get("/audit?action=balance.adjusted").await;
    assert_eq!(trail.body["items"].as_array().map(Vec::len), Some(1), "{}", trail.body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_adds_up_and_runs_nothing_in_a_spreadsheet() {
    let (app, olga, cleo, customer) = shop().await;
    app.clock.set(at("2026-11-22T09:00:00Z"));
    let statement = cleo.get(&format!("/customers/{customer}/statement?from=2026-11-01&to=2026-11-30")).await;
    let unit = &statement.body["units"][0];
    assert_eq!(
        (&unit["opening"], &unit["closing"], &unit["held"]),
        (&json!("0.00"), &json!("8.50"), &json!("2.00")),
        "{}",
        statement.body
    );
    let changes: Vec<_> = unit["lines"].as_array().expect("lines").iter().map(|line| line["change"].clone()).collect();
    assert_eq!(changes, [json!("10.00"), json!("-1.50")]);
    let later = olga.get(&format!("/customers/{customer}/statement?from=2026-11-21&to=2026-11-22")).await;
    assert_eq!((&later.body["units"][0]["opening"], &later.body["units"][0]["lines"]), (&json!("8.50"), &json!([])));
    let file = cleo.get(&format!("/customers/{customer}/statement.csv")).await;
    assert_eq!(file.headers["content-type"], "text/csv; charset=utf-8");
    let text = file.body.as_str().expect("a text");
    assert!(text.starts_with("unit,at,what,ticket,change,balance,change_atoms,balance_atoms,source\n"), "{text}");
    assert!(text.contains(",-1.50,8.50,-5400,30600,Top-up\n"), "{text}");
    assert!(text.contains("Used: =Takes 3") && !text.lines().any(|line| line.contains(",=")), "{text}");
    for bad in ["from=2026-12-01&to=2026-11-01", "from=yesterday", "to=9999-12-31", "from=-9999-01-01"] {
        assert_eq!(cleo.get(&format!("/customers/{customer}/statement?{bad}")).await.status, 422, "{bad}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn figures_count_tickets_and_hours_and_are_not_for_customers() {
    let (_app, olga, cleo, _) = shop().await;
    let tickets = olga.get("/reports/tickets").await;
    assert_eq!(tickets.body["items"][0], json!({"status": "pending", "count": 1}));
    assert_eq!(tickets.body["items"][2], json!({"status": "completed", "count": 1}));
    let hours = olga.get("/reports/hours").await;
    let month = json!({"month": "2026-11", "sold": "10.00", "used": "1.50", "overage": "0.00", "expired": "0.00"});
    assert_eq!(
        (&hours.body["months"][0], &hours.body["held"], &hours.body["left"]),
        (&month, &json!("2.00"), &json!("6.50"))
    );
    assert_eq!(
        olga.get("/reports/revenue").await.body["current_month"]["totals"][0]["total"],
        json!({"amount": "0.00", "currency": "USD"})
    );
    assert_eq!(olga.get("/reports/plans").await.body, json!({"items": [], "mrr": []}));
    for report in ["revenue", "plans", "tickets", "hours"] {
        assert_eq!(cleo.get(&format!("/reports/{report}")).await.status, 403, "{report}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_balance_is_nobody_elses_business() {
    let (app, olga, cleo, customer) = shop().await;
    let id = cleo.get("/allowances").await.body["items"][0]["id"].as_str().expect("an id").to_owned();
    let bolt = app.server.app.ids.next();
    app.organization(bolt, "bolt", "Bolt").await;
    app.member(bolt, "Bo", "bo@bolt.example", Role::Owner).await;
    app.customer(app.acme, "Dora", "dora@acme.example").await;
    let strangers = [app.sign_in("bolt", "bo@bolt.example").await, app.sign_in("acme", "dora@acme.example").await];
    let paths = [
        format!("/allowances?customer={customer}"),
        format!("/allowances/{id}/why"),
        format!("/allowances/{id}/entries"),
        format!("/customers/{customer}/allowances"),
        format!("/customers/{customer}/statement"),
        format!("/customers/{customer}/statement.csv"),
    ];
    for path in &paths {
        assert_eq!(olga.get(path).await.status, 200, "{path}");
        for stranger in &strangers {
            assert_eq!(stranger.get(path).await.status, 404, "{path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_pages_of_balance_statement_and_reports_show_the_same_figures() {
    let (app, _olga, _cleo, customer) = shop().await;
    let (staff, portal) =
        (app.signed_in("acme", "olga@acme.example").await, app.signed_in("acme", "cleo@berg.example").await);
    for (reader, path) in
        [(&staff, format!("/acme/customers/{customer}/balance")), (&portal, "/acme/balance".to_owned())]
    {
        let page = reader.get(&path).await;
        assert_eq!(page.status, 200);
        assert!(page.html.contains("so 6:30 are left") && page.html.contains("=Takes 2"), "{}", page.html);
    }
    let statement = portal.get(&format!("/acme/customers/{customer}/statement")).await;
    assert!(statement.html.contains("Closing balance") && statement.html.contains("8:30"), "{}", statement.html);
    let (month, year) = (
        "?from=2026-11-01&amp;to=2026-11-20\" aria-current=\"page\">This month<",
        "?from=2025-11-20&amp;to=2026-11-20\">A year<",
    );
    assert!(statement.html.contains(month) && statement.html.contains(year), "{}", statement.html);
    assert!(
        statement.html.contains("<p class=\"together\">From ") && statement.html.contains("granted <b>"),
        "{}",
        statement.html
    );
    assert!(
        statement.html.contains("statement?from=2026-11-01&amp;to=2026-11-20"),
        "its call says the days: {}",
        statement.html
    );
    let reports = staff.get("/acme/reports").await;
    assert!(reports.html.contains("You owe customers") && reports.html.contains("6:30"), "{}", reports.html);
    assert_eq!(portal.get("/acme/reports").await.status, 403);
    assert_eq!(portal.get("/acme/balance").await.status, 200);
    assert_eq!(staff.get("/acme/balance").await.status, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn money_stands_only_on_the_statements_of_those_who_may_see_money() {
    let (app, olga, cleo, customer) = shop().await;
    app.member(app.acme, "Amir", "amir@acme.example", Role::Member).await;
    let amir = app.sign_in("acme", "amir@acme.example").await;
    let path = format!("/customers/{customer}/statement");
    for (who, sees) in [(&olga, true), (&cleo, true), (&amir, false)] {
        let statement = who.get(&path).await;
        assert_eq!((statement.status, statement.body["payments"].is_array()), (200, sees), "{}", statement.body);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn entries_are_recorded_in_the_order_of_their_numbers_whoever_waited_for_whom() {
    let app = TestApp::start().await;
    let customer = app.customer(app.acme, "Cleo Berg", "cleo@berg.example").await;
    app.grant_hours(app.acme, customer, 10, "ten").await;
    let begin =
        async || app.server.app.begin(app.acme, Who::system("test"), Access::Write).await.expect("a transaction");
    let hold = async |tx: &Tx, name: &str| {
        let hold = Hold {
            owner: LedgerOwner::Customer(customer),
            amount: Quantity::hours(1),
            subject: Subject::new("ticket", name),
            expires_at: None,
            policy: json!({}),
            key: Key::new(name),
        };
        ledger::hold(tx, hold).await.expect("a hold");
    };
    let early = begin().await;
    app.clock.set(at("2026-11-20T09:05:00Z"));
    let late = begin().await;
    hold(&late, "late").await;
    late.commit().await.expect("a commit");
    hold(&early, "early").await;
    early.commit().await.expect("a commit");
    let tx = begin().await;
    assert_eq!(ledger::verify::verify(&tx).await.expect("a check"), []);
    let account = ledger::find::account(&tx, LedgerOwner::Customer(customer), Unit::Hour).await;
    let account = account.expect("a look").expect("an account");
    let entries = ledger::find::entries(&tx, account, None, 2).await.expect("entries");
    assert!(entries[0].recorded_at >= entries[1].recorded_at, "{entries:?}");
}

/// The atoms in a cell of a row of a table: hours and minutes, with their sign.
fn minutes(cell: &str) -> i64 {
    let text = cell.rsplit_once("</data>").map_or("", |(text, _)| text).rsplit('>').next().unwrap_or_default();
    let (sign, text) = text.strip_prefix('−').map_or((1, text), |rest| (-1, rest));
    let (hours, minutes) = text.split_once(':').unwrap_or_else(|| panic!("{cell:?} is no amount"));
    sign * (hours.parse::<i64>().expect("hours") * 60 + minutes.parse::<i64>().expect("minutes"))
}

/// The rows of the table of entries: balance and what is on hold, and whether it is a sum.
fn rows_of_entries(html: &str) -> Vec<(bool, i64, i64)> {
    let table = html.split("<caption class=\"heard\">Entries</caption>").nth(1).unwrap_or_else(|| panic!("{html}"));
    let body = table.split("<tbody>").nth(1).and_then(|rest| rest.split("</tbody>").next()).expect("rows");
    let row = |row: &str| {
        let cells: Vec<&str> = row.split("<td class=\"n wide\">").collect();
        (row.starts_with(" class=\"sum\""), minutes(cells[1]), minutes(cells[2].split("</td>").next().unwrap_or("")))
    };
    body.split("<tr").skip(1).map(row).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_entries_can_be_read_page_by_page_and_add_up_to_the_figures() {
    let (app, olga, cleo, customer) = shop().await;
    for number in 0..40 {
        app.grant_hours(app.acme, customer.parse().expect("an id"), 1, &format!("more {number}")).await;
        let path = format!("/customers/{customer}/adjustments");
        let down = olga.post(&path, json!({"quantity": "-0.25", "reason": "Counted twice"})).await;
        assert_eq!(down.status, 201, "{}", down.body);
    }
    let figures = cleo.get("/allowances").await.body["items"][0].clone();
    assert_eq!((&figures["left"], &figures["held"]), (&json!("36.50"), &json!("2.00")), "{figures}");
    let portal = app.signed_in("acme", "cleo@berg.example").await;
    let staff = app.signed_in("acme", "olga@acme.example").await;
    let shared = cleo.post(&format!("/customers/{customer}/balance-links"), json!({"label": "All"})).await;
    let address =
        shared.body["address"].as_str().expect("an address").strip_prefix(&app.url()).expect("ours").to_owned();
    for (reader, first) in [
        (&portal, "/acme/balance".to_owned()),
        (&staff, format!("/acme/customers/{customer}/balance")),
        (&app.reader(), address),
    ] {
        let (mut path, mut pages, mut sums) = (first, Vec::new(), (0, 0));
        loop {
            let page = reader.get(&path).await;
            assert_eq!(page.status, 200, "{path}: {}", page.html);
            let rows = rows_of_entries(&page.html);
            for (is_sum, balance, held) in &rows {
                if !is_sum {
                    sums = (sums.0 + balance, sums.1 + held);
                }
            }
            pages.push(rows);
            let Some(rest) = page.html.split("rel=\"next\" href=\"").nth(1) else { break };
            path = rest.split('"').next().expect("an address").replace("&amp;", "&");
        }
        assert_eq!(
            (pages.len(), sums),
            (2, ((36 * 60 + 30) + 120, 120)),
            "the rows of all pages are the figures: {path}"
        );
        let [top, .., bottom] = pages[0].as_slice() else { panic!("{pages:?}") };
        assert_eq!(*top, (true, 38 * 60 + 30, 120), "together");
        let below: (i64, i64) = pages[1].iter().fold((0, 0), |sum, row| (sum.0 + row.1, sum.1 + row.2));
        assert_eq!(*bottom, (true, below.0, below.1), "what was before is what the next page adds up to");
    }
    let damaged = portal.get("/acme/balance?unit=hour&before=x").await;
    assert!(damaged.status == 422 && damaged.html.contains("these are the newest"), "{}", damaged.html);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_happened_is_told_as_what_it_was_when_it_is_long_over() {
    let (app, _olga, _cleo, _) = shop().await;
    let page = app.signed_in("acme", "cleo@berg.example").await.get("/acme/balance").await;
    for words in ["Held for", "Used for", "Given back from"] {
        assert!(page.html.contains(words), "{words}: {}", page.html);
    }
    assert!(!page.html.contains("Released") && !page.html.contains("Held:"), "{}", page.html);
}
