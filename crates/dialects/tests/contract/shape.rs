//! Names, order, types, defaults and functions, against the documented list.

use std::collections::BTreeSet;

use super::{TABLES, fixture, login, server};

/// Where the catalog cannot say what the document says, and why.
const DIFFERENT_DEFAULTS: &[(&str, &str)] = &[
    ("users_consulting.id", "gen_random_uuid(): PostgreSQL's own, without the extension uuid-ossp"),
    ("billing_consulting.id", "a view has no sequence, and nothing is inserted here"),
    ("notifications_consulting.id", "the same"),
    ("subscriptions_consulting.id", "the same"),
    ("ticket_comments_consulting.id", "the same"),
    ("tickets_consulting.id", "the same"),
    ("webhook_events.id", "the same"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_documented_column_and_function_is_there_as_documented() {
    let app = server().await;
    let client = login(&app, app.acme, "shape").await;
    let columns = "select c.relname::text, a.attnum::int, a.attname::text, format_type(a.atttypid, a.atttypmod),
            coalesce(pg_get_expr(d.adbin, d.adrelid), '')
        from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
        where c.relnamespace = 'consulting'::regnamespace order by 1, 2";
    let mut found = BTreeSet::new();
    for row in client.query(columns, &[]).await.expect("the catalog") {
        let (relation, position, column): (String, i32, String) = (row.get(0), row.get(1), row.get(2));
        let (kind, default): (String, String) = (row.get(3), row.get(4));
        let different = DIFFERENT_DEFAULTS.iter().any(|(name, _)| *name == format!("{relation}.{column}"));
        let default = if different { "different".to_owned() } else { default };
        found.insert(format!("{relation} {position} {column} {kind} {default}"));
    }
    let functions =
        "select p.oid::regprocedure::text, p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')',
            pg_get_function_result(p.oid), l.lanname::text, p.prosecdef, p.provolatile::text
        from pg_proc p join pg_language l on l.oid = p.prolang where p.pronamespace = 'consulting'::regnamespace";
    for row in client.query(functions, &[]).await.expect("the catalog") {
        let (name, result): (String, String) = (row.get(1), row.get(2));
        found.insert(format!("{name} {result}"));
        let nature: (String, bool, String) = (row.get(3), row.get(4), row.get(5));
        assert_eq!(nature, ("plpgsql".to_owned(), false, "v".to_owned()), "{name}");
    }
    let mut wanted = BTreeSet::new();
    for line in fixture("contract.tsv").lines().skip(1) {
        let fields: Vec<&str> = line.split('\t').collect();
        let field = |at: usize| fields.get(at).copied().unwrap_or_default();
        let different = DIFFERENT_DEFAULTS.iter().any(|(name, _)| *name == format!("{}.{}", field(0), field(3)));
        wanted.insert(match field(1) {
            "function" => format!("{} {}", field(0), field(4)),
            _ if different => format!("{} {} {} {} different", field(0), field(2), field(3), field(4)),
            _ => format!("{} {} {} {} {}", field(0), field(2), field(3), field(4), field(6)),
        });
    }
    assert_eq!(wanted.len(), 58 + 8);
    let missing: Vec<_> = wanted.difference(&found).collect();
    let more: Vec<_> = found.difference(&wanted).collect();
    assert!(missing.is_empty() && more.is_empty(), "missing: {missing:#?}\nmore: {more:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_organization_without_anything_has_empty_tables_and_two_months_of_nothing() {
    let app = server().await;
    let client = login(&app, app.acme, "empty").await;
    for table in TABLES.iter().filter(|table| **table != "users_consulting") {
        assert_eq!(super::shown(&client, &format!("select * from {table}")).await, "", "{table}");
    }
    let totals = super::shown(&client, "select * from get_billing_totals_prev_curr_consulting()").await;
    assert_eq!(totals, "current_month | 0\nprevious_month | 0");
}
