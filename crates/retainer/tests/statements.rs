//! No page and no list sends a statement per row: as many with sixty rows as with one.

use std::collections::BTreeMap;

use kernel::Role;
use serde_json::{Value, json};
use testkit::{Actor, Reader};

use crate::looks::{PORTAL, STAFF};
use crate::world::{World, operations};

/// Rows added before it is counted again: more than fit on one page.
const MANY: usize = 60;

/// What a change would come to is asked of one subscription and one plan, and refused where nothing would change.
const WHAT_IF: &str = "/subscriptions/{id}/plan-change";
/// A file, which is there only after a job wrote it.
const ARCHIVE: &str = "/organization/export/archive";

/// How many statements each page and each read of the API sends, by its name.
async fn counted(world: &World, olga: &Actor, staff: &Reader, cleo: &Reader) -> BTreeMap<String, u64> {
    let mut found = BTreeMap::new();
    let (ticket, customer) = (&world.things["tickets"], &world.things["customers"]);
    let mut staffs: Vec<String> = STAFF.iter().map(|page| format!("/acme{page}")).collect();
    staffs.extend([format!("/acme/tickets/{ticket}"), format!("/acme/customers/{customer}")]);
    staffs.push(format!("/acme/customers/{customer}/balance"));
    let mut portals: Vec<String> = PORTAL.iter().map(|page| format!("/acme{page}")).collect();
    portals.push(format!("/acme/tickets/{ticket}"));
    for (who, reader, pages) in [("staff", staff, staffs), ("portal", cleo, portals)] {
        for page in pages {
            let count = least(world, async || assert_eq!(reader.get(&page).await.status, 200, "{page}")).await;
            found.insert(format!("{who} {page}"), count);
        }
    }
    for operation in operations().iter().filter(|it| !it.writes() && ![WHAT_IF, ARCHIVE].contains(&it.path.as_str())) {
        let call = async || {
            let answer = world.call(olga, operation).await;
            assert_eq!(answer.status, 200, "{}: {}", operation.name(), answer.body);
        };
        found.insert(operation.name(), least(world, call).await);
    }
    found
}

/// The statements of one call; the least of three, because background work is counted too.
async fn least(world: &World, call: impl AsyncFn()) -> u64 {
    let database = &world.app.server.app.db;
    let mut least = u64::MAX;
    for _ in 0..3 {
        let before = database.statements();
        call().await;
        least = least.min(database.statements() - before);
    }
    least
}

async fn made(actor: &Actor, path: &str, wanted: Value) -> Value {
    let answer = actor.post(path, wanted).await;
    assert!(matches!(answer.status, 200..=202), "POST {path}: {} {}", answer.status, answer.body);
    answer.body
}

/// Sixty more of everything that is listed anywhere.
async fn crowd(world: &World, olga: &Actor) {
    let (ticket, cleo) = (&world.things["tickets"], &world.things["customers"]);
    let asks = world.app.sign_in("acme", "cleo@berg.example").await;
    let price = json!({"amount": "10.00", "currency": "USD"});
    for number in 0..MANY {
        let customer =
            made(olga, "/customers", json!({"name": format!("Customer {number}"), "tags": [format!("t{number}")]}))
                .await;
        let subscription = json!({"customer": customer["id"], "plan": world.things["plans"]});
        made(olga, "/subscriptions", subscription).await;
        let top_up = json!({"customer": cleo, "quantity": "1", "price": price, "pay_now": number % 2 == 0});
        made(olga, "/top-ups", top_up).await;
        let wanted = json!({"customer": cleo, "title": format!("Ticket {number}"), "hours": "0.5"});
        made(olga, "/tickets", wanted).await;
        let author = if number % 2 == 0 { olga } else { &asks };
        made(author, &format!("/tickets/{ticket}/comments"), json!({"message": format!("Comment {number}")})).await;
        made(olga, &format!("/tickets/{ticket}/time-entries"), json!({"hours": "0.25"})).await;
        let invitation = json!({"email": format!("i{number}@example.com"), "role": "member"});
        made(olga, "/invitations", invitation).await;
        let mut plan = world.body("/plans");
        plan["name"] = json!(format!("Plan {number}"));
        let plan = made(olga, "/plans", plan).await;
        made(olga, &format!("/plans/{}/versions", world.things["plans"]), world.body("/plans/{id}/versions")).await;
        assert!(plan["id"].is_string());
    }
    // Passwords are slow on purpose, so of these there are fewer.
    for number in 0..12 {
        world.app.member(world.app.acme, "One of many", &format!("m{number}@acme.example"), Role::Member).await;
        let user =
            json!({"email": format!("u{number}@berg.example"), "name": "Another", "password": testkit::PASSWORD});
        made(olga, &format!("/customers/{cleo}/users"), user).await;
        world.app.olga().await;
    }
    world.app.rest().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_and_lists_send_as_many_statements_for_sixty_rows_as_for_one() {
    let world = World::start().await;
    let olga = world.app.olga().await;
    let staff = world.app.signed_in("acme", "olga@acme.example").await;
    let cleo = world.app.signed_in("acme", "cleo@berg.example").await;
    world.app.rest().await;
    let few = counted(&world, &olga, &staff, &cleo).await;
    assert!(few.len() > 60, "only {} reads were counted", few.len());
    crowd(&world, &olga).await;
    let many = counted(&world, &olga, &staff, &cleo).await;
    let grew: Vec<String> = few
        .iter()
        .filter(|(name, count)| many[*name] > **count)
        .map(|(name, count)| format!("{name}: {count}, then {}", many[name]))
        .collect();
    assert!(grew.is_empty(), "these send more statements when there are more rows: {grew:#?}");
    let most = many.iter().max_by_key(|(_, count)| **count).expect("a read");
    assert!(*most.1 <= 20, "{} sends {} statements", most.0, most.1);
}
