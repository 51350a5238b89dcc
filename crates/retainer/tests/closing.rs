//! The end of an organization: asked for, thought about, done.

use std::collections::BTreeMap;

use kernel::Role;
use kernel::id::{Id, OrganizationId};
use retainer::closing;
use retainer::jobs::tick;
use serde_json::json;
use testkit::{PASSWORD, TestApp, at};
use tokio_postgres::Client;

use crate::world::World;

/// Time enough.
const HOUR: std::time::Duration = std::time::Duration::from_secs(3600);

/// Acme asked for its end on 20 November 2026 at nine; it comes on 20 December.
async fn closing_world() -> (World, OrganizationId) {
    let world = World::start().await;
    let olga = world.app.olga().await;
    let asked = olga
        .post("/organization/deletion", json!({"slug": "acme", "password": PASSWORD, "reason": "We retire."}))
        .await;
    assert_eq!((asked.status, &asked.body["closes_at"]), (200, &json!("2026-12-20T09:00:00Z")), "{}", asked.body);
    let bolt = world.app.sign_in("bolt", "bella@bolt.example").await.get("/organization").await;
    let bolt = bolt.body["id"].as_str().expect("an id").parse().expect("an id");
    (world, bolt)
}

async fn owner(app: &TestApp) -> Client {
    runtime::db::connect(&app.root_config).await.expect("a connection")
}

