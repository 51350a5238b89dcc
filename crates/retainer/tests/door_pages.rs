//! Every page and every form, tried by those who may not: nobody, a stranger, another customer, somebody who only reads.

use std::collections::BTreeSet;

use kernel::id::Id;
use testkit::{PageAnswer, Reader, snapshot};

use crate::world::World;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_with_a_slash_at_its_end_leads_to_the_page_without() {
    let app = testkit::TestApp::start().await;
    let olga = app.signed_in("acme", "olga@acme.example").await;
    for (typed, meant) in [("/acme/", "/acme"), ("/acme/tickets/?q=a%20b", "/acme/tickets?q=a%20b")] {
        let answer = olga.get(typed).await;
        assert_eq!((answer.status, answer.location()), (307, meant), "{typed}");
    }
    // Never to another server.
    for path in ["//evil.example/", "//evil.example//", "/\\evil.example/", "/a\\..\\/"] {
        assert_eq!(olga.get(path).await.status, 404, "{path}");
    }
}

/// Pages and forms for those who are not signed in.
const PUBLIC: &[&str] = &[
    "/{organization}/invitations/{token}",
    "/{organization}/reset",
    "/{organization}/reset/{token}",
    "/{organization}/shared-balance/{token}",
    "/{organization}/sign-in",
    "/{organization}/sign-in/code",
    "/{organization}/sign-up",
    "/{organization}/verify/{token}",
];

/// Forms about oneself, which everybody may send.
const OWN: &[&str] = &[
    "/{organization}/notifications/preferences",
    "/{organization}/notifications/read",
    "/{organization}/profile",
    "/{organization}/profile/password",
    "/{organization}/profile/second-factor",
    "/{organization}/profile/second-factor/confirmation",
    "/{organization}/profile/second-factor/removal",
    "/{organization}/profile/verification",
    "/{organization}/sign-in/kept",
    "/{organization}/sign-out",
    "/{organization}/tickets/views",
];

/// The changes of state that a ticket's page sends.
const NOUNS: &[&str] = &[
    "assignment",
    "changes",
    "comments",
    "completion",
    "hours",
    "merging",
    "rejection",
    "reopening",
    "start",
    "tags",
    "time-entries",
    "time-removal",
    "timer",
    "timer-stop",
];

/// What any of the forms asks for, filled in well, so that a refusal is about who sends it.
const FIELDS: &[(&str, &str)] = &[
    ("again", "1"),
    ("again_reason", "So"),
    ("amount", "1.00"),
    ("body", "Hello,\n\n{{ link|button(\"Open\") }}"),
    ("at", "now"),
    ("currency", "USD"),
    ("details", ""),
    ("email", "new@example.com"),
    ("expiry", "period_end"),
    ("hours", "1"),
    ("label", "For somebody"),
    ("message", "Hello"),
    ("name", "Somebody"),
    ("notes", ""),
    ("overage", "block"),
    ("paid", "true"),
    ("period", "month"),
    ("price", "1.00"),
    ("priority", "Low"),
    ("quantity", "1"),
    ("reason", "So"),
    ("reject_reason", "So"),
    ("role", "analyst"),
    ("rollover", "none"),
    ("sign_up", "open"),
    ("subject", "Hello"),
    ("tags", "a"),
    ("time_zone", "UTC"),
    ("title", "A title"),
    ("to", "everybody"),
    ("unit", "hour"),
    ("upgrade", "prorate"),
    ("used", "1"),
    ("wanted", "2"),
    ("worked", "1"),
];

/// A page or a form, as the sources declare it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Route {
    pub(crate) address: String,
    pub(crate) posts: bool,
}

impl Route {
    fn is_public(&self) -> bool {
        PUBLIC.contains(&self.address.as_str())
    }

    fn is_own(&self) -> bool {
        OWN.contains(&self.address.as_str())
    }

    fn names_a_thing(&self) -> bool {
        // A kind of mail is the same word everywhere.
        self.address.replace("{mail_kind}", "").matches('{').count() > 1
    }
}

fn declared(text: &str, found: &mut BTreeSet<Route>) {
    for part in text.split(".route(").skip(1) {
        let Some((address, rest)) = part.trim_start().strip_prefix('"').and_then(|rest| rest.split_once('"')) else {
            continue;
        };
        let handlers = rest.split(".route(").next().and_then(|rest| rest.split([';', '}']).next()).unwrap_or_default();
        if !address.starts_with("/{organization}") {
            continue;
        }
        for (word, posts) in [("get(", false), ("post(", true)] {
            if handlers.contains(word) {
                found.insert(Route { address: address.to_owned(), posts });
            }
        }
    }
}

