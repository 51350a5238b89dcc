//! The document's own statements, word for word.

use super::{Business, connect, fixture, login, server, shown, text};

/// The blocks of SQL in the document, in its order.
fn blocks() -> Vec<String> {
    let document = fixture("document.md");
    let blocks = document.split("```sql\n").skip(1);
    blocks.map(|rest| rest.split("```").next().unwrap_or_default().to_owned()).collect()
}

/// Calls of the documented functions as an old report would write them.
const CALLS: [&str; 10] = [
    "SELECT * FROM get_customers_consulting();",
    "SELECT * FROM get_tickets_consulting();",
    "SELECT * FROM get_ticket_details_consulting(1000000000);",
    "SELECT * FROM get_ticket_details_consulting(p_ticket_id => 9);",
    "SELECT * FROM get_user_subscriptions_consulting();",
    "SELECT * FROM get_user_subscriptions_consulting(p_user_id => '5a0b7d64-94a0-4c5c-8f3c-2f6a8a3f3c11');",
    "SELECT * FROM get_user_billing_consulting();",
    "SELECT * FROM get_billing_totals_prev_curr_consulting();",
    "SELECT * FROM get_active_plan_counts_consulting();",
    "SELECT * FROM get_ticket_counts_by_status_consulting();",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_statement_of_the_document_runs_word_for_word() {
    let app = server().await;
    let acme = Business::lively(&app, app.acme, "acme", "anna").await;
    let client = login(&app, acme.organization, "document").await;
    let mut before = Vec::new();
    for call in CALLS {
        before.push(sorted(&shown(&client, call).await));
    }
    let blocks = blocks();
    assert_eq!(blocks.len(), 10, "eight functions, an extension and a default");
    // What defines something needs the owner; it is undone. The document's own functions give what ours give.
    let owner = runtime::db::connect(&app.root_config).await.expect("the owner");
    owner.batch_execute("begin; set local search_path = consulting").await.expect("a transaction");
    for block in &blocks {
        owner.batch_execute(block).await.unwrap_or_else(|error| panic!("{block}: {error:?}"));
    }
    owner.batch_execute("commit").await.expect("in place of ours");
    for (call, before) in CALLS.iter().zip(&before) {
        assert_eq!(sorted(&shown(&client, call).await), *before, "{call}");
    }
}

/// The rows by themselves: equal instants and counts have no order in the document.
fn sorted(rows: &str) -> Vec<String> {
    let mut rows: Vec<String> = rows.lines().map(str::to_owned).collect();
    rows.sort();
    rows
}

/// What a statement that must fail gives here, where that differs from the documented database, and why.
const DIFFERENT: &[(&str, &str, &str)] =
    &[("C-E3", "42809", "the id of a view cannot get another type; the cause itself is shown by the next test")];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_fails_in_the_documented_database_fails_here_with_the_same_code() {
    let app = server().await;
    let owner = runtime::db::connect(&app.root_config).await.expect("the owner");
    owner
        .batch_execute("create extension \"uuid-ossp\"; set search_path = consulting, public")
        .await
        .expect("as there");
    let script = fixture("verbatim_errors.sql");
    let mut said = String::new();
    let mut checked = 0;
    for line in script.lines().filter(|line| !line.starts_with("--") && !line.starts_with("\\set")) {
        let Some(expectation) = line.strip_prefix("\\echo ") else {
            said.push_str(line);
            said.push('\n');
            continue;
        };
        let mut words = expectation.split_whitespace();
        let (name, wanted) = (words.next().expect("a name"), words.nth(1).expect("a code"));
        let wanted = DIFFERENT.iter().find(|(different, ..)| *different == name).map_or(wanted, |(_, code, _)| *code);
        assert_eq!(first_error(&owner, &said).await, wanted, "{name}: {said}");
        said.clear();
        checked += 1;
    }
    assert_eq!(checked, 4);
}

/// The code of the first statement that fails, running them one by one.
async fn first_error(client: &tokio_postgres::Client, script: &str) -> String {
    client.batch_execute("rollback").await.expect("a clean start");
    for statement in script.split_inclusive(';').filter(|statement| !statement.trim().is_empty()) {
        if let Err(error) = client.batch_execute(statement).await {
            return error.code().expect("a code").code().to_owned();
        }
    }
    "none".to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn uuid_ids_of_bills_break_the_documented_function_as_they_did() {
    let app = server().await;
    let owner = runtime::db::connect(&app.root_config).await.expect("the owner");
    let blocks = blocks();
    let billing = blocks.iter().find(|block| block.contains("get_user_billing_consulting")).expect("the function");
    let replaced = "begin; set local search_path = consulting; drop view billing_consulting;
        create view billing_consulting as select gen_random_uuid() as id, null::uuid as user_id,
            null::varchar as invoice_number, 1.00 as amount, ''::varchar as status, ''::varchar as billing_type,
            null::timestamp as created_at, null::timestamp as paid_at";
    owner.batch_execute(replaced).await.expect("the other reading");
    owner.batch_execute(billing).await.expect("it compiles");
    let error = owner.simple_query("SELECT * FROM get_user_billing_consulting();").await.expect_err("as documented");
    assert_eq!(error.code().map(|code| code.code()), Some("42804"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_documented_tables_cannot_be_written_by_a_login() {
    let app = server().await;
    let url = super::url(&app, app.acme, "writer").await;
    let client = connect(&url).await.expect("a session");
    // As docs/dialects/consulting.md says.
    for (statement, code) in [
        ("create extension \"uuid-ossp\"", "25006"),
        ("create function f() returns int language sql as 'select 1'", "25006"),
        ("alter table users_consulting alter column id set default gen_random_uuid()", "25006"),
        ("insert into tickets_consulting (title) values ('x')", "55000"),
        ("update tickets_consulting set title = 'x'", "55000"),
        ("delete from tickets_consulting", "55000"),
    ] {
        let error = client.batch_execute(statement).await.expect_err(statement);
        assert_eq!(error.code().map(|code| code.code()), Some(code), "{statement}");
    }
    client
        .batch_execute("set default_transaction_read_only = off; set transaction_read_only = off")
        .await
        .expect("allowed");
    for table in super::TABLES {
        for change in
            [format!("delete from {table}"), format!("insert into {table} default values"), format!("truncate {table}")]
        {
            let error = text(&client, &change).await.expect_err(&change);
            let code = error.code().expect("a code").code();
            assert!(matches!(code, "42501" | "55000" | "42809"), "{change}: {code}");
        }
    }
}