/// Rows of an organization, by table, wherever a column could name it.
async fn left(client: &Client, id: uuid::Uuid) -> BTreeMap<String, i64> {
    let columns = "select c.relname::text, a.attname::text from pg_class c
        join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and a.atttypid = 'uuid'::regtype
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and c.relname <> 'deleted_organizations'";
    let mut left = BTreeMap::new();
    for row in client.query(columns, &[]).await.expect("the columns") {
        let (table, column): (String, String) = (row.get(0), row.get(1));
        let query = format!("select count(*) from {table} where {column} = $1");
        let count: i64 = client.query_one(&query, &[&id]).await.expect("a count").get(0);
        if count > 0 {
            left.insert(format!("{table}.{column}"), count);
        }
    }
    left
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_an_owner_asks_for_the_end_and_says_which_organization() {
    let world = World::start().await;
    let app = &world.app;
    app.member(app.acme, "Ada", "ada@acme.example", Role::Admin).await;
    for email in ["ada@acme.example", "ana@acme.example", "cleo@berg.example"] {
        let actor = app.sign_in("acme", email).await;
        for answer in [
            actor.post("/organization/deletion", json!({"slug": "acme", "password": PASSWORD})).await,
            actor.delete("/organization/deletion").await,
        ] {
            assert_eq!((answer.status, answer.code()), (403, "permission.missing"), "{email}");
        }
    }
    let olga = app.olga().await;
    let wrong = olga.post("/organization/deletion", json!({"slug": "bolt", "password": PASSWORD})).await;
    assert_eq!((wrong.status, wrong.code()), (422, "closing.wrong_slug"));
    assert_eq!(olga.get("/organization").await.body["closes_at"], json!(null));
    let kept = olga.delete("/organization/deletion").await;
    assert_eq!((kept.status, &kept.body["closes_at"]), (200, &json!(null)), "what is open stays open");
    let bella = app.sign_in("bolt", "bella@bolt.example").await;
    assert_eq!(
        bella.post("/organization/deletion", json!({"slug": "acme", "password": PASSWORD})).await.code(),
        "closing.wrong_slug"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_it_closes_all_is_read_and_nothing_changes() {
    let (world, _) = closing_world().await;
    let app = &world.app;
    let (olga, cleo) = (app.olga().await, app.sign_in("acme", "cleo@berg.example").await);
    for (actor, path) in [(&olga, "/customers"), (&olga, "/invoices"), (&cleo, "/tickets"), (&cleo, "/plans")] {
        assert_eq!(actor.get(path).await.status, 200, "{path}");
    }
    let customer = &world.things["customers"];
    let ticket = &world.things["tickets"];
    let tries = [
        (&cleo, "/tickets".to_owned(), json!({"title": "More", "hours": "1"})),
        (&cleo, format!("/tickets/{ticket}/comments"), json!({"message": "Hello?"})),
        (&olga, "/tickets".to_owned(), json!({"customer": customer, "title": "More", "hours": "1"})),
        (&olga, "/customers".to_owned(), json!({"name": "New"})),
        (&olga, "/invitations".to_owned(), json!({"email": "new@acme.example", "role": "member"})),
        (&olga, "/mails/release".to_owned(), json!({})),
    ];
    for (actor, path, body) in tries {
        let answer = actor.post(&path, body).await;
        assert_eq!((answer.status, answer.code()), (409, "organization.closing"), "{path}: {}", answer.body);
    }
    assert_eq!(olga.patch("/organization", json!({"name": "Other"})).await.code(), "organization.closing");
    let stranger = json!({"organization": "acme", "name": "S", "email": "s@s.example", "password": PASSWORD});
    assert_eq!(app.nobody().post("/sign-ups", stranger).await.code(), "organization.closing");
    // One's own account is one's own.
    assert_eq!(cleo.patch("/me", json!({"name": "Cleo B."})).await.status, 200);
    // Asked once more, the end does not move.
    app.clock.set(at("2026-11-25T09:00:00Z"));
    let again = olga.post("/organization/deletion", json!({"slug": "acme", "password": PASSWORD})).await;
    assert_eq!(again.body["closes_at"], json!("2026-12-20T09:00:00Z"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_falls_due_while_it_closes_and_owners_are_told_three_times() {
    let (world, _) = closing_world().await;
    let app = &world.app;
    let client = owner(app).await;
    app.rest().await;
    // An invoice is overdue from 4 December on.
    let reminded = "select count(*) from invoices where overdue_told_at is not null";
    for (now, told) in [
        ("2026-11-22T09:00:00Z", 0),
        ("2026-12-13T08:59:00Z", 0),
        ("2026-12-13T09:00:00Z", 1),
        ("2026-12-13T10:00:00Z", 1),
        ("2026-12-19T09:00:00Z", 2),
        ("2026-12-20T08:59:59Z", 2),
    ] {
        app.clock.set(at(now));
        tick(&app.server.app).await.expect("all duties done");
        assert_eq!(app.letters("organization.closing_soon", "olga@acme.example").await.len(), told, "{now}");
    }
    assert_eq!(client.query_one(reminded, &[]).await.expect("a count").get::<_, i64>(0), 0, "no customer is reminded");
    let asked = app.letters("organization.closing", "olga@acme.example").await;
    assert_eq!(asked.len(), 1);
    assert!(asked[0].contains("20 December 2026") && asked[0].contains("/acme/settings/deletion"), "{}", asked[0]);
    assert!(app.letters("organization.closing", "ana@acme.example").await.is_empty(), "an analyst owns nothing");
    // Kept, it catches up.
    assert_eq!(app.olga().await.delete("/organization/deletion").await.status, 200);
    tick(&app.server.app).await.expect("all duties done");
    assert!(client.query_one(reminded, &[]).await.expect("a count").get::<_, i64>(0) > 0, "it was due all the time");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_owner_keeps_it_on_the_twenty_ninth_day_and_it_goes_on() {
    let (world, _) = closing_world().await;
    let app = &world.app;
    app.clock.set(at("2026-12-19T09:00:00Z"));
    tick(&app.server.app).await.expect("all duties done");
    let olga = app.olga().await;
    let kept = olga.delete("/organization/deletion").await;
    assert_eq!((kept.status, &kept.body["closes_at"]), (200, &json!(null)), "{}", kept.body);
    assert_eq!(olga.post("/customers", json!({"name": "New"})).await.status, 201);
    app.clock.set(at("2027-01-20T09:00:00Z"));
    tick(&app.server.app).await.expect("all duties done");
    assert_eq!(app.sign_in("acme", "olga@acme.example").await.get("/organization").await.status, 200);
    assert_eq!(app.letters("organization.kept", "olga@acme.example").await.len(), 1);
    let asked = olga.post("/organization/deletion", json!({"slug": "acme", "password": PASSWORD})).await;
    assert_eq!(asked.body["closes_at"], json!("2027-02-19T09:00:00Z"), "asked anew, thirty days anew");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_thirty_days_nothing_is_left_and_the_neighbour_is_as_before() {
    let (world, bolt) = closing_world().await;
    let app = &world.app;
    // Ana belongs to Bolt, too, and stays.
    app.member(bolt, "Ana Lund", "ana@acme.example", Role::Member).await;
    app.rest().await;
    let client = owner(app).await;
    let job = json!({"organization": app.acme.to_string(), "mail": world.things["mails"]});
    client
        .execute("select enqueue_job('mail.deliver', $1, timestamptz '2030-01-01', null)", &[&job])
        .await
        .expect("ordered");
    let role = format!("contract_{}", &runtime::secret::Key::generate().to_hex()[..16]);
    client.batch_execute(&format!("create role {role} login")).await.expect("a login for old reports");
    let login = "insert into contract_logins (role_name, organization_id, dialect, login, granted_at)
        values ($1, $2, 'consulting', 'analyst', now())";
    client.execute(login, &[&role, app.acme.as_uuid()]).await.expect("its row");
    let token = app.sign_in("acme", "olga@acme.example").await;
    app.clock.set(at("2026-12-19T09:00:00Z"));
    tick(&app.server.app).await.expect("all duties done");
    assert!(!left(&client, app.acme.uuid()).await.is_empty(), "on the 29th day all is there");
    app.rest().await;
    let before = world.digest(bolt.uuid()).await;
    app.clock.set(at("2026-12-21T09:00:00Z"));
    tick(&app.server.app).await.expect("all duties done");
    assert_eq!(left(&client, app.acme.uuid()).await, BTreeMap::new());
    assert_eq!(world.digest(bolt.uuid()).await, before);
    let count = async |query: &str| client.query_one(query, &[]).await.expect("a count").get::<_, i64>(0);
    let jobs = "select count(*) from graphile_worker._private_jobs where payload::text like '%org_%'";
    assert_eq!(count(jobs).await, 0);
    assert_eq!(count(&format!("select count(*) from pg_roles where rolname = '{role}'")).await, 0, "the login is gone");
    let people = client.query("select email from users order by email", &[]).await.expect("people");
    let people: Vec<String> = people.iter().map(|row| row.get(0)).collect();
    assert_eq!(people, ["ana@acme.example", "bella@bolt.example"]);
    assert_eq!(count("select count(*) from user_directory").await, 2);
    let row = "select ended_at is not null and (removed ->> 'audit_entries')::bigint > 5 and asked_at = '2026-11-20T09:00:00Z'
        from deleted_organizations where id = $1";
    let row = client.query_one(row, &[app.acme.as_uuid()]).await.expect("the row that stays");
    assert!(row.get::<_, bool>(0));
    // Nobody gets in with what they had, and the word is free.
    assert_eq!(token.get("/me").await.status, 401);
    let wanted = json!({"organization": "acme", "email": "olga@acme.example", "password": PASSWORD});
    assert!(app.nobody().post("/session-tokens", wanted).await.status >= 400);
    let new = app.server.app.ids.next();
    app.organization(new, "acme", "Another Acme").await;
    app.member(new, "Nils", "nils@acme.example", Role::Owner).await;
    let nils = app.sign_in("acme", "nils@acme.example").await;
    assert_eq!(nils.get("/organization").await.body["name"], json!("Another Acme"));
    tick(&app.server.app).await.expect("nothing more to do");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_removal_that_is_cut_off_goes_on_and_nobody_gets_in_meanwhile() {
    let (world, bolt) = closing_world().await;
    let app = &world.app;
    let client = owner(app).await;
    let many = "insert into customers (organization_id, id, name, created_at)
        select $1, gen_random_uuid(), 'Customer ' || n, now() from generate_series(1, 9000) n";
    client.execute(many, &[app.acme.as_uuid()]).await.expect("customers");
    app.rest().await;
    let before = world.digest(bolt.uuid()).await;
    app.clock.set(at("2026-12-21T09:00:00Z"));
    // The connection of the removal is cut again and again, each time a little later.
    let cut = "select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid() and query like 'delete from \"%'";
    let mut cuts = 0;
    for _ in 0..200 {
        let removing = tokio::spawn({
            let app = app.server.app.clone();
            let acme = world.app.acme;
            async move { closing::remove(&app, acme, HOUR).await }
        });
        while !removing.is_finished() {
            if cuts < 5 && !client.query(cut, &[]).await.expect("a cut").is_empty() {
                cuts += 1;
                break;
            }
            tokio::task::yield_now().await;
        }
        let done = removing.await.expect("no panic");
        let wanted = json!({"organization": "acme", "email": "olga@acme.example", "password": PASSWORD});
        assert!(app.nobody().post("/session-tokens", wanted).await.status >= 400);
        if done.is_ok() && left(&client, app.acme.uuid()).await.is_empty() {
            break;
        }
    }
    assert!(cuts > 0, "it was never cut off");
    assert_eq!(left(&client, app.acme.uuid()).await, BTreeMap::new());
    assert_eq!(world.digest(bolt.uuid()).await, before);
    let removed = "select (removed ->> 'customers')::bigint from deleted_organizations where id = $1";
    let removed: i64 = client.query_one(removed, &[app.acme.as_uuid()]).await.expect("the row").get(0);
    assert_eq!(removed, 9_002, "every row is counted once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_whom_another_organization_wrote_to_stays_as_nobody_in_particular() {
    let (world, bolt) = closing_world().await;
    let app = &world.app;
    let bella = app.sign_in("bolt", "bella@bolt.example").await;
    let invited = bella.post("/invitations", json!({"email": "cleo@berg.example", "role": "member"})).await;
    assert_eq!(invited.status, 201, "{}", invited.body);
    let ask = json!({"organization": "bolt", "email": "cleo@berg.example"});
    assert_eq!(app.nobody().post("/password-resets", ask).await.status, 204);
    app.rest().await;
    let client = owner(app).await;
    let written = "select count(*) from mails m join users u on u.id = m.to_user_id where m.organization_id = $1
        and u.email = 'cleo@berg.example'";
    let written: i64 = client.query_one(written, &[bolt.as_uuid()]).await.expect("a count").get(0);
    assert!(written > 0, "Bolt has written to a person of Acme");
    app.clock.set(at("2026-12-21T09:00:00Z"));
    tick(&app.server.app).await.expect("all duties done");
    assert_eq!(left(&client, app.acme.uuid()).await, BTreeMap::new());
    let people =
        client.query("select name, email from users where anonymised_at is not null", &[]).await.expect("them");
    assert_eq!(people.len(), 1);
    assert_eq!(people[0].get::<_, String>(0), "Former user");
    assert!(!people[0].get::<_, String>(1).contains("cleo"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_being_removed_cannot_be_kept_whatever_the_clocks_say() {
    let (world, _) = closing_world().await;
    let app = &world.app;
    let client = owner(app).await;
    let olga = app.olga().await;
    app.clock.set(at("2026-12-20T09:00:01Z"));
    // No time at all: only a part of it goes.
    closing::remove(&app.server.app, app.acme, std::time::Duration::ZERO).await.expect("a part");
    assert!(!left(&client, app.acme.uuid()).await.is_empty());
    // A server whose clock is behind.
    app.clock.set(at("2026-12-20T08:59:59Z"));
    let kept = olga.delete("/organization/deletion").await;
    assert!(kept.status >= 400, "{}", kept.body);
    let begun =
        "select count(*) from organizations where id = $1 and closes_at is not null and removal_begun_at is not null";
    assert_eq!(client.query_one(begun, &[app.acme.as_uuid()]).await.expect("a count").get::<_, i64>(0), 1);
    closing::remove(&app.server.app, app.acme, HOUR).await.expect("the rest");
    assert_eq!(left(&client, app.acme.uuid()).await, BTreeMap::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_found_a_session_open_does_not_close_the_organization() {
    let world = World::start().await;
    let olga = world.app.olga().await;
    let wrong = olga.post("/organization/deletion", json!({"slug": "acme", "password": "a guess of mine"})).await;
    assert_eq!((wrong.status, wrong.code()), (422, "closing.wrong_password"));
    assert_eq!(olga.get("/organization").await.body["closes_at"], json!(null));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_open_or_has_time_left_is_never_removed() {
    let (world, bolt) = closing_world().await;
    let app = &world.app;
    app.rest().await;
    let before = (world.digest(app.acme.uuid()).await, world.digest(bolt.uuid()).await);
    closing::remove(&app.server.app, app.acme, HOUR).await.expect("nothing to do");
    closing::remove(&app.server.app, bolt, HOUR).await.expect("nothing to do");
    app.clock.set(at("2026-12-20T08:59:59Z"));
    closing::remove(&app.server.app, app.acme, HOUR).await.expect("nothing to do");
    assert_eq!((world.digest(app.acme.uuid()).await, world.digest(bolt.uuid()).await), before);
    // The application itself cannot, whatever it says.
    let tx = app.server.app.begin(bolt, kernel::Actor::system("test"), runtime::tx::Access::Write).await.expect("a tx");
    tx.rows("select set_config('retainer.removing', 'on', true)", &[]).await.expect("said");
    for table in ["audit_entries", "organizations", "users", "allowance_entries", "customers"] {
        let tx =
            app.server.app.begin(bolt, kernel::Actor::system("test"), runtime::tx::Access::Write).await.expect("a tx");
        tx.rows("select set_config('retainer.removing', 'on', true)", &[]).await.expect("said");
        let error = tx.execute(&format!("delete from {table}"), &[]).await.expect_err(table);
        assert!(error.to_string().contains("permission denied"), "{table}: {error}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_owner_closes_and_keeps_on_the_page_without_scripts() {
    let world = World::start().await;
    let app = &world.app;
    let reader = app.reader();
    let signed = reader.post("/acme/sign-in", &[("email", "olga@acme.example"), ("password", PASSWORD)]).await;
    assert!(signed.status < 400, "{}", signed.html);
    let page = reader.get("/acme/settings/deletion").await;
    assert!(page.html.contains("Type acme to show that you mean this one."), "{}", page.html);
    let wrong =
        reader.post("/acme/settings/deletion", &[("slug", "acne"), ("password", PASSWORD), ("reason", "")]).await;
    assert_eq!(wrong.status, 422);
    let asked = reader
        .post("/acme/settings/deletion", &[("slug", "acme"), ("password", PASSWORD), ("reason", "We retire.")])
        .await;
    assert!(asked.status < 400, "{}", asked.html);
    let banner = "Everything in it is deleted on";
    for page in ["/acme", "/acme/customers", "/acme/settings/deletion"] {
        let page = reader.get(page).await;
        assert!(page.html.contains(banner) && page.html.contains("20 December 2026"), "{}", page.html);
    }
    let refused = reader.post("/acme/customers/new", &[("name", "New")]).await;
    assert!(refused.status >= 400, "{}", refused.status);
    let kept = reader.post("/acme/settings/keeping", &[]).await;
    assert!(kept.status < 400, "{}", kept.html);
    assert!(!reader.get("/acme").await.html.contains(banner));
}
