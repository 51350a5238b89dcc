//! JSON in the source that PostgreSQL's `jsonb` does not take.

use super::world::{World, decided, shop};

/// Undocumented columns of every kind that may hold such JSON, and of some that may not.
const EXTRA: &str = r#"
alter table users_consulting add settings json, add said text, add known jsonb default '{"n": 3}';
update users_consulting set settings = '{"note": "a\u0000b",  "n": 1}', said = '{"a": "\u0000"}' where name = 'Cleo';
update users_consulting set settings = '{"n": 2}' where name = 'Cato';
create domain wishes as json;
create type parcel as (content json, size integer);
alter table subscriptions_consulting add tags json[];
update subscriptions_consulting set tags = array['"\ud800"', '1']::json[] where id = 1;
alter table tickets_consulting add wish wishes;
update tickets_consulting set wish = '1e999999' where id = 2;
alter table billing_consulting add packed parcel;
update billing_consulting set packed = row('["\udc00"]', 7)::parcel where invoice_number = 'INV-1';
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn json_that_jsonb_does_not_take_is_kept_as_a_text_and_listed() {
    let world = World::with(&format!("{}{EXTRA}", shop())).await;
    let (told, _) = world.import_as(true, 7).await.expect("a dry run");
    let (report, rows) = world.import().await;
    assert_eq!(told.decisions, report.decisions, "a dry run tells the same");
    assert_eq!(report.decisions.get("json_kept_as_text"), Some(&4), "{:?}", report.decisions);
    let cleo = "00000000-0000-4000-8000-000000000001";
    for (table, id) in [
        ("users_consulting", cleo),
        ("subscriptions_consulting", "1"),
        ("tickets_consulting", "2"),
        ("billing_consulting", "1"),
    ] {
        assert_eq!(decided(&rows, table, id), "json_kept_as_text", "{table}: {rows:?}");
    }
    let kept = "select concat_ws(' ', hidden ->> 'settings', hidden ->> 'said', hidden -> 'settings' -> 'n', hidden -> 'known' -> 'n')
        from external_refs where row ->> 'name' in ('Cleo', 'Cato') order by row ->> 'name' desc";
    assert_eq!(world.ours(kept).await, [r#"{"note": "a\u0000b",  "n": 1} {"a": "\u0000"} 3"#, r#"{"n": 2} 2 3"#]);
    let others = "select coalesce(hidden ->> 'tags', hidden ->> 'wish', hidden ->> 'packed') from external_refs
        where decisions @> '{json_kept_as_text}' and kind <> 'users_consulting' order by kind";
    assert_eq!(
        world.ours(others).await,
        [r#"("[""\\udc00""]",7)"#, r#"{"\"\\ud800\"",1}"#, "1e999999"],
        "as PostgreSQL writes them as texts"
    );
    world.hours_are_equal().await;
    let before = world.fingerprint().await;
    assert_eq!(world.import().await.0.changes, 0);
    assert_eq!(world.fingerprint().await, before);
    // Looked at again because of its neighbour, it is listed still.
    world.source("update subscriptions_consulting set hours_remaining = 4 where id = 2").await;
    assert_eq!(decided(&world.import().await.1, "subscriptions_consulting", "1"), "json_kept_as_text");
    // Mended in the source, it is as always.
    world.source("update users_consulting set settings = '{\"n\": 1}' where name = 'Cleo'").await;
    assert_eq!(decided(&world.import().await.1, "users_consulting", cleo), "");
    assert_eq!(
        world.ours("select hidden -> 'settings' ->> 'n' from external_refs where row ->> 'name' = 'Cleo'").await,
        ["1"]
    );
}
