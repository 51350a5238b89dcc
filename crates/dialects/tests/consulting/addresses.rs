//! Who signs in with which address when addresses change hands in the source.

use super::world::{SHOP, World, decided};

const CLEO: &str = "00000000-0000-4000-8000-000000000001";
const CATO: &str = "00000000-0000-4000-8000-000000000002";
const CARA: &str = "00000000-0000-4000-8000-000000000003";

const DEV: &str = "00000000-0000-4000-8000-00000000000d";

/// The shop with a third customer and two who have the address of another, all with a password named after them.
async fn world() -> World {
    let hash = |name: &str| bcrypt::hash(format!("the password of {name}"), 4).expect("a hash");
    let more = format!(
        "insert into users_consulting (id, name, email, password_hash, role, created_at) values
           ('{CARA}', 'Cara', 'cara@customer.example', '{}', 'customer', '2026-01-03 08:00'),
           ('00000000-0000-4000-8000-000000000004', 'Cleo again', 'CLEO@customer.example', '{}', 'customer', '2026-01-04 08:00'),
           ('00000000-0000-4000-8000-00000000000e', 'Dev again', 'DEV@leverai.example', '{}', 'developer', '2026-01-05 08:00');
         update users_consulting set password_hash = '{}' where name = 'Cato';",
        hash("Cara"), hash("Cleo again"), hash("Dev again"), hash("Cato")
    );
    let world = World::with(&format!("{}{more}", SHOP.replace("{bcrypt}", &hash("Cleo")))).await;
    world.import().await;
    world
}

/// Who has which address, as customers and to sign in; the two agree.
async fn addresses(world: &World) -> Vec<String> {
    let query = "select concat_ws(' ', c.name, c.email) from customers c where c.name like 'C%' order by 1";
    let customers = world.ours(query).await;
    let astray = "select c.name from customers c join memberships m on m.customer_id = c.id and m.ended_at is null
        join users u on u.id = m.user_id where u.email_folded is distinct from c.email_folded";
    assert_eq!(world.ours(astray).await, [""; 0], "{customers:?}");
    customers
}

