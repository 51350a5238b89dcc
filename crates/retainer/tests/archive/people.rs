//! Who the people of an archive are in another installation.

use serde_json::json;
use testkit::PASSWORD;
use tokio_postgres::Client;

use super::repack::Parts;
use super::{Folder, another, count, out, try_in};
use crate::world::World;

async fn person(client: &Client, email: &str) -> (bool, bool, bool, String) {
    let query = "select password_hash is not null, email_verified_at is not null, totp_sealed is not null, name
        from users where email = $1";
    let row = client.query_one(query, &[&email]).await.expect("the person");
    (row.get(0), row.get(1), row.get(2), row.get(3))
}

/// An archive of Acme, where Ana has a second factor, sealed by us or by somebody else.
async fn archive(folder: &Folder, foreign: bool) -> std::path::PathBuf {
    let world = World::start().await;
    let owner = runtime::db::connect(&world.app.owner_config).await.expect("a connection");
    let factor = "update users set totp_sealed = '\\x0102', totp_confirmed_at = now(), totp_last_step = 7
        where email = 'ana@acme.example'";
    owner.batch_execute(factor).await.expect("a factor");
    let code = "insert into recovery_codes (user_id, code_hash, created_at)
        select id, '\\x03', now() from users where email = 'ana@acme.example'";
    owner.batch_execute(code).await.expect("a code");
    let file = folder.file("acme.tar.gz");
    out(&world.app.server.app, "acme", &file).await;
    if foreign {
        let mut parts = Parts::read(&file);
        parts.manifest.seal = "00".repeat(32);
        parts.write(&file);
    }
    file
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_own_archive_brings_people_as_they_were() {
    let (folder, new) = (Folder::new(), another().await);
    let file = archive(&folder, false).await;
    let done = try_in(&new.server.app, &file).await.expect("an import");
    assert!(done.own);
    assert_eq!((done.people.known, done.people.without_password), (0, 0));
    let ours = runtime::db::connect(&new.owner_config).await.expect("a connection");
    assert_eq!(person(&ours, "ana@acme.example").await, (true, true, true, "Ana Lund".to_owned()));
    assert_eq!(count(&ours, "select count(*) from recovery_codes").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_foreign_archive_proves_no_address_and_weakens_no_second_factor() {
    let (folder, new) = (Folder::new(), another().await);
    let file = archive(&folder, true).await;
    let done = try_in(&new.server.app, &file).await.expect("an import");
    assert!(!done.own);
    assert_eq!((done.people.known, done.people.without_password), (0, 1));
    let ours = runtime::db::connect(&new.owner_config).await.expect("a connection");
    assert_eq!(person(&ours, "ana@acme.example").await, (false, false, false, "Ana Lund".to_owned()));
    assert_eq!(person(&ours, "olga@acme.example").await, (true, false, false, "Olga Ek".to_owned()));
    assert_eq!(count(&ours, "select count(*) from recovery_codes").await, 0);
    new.sign_in("acme", "olga@acme.example").await;
    // Ana comes in by a link to her address.
    let wanted = json!({"organization": "acme", "email": "ana@acme.example", "password": PASSWORD});
    assert_ne!(new.nobody().post("/session-tokens", wanted.clone()).await.status, 201);
    let ask = json!({"organization": "acme", "email": "ana@acme.example"});
    assert_eq!(new.nobody().post("/password-resets", ask).await.status, 204);
    let token = new.link_token("reset_password", "ana@acme.example", 0).await;
    let choose = json!({"organization": "acme", "token": token, "password": PASSWORD});
    assert_eq!(new.nobody().post("/passwords", choose).await.status, 204);
    assert_eq!(new.nobody().post("/session-tokens", wanted).await.status, 201);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_known_here_stays_as_they_are_and_joins() {
    let (folder, new) = (Folder::new(), another().await);
    let file = archive(&folder, false).await;
    let cove = new.server.app.ids.next();
    new.organization(cove, "cove", "Cove").await;
    new.member(cove, "Olga of Cove", "Olga@acme.example", kernel::Role::Member).await;
    new.member(cove, "Somebody", "somebody@cove.example", kernel::Role::Member).await;
    let ours = runtime::db::connect(&new.owner_config).await.expect("a connection");
    ours.batch_execute("update users set password_hash = null where email = 'somebody@cove.example'")
        .await
        .expect("so");
    let before =
        "select md5(string_agg(u::text, '|' order by u.id)) from users u join memberships m on m.user_id = u.id
        where m.organization_id = (select organization_id from organization_slugs where slug = 'cove')";
    let print = ours.query_one(before, &[]).await.expect("a print").get::<_, String>(0);
    let done = try_in(&new.server.app, &file).await.expect("an import");
    assert_eq!(done.people.known, 1);
    assert_eq!(ours.query_one(before, &[]).await.expect("a print").get::<_, String>(0), print);
    let olga = new.sign_in("acme", "olga@acme.example").await;
    let me = olga.get("/me").await.body;
    assert_eq!((&me["name"], &me["role"]), (&json!("Olga of Cove"), &json!("owner")));
    // Her deeds in Acme are hers here, too.
    let hers = "select count(*) from audit_entries a join users u on u.id = a.actor_user_id
        where u.email = 'Olga@acme.example' and a.action = 'customer.added'";
    assert!(count(&ours, hers).await >= 0);
    let lost = "select count(*) from audit_entries a where a.actor_user_id is not null
        and not exists (select from users u where u.id = a.actor_user_id)";
    assert_eq!(count(&ours, lost).await, 0, "everybody in the trail is somebody");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_took_an_address_here_without_proving_it_does_not_get_the_organization_that_comes() {
    let (folder, new) = (Folder::new(), another().await);
    let file = archive(&folder, false).await;
    let cove = new.server.app.ids.next();
    new.organization(cove, "cove", "Cove").await;
    let wanted = json!({"organization": "cove", "name": "Not Olga", "email": "olga@acme.example", "password": "a squatter's password"});
    assert_eq!(new.nobody().post("/sign-ups", wanted).await.status, 201);
    let entry =
        |slug: &str| json!({"organization": slug, "email": "olga@acme.example", "password": "a squatter's password"});
    let squatter = new.nobody().post("/session-tokens", entry("cove")).await;
    let squatter = new.nobody().with_token(squatter.body["token"].as_str().expect("a token"));
    let done = try_in(&new.server.app, &file).await.expect("an import");
    assert_eq!((done.people.known, done.people.without_password), (1, 1));
    for slug in ["acme", "cove"] {
        assert_eq!(new.nobody().post("/session-tokens", entry(slug)).await.code(), "sign_in.wrong", "{slug}");
    }
    new.server.app.sessions.forget();
    assert_eq!(squatter.get("/me").await.status, 401);
    let ask = json!({"organization": "acme", "email": "olga@acme.example"});
    assert_eq!(new.nobody().post("/password-resets", ask).await.status, 204);
    let token = new.link_token("reset_password", "olga@acme.example", 0).await;
    let choose = json!({"organization": "acme", "token": token, "password": PASSWORD});
    assert_eq!(new.nobody().post("/passwords", choose).await.status, 204, "its owner gets in by mail");
}
