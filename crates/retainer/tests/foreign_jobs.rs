//! Background jobs that carry the ids of another organization do nothing.

use std::collections::BTreeSet;
use std::path::Path;

use kernel::id::Id;
use serde_json::{Value, json};

use crate::world::World;

/// Every kind of job, with Acme's things, for another organization.
fn kinds(world: &World, organization: &str) -> Vec<(&'static str, Value)> {
    vec![
        ("mail.deliver", json!({"organization": organization, "mail": world.values["queued mail"]})),
        // Acme has a version 1 of its own for this kind.
        (
            "mail.template_failed",
            json!({"organization": organization, "failure": {"kind": "ticket.opened", "version": 1, "why": "So."}}),
        ),
        ("people.send_reset", json!({"organization": organization, "email": "cleo@berg.example"})),
        ("files.remove", json!({"organization": organization, "file": attachment(world)})),
        ("exports.write", json!({"organization": organization, "export": world.values["ordered export"]})),
        ("sample.make", json!({"organization": organization})),
        ("sample.unmake", json!({"organization": organization, "made": world.app.acme})),
        // The clock's: it takes nothing from whoever orders it.
        ("duties.tick", Value::Null),
    ]
}

/// The file that Cleo handed in.
fn attachment(world: &World) -> uuid::Uuid {
    world.things["attachments"].parse::<kernel::id::AttachmentId>().expect("an id").uuid()
}

/// The kinds that the sources declare.
fn declared() -> BTreeSet<String> {
    fn walk(folder: &Path, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).expect("a folder").filter_map(Result::ok) {
            let path = entry.path();
            if path.is_dir() {
                walk(&path, found);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            for rest in text.split("const IDENTIFIER: &'static str = \"").skip(1) {
                found.extend(rest.split('"').next().map(str::to_owned));
            }
        }
    }
    let mut found = BTreeSet::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_with_another_organizations_things_does_nothing() {
    let mut world = World::start().await;
    let bolt = world.app.sign_in("bolt", "bella@bolt.example").await;
    let organization = bolt.get("/organization").await.body["id"].as_str().expect("an id").to_owned();
    let owner = world.app.root().await;
    world.app.rest().await;
    // A mail that is still to be delivered, but not ordered: a job that reached it would be seen.
    let mail = world.things["mails"].clone();
    let queued = "update mails set state = 'queued', attempts = 0 where organization_id = $1 returning id";
    let rows = owner.query(queued, &[world.app.acme.as_uuid()]).await.expect("queued");
    assert!(!rows.is_empty(), "Acme has no mail");
    world.values.insert("queued mail".into(), json!(mail));
    let export = kernel::id::ExportId::from_uuid(uuid::Uuid::from_u128(7));
    let ordered = "insert into exports (organization_id, id, state, ordered_by, ordered_at, told_at)
        select organization_id, $1, 'ordered', user_id, created_at, created_at from memberships where organization_id = $2 limit 1";
    owner.execute(ordered, &[export.as_uuid(), world.app.acme.as_uuid()]).await.expect("an order");
    world.values.insert("ordered export".into(), json!(export));
    let bolt_id: kernel::id::OrganizationId = organization.parse().expect("an id");
    let before = (world.digest(world.app.acme.uuid()).await, world.digest(bolt_id.uuid()).await);
    let kinds = kinds(&world, &organization);
    let tried: BTreeSet<String> = kinds.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(tried, declared(), "every kind of job is tried");
    for (name, payload) in &kinds {
        let order = "select enqueue_job($1, $2, null, null)";
        owner.execute(order, &[name, payload]).await.expect("ordered");
        world.app.rest().await;
    }
    assert_eq!((world.digest(world.app.acme.uuid()).await, world.digest(bolt_id.uuid()).await), before);
    let file = world.app.server.app.files.download(world.app.acme, attachment(&world)).await.expect("an answer");
    assert!(file.is_some(), "Acme's file is gone");
    let failed = "select count(*) from graphile_worker.jobs where attempts > 0";
    assert_eq!(owner.query_one(failed, &[]).await.expect("a count").get::<_, i64>(0), 0, "a job failed and waits");
    // The very same jobs of Acme do their work, so they were good orders.
    let own = json!({"organization": world.app.acme.to_string(), "mail": mail});
    owner.execute("select enqueue_job('mail.deliver', $1, null, null)", &[&own]).await.expect("ordered");
    world.app.rest().await;
    let held = "select count(*) from mails where organization_id = $1 and state = 'held'";
    let held: i64 = owner.query_one(held, &[world.app.acme.as_uuid()]).await.expect("a count").get(0);
    assert_eq!(held, 1);
    let own = json!({"organization": world.app.acme.to_string(), "email": "cleo@berg.example"});
    owner.execute("select enqueue_job('people.send_reset', $1, null, null)", &[&own]).await.expect("ordered");
    world.app.rest().await;
    let asked = "select count(*) from secret_links where organization_id = $1 and purpose = 'reset_password'";
    assert_eq!(owner.query_one(asked, &[world.app.acme.as_uuid()]).await.expect("a count").get::<_, i64>(0), 1);
}