/// All of them; the one that takes a noun stands for each noun.
pub(crate) fn routes() -> Vec<Route> {
    fn walk(folder: &std::path::Path, found: &mut BTreeSet<Route>) {
        for entry in std::fs::read_dir(folder).expect("a folder").filter_map(Result::ok) {
            let path = entry.path();
            if path.is_dir() {
                walk(&path, found);
            } else {
                declared(&std::fs::read_to_string(&path).unwrap_or_default(), found);
            }
        }
    }
    let mut found = BTreeSet::new();
    walk(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    assert!(found.len() > 60, "only {} pages were found", found.len());
    let each = |route: &Route| match route.address.strip_suffix("{noun}") {
        Some(begin) => {
            NOUNS.iter().map(|noun| Route { address: format!("{begin}{noun}"), posts: route.posts }).collect()
        }
        None => vec![route.clone()],
    };
    found.iter().flat_map(each).collect()
}

#[test]
fn what_is_exempt_exists() {
    let known: BTreeSet<String> = routes().into_iter().map(|route| route.address).collect();
    for address in PUBLIC.iter().chain(OWN) {
        assert!(known.contains(*address), "there is no {address}");
    }
}

impl World {
    /// The address of a page with Acme's things in it, below any organization.
    fn page(&self, route: &Route, organization: &str) -> String {
        let collection = match route.address.split('/').nth(2).unwrap_or_default() {
            "outbox" => "mails",
            other => other,
        };
        let segments = route.address.split('/').map(|segment| {
            let Some(name) = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) else { return segment };
            match name {
                "organization" => organization,
                "token" => "nothing",
                "mail_kind" => "ticket.opened",
                _ => {
                    let known = self.things.get(&format!("{name}s")).or_else(|| self.things.get(collection));
                    known.unwrap_or_else(|| panic!("the world has no {name} for {}", route.address))
                }
            }
        });
        segments.collect::<Vec<_>>().join("/")
    }

    /// Sends a form that is filled in well, but for whom it speaks of.
    async fn try_form(&self, reader: &Reader, route: &Route, organization: &str) -> PageAnswer {
        let path = self.page(route, organization);
        let mut fields = FIELDS.to_vec();
        fields.push(("once", path.as_str()));
        fields.push(("entry", self.things["entry"].as_str()));
        let named = [("customer", "customer"), ("plan", "plan"), ("into", "into"), ("assignee", "assignee")];
        for (field, value) in named {
            fields.extend(self.values.get(value).and_then(|value| value.as_str()).map(|value| (field, value)));
        }
        reader.post(&path, &fields).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_sees_a_page_that_is_not_for_everybody() {
    let world = World::start().await;
    let before = world.digest(world.app.acme.uuid()).await;
    // Nobody at all, and somebody who is signed in elsewhere only.
    for reader in [world.app.reader(), world.app.signed_in("bolt", "bella@bolt.example").await] {
        for route in routes().iter().filter(|route| !route.is_public()) {
            let path = world.page(route, "acme");
            let answer =
                if route.posts { world.try_form(&reader, route, "acme").await } else { reader.get(&path).await };
            assert_eq!(answer.status, 303, "{route:?}: {}", answer.html);
            assert!(answer.location().starts_with("/acme/sign-in"), "{route:?} leads to {}", answer.location());
        }
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
        for route in routes().iter().filter(|route| !route.posts && !route.is_public()) {
            // A plan is for every customer of its organization to see.
            let is_shared = organization == "acme" && route.address.contains("/plans");
            let path = world.page(route, organization);
            let answer = reader.get(&path).await;
            assert!(answer.status < 500, "{path}: {}", answer.html);
            if route.names_a_thing() && !is_shared {
                // The address of a ticket's step leads to its ticket.
                let leads_on = answer.status == 303 && reader.get(answer.location()).await.status == 404;
                assert!(leads_on || matches!(answer.status, 403 | 404), "{path}: {}", answer.status);
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
async fn no_form_of_a_stranger_or_another_customer_reaches_acmes_things() {
    let world = World::start().await;
    let bella = world.app.signed_in("bolt", "bella@bolt.example").await;
    let dana = world.app.signed_in("acme", "dana@falk.example").await;
    let before = world.digest(world.app.acme.uuid()).await;
    let mut tried = 0;
    for route in routes().iter().filter(|route| route.posts && route.names_a_thing() && !route.is_public()) {
        for (reader, organization) in [(&bella, "bolt"), (&dana, "acme")] {
            let answer = world.try_form(reader, route, organization).await;
            assert!(matches!(answer.status, 403 | 404), "{organization} {route:?}: {} {}", answer.status, answer.html);
            tried += 1;
        }
    }
    // Forms without a thing in their address are a customer's own, or staff's.
    let staffs = routes().into_iter().filter(|route| route.posts && !route.names_a_thing());
    for route in staffs.filter(|route| !route.is_public() && !route.is_own()) {
        if route.address == "/{organization}/tickets" {
            continue;
        }
        let answer = world.try_form(&dana, &route, "acme").await;
        assert!(matches!(answer.status, 403 | 404), "{route:?}: {} {}", answer.status, answer.html);
    }
    assert!(tried > 60, "only {tried} forms were tried");
    assert_eq!(world.digest(world.app.acme.uuid()).await, before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_analyst_sees_what_they_may_and_every_form_is_refused() {
    let world = World::start().await;
    let ana = world.app.signed_in("acme", "ana@acme.example").await;
    let before = world.digest(world.app.acme.uuid()).await;
    let mut taken = Vec::new();
    let mut seen = String::from("# What an analyst is answered on each page. Written by tests/door_pages.rs.\n");
    for route in routes().iter().filter(|route| !route.is_public()) {
        if !route.posts {
            let mut answer = ana.get(&world.page(route, "acme")).await;
            if route.address.ends_with("/{invoice}") {
                // The address with its id leads to the one with its number.
                answer = ana.get(answer.location()).await;
            }
            let to = if answer.status == 303 { " elsewhere" } else { "" };
            seen += &format!("{} {}{to}\n", answer.status, route.address);
            // No form is offered that would be refused.
            let offered = answer.html.split("<form").skip(1).filter(|form| form.contains("method=\"post\""));
            for form in offered {
                let action = form.split_once("action=\"").and_then(|(_, rest)| rest.split_once('"'));
                let action = action.map_or("", |(action, _)| action);
                let own = OWN.iter().any(|own| own.replace("{organization}", "acme") == action);
                let about_self = own || action.contains("/profile/") || action.contains("/notifications/");
                assert!(about_self, "{} offers an analyst the form {action}", route.address);
            }
        } else if !route.is_own() {
            let answer = world.try_form(&ana, route, "acme").await;
            if !matches!(answer.status, 403 | 404) {
                taken.push(format!("{} {}", answer.status, route.address));
            }
        }
    }
    assert!(taken.is_empty(), "an analyst's forms are answered: {taken:#?}");
    snapshot("tests/lists/pages_of_an_analyst.txt", &seen);
    assert_eq!(world.digest(world.app.acme.uuid()).await, before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_address_of_a_form_leads_to_the_page_that_holds_it() {
    let world = World::start().await;
    let olga = world.app.signed_in("acme", "olga@acme.example").await;
    let mut led = 0;
    for route in routes().iter().filter(|route| route.posts) {
        let mut path = world.page(route, "acme");
        let mut answer = olga.get(&path).await;
        for _ in 0..3 {
            if answer.status != 303 {
                break;
            }
            assert_ne!(answer.location(), path, "{} leads to itself", route.address);
            path = answer.location().to_owned();
            answer = olga.get(&path).await;
            led += 1;
        }
        // Links of mails need their token; everything else is a page.
        let is_link = route.address.contains("{token}");
        let is_page = answer.status == 200 || is_link && answer.status == 422;
        assert!(is_page, "{}: {path} {}", route.address, answer.status);
        assert!(answer.html.starts_with("<!DOCTYPE html>"), "{}: {}", route.address, answer.html);
    }
    assert!(led > 10, "only {led} addresses led anywhere");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_is_a_page_with_the_frame_and_a_way_back() {
    let world = World::start().await;
    let olga = world.app.signed_in("acme", "olga@acme.example").await;
    let cleo = world.app.signed_in("acme", "cleo@berg.example").await;
    let customer = &world.things["customers"];
    for (path, status) in [
        ("/acme/tickets/nothing".to_owned(), 404),
        ("/acme/customers/nothing".to_owned(), 404),
        ("/acme/nowhere".to_owned(), 404),
        (format!("/acme/customers/{customer}/statement?from=q"), 422),
        (format!("/acme/customers/{customer}/statement.csv?from=q"), 422),
    ] {
        let answer = olga.get(&path).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.html);
        assert!(answer.html.starts_with("<!DOCTYPE html>"), "{path}: {}", answer.html);
        assert!(answer.html.contains("Sign out"), "{path} is outside the frame");
    }
    let statement = olga.get(&format!("/acme/customers/{customer}/statement?from=q")).await;
    assert!(statement.html.contains("Choose a day."), "{}", statement.html);
    let refused = cleo.get("/acme/audit").await;
    assert_eq!(refused.status, 403);
    assert!(!refused.html.contains("audit.read"), "{}", refused.html);
    // Programs are still told as programs.
    let problem = world.app.nobody().get("/tickets").await;
    assert_eq!((problem.status, problem.code()), (401, "token.missing"));
}
