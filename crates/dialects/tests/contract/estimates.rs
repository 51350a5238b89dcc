//! What the planner's estimates tell a login. They are made from statistics of whole tables, so row-level security does not
//! bind them: whoever asks for plans again and again could read what is common in a column, letter by letter.

use std::collections::BTreeSet;

use kernel::id::Id;
use runtime::db::connect;
use tokio_postgres::Client;

use super::{Business, login, server};

/// Columns of which statistics are gathered although a login may ask for plans about them: they hold ids, numbers that are
/// counted, instants, and words that all organizations have in common.
const KNOWN_TO_ALL: &[&str] = &[
    "contract_number",
    "decisions",
    "ended_as",
    "internal",
    "kind",
    "number",
    "object_version",
    "opened_seq",
    "owner_kind",
    "period_number",
    "priority",
    "role",
    "series_seq",
    "side",
    "source",
    "source_kind",
    "source_ref",
    "state",
    "status",
    "subject_kind",
    "subject_ref",
    "time_zone",
    "unit_code",
    "version",
];

/// The columns that logins may read, with their tables, their types, and whether statistics of them are gathered.
const READABLE: &str =
    "select c.relname::text, a.attname::text, a.atttypid::regtype::text, coalesce(a.attstattarget, -1) <> 0
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
      and has_column_privilege('retainer_contract_consulting', c.oid, a.attnum, 'select') order by 1, 2";

fn is_id(column: &str) -> bool {
    column == "id" || column.ends_with("_id") || column.ends_with("_at")
}

/// The columns that hold what people write and pay.
async fn contents(owner: &Client) -> Vec<(String, String, String)> {
    let mut contents = Vec::new();
    for row in owner.query(READABLE, &[]).await.expect("columns") {
        let (table, column, kind): (String, String, String) = (row.get(0), row.get(1), row.get(2));
        if is_id(&column) || KNOWN_TO_ALL.contains(&column.as_str()) {
            continue;
        }
        assert!(!row.get::<_, bool>(3), "statistics of {table}.{column} are gathered: say 0, or why it tells nothing");
        contents.push((table, column, kind));
    }
    contents
}

/// How many rows a login is told to expect.
async fn expected(client: &Client, table: &str, filter: &str) -> String {
    let plan = format!("explain (format json) select 1 from public.{table} where {filter}");
    let row = client.query_one(&plan, &[]).await.unwrap_or_else(|error| panic!("{plan}: {error:?}"));
    let plan: serde_json::Value = row.get(0);
    plan[0]["Plan"]["Plan Rows"].to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn estimates_tell_nothing_of_what_others_write_and_pay() {
    let app = server().await;
    let bolt = app.server.app.ids.next();
    app.organization(bolt, "bolt", "Bolt").await;
    Business::lively(&app, bolt, "bolt", "zwickau").await;
    let owner = connect(&app.root_config).await.expect("the owner");
    // So many that estimates are more than one row; what is there more than once is what statistics remember.
    let many = "insert into customers (organization_id, id, name, created_at)
        select $1, gen_random_uuid(), case when n % 2 = 0 then 'Zacharias zwickau' else 'C ' || n end, now() from generate_series(1, 4000) n";
    for organization in [bolt, app.acme] {
        owner.execute(many, &[organization.as_uuid()]).await.expect("customers");
    }
    owner.batch_execute("analyze").await.expect("statistics");
    let spy = login(&app, app.acme, "analyst").await;
    let contents = contents(&owner).await;
    assert!(contents.len() > 15, "{contents:?}");
    for (table, column, kind) in &contents {
        let probes: &[&str] = match kind.as_str() {
            "jsonb" => continue,
            "bigint" => &["-1", "0", "3600", "45000", "9000000000"],
            "text" => &["''", "'a'", "'q'", "'zwickau'", "'~'"],
            other => panic!("{table}.{column} is {other}: which probes?"),
        };
        for way in ["<", "="] {
            let mut told = BTreeSet::new();
            for probe in probes {
                told.insert(expected(&spy, table, &format!("\"{column}\" {way} {probe}")).await);
            }
            assert_eq!(told.len(), 1, "{table}.{column} {way}: {told:?}");
        }
    }
    assert_eq!(of_names(&spy, "lower(name)").await, 1);
    // With statistics it would be told.
    owner
        .batch_execute("alter table customers alter column name set statistics 100; analyze customers")
        .await
        .expect("gathered");
    assert!(of_names(&spy, "name").await > 1, "the probes find nothing anyway");
}

/// How many different answers there are to how many names come before a word.
async fn of_names(spy: &Client, name: &str) -> usize {
    let mut told = BTreeSet::new();
    for probe in ["A", "Zacharias zwickau", "~"] {
        told.insert(expected(spy, "customers", &format!("{name} < '{probe}'")).await);
    }
    told.len()
}
