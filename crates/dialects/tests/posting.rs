//! An import posts many entries at once by a table of its own (`import/sql/post.sql`): it must be the ledger's.

use std::path::Path;

use testkit::database;
use tokio_postgres::Client;

/// What an import posts, in an order in which a lot can take it all.
const KINDS: &[(&str, i64)] = &[
    ("grant", 1_000),
    ("hold", 300),
    ("release", 100),
    ("capture", 150),
    ("consume", 200),
    ("refund", 50),
    ("adjust_down", 70),
    ("charge_debt", 40),
    ("repay_debt", 30),
    ("expire", 60),
];

const ORGANIZATION: &str = "'0192f000-0000-7000-8000-000000000001'::uuid";
/// One account for the ledger's own function, one for the import's statements.
const ACCOUNTS: [&str; 2] =
    ["'0192f000-0000-7000-8000-00000000000a'::uuid", "'0192f000-0000-7000-8000-00000000000b'::uuid"];

fn filled(text: &str) -> String {
    let now = "'2026-11-20 09:00Z'::timestamptz";
    let places = [
        ("{org}", ORGANIZATION),
        ("{now}", now),
        ("{run}", ORGANIZATION),
        ("{source}", "consulting"),
        ("{slug}", "leverai"),
    ];
    places.iter().fold(text.to_owned(), |text, (place, value)| text.replace(place, value))
}

async fn run(client: &Client, text: &str) {
    let text = filled(text);
    client.batch_execute(&text).await.unwrap_or_else(|error| panic!("{text}: {error:?}"));
}

/// An account with an empty lot, which have the same id.
async fn account(client: &Client, id: &str) {
    run(
        client,
        &format!(
            "insert into allowance_accounts (organization_id, id, owner_kind, owner_id, unit_code, created_at)
             values ({{org}}, {id}, 'customer', {id}, 'hour', {{now}});
             insert into allowance_operations (organization_id, id, idempotency_key, kind, request, actor, created_at)
             values ({{org}}, import_id({{org}}, 'operation:' || {id} || ':run:' || {{run}}, {{now}}), 'import:' || {id}, 'import', '{{}}', 'Import', {{now}});
             insert into allowance_lots (organization_id, id, account_id, operation_id, opened_seq, source_kind, source_ref, category, amount,
                effective_at, activated_at, created_at)
             select {{org}}, {id}, {id}, id, 1, 'import', 'x', 'paid', 1000, {{now}}, {{now}}, {{now}} from allowance_operations
              where idempotency_key = 'import:' || {id}"
        ),
    )
    .await;
}

/// What came of it, but for whose it is.
async fn outcome(client: &Client, id: &str) -> Vec<String> {
    let query = format!(
        "select (to_jsonb(e) - '{{id,account_id,lot_id,operation_id}}'::text[])::text from (
             select * from allowance_entries where account_id = {id} order by seq) e
         union all select (to_jsonb(a) - '{{id,owner_id}}'::text[])::text from allowance_accounts a where id = {id}
         union all select (to_jsonb(l) - '{{id,account_id,operation_id}}'::text[])::text from allowance_lots l where id = {id}"
    );
    client.query(&query, &[]).await.expect("rows").iter().map(|row| row.get(0)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_import_posts_is_what_the_ledger_would_have_posted() {
    let client = runtime::db::connect(&database::fresh().await.root).await.expect("a connection");
    run(&client, "select set_config('retainer.organization_id', {org}::text, false)").await;
    run(&client, include_str!("../src/import/sql/organization.sql")).await;
    run(&client, include_str!("../src/import/sql/ledger_tables.sql")).await;
    let [ledgers, imports] = ACCOUNTS;
    account(&client, ledgers).await;
    account(&client, imports).await;
    for (place, (kind, quantity)) in (1..).zip(KINDS) {
        let post = format!(
            "select ledger_post(o, {ledgers}, {ledgers}, null, '{kind}', {quantity}, {{now}}) from allowance_operations o
              where idempotency_key = 'import:' || {ledgers}"
        );
        run(&client, &post).await;
        let post = format!(
            "insert into posting (account_id, lot_id, kind, quantity, at, step, place)
             values ({imports}, {imports}, '{kind}', {quantity}, {{now}}, 1, {place})"
        );
        run(&client, &post).await;
    }
    run(&client, include_str!("../src/import/sql/post.sql")).await;
    run(&client, include_str!("../src/import/sql/post_entries.sql")).await;
    let (wanted, found) = (outcome(&client, ledgers).await, outcome(&client, imports).await);
    assert_eq!(wanted.len(), KINDS.len() + 2);
    assert_eq!(found, wanted);
}

/// Of all kinds of entries, those that the statements of imports name are those above.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_other_kind_is_posted() {
    let client = runtime::db::connect(&database::fresh().await.root).await.expect("a connection");
    let list = "select pg_get_constraintdef(oid) from pg_constraint where conname = 'allowance_entries_kind_check'";
    let list: String = client.query_one(list, &[]).await.expect("the ledger's kinds").get(0);
    let known: Vec<&str> = list.split('\'').skip(1).step_by(2).collect();
    assert!(known.len() > KINDS.len(), "{list}");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/import/sql");
    for file in std::fs::read_dir(folder).expect("the statements").filter_map(Result::ok) {
        let text = std::fs::read_to_string(file.path()).expect("its text");
        let named = known.iter().filter(|kind| text.contains(&format!("'{kind}'")));
        let others: Vec<_> = named.filter(|kind| KINDS.iter().all(|(known, _)| known != *kind)).collect();
        assert!(others.is_empty(), "{} posts {others:?}, which is compared with nothing", file.path().display());
    }
}
