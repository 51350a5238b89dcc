//! Archives whose rows are rows, and that no export ever wrote.

use serde_json::{Value, json};

use super::hostile::Scene;
use super::repack::Parts;
use super::{count, try_in};

fn copy(parts: &Parts) -> Parts {
    Parts { files: parts.files.clone(), manifest: parts.manifest.clone() }
}

/// The same with one field of the first row of a table changed.
fn with(parts: &Parts, table: &str, column: &str, value: Value) -> Parts {
    let mut forged = copy(parts);
    let mut rows = forged.rows(table);
    rows.first_mut().unwrap_or_else(|| panic!("a row of {table}"))[column] = value;
    forged.forge_rows(table, &rows);
    forged
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_time_zone_or_a_currency_that_nobody_knows_is_refused_by_name() {
    let (scene, parts) = Scene::start().await;
    let bad = scene.folder.file("bad.tar.gz");
    for (table, column, word) in [
        ("organizations", "time_zone", "Mars/Olympus"),
        ("users", "time_zone", "Middle/Earth"),
        ("organizations", "currency", "ZZZ"),
        ("plan_versions", "currency", "QQQ"),
        ("invoices", "currency", "XQX"),
    ] {
        with(&parts, table, column, json!(word)).write(&bad);
        scene.refused(&bad, "archive.unknown_word", &format!("\"{word}\"")).await;
    }
    with(&parts, "organizations", "time_zone", json!("America/New_York")).write(&bad);
    try_in(&scene.new.server.app, &bad).await.expect("a zone that is one");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn counters_that_contradict_what_they_have_counted_are_refused() {
    let (scene, parts) = Scene::start().await;
    let bad = scene.folder.file("bad.tar.gz");
    let tickets = parts.rows("tickets").len();
    assert!(tickets > 1, "{tickets} tickets");
    for (table, last) in [("ticket_numbers", 1), ("ticket_numbers", i64::MAX), ("invoice_counters", i64::MAX)] {
        with(&parts, table, "last", json!(last)).write(&bad);
        scene.refused(&bad, "archive.miscounted", &format!("stands at {last}")).await;
    }
    for table in ["ticket_numbers", "invoice_counters"] {
        let mut forged = copy(&parts);
        forged.forge_rows(table, &[]);
        forged.write(&bad);
        scene.refused(&bad, "archive.miscounted", "stands at 0").await;
    }
    let year = parts.rows("invoice_counters")[0]["year"].clone();
    with(&parts, "invoices", "number", json!(format!("INV-{year}-0999"))).write(&bad);
    scene.refused(&bad, "archive.miscounted", "at least 999").await;
    // Numbers of other forms are nobody's to count, and a counter may be ahead.
    let mut fine = with(&parts, "invoices", "number", json!("2026/0999"));
    fine = with(&fine, "ticket_numbers", "last", json!(tickets + 1_000));
    fine.write(&bad);
    try_in(&scene.new.server.app, &bad).await.expect("an import");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_organization_that_nobody_owns_comes_over_and_says_so() {
    let (scene, parts) = Scene::start().await;
    let file = scene.folder.file("ownerless.tar.gz");
    let owned = try_in(&scene.new.server.app, &scene.folder.file("good.tar.gz")).await.expect("an import");
    assert!(owned.owners > 0, "{owned:?}");
    let new = super::another().await;
    let mut rows = parts.rows("memberships");
    for row in rows.iter_mut().filter(|row| row["role"] == "owner") {
        row["role"] = json!("admin");
    }
    let mut ownerless = parts;
    ownerless.forge_rows("memberships", &rows);
    ownerless.write(&file);
    assert_eq!(try_in(&new.server.app, &file).await.expect("an import").owners, 0);
    let ours = runtime::db::connect(&new.root_config).await.expect("a connection");
    assert_eq!(count(&ours, "select count(*) from memberships where role = 'owner'").await, 0);
}
