//! Every statement of the imports, explained and run in its place on the migrated database as the application's role.
//! (What stands in Rust, and the product's own statements: `crates/retainer/tests/sql.rs`.)

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use dialects::consulting::import::Consulting;
use dialects::import::Dialect;
use testkit::database;
use tokio_postgres::Client;

/// The course of an import: which files, for which table of the source. What is for every table, or for that of the people, leaves no
/// batch.
const COURSE: &[(&str, &str)] = &[
    ("import/sql/organization.sql", ""),
    ("import/sql/begin_run.sql", ""),
    ("import/sql/pending.sql", "every table"),
    ("import/sql/ledger_tables.sql", ""),
    ("consulting/import/people_said.sql", ""),
    ("import/sql/people_again.sql", "people"),
    ("consulting/import/users.sql", "users_consulting"),
    ("import/sql/people_wanting_addresses.sql", "people"),
    ("import/sql/people_given_addresses.sql", "people"),
    ("consulting/import/people.sql", ""),
    ("consulting/import/plans.sql", ""),
    ("consulting/import/work_order.sql", ""),
    ("consulting/import/subscriptions.sql", ""),
    ("consulting/import/tickets.sql", ""),
    ("consulting/import/ledger.sql", ""),
    ("import/sql/ledger_settle.sql", ""),
    ("import/sql/post.sql", ""),
    ("import/sql/post_entries.sql", ""),
    ("import/sql/ledger_plan.sql", ""),
    ("import/sql/post.sql", ""),
    ("import/sql/ledger_write.sql", ""),
    ("import/sql/post_entries.sql", ""),
    ("consulting/import/periods.sql", ""),
    ("import/sql/ledger_end.sql", ""),
    ("consulting/import/work_refs.sql", "subscriptions_consulting"),
    ("consulting/import/ticket_comments.sql", "ticket_comments_consulting"),
    ("consulting/import/notifications.sql", "notifications_consulting"),
    ("consulting/import/billing_order.sql", ""),
    ("consulting/import/billing.sql", "billing_consulting"),
    ("consulting/import/webhook_events.sql", "webhook_events"),
    ("import/sql/gone.sql", "every table"),
    ("import/sql/end_run.sql", ""),
    ("import/sql/note_run.sql", ""),
    ("import/sql/upcoming.sql", ""),
    ("import/sql/lost.sql", ""),
    ("import/sql/reckoning.sql", ""),
];

/// Written down after every mapping that leaves a batch.
const REFS: &str = "import/sql/refs.sql";

/// What stands for the places of a statement.
const PLACES: &[(&str, &str)] = &[
    ("{org}", "'0192f000-0000-7000-8000-000000000001'::uuid"),
    ("{now}", "'2026-11-20 09:00Z'::timestamptz"),
    ("{run}", "'0192f000-0000-7000-8000-000000000002'::uuid"),
    ("{source}", "consulting"),
    ("{slug}", "leverai"),
    ("{size}", "100"),
    ("{turn}", "0"),
    ("{from}", "1"),
    ("{to}", "100"),
    ("{shown}", "'{id}'"),
    ("{counts}", "{}"),
    ("{ended}", "'2026-11-20 09:10Z'::timestamptz"),
    ("{changes}", "7"),
    ("{entries}", "7"),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn files(folder: &Path, found: &mut BTreeSet<String>) {
    for path in std::fs::read_dir(folder).expect("a folder").filter_map(Result::ok).map(|entry| entry.path()) {
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "sql") {
            found.insert(path.strip_prefix(root()).expect("inside").to_string_lossy().into_owned());
        }
    }
}

/// The statements of a text: cut at semicolons that stand in no literal, no comment and no `$people$ … $people$`.
fn cut(text: &str) -> Vec<String> {
    let lines = text.lines().map(|line| line.split("-- ").next().unwrap_or_default().trim_end_matches("--"));
    let text = lines.collect::<Vec<_>>().join("\n");
    let (mut found, mut now) = (Vec::new(), String::new());
    let (mut quoted, mut rest) = (None, text.as_str());
    while let Some(letter) = rest.chars().next() {
        let tag = rest.strip_prefix('$').and_then(|after| after.split_once('$')).map(|(tag, _)| tag);
        let tag = tag.filter(|tag| tag.chars().all(char::is_alphabetic)).map(|tag| format!("${tag}$"));
        let mark = match (&tag, letter) {
            (Some(tag), _) => Some(tag.clone()),
            (None, '\'') => Some("'".to_owned()),
            _ => None,
        };
        let taken = match (&quoted, mark) {
            (Some(open), Some(mark)) if *open == mark => {
                quoted = None;
                mark.len()
            }
            (None, Some(mark)) => {
                quoted = Some(mark.clone());
                mark.len()
            }
            (None, None) if letter == ';' => {
                found.push(std::mem::take(&mut now));
                rest = &rest[1..];
                continue;
            }
            _ => letter.len_utf8(),
        };
        now.push_str(&rest[..taken]);
        rest = &rest[taken..];
    }
    found.push(now);
    found.iter().map(|one| one.split_whitespace().collect::<Vec<_>>().join(" ")).filter(|one| !one.is_empty()).collect()
}