async fn enters(world: &World, address: &str, name: &str) -> bool {
    let body =
        serde_json::json!({"email": address, "password": format!("the password of {name}"), "organization": "leverai"});
    let answer = world.app.nobody().post("/session-tokens", body).await;
    assert!([201, 401].contains(&answer.status), "{}", answer.body);
    answer.status == 201
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_who_swap_addresses_and_three_in_a_ring_get_theirs_and_the_old_ones_open_nothing() {
    let world = world().await;
    assert!(enters(&world, "cleo@customer.example", "Cleo").await);
    world
        .source(
            "update users_consulting set email = 'on-its-way@x.example' where name = 'Cleo';
             update users_consulting set email = 'cleo@customer.example' where name = 'Cato';
             update users_consulting set email = 'cato@customer.example' where name = 'Cara';
             update users_consulting set email = 'cara@customer.example' where name = 'Cleo';",
        )
        .await;
    let before = world.fingerprint().await;
    world.import_as(true, 7).await.expect("a dry run");
    assert_eq!(world.fingerprint().await, before);
    // Each of the three in a batch of their own.
    let (_, rows) = world.import_as(false, 1).await.expect("an import");
    for id in [CLEO, CATO, CARA] {
        assert_eq!(decided(&rows, "users_consulting", id), "address_given");
    }
    let all = ["Cara cato@customer.example", "Cato cleo@customer.example", "Cleo again", "Cleo cara@customer.example"];
    assert_eq!(addresses(&world).await, all);
    assert!(
        enters(&world, "cleo@customer.example", "Cato").await && enters(&world, "cara@customer.example", "Cleo").await
    );
    assert!(!enters(&world, "cleo@customer.example", "Cleo").await);
    assert_eq!(world.import().await.0.changes, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_that_becomes_free_in_the_same_run_or_a_later_one_is_given() {
    let world = world().await;
    let moves = "update users_consulting set email = 'cara.new@customer.example' where name = 'Cara';
        update users_consulting set email = 'cara@customer.example' where name = 'Cato'";
    world.source(moves).await;
    let (_, rows) = world.import().await;
    assert_eq!(decided(&rows, "users_consulting", CATO), "address_given");
    assert!(addresses(&world).await.contains(&"Cato cara@customer.example".to_owned()));
    world.source("update users_consulting set email = 'Dev@Leverai.example' where name = 'Cato'").await;
    let (_, rows) = world.import().await;
    assert_eq!(decided(&rows, "users_consulting", CATO), "address_of_another");
    assert!(enters(&world, "cara@customer.example", "Cato").await, "they keep the one that they had");
    // The developer's own second account waits for the same address, and was there later.
    world.source("update users_consulting set email = 'dev.elo@leverai.example' where name = 'Dev Elo'").await;
    let (_, rows) = world.import().await;
    assert_eq!(decided(&rows, "users_consulting", CATO), "address_given");
    assert!(enters(&world, "dev@leverai.example", "Cato").await);
    world.ledger_is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_shared_an_address_and_could_not_sign_in_can_when_the_elder_has_another() {
    let world = world().await;
    let moves = "update users_consulting set email = 'cleo.new@customer.example' where name = 'Cleo';
        update users_consulting set email = 'dev.elo@leverai.example' where name = 'Dev Elo'";
    world.source(moves).await;
    let (_, rows) = world.import().await;
    let people: Vec<_> = rows.iter().filter(|row| row.table == "users_consulting").collect();
    assert!(people.len() == 2 && people.iter().all(|row| row.decisions == ["address_given"]), "{rows:?}");
    assert!(enters(&world, "cleo@customer.example", "Cleo again").await);
    assert!(enters(&world, "dev@leverai.example", "Dev again").await);
    let roles = "select concat_ws(' ', u.name, m.role) from memberships m join users u on u.id = m.user_id
        where u.name like '%again' order by 1";
    assert_eq!(world.ours(roles).await, ["Cleo again customer", "Dev again developer"]);
    assert_eq!(world.import().await.0.changes, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_was_changed_here_since_stays_and_so_does_whoever_waits_for_them() {
    let world = world().await;
    world.app.clock.set(testkit::at("2026-11-20T12:00:00Z"));
    let leverai = world.leverai().await;
    world.app.member(leverai, "Olga", "olga@leverai.example", kernel::Role::Owner).await;
    let olga = world.app.sign_in("leverai", "olga@leverai.example").await;
    let cleo = olga.get("/customers?limit=50").await.body["items"]
        .as_array()
        .expect("customers")
        .iter()
        .find(|one| one["name"] == "Cleo")
        .expect("Cleo")["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let changed = olga.patch(&format!("/customers/{cleo}"), serde_json::json!({"notes": "Rings on Mondays"})).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    world
        .source(
            "update users_consulting set email = 'on-its-way@x.example' where name = 'Cleo';
             update users_consulting set email = 'cleo@customer.example' where name = 'Cato';
             update users_consulting set email = 'cato@customer.example' where name = 'Cleo';",
        )
        .await;
    let (_, rows) = world.import().await;
    assert_eq!(decided(&rows, "users_consulting", CATO), "address_of_another");
    assert!(decided(&rows, "users_consulting", CLEO).contains("changed_here_too"));
    assert!(
        enters(&world, "cleo@customer.example", "Cleo").await && enters(&world, "cato@customer.example", "Cato").await
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_address_of_somebody_who_was_not_imported_is_said_and_given_when_it_is_free() {
    let world = world().await;
    let leverai = world.leverai().await;
    world.app.member(leverai, "Nina", "nina@leverai.example", kernel::Role::Member).await;
    world.app.customer(leverai, "Newcomer", "newcomer@customer.example").await;
    world.app.organization(world.app.acme, "acme", "Acme").await;
    world.app.member(world.app.acme, "Olga", "olga@acme.example", kernel::Role::Owner).await;
    let moves = "update users_consulting set email = 'nina@leverai.example' where name = 'Cleo';
        update users_consulting set email = 'newcomer@customer.example' where name = 'Cato';
        update users_consulting set email = 'olga@acme.example' where name = 'Cara';
        update users_consulting set email = 'Nina@leverai.example' where name = 'Dev Elo'";
    world.source(moves).await;
    let (_, rows) = world.import().await;
    for id in [CLEO, CATO, CARA, DEV] {
        assert_eq!(decided(&rows, "users_consulting", id), "address_of_another", "{id}");
    }
    assert!(enters(&world, "cato@customer.example", "Cato").await, "they keep the one that they had");
    let newcomer = "update customers set email = null, email_folded = null where name = 'Newcomer';
        delete from user_directory where user_id = (select id from users where name = 'Newcomer');
        update users set email = 'new@customer.example', email_folded = 'new@customer.example' where name = 'Newcomer'";
    world.ours.batch_execute(newcomer).await.expect("another address");
    world.source("update users_consulting set name = 'Cara Mia' where name = 'Cara'").await;
    let (_, rows) = world.import().await;
    assert_eq!(decided(&rows, "users_consulting", CATO), "address_given");
    assert!(enters(&world, "newcomer@customer.example", "Cato").await);
    assert!(!enters(&world, "olga@acme.example", "Cara").await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_gets_an_address_later_gets_an_account_with_it() {
    let world = world().await;
    world
        .source(
            "insert into users_consulting (id, name, email, password_hash, role, created_at)
             select '00000000-0000-4000-8000-000000000009', 'Celia', ' ', password_hash, 'customer', '2026-01-09 08:00'
               from users_consulting where name = 'Cato'",
        )
        .await;
    let (_, rows) = world.import().await;
    let celia = "00000000-0000-4000-8000-000000000009";
    assert_eq!(decided(&rows, "users_consulting", celia), "invalid_email");
    world.source("update users_consulting set email = 'celia@customer.example' where name = 'Celia'").await;
    let (_, rows) = world.import().await;
    assert_eq!(decided(&rows, "users_consulting", celia), "address_given");
    assert!(enters(&world, "celia@customer.example", "Cato").await, "with the password that the source has for her");
    assert_eq!(world.import().await.0.changes, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn that_an_address_is_known_elsewhere_stays_said_until_it_is_not() {
    let world = world().await;
    let bolt = world.app.server.app.ids.next();
    world.app.organization(bolt, "bolt", "Bolt").await;
    world.app.customer(bolt, "Cody", "cody@customer.example").await;
    let cody = "00000000-0000-4000-8000-000000000008";
    world
        .source(&format!(
            "insert into users_consulting (id, name, email, password_hash, role, created_at)
             select '{cody}', 'Cody', 'cody@customer.example', password_hash, 'customer', '2026-01-09 08:00'
               from users_consulting where name = 'Cato'"
        ))
        .await;
    let (_, rows) = world.import().await;
    assert_eq!(decided(&rows, "users_consulting", cody), "known_elsewhere");
    world.source("update users_consulting set name = 'Cody Berg' where name = 'Cody'").await;
    let (_, rows) = world.import().await;
    assert_eq!(decided(&rows, "users_consulting", cody), "known_elsewhere", "whatever changes next");
    world.source("update users_consulting set email = 'cody.berg@customer.example' where name = 'Cody Berg'").await;
    let (_, rows) = world.import().await;
    assert_eq!(decided(&rows, "users_consulting", cody), "address_given");
    assert!(enters(&world, "cody.berg@customer.example", "Cato").await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_for_whoever_was_changed_here_leaves_the_change_as_it_is() {
    let world = world().await;
    let celia = "00000000-0000-4000-8000-000000000009";
    let new = format!(
        "insert into users_consulting (id, name, email, password_hash, role, created_at)
         select '{celia}', 'Celia', '', password_hash, 'customer', '2026-01-09 08:00' from users_consulting where name = 'Cato'"
    );
    world.source(&new).await;
    world.import().await;
    world.app.member(world.leverai().await, "Olga", "olga@leverai.example", kernel::Role::Owner).await;
    let olga = world.app.sign_in("leverai", "olga@leverai.example").await;
    let id = world.ours("select id::text from customers where name = 'Celia'").await.remove(0);
    let id: kernel::id::CustomerId = kernel::id::Id::from_uuid(id.parse().expect("an id"));
    let here = serde_json::json!({"name": "Celia Corrected", "email": "celia@customer.example"});
    assert_eq!(olga.patch(&format!("/customers/{id}"), here).await.status, 200);
    world.source("update users_consulting set email = 'celia@customer.example' where name = 'Celia'").await;
    world.import().await;
    assert!(enters(&world, "celia@customer.example", "Cato").await);
    world.source("update users_consulting set name = 'Cecilia' where name = 'Celia'").await;
    let (_, rows) = world.import().await;
    assert!(decided(&rows, "users_consulting", celia).contains("changed_here_too"), "{rows:?}");
    let names = "select name from customers where email = 'celia@customer.example'";
    assert_eq!(world.ours(names).await, ["Celia Corrected"]);
}
