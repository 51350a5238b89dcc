//! Every door, tried by those who may not pass: nobody, a stranger, somebody with too few rights.

use std::collections::BTreeSet;

use kernel::Actor as Who;
use kernel::id::Id;
use runtime::tx::Access;
use testkit::uncovered;

use crate::world::{World, operations};

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
    // What needs no token is nobody's in particular, and without an id in the address "own" is Bella's own.
    let is_own = |path: &str| !path.contains('{') && OWN.iter().any(|own| path.starts_with(own));
    for operation in operations().iter().filter(|operation| !operation.is_public() && !is_own(&operation.path)) {
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

/// What acts on all things of one's own organization of a kind, names none, and may refuse for reasons of its own: Bella
/// has held mail by then, and no mail server.
const ALL_OF_OWN: &[&str] = &["/mails/release"];

/// What anybody who is signed in may do with their own.
const OWN: &[&str] = &["/me", "/session", "/notification", "/profile", "/password", "/totp", "/second-factor"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_who_may_only_read_changes_nothing() {
    let world = World::start().await;
    let ana = world.app.sign_in("acme", "ana@acme.example").await;
    let before = world.digest(world.app.acme.uuid()).await;
    let mut open = BTreeSet::new();
    for operation in operations().iter().filter(|operation| operation.writes() && !operation.is_public()) {
        if OWN.iter().any(|own| operation.path.starts_with(own)) {
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
    let own = |path: &str| OWN.iter().any(|own| path.starts_with(own)) || path.starts_with("/plans");
    let mut open = BTreeSet::new();
    for operation in operations().iter().filter(|operation| !operation.is_public() && !own(&operation.path)) {
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

/// The pages' addresses, as the sources declare them.
fn page_routes() -> BTreeSet<(String, bool)> {
    fn walk(folder: &std::path::Path, found: &mut BTreeSet<(String, bool)>) {
        for entry in std::fs::read_dir(folder).expect("a folder").filter_map(Result::ok) {
            let path = entry.path();
            if path.is_dir() {
                walk(&path, found);
            } else {
                let text = std::fs::read_to_string(&path).unwrap_or_default();
                for part in text.split(".route(").skip(1) {
                    let Some((address, rest)) =
                        part.trim_start().strip_prefix('"').and_then(|rest| rest.split_once('"'))
                    else {
                        continue;
                    };
                    let handlers =
                        rest.split(".route(").next().unwrap_or_default().split(';').next().unwrap_or_default();
                    if address.starts_with("/{organization}") {
                        if handlers.contains("get(") {
                            found.insert((address.to_owned(), false));
                        }
                        if handlers.contains("post(") {
                            found.insert((address.to_owned(), true));
                        }
                    }
                }
            }
        }
    }
    let mut found = BTreeSet::new();
    walk(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    assert!(found.len() > 3, "only {} pages were found", found.len());
    found
}

impl World {
    fn page(&self, route: &str, organization: &str) -> String {
        let collection = match route.split('/').nth(2).unwrap_or_default() {
            "outbox" => "mails",
            "team" => "members",
            "money" => route.split('/').nth(3).unwrap_or_default(),
            other => other,
        };
        let segments = route.split('/').enumerate().map(|(at, segment)| match segment {
            "{organization}" => organization,
            _ if segment.starts_with('{') && at > 1 => self.things.get(collection).map_or("nothing", String::as_str),
            _ => segment,
        });
        segments.collect::<Vec<_>>().join("/")
    }
}

/// Pages for those who are not signed in.
const PUBLIC_PAGES: &[&str] = &["/sign-", "/reset", "/forgot", "/verify", "/invitation", "/join", "/password/reset"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_sees_a_page_that_is_not_for_everybody() {
    let world = World::start().await;
    let nobody = world.app.reader();
    let before = world.digest(world.app.acme.uuid()).await;
    for (route, posts) in page_routes() {
        if PUBLIC_PAGES.iter().any(|public| route.contains(public)) && !route.contains("sign-out") {
            continue;
        }
        let path = world.page(&route, "acme");
        let answer = if posts { nobody.post(&path, &[]).await } else { nobody.get(&path).await };
        assert_eq!(answer.status, 303, "{route}: {}", answer.html);
        assert!(answer.location().starts_with("/acme/sign-in"), "{route} leads to {}", answer.location());
    }
    assert_eq!(world.digest(world.app.acme.uuid()).await, before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_show_no_thing_of_another_organization_or_customer() {
    let world = World::start().await;
    let bella = world.app.signed_in("bolt", "bella@bolt.example").await;
    let dana = world.app.signed_in("acme", "dana@falk.example").await;
    let before = world.digest(world.app.acme.uuid()).await;
    for (reader, organization) in [(&bella, "bolt"), (&dana, "acme")] {
        for (route, posts) in page_routes() {
            if route.contains("sign-out") || PUBLIC_PAGES.iter().any(|public| route.contains(public)) {
                continue;
            }
            // A plan is for every customer of its organization to see.
            let is_shared = organization == "acme" && route.contains("/plans");
            let path = world.page(&route, organization);
            if posts {
                if route.matches('{').count() > 1 {
                    let answer = reader.post(&path, &[]).await;
                    assert!((400..500).contains(&answer.status), "POST {path}: {} {}", answer.status, answer.html);
                }
                continue;
            }
            let answer = reader.get(&path).await;
            assert!(answer.status < 500, "{path}: {}", answer.html);
            if route.matches('{').count() > 1 && !is_shared {
                assert!(matches!(answer.status, 403 | 404 | 303), "{path}: {}", answer.status);
            }
            if answer.status == 200 && !is_shared {
                for (kind, id) in world.things.iter().filter(|(kind, _)| *kind != "plans" || organization == "bolt") {
                    assert!(!answer.html.contains(id.as_str()), "{path} shows {kind} {id}");
                }
            }
        }
    }
    let mut after = world.digest(world.app.acme.uuid()).await;
    let mut before = before;
    // Reading may note that it was read.
    for table in ["audit_entries", "notifications", "idempotency_keys"] {
        before.remove(table);
        after.remove(table);
    }
    assert_eq!(after, before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_query_without_any_filter_sees_nothing_across_the_border() {
    let world = World::start().await;
    let bolt = world.app.server.app.ids.next();
    let app = &world.app.server.app;
    let names: Vec<String> =
        world.digest(world.app.acme.uuid()).await.into_keys().filter(|name| name != "organization_slugs").collect();
    assert!(names.len() > 10, "only {names:?}");
    let tx = app.begin(bolt, Who::system("test"), Access::Read).await.expect("a transaction");
    let client = app.db.client().await.expect("a connection");
    let owner = app.db.owner().await.expect("the owner");
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