/// A session as an import has it, with the staged tables, empty.
async fn session() -> Client {
    let client = runtime::db::connect(&database::fresh().await.root).await.expect("a connection");
    client.batch_execute("set role retainer_app; set jit = off").await.expect("the application's role");
    let (_, organization) = PLACES[0];
    let begin = format!(
        "select set_config('retainer.organization_id', {organization}::text, false);
         create temp table addresses (n bigint, folded text, email_hash bytea)"
    );
    client.batch_execute(&begin).await.expect("the organization");
    for table in Consulting::TABLES {
        let columns: String = table.columns.iter().map(|(name, kind)| format!(", \"{name}\" {kind}")).collect();
        client.batch_execute(&dialects::import::stage::staged(table.name, &columns)).await.expect("a staged table");
    }
    client
}

/// Explains a statement where that can be done, notes the tenant tables that it reads as a whole, and runs it.
async fn try_out(client: &Client, (file, statement): (&str, &str), seen: &mut Seen) {
    let words = ["select", "with", "insert", "update", "delete"];
    let makes_of = statement.starts_with("create temp table")
        && [" as select ", " as with "].iter().any(|of| statement.contains(of));
    if makes_of || words.iter().any(|word| statement.starts_with(word)) {
        let plan = client.query(&format!("explain {statement}"), &[]).await;
        seen.planned += 1;
        for row in &plan.unwrap_or_else(|error| panic!("{file}: {statement}\n{error:?}")) {
            let line: &str = row.get(0);
            let scanned = line.split("Seq Scan on ").nth(1).and_then(|rest| rest.split_whitespace().next());
            if let Some(table) = scanned.filter(|table| seen.tenants.contains(*table)) {
                seen.scans.insert(format!("{file} scans {table}: {statement}"));
            }
        }
    }
    let named = seen.tenants.iter().filter(|table| {
        ["from", "join", "into", "update"].iter().any(|word| statement.contains(&format!("{word} {table} ")))
    });
    if named.count() > 0 && !statement.contains("organization_id") {
        seen.without.insert(format!("{file}: {statement}"));
    }
    client.batch_execute(statement).await.unwrap_or_else(|error| panic!("{file}: {statement}\n{error:?}"));
}

/// What was found.
#[derive(Default)]
struct Seen {
    tenants: BTreeSet<String>,
    planned: usize,
    scans: BTreeSet<String>,
    without: BTreeSet<String>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_statement_of_an_import_runs_names_its_organization_and_reads_no_whole_tenant_table() {
    let client = session().await;
    let tenants = "select c.relname::text from pg_class c join pg_attribute a on a.attrelid = c.oid
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and a.attname = 'organization_id'
          and c.relname not in ('organization_slugs', 'contract_logins')";
    let tenants = client.query(tenants, &[]).await.expect("the tables").iter().map(|row| row.get(0)).collect();
    let mut seen = Seen { tenants, ..Seen::default() };
    client.batch_execute("set enable_seqscan = off").await.expect("a setting");
    let mut unused = BTreeSet::new();
    files(&root(), &mut unused);
    for (file, of) in COURSE {
        unused.remove(*file);
        let tables: Vec<&str> = match *of {
            "every table" => Consulting::TABLES.iter().map(|table| table.name).collect(),
            "people" => vec!["users_consulting"],
            other => vec![other],
        };
        for table in tables {
            let mut steps = vec![*file];
            if !["every table", "people", ""].contains(of) {
                steps.push(REFS);
            }
            for step in steps {
                let text = std::fs::read_to_string(root().join(step)).expect("a file");
                let text = text.replace("{terms}", Consulting::TERMS).replace("{compared}", Consulting::RECKONING);
                let text = PLACES.iter().fold(text, |text, (place, value)| text.replace(place, value));
                for statement in cut(&text.replace("{kind}", table).replace("{order}", "s.source_id")) {
                    try_out(&client, (step, &statement), &mut seen).await;
                }
            }
            if *file == "consulting/import/tickets.sql" || !table.is_empty() {
                client.batch_execute("drop table if exists batch").await.expect("the batch is done");
            }
        }
    }
    unused.remove(REFS);
    // The contract is applied with every migration, and its plans have a test of their own.
    unused.retain(|file| !file.starts_with("consulting/contract/"));
    // Both are put into others.
    unused.retain(|file| !["consulting/import/reckoning.sql", "consulting/import/terms.sql"].contains(&file.as_str()));
    assert_eq!(unused, BTreeSet::new(), "files that are in no course");
    assert!(seen.planned > 100, "only {} plans were looked at", seen.planned);
    assert_eq!(seen.without, BTreeSet::new(), "statements without an organization");
    assert_eq!(seen.scans, BTreeSet::new(), "whole tables are read");
}
