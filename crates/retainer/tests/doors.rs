//! Every door, tried by those who may not pass: nobody, a stranger, somebody with too few rights.

use std::collections::BTreeSet;

use kernel::Actor as Who;
use kernel::id::Id;
use runtime::tx::Access;
use testkit::uncovered;

use crate::world::{Operation, World, operations};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_gets_through_any_door_of_the_api() {
    let world = World::start().await;
    let before = world.digest(world.app.acme.uuid()).await;
    for operation in operations().iter().filter(|operation| !operation.is_public()) {
        for actor in
            [world.app.nobody(), world.app.nobody().with_token("rt_nonsense"), world.app.nobody().with_token("ü")]
        {
            let answer = world.call(&actor, operation).await;
            assert_eq!(answer.status, 401, "{}: {}", operation.name(), answer.body);
        }
    }
    assert_eq!(world.digest(world.app.acme.uuid()).await, before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stranger_neither_sees_nor_touches_what_is_another_organizations() {
    let world = World::start().await;
    let bella = world.app.sign_in("bolt", "bella@bolt.example").await;
    let before = world.digest(world.app.acme.uuid()).await;
    let mut open = BTreeSet::new();
    // What needs no token is nobody's in particular.
    for operation in operations().iter().filter(|operation| !operation.is_public() && !is_own(operation)) {
        let answer = world.call(&bella, operation).await;
        let is_about_all = ALL_OF_OWN.contains(&operation.path.as_str());
        let names_a_thing = (operation.path.contains('{') || answer.status >= 400) && !is_about_all;
        assert!(answer.status < 500, "{}: {}", operation.name(), answer.body);
        if operation.path.contains('{') {
            assert!(answer.status >= 400, "{} let a stranger in: {}", operation.name(), answer.body);
        }
        if names_a_thing && !matches!(answer.status, 403 | 404) {
            open.insert(operation.name());
        }
        let text = answer.body.to_string();
        if answer.status < 400 {
            for id in world.things.values() {
                assert!(!text.contains(id.as_str()), "{} shows {id} to a stranger", operation.name());
            }
        }
    }
    assert_eq!(world.digest(world.app.acme.uuid()).await, before);
    uncovered("tests/lists/doors_not_tried_as_a_stranger.txt", &open);
}

/// What anybody who is signed in may do with their own. No address here names a thing: what does is tried with Acme's.
const OWN: &[&str] = &[
    "DELETE /session-tokens/current",
    "GET /me",
    "GET /notification-preferences",
    "GET /notifications",
    "GET /sessions",
    "PATCH /me",
    "POST /me/email-verification",
    "POST /me/second-factor",
    "POST /me/second-factor/confirmation",
    "POST /me/second-factor/removal",
    "POST /notifications/read",
    "PUT /me/password",
    "PUT /notification-preferences",
    "POST /ticket-views",
];

/// What every customer may read of the catalogue.
const CATALOGUE: &[&str] = &["GET /plans", "GET /plans/{id}", "GET /plans/{id}/versions"];

fn is_own(operation: &Operation) -> bool {
    OWN.contains(&operation.name().as_str())
}

#[test]
fn what_is_exempt_exists_and_names_no_thing() {
    let known: BTreeSet<String> = operations().iter().map(Operation::name).collect();
    for name in OWN.iter().chain(CATALOGUE) {
        assert!(known.contains(*name), "there is no {name}");
    }
    assert!(OWN.iter().all(|name| !name.contains('{')), "what names a thing is somebody's");
}

/// What acts on all things of one's own organization of a kind, names none, and may refuse for reasons of its own: Bella
/// has held mail by then, and no mail server.
const ALL_OF_OWN: &[&str] = &["/mails/release", "/organization/deletion", "/organization/export"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_who_may_only_read_changes_nothing() {
    let world = World::start().await;
    let ana = world.app.sign_in("acme", "ana@acme.example").await;
    let before = world.digest(world.app.acme.uuid()).await;
    let mut open = BTreeSet::new();
    for operation in operations().iter().filter(|operation| operation.writes() && !operation.is_public()) {
        if is_own(operation) {
            continue;
        }
        let answer = world.call(&ana, operation).await;
        assert!((400..500).contains(&answer.status), "{}: {} {}", operation.name(), answer.status, answer.body);
        if !matches!(answer.status, 403 | 404) {
            open.insert(operation.name());
        }
    }
    assert_eq!(world.digest(world.app.acme.uuid()).await, before);
    uncovered("tests/lists/doors_not_tried_by_a_reader.txt", &open);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_customer_neither_sees_nor_touches_what_is_another_customers() {
    let world = World::start().await;
    let dana = world.app.sign_in("acme", "dana@falk.example").await;
    let own = |operation: &Operation| is_own(operation) || CATALOGUE.contains(&operation.name().as_str());
    let mut open = BTreeSet::new();
    for operation in operations().iter().filter(|operation| !operation.is_public() && !own(operation)) {
        let answer = world.call(&dana, operation).await;
        assert!(answer.status < 500, "{}: {}", operation.name(), answer.body);
        let text = answer.body.to_string();
        if answer.status < 400 {
            assert!(!operation.path.contains('{'), "{} let a customer in: {text}", operation.name());
            for (kind, id) in world.things.iter().filter(|(kind, _)| *kind != "plans") {
                assert!(!text.contains(id.as_str()), "{} shows {kind} {id} to another customer", operation.name());
            }
        } else if !matches!(answer.status, 403 | 404) {
            open.insert(operation.name());
        }
    }
    uncovered("tests/lists/doors_not_tried_by_a_customer.txt", &open);
}

/// Tables that name organizations without belonging to one: a directory, and a table that the application may not read.
const NOBODYS: &[&str] = &["organization_slugs", "contract_logins"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_query_without_any_filter_sees_nothing_across_the_border() {
    let world = World::start().await;
    let bolt = world.app.server.app.ids.next();
    let app = &world.app.server.app;
    let names: Vec<String> = world
        .digest(world.app.acme.uuid())
        .await
        .into_keys()
        .filter(|name| !NOBODYS.contains(&name.as_str()))
        .collect();
    assert!(names.len() > 10, "only {names:?}");
    let tx = app.begin(bolt, Who::system("test"), Access::Read).await.expect("a transaction");
    let client = app.db.client().await.expect("a connection");
    let owner = world.app.root().await;
    let mut filled = 0;
    for table in &names {
        let query = format!("select count(*) from {table} where organization_id is not null");
        let all: i64 = owner.query_one(&query, &[]).await.expect("rows").get(0);
        filled += usize::from(all > 0);
        let elsewhere: i64 = tx.one(&query, &[]).await.expect("rows").get(0);
        assert_eq!(elsewhere, 0, "{table} is seen from another organization");
        let nowhere: i64 = client.query_one(&query, &[]).await.expect("rows").get(0);
        assert_eq!(nowhere, 0, "{table} is seen without an organization");
    }
    assert!(filled * 2 > names.len(), "only {filled} of {} tables hold anything to be hidden", names.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_parameter_that_an_address_does_not_have_is_refused_like_an_unknown_field() {
    let app = testkit::TestApp::start().await;
    let olga = app.olga().await;
    for (path, name, known) in [
        ("/reports/revenue?month=2026-13", "month", "It takes none."),
        ("/reports/hours?month=2026-11", "month", "It takes none."),
        ("/tickets?state=open", "state", "after, limit, status, customer, assignee, tag, priority, q"),
        ("/organization?verbose=1", "verbose", "It takes none."),
        ("/customers?limit=3&colour=red", "colour", "limit"),
    ] {
        let answer = olga.get(path).await;
        assert_eq!((answer.status, answer.code()), (422, "request.invalid_query"), "{path}: {}", answer.body);
        assert_eq!(answer.body["errors"][0]["pointer"], format!("/{name}"), "{}", answer.body);
        let detail = answer.body["detail"].as_str().expect("a sentence");
        assert!(detail.contains(&format!("no parameter {name}")) && detail.contains(known), "{detail}");
    }
    let written = olga.post("/customers?notify=yes", serde_json::json!({"name": "Nobody"})).await;
    assert_eq!((written.status, written.code()), (422, "request.invalid_query"), "{}", written.body);
    assert_eq!(olga.get("/customers?q=Nobody&limit=3").await.body["items"], serde_json::json!([]), "nothing was added");
    assert_eq!(olga.get("/reports/revenue").await.status, 200);
}
