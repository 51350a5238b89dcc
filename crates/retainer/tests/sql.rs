//! Every statement of the sources, prepared on the migrated database as the application's role.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use testkit::{database, snapshot, uncovered};
use tokio_postgres::Client;

/// A statement with where it stands.
struct Statement {
    file: String,
    text: String,
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> =
        std::fs::read_dir(folder).expect("a folder").filter_map(Result::ok).map(|entry| entry.path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

fn statements() -> Vec<Statement> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("the crates");
    let mut paths = Vec::new();
    for name in ["runtime", "retainer", "cli"] {
        sources(&root.join(name).join("src"), &mut paths);
    }
    let mut found = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).expect("a source");
        let file = path.strip_prefix(&root).expect("inside").to_string_lossy().into_owned();
        for (at, _) in text.match_indices("sql!(") {
            let rest = text[at + "sql!(".len()..].trim_start();
            if let Some(text) = literal(rest) {
                found.push(Statement { file: file.clone(), text });
            }
        }
    }
    assert!(found.len() > 50, "only {} statements were found", found.len());
    found
}

/// The string literal at the beginning of `text`; none where the macro is declared or spoken of.
fn literal(text: &str) -> Option<String> {
    let inside = text.strip_prefix('"')?;
    let mut out = String::new();
    let mut letters = inside.chars();
    loop {
        match letters.next()? {
            '"' => return Some(out),
            '\\' => match letters.next()? {
                'n' => out.push('\n'),
                '\n' => {
                    let rest = letters.as_str().trim_start();
                    letters = rest.chars();
                }
                other => out.push(other),
            },
            letter => out.push(letter),
        }
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

async fn app_role() -> Client {
    let client = runtime::db::connect(&database::fresh().await.root).await.expect("a connection");
    client.batch_execute("set role retainer_app").await.expect("the application's role");
    client
}

async fn tenant_tables(client: &Client) -> BTreeSet<String> {
    let query = "select c.relname::text from pg_class c join pg_attribute a on a.attrelid = c.oid
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and a.attname = 'organization_id'
          and c.relname not in ('organization_slugs', 'contract_logins')";
    client.query(query, &[]).await.expect("the tables").iter().map(|row| row.get(0)).collect()
}

/// Statements that step out of the application's role on purpose, by how they begin.
const OTHERS: &[&str] = &[
    // Migrations run as the owner, before there is a schema.
    "runtime/src/migrate.rs",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_statement_can_be_prepared_and_has_the_types_that_were_read() {
    let client = app_role().await;
    let mut text = String::from("# Written by tests/sql.rs; UPDATE_SNAPSHOTS=1 rewrites it.\n");
    let mut file = String::new();
    for statement in statements() {
        if OTHERS.contains(&statement.file.as_str()) {
            continue;
        }
        let said = one_line(&statement.text);
        let prepared = client.prepare(&statement.text).await;
        let prepared = prepared.unwrap_or_else(|error| {
            panic!(
                "{}: {}\n{said}",
                statement.file,
                error.as_db_error().map_or_else(|| error.to_string(), ToString::to_string)
            )
        });
        if file != statement.file {
            file.clone_from(&statement.file);
            let _ = write!(text, "\n{file}\n");
        }
        let params: Vec<&str> = prepared.params().iter().map(tokio_postgres::types::Type::name).collect();
        let columns: Vec<String> =
            prepared.columns().iter().map(|column| format!("{} {}", column.name(), column.type_())).collect();
        let short: String = said.chars().take(90).collect();
        let _ = writeln!(text, "  {short}\n      ({}) -> ({})", params.join(", "), columns.join(", "));
    }
    snapshot("tests/lists/statements.txt", &text);
}

/// The tables that a statement names, as words after `from`, `join`, `into` and `update`.
fn named<'a>(statement: &str, tables: &'a BTreeSet<String>) -> BTreeSet<&'a str> {
    let words: Vec<&str> = statement
        .split(|letter: char| letter.is_whitespace() || "(),;".contains(letter))
        .filter(|word| !word.is_empty())
        .collect();
    let pairs = words.windows(2).filter(|pair| ["from", "join", "into", "update", "only"].contains(&pair[0]));
    pairs.filter_map(|pair| tables.get(pair[1]).map(String::as_str)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_statement_on_a_tenant_table_names_its_organization() {
    let client = app_role().await;
    let tables = tenant_tables(&client).await;
    for statement in statements() {
        let named = named(&statement.text, &tables);
        let across = OPERATOR.iter().chain(PERSON).any(|begin| one_line(&statement.text).starts_with(begin));
        if named.is_empty() || across {
            continue;
        }
        let times = statement.text.matches("organization_id").count();
        assert!(times > 0, "{}: no organization_id for {named:?}\n{}", statement.file, one_line(&statement.text));
    }
}

/// Statements about one person, wherever they belong, by how they begin: a new password ends all their sessions. The
/// policies show no rows but that person's.
const PERSON: &[&str] = &[
    "update sessions set revoked_at = $3 where user_id = $1",
    "update sessions set revoked_at = $2 where user_id = $1",
    "update secret_links set used_at = $3 where user_id = $1",
    "update secret_links set used_at = $2 where user_id = $1",
    "update users set name = 'Former user'",
];

/// Statements that read across organizations as the operator's role, by how they begin.
const OPERATOR: &[&str] =
    &["select id, slug, name, created_at, is_sample, closes_at from organizations where removal_begun_at is null"];

/// The plan of a statement as it is made when the values are not yet known; an error where PostgreSQL makes none.
async fn plan(client: &Client, statement: &str) -> Result<Vec<String>, tokio_postgres::Error> {
    client.batch_execute(&format!("prepare looked_at as {statement}")).await?;
    let count = "select cardinality(parameter_types) from pg_prepared_statements where name = 'looked_at'";
    let parameters: i32 = client.query_one(count, &[]).await?.get(0);
    let nulls = vec!["null"; usize::try_from(parameters).unwrap_or_default()].join(", ");
    let values = if nulls.is_empty() { nulls } else { format!("({nulls})") };
    let plan = client.query(&format!("explain execute looked_at{values}"), &[]).await;
    client.batch_execute("deallocate looked_at").await?;
    Ok(plan?.iter().map(|row| row.get(0)).collect())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_statement_reads_a_whole_tenant_table() {
    let client = app_role().await;
    let tables = tenant_tables(&client).await;
    client.batch_execute("set enable_seqscan = off; set plan_cache_mode = force_generic_plan").await.expect("settings");
    let (mut scans, mut skipped, mut planned) = (BTreeSet::new(), BTreeSet::new(), 0);
    for statement in statements() {
        if OTHERS.contains(&statement.file.as_str()) || named(&statement.text, &tables).is_empty() {
            continue;
        }
        let said = one_line(&statement.text);
        let as_operator = is_asked_across(&statement);
        let role = if as_operator { "set role retainer_operator" } else { "set role retainer_app" };
        client.batch_execute(&format!("reset role; {role}")).await.expect("the role");
        let plan = match plan(&client, &statement.text).await {
            Ok(plan) => plan,
            Err(error) => {
                let why = error.as_db_error().map_or_else(|| error.to_string(), |error| error.message().to_owned());
                eprintln!("{}: {said}: {why}", statement.file);
                skipped.insert(format!("{}: {}", statement.file, said.chars().take(90).collect::<String>()));
                continue;
            }
        };
        planned += 1;
        for line in plan {
            let scanned = line.split("Seq Scan on ").nth(1).and_then(|rest| rest.split_whitespace().next());
            // The list of all organizations reads them all.
            let is_meant = OPERATOR.iter().any(|begin| said.starts_with(begin));
            if let Some(table) = scanned.filter(|table| tables.contains(*table) && !is_meant) {
                scans.insert(format!("{} scans {table}: {said}", statement.file));
            }
        }
    }
    assert!(planned > 100, "only {planned} plans were looked at");
    uncovered("tests/lists/statements_without_a_plan.txt", &skipped);
    assert!(scans.is_empty(), "whole tables are read: {scans:#?}");
}

/// Whether a statement is asked across organizations, as the operator: the list of them, and what is due.
fn is_asked_across(statement: &Statement) -> bool {
    let said = one_line(&statement.text);
    OPERATOR.iter().any(|begin| said.starts_with(begin))
        || said.starts_with("select distinct") && !said.contains("organization_id = $1")
}

/// A shop with a long history, and with the policy by which logins of contracts read.
const HISTORY: &str = "
    set session_replication_role = replica;
    insert into tickets (organization_id, id, number, customer_id, title, priority, wanted_seconds, created_at)
    select ('00000000-0000-4000-8000-00000000000' || n % 2)::uuid, gen_random_uuid(), 'TKT-' || n, gen_random_uuid(), 'T', 'Low', 0,
           timestamptz '2026-01-01' + n * interval '1 minute'
    from generate_series(1, 6000) n;
    analyze tickets;
    set session_replication_role = origin;";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_newest_tickets_are_read_in_their_order_whatever_contracts_may_read_too() {
    let owner = runtime::db::connect(&database::fresh().await.root).await.expect("a connection");
    let policies = "select count(*) from pg_policies where tablename = 'tickets' and policyname = 'contract_reads'";
    let bound: i64 = owner.query_one(policies, &[]).await.expect("a count").get(0);
    assert_eq!(bound, 1, "the policy that this is about");
    // As the superuser of the tests: row-level security binds the owner, and there are two organizations.
    owner.batch_execute(HISTORY).await.expect("a history");
    // As sessions of the application are (runtime/src/db.rs).
    owner.batch_execute("set role retainer_app; set jit = off; set enable_seqscan = off").await.expect("the role");
    owner.batch_execute("set plan_cache_mode = force_generic_plan").await.expect("a setting");
    let is_newest = |it: &&Statement| it.file.ends_with("tickets/find.rs") && it.text.contains("limit 101");
    let all = statements();
    let newest = all.iter().find(is_newest).expect("the statement of the newest tickets");
    let plan = plan(&owner, &newest.text).await.expect("a plan");
    let of_tickets: Vec<&String> = plan.iter().filter(|line| line.contains(" on tickets")).collect();
    let in_order = "Index Scan using tickets_created on tickets ";
    assert!(matches!(of_tickets[..], [one] if one.contains(in_order)), "{plan:#?}");
    assert!(!plan.iter().any(|line| line.contains("contract_organization_id")), "the policy is gone: {plan:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reports_find_what_was_completed_by_an_index_of_its_own() {
    let owner = runtime::db::connect(&database::fresh().await.root).await.expect("a connection");
    owner.batch_execute(HISTORY).await.expect("a history");
    let closed = "set session_replication_role = replica;
        update tickets set status = 'completed', closed_at = created_at where substr(number, 5)::integer % 3 <> 0;
        analyze tickets; set session_replication_role = origin;";
    owner.batch_execute(closed).await.expect("completed tickets");
    owner.batch_execute("set role retainer_app; set jit = off; set enable_seqscan = off").await.expect("the role");
    owner.batch_execute("set plan_cache_mode = force_generic_plan").await.expect("a setting");
    let all = statements();
    let by_month = |it: &&Statement| it.file.contains("reports/") && it.text.contains("status = 'completed'");
    let asked: Vec<&Statement> = all.iter().filter(by_month).collect();
    assert_eq!(asked.len(), 3, "the figures, their rows, and what these come to");
    for statement in asked {
        let plan = plan(&owner, &statement.text).await.expect("a plan");
        assert!(plan.iter().any(|line| line.contains("tickets_completed")), "{}: {plan:#?}", statement.file);
    }
}
