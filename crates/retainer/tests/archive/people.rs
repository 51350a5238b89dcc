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
    let owner = runtime::db::connect(&world.app.root_config).await.expect("a connection");
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
    let ours = runtime::db::connect(&new.root_config).await.expect("a connection");
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
    let ours = runtime::db::connect(&new.root_config).await.expect("a connection");
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
    let ours = runtime::db::connect(&new.root_config).await.expect("a connection");
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
        where u.email = 'Olga@acme.example'";
    assert!(count(&ours, hers).await > 0);
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
    assert_eq!((done.people.known, done.people.invited, done.people.without_password), (1, 1, 0));
    assert_eq!(new.nobody().post("/session-tokens", entry("acme")).await.code(), "sign_in.wrong");
    new.server.app.sessions.forget();
    assert_eq!(squatter.get("/me").await.status, 200, "what they are elsewhere is not an archive's to change");
    // Whose address it really is proves it by mail, and chooses a password that only they know.
    let ask = json!({"organization": "acme", "email": "olga@acme.example"});
    assert_eq!(new.nobody().post("/password-resets", ask).await.status, 204);
    let token = new.link_token("reset_password", "olga@acme.example", 0).await;
    let choose = json!({"organization": "acme", "token": token, "password": PASSWORD});
    assert_eq!(new.nobody().post("/passwords", choose).await.status, 204);
    assert_eq!(new.nobody().post("/session-tokens", entry("cove")).await.code(), "sign_in.wrong");
    let token = new.link_token("invitation", "olga@acme.example", 0).await;
    let accept = json!({"organization": "acme", "token": token, "name": "Olga Ek", "password": PASSWORD});
    let accepted = new.nobody().post("/invitation-acceptances", accept).await;
    assert!(accepted.status < 300, "{}", accepted.body);
    let olga = new.sign_in("acme", "olga@acme.example").await;
    assert_eq!(olga.get("/me").await.body["role"], "owner");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_archive_holds_the_password_of_whoever_has_left_or_belongs_to_others_too() {
    let (folder, world) = (Folder::new(), World::start().await);
    let bella = world.app.sign_in("bolt", "bella@bolt.example").await.get("/organization").await;
    let bolt = bella.body["id"].as_str().expect("an id").parse().expect("an id");
    world.app.member(bolt, "Ana Lund", "ana@acme.example", kernel::Role::Member).await;
    world.app.member(world.app.acme, "Lars", "lars@acme.example", kernel::Role::Member).await;
    let owner = runtime::db::connect(&world.app.root_config).await.expect("a connection");
    let left = "update memberships set ended_at = now() where user_id = (select id from users where name = 'Lars');
        update users set totp_sealed = '\\x0102', totp_confirmed_at = now(), totp_last_step = 7 where name in ('Lars', 'Ana Lund');
        insert into recovery_codes (user_id, code_hash, created_at)
        select id, '\\x03', now() from users where name in ('Lars', 'Ana Lund', 'Olga Ek')";
    owner.batch_execute(left).await.expect("so");
    let file = folder.file("acme.tar.gz");
    out(&world.app.server.app, "acme", &file).await;
    let parts = Parts::read(&file);
    let proves = |name: &str| {
        let people = parts.rows("users");
        let person = people.iter().find(|person| person["name"] == name).expect("in the archive");
        (!person["password_hash"].is_null(), !person["totp_sealed"].is_null())
    };
    assert_eq!(proves("Olga Ek"), (true, false));
    assert_eq!(proves("Ana Lund"), (false, false), "she belongs to Bolt, too");
    assert_eq!(proves("Lars"), (false, false), "he left");
    assert_eq!(parts.rows("recovery_codes").len(), 0, "Olga has no second factor, the others' are not Acme's affair");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_id_alone_brings_nobody_in() {
    let (folder, new) = (Folder::new(), another().await);
    let file = archive(&folder, true).await;
    let cove = new.server.app.ids.next();
    new.organization(cove, "cove", "Cove").await;
    new.member(cove, "Somebody", "somebody@cove.example", kernel::Role::Member).await;
    let ours = runtime::db::connect(&new.root_config).await.expect("a connection");
    let id = "select id::text from users where email = 'somebody@cove.example'";
    let id: String = ours.query_one(id, &[]).await.expect("an id").get(0);
    let mut parts = Parts::read(&file);
    let mut rows = parts.rows("memberships");
    rows[0]["user_id"] = json!(id);
    parts.forge_rows("memberships", &rows);
    parts.write(&file);
    let error = try_in(&new.server.app, &file).await.expect_err("refused");
    assert_eq!(error.code(), Some("archive.refused"), "{error}");
    assert!(error.to_string().contains("not among the archive's people"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_own_archive_knows_its_people_whatever_became_of_them() {
    let (folder, world) = (Folder::new(), World::start().await);
    let app = &world.app;
    let bella = app.sign_in("bolt", "bella@bolt.example").await.get("/organization").await;
    let bolt = bella.body["id"].as_str().expect("an id").parse().expect("an id");
    app.member(bolt, "Ana Lund", "ana@acme.example", kernel::Role::Member).await;
    app.member(bolt, "Olga Ek", "olga@acme.example", kernel::Role::Member).await;
    app.rest().await;
    let file = folder.file("acme.tar.gz");
    out(&app.server.app, "acme", &file).await;
    // Acme ends. Then somebody else takes the address that Ana had, and Olga is forgotten.
    app.olga().await.post("/organization/deletion", json!({"slug": "acme", "password": PASSWORD})).await;
    app.clock.set(testkit::at("2026-12-21T09:00:00Z"));
    retainer::jobs::tick(&app.server.app).await.expect("all duties done");
    let owner = runtime::db::connect(&app.root_config).await.expect("a connection");
    let change = "update user_directory set email_hash = '\\x01' where user_id = (select id from users where name = 'Ana Lund');
        update users set email = 'ana@new.example', email_folded = 'ana@new.example' where name = 'Ana Lund';
        delete from user_directory where user_id = (select id from users where name = 'Olga Ek');
        update users set anonymised_at = now(), name = 'Former user', email = 'former@x.invalid', email_folded = 'former@x.invalid'
        where name = 'Olga Ek'";
    owner.batch_execute(change).await.expect("so");
    app.member(bolt, "Another Ana", "ana@acme.example", kernel::Role::Member).await;
    let done = try_in(&app.server.app, &file).await.expect("an import");
    assert!(done.own && done.people.known == 2, "{:?}", done.people);
    let roles = "select u.name || ' ' || m.role from memberships m join users u on u.id = m.user_id
        where m.organization_id = $1 and m.ended_at is null and m.role <> 'customer' order by 1";
    let roles = owner.query(roles, &[kernel::id::Id::as_uuid(&app.acme)]).await.expect("the members");
    let roles: Vec<String> = roles.iter().map(|row| row.get(0)).collect();
    assert_eq!(roles, ["Ana Lund analyst", "Former user owner"], "nobody else walks in with Ana's old address");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_had_left_before_is_not_invited_again() {
    let (folder, new, world) = (Folder::new(), another().await, World::start().await);
    world.app.member(world.app.acme, "Lars", "lars@acme.example", kernel::Role::Admin).await;
    let owner = runtime::db::connect(&world.app.root_config).await.expect("a connection");
    let left = "update memberships set ended_at = now() where user_id = (select id from users where name = 'Lars')";
    owner.batch_execute(left).await.expect("he left");
    let file = folder.file("acme.tar.gz");
    out(&world.app.server.app, "acme", &file).await;
    let cove = new.server.app.ids.next();
    new.organization(cove, "cove", "Cove").await;
    let wanted = json!({"organization": "cove", "name": "Lars", "email": "lars@acme.example", "password": PASSWORD});
    assert_eq!(new.nobody().post("/sign-ups", wanted).await.status, 201);
    try_in(&new.server.app, &file).await.expect("an import");
    let ours = runtime::db::connect(&new.root_config).await.expect("a connection");
    let invited = "select count(*) from invitations where email_folded = 'lars@acme.example'";
    assert_eq!(count(&ours, invited).await, 0);
}
