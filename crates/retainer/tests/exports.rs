//! An owner's archive of everything: ordered, written, downloaded, and gone again.

use fantoccini::Locator;
use http::Method;
use kernel::Role;
use kernel::id::Id;
use retainer::archive::check;
use retainer::jobs::tick;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use testkit::{Actor, Browser, PASSWORD, Scripts, TestApp, at};
use uuid::Uuid;

use crate::archive::{Folder, another, try_in};
use crate::pages_at_hand::sign_in;

/// Acme with a customer and a ticket that has a file.
async fn shop() -> (TestApp, Actor) {
    let app = TestApp::start().await;
    app.customer(app.acme, "Cleo Berg", "cleo@berg.example").await;
    let cleo = app.sign_in("acme", "cleo@berg.example").await;
    let ticket = cleo.post("/tickets", json!({"title": "The roof leaks"})).await;
    let ticket = ticket.body["id"].as_str().expect("a ticket").to_owned();
    let file = cleo.request(Method::POST, &format!("/tickets/{ticket}/attachments?name=plan.txt"));
    assert_eq!(cleo.send(file.body("a plan")).await.status, 201);
    let olga = app.olga().await;
    (app, olga)
}

async fn order(olga: &Actor) -> testkit::Answer {
    olga.post("/organization/export", json!({"password": PASSWORD})).await
}

/// Orders one, and waits for it.
async fn ready(app: &TestApp, olga: &Actor) -> Value {
    let ordered = order(olga).await;
    assert_eq!((ordered.status, &ordered.body["state"]), (202, &json!("ordered")), "{}", ordered.body);
    app.rest().await;
    let export = olga.get("/organization/export").await.body;
    assert_eq!(export["state"], "ready", "{export}");
    export
}

async fn column(app: &TestApp, query: &str) -> Vec<String> {
    app.root().await.query(query, &[]).await.expect(query).iter().map(|row| row.get(0)).collect()
}

/// The files of Acme that lie anywhere, those of tickets included.
async fn lies_there(app: &TestApp, id: &str) -> bool {
    let id: Uuid = id.parse().expect("an id");
    app.server.app.files.download(app.acme, id).await.expect("an answer").is_some()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_owner_takes_everything_along_and_another_installation_takes_it_in() {
    let (app, olga) = shop().await;
    let browser = app.signed_in("acme", "olga@acme.example").await;
    assert!(browser.get("/acme/settings").await.html.contains("/acme/settings/export"));
    let wrong = browser.post("/acme/settings/export", &[("password", "not hers"), ("once", "k1")]).await;
    assert!(wrong.status == 422 && wrong.html.contains("This is not your password."), "{}", wrong.html);
    let ordered = browser.post("/acme/settings/export", &[("password", PASSWORD), ("once", "k2")]).await;
    assert_eq!((ordered.status, ordered.location()), (303, "/acme/settings/export"), "{}", ordered.html);
    app.rest().await;
    let page = browser.get("/acme/settings/export").await;
    let export = olga.get("/organization/export").await.body;
    let archive = &export["archive"];
    assert_eq!(
        (&archive["name"], &archive["expires_at"]),
        (&json!("acme-2026-11-20.tar.gz"), &json!("2026-11-27T09:00:00Z"))
    );
    let sum = archive["sha256"].as_str().expect("a sum");
    assert!(page.html.contains("acme-2026-11-20.tar.gz") && page.html.contains(sum), "{}", page.html);
    assert!(!page.headers.contains_key("refresh"), "what is there is not waited for");

    let taken = browser.request("/acme/settings/export/archive").header("accept-encoding", "gzip").send().await;
    let taken = taken.expect("an answer");
    assert_eq!(
        taken.headers()["content-disposition"],
        "attachment; filename=\"acme-2026-11-20.tar.gz\"; filename*=UTF-8''acme-2026-11-20.tar.gz"
    );
    assert_eq!(taken.headers().get("content-encoding"), None, "it is compressed already");
    let bytes = taken.bytes().await.expect("a body");
    assert_eq!((hex::encode(Sha256::digest(&bytes)).as_str(), json!(bytes.len())), (sum, archive["bytes"].clone()));
    let folder = Folder::new();
    let file = folder.file("acme.tar.gz");
    std::fs::write(&file, &bytes).expect("a file");
    let manifest = check(&file, &|_| ()).expect("a whole archive");
    assert_eq!((manifest.stored.files, manifest.organization.slug.as_str()), (1, "acme"));
    let new = another().await;
    try_in(&new.server.app, &file).await.expect("taken in");
    let tickets = new.olga().await.get("/tickets").await.body;
    assert_eq!(tickets["items"][0]["title"], "The roof leaks");
    told_and_written_down(&app).await;
}

async fn told_and_written_down(app: &TestApp) {
    let mail = app.letters("export.ready", "olga@acme.example").await;
    assert!(
        mail.len() == 1 && mail[0].contains("Olga Ek ordered") && mail[0].contains("/acme/settings/export"),
        "{mail:?}"
    );
    let trail = "select action || ' ' || actor_name from audit_entries where action like '%export%' order by id";
    assert_eq!(
        column(app, trail).await,
        ["export.ordered Olga Ek", "organization.exported exports.write", "export.downloaded Olga Ek"]
    );
    let usage = "select files || ' files' from file_usage";
    assert_eq!(column(app, usage).await, ["1 files"], "an archive is no attachment");
    let left = std::fs::read_dir(app.server.app.files.spool().expect("a folder")).expect("a folder");
    let left: Vec<_> = left.filter_map(Result::ok).filter(|entry| entry.path().is_file()).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn there_is_one_at_a_time_and_it_is_deleted_at_once_or_after_seven_days() {
    let (app, olga) = shop().await;
    assert_eq!(olga.delete("/organization/export").await.code(), "export.none");
    assert_eq!(olga.get("/organization/export/archive").await.code(), "export.none");
    ready(&app, &olga).await;
    assert_eq!(order(&olga).await.code(), "export.there");
    let first = column(&app, "select id::text from exports").await.remove(0);
    assert!(lies_there(&app, &first).await);
    assert_eq!(olga.delete("/organization/export").await.status, 204);
    app.rest().await;
    assert!(!lies_there(&app, &first).await, "at once");
    assert_eq!(olga.get("/organization/export").await.body["state"], "none");

    ready(&app, &olga).await;
    let second = column(&app, "select id::text from exports").await.remove(0);
    app.clock.set(at("2026-11-27T08:59:59Z"));
    tick(&app.server.app).await.expect("a tick");
    assert!(lies_there(&app, &second).await, "it is kept");
    app.clock.set(at("2026-11-27T09:00:00Z"));
    assert_eq!(
        olga.get("/organization/export/archive").await.code(),
        "export.none",
        "over is over, whenever the clock ticks"
    );
    tick(&app.server.app).await.expect("a tick");
    app.rest().await;
    assert!(!lies_there(&app, &second).await);
    assert_eq!(column(&app, "select id::text from exports").await.len(), 0);
    let trail = "select action from audit_entries where action in ('export.deleted', 'export.expired') order by id";
    assert_eq!(column(&app, trail).await, ["export.deleted", "export.expired"]);
    // Nobody knows of a file that is not there.
    app.clock.set(at("2026-11-28T10:00:00Z"));
    tick(&app.server.app).await.expect("a tick");
    assert_eq!(column(&app, "select id::text from loose_files").await.len(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_owners_have_to_do_with_it_and_only_with_their_own() {
    let (app, olga) = shop().await;
    ready(&app, &olga).await;
    app.member(app.acme, "Ada", "ada@acme.example", Role::Admin).await;
    for email in ["ada@acme.example", "cleo@berg.example"] {
        let (actor, browser) = (app.sign_in("acme", email).await, app.signed_in("acme", email).await);
        let answers = [
            actor.get("/organization/export").await,
            actor.get("/organization/export/archive").await,
            order(&actor).await,
            actor.delete("/organization/export").await,
        ];
        for answer in answers {
            assert_eq!((answer.status, answer.code()), (403, "permission.missing"), "{email}");
        }
        for page in ["/acme/settings/export", "/acme/settings/export/archive"] {
            assert_eq!(browser.get(page).await.status, 403, "{email} {page}");
        }
        let gone = browser.post("/acme/settings/export/discarding", &[("once", "k1")]).await;
        assert_eq!(gone.status, 403, "{email}");
    }
    let bolt = app.server.app.ids.next();
    app.organization(bolt, "bolt", "Bolt").await;
    app.member(bolt, "Bella", "bella@bolt.example", Role::Owner).await;
    let bella = app.sign_in("bolt", "bella@bolt.example").await;
    assert_eq!(bella.get("/organization/export").await.body["state"], "none");
    assert_eq!(bella.get("/organization/export/archive").await.code(), "export.none");
    assert_eq!(bella.delete("/organization/export").await.code(), "export.none");
    let bella = app.signed_in("bolt", "bella@bolt.example").await;
    assert_eq!(bella.get("/acme/settings/export/archive").await.status, 303, "to Acme's sign-in");
    assert_eq!(olga.get("/organization/export").await.body["state"], "ready");
    assert_eq!(column(&app, "select action from audit_entries where action = 'export.downloaded'").await.len(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_was_cut_off_says_so_and_is_ordered_again() {
    let (app, olga) = shop().await;
    let browser = app.signed_in("acme", "olga@acme.example").await;
    // A server was writing it and died: its job will not come again for hours.
    let half = Uuid::from_u128(7);
    let begun = "insert into exports (organization_id, id, state, ordered_by, ordered_at, percent, told_at)
        select organization_id, $1, 'writing', user_id, '2026-11-20 09:00Z', 40, '2026-11-20 09:00Z' from memberships
        where organization_id = $2 and role = 'owner'";
    app.root().await.execute(begun, &[&half, app.acme.as_uuid()]).await.expect("an order");
    let page = browser.get("/acme/settings/export").await;
    assert!(page.html.contains("It is being written: 40 %.") && page.headers.contains_key("refresh"), "{}", page.html);
    assert_eq!(order(&olga).await.code(), "export.there");
    assert_eq!(olga.get("/organization/export/archive").await.code(), "export.not_ready");
    let mut upload = app.server.app.files.upload(app.acme, half).expect("a file");
    upload.put("half of it".into()).await.expect("bytes");
    upload.finish().await.expect("a file");
    app.clock.set(at("2026-11-20T09:05:00Z"));
    let olga = app.olga().await;
    assert_eq!(olga.get("/organization/export").await.body["is_cut_off"], true);
    let page = browser.get("/acme/settings/export").await;
    assert!(page.html.contains("was cut off") && !page.headers.contains_key("refresh"), "{}", page.html);
    ready(&app, &olga).await;
    assert!(!lies_there(&app, &half.to_string()).await, "what there was of it is gone");
    // Its job comes after all, and finds nothing to do.
    let late = json!({"organization": app.acme.to_string(), "export": kernel::id::ExportId::from_uuid(half)});
    app.root().await.execute("select enqueue_job('exports.write', $1, null, null)", &[&late]).await.expect("ordered");
    app.rest().await;
    assert_eq!(column(&app, "select state from exports").await, ["ready"]);
    assert!(!lies_there(&app, &half.to_string()).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_cannot_be_written_says_why_and_is_ordered_again_when_that_is_mended() {
    let (app, olga) = shop().await;
    let file: Uuid = column(&app, "select id::text from attachments").await[0].parse().expect("an id");
    app.server.app.files.remove(app.acme, file).await.expect("lost");
    assert_eq!(order(&olga).await.status, 202);
    app.rest().await;
    let export = olga.get("/organization/export").await.body;
    let why = export["failure"].as_str().unwrap_or_default();
    assert!(export["state"] == "failed" && why.contains("\"plan.txt\" of TKT-"), "{export}");
    let page = app.signed_in("acme", "olga@acme.example").await.get("/acme/settings/export").await;
    assert!(page.html.contains("could not be written") && page.html.contains("plan.txt"), "{}", page.html);
    assert_eq!(app.letters("export.failed", "olga@acme.example").await.len(), 1);
    let mut upload = app.server.app.files.upload(app.acme, file).expect("a file");
    upload.put("a plan".into()).await.expect("bytes");
    upload.finish().await.expect("a file");
    ready(&app, &olga).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_is_deleted_before_it_is_written_is_not_written() {
    let (app, olga) = shop().await;
    // Somebody else writes theirs, so this one waits.
    let owner = runtime::db::connect(&app.owner_config).await.expect("a connection");
    let key = runtime::turn::key_of(&owner, "exports.write").await.expect("a key");
    assert!(runtime::turn::try_take(&owner, &owner, key).await.expect("a turn"));
    assert_eq!(order(&olga).await.status, 202);
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert_eq!(olga.get("/organization/export").await.body["state"], "ordered");
    assert_eq!(olga.delete("/organization/export").await.status, 204);
    drop(owner);
    let again = "update graphile_worker._private_jobs set run_at = now()";
    app.root().await.execute(again, &[]).await.expect("at once");
    app.rest().await;
    assert_eq!(olga.get("/organization/export").await.body["state"], "none");
    assert_eq!(app.letters("export.ready", "olga@acme.example").await.len(), 0);
}

async fn it_is_watched_in_a_browser(scripts: Scripts) {
    let (app, _) = shop().await;
    let Some(browser) = Browser::start(&app.url(), scripts).await else { return };
    sign_in(&browser, "/acme", "olga@acme.example").await;
    browser.open("/acme/settings/export").await;
    browser.fill("password", PASSWORD).await;
    browser.click("Export everything").await;
    // Nobody touches the page until it is there.
    browser.sees("acme-2026-11-20.tar.gz").await;
    browser.sees("Download").await;
    browser.click("Delete it").await;
    if scripts == Scripts::On {
        let yes = Locator::XPath("//dialog[@open]//button[normalize-space()='Delete it']");
        browser.client.wait().for_element(yes).await.expect("the question").click().await.expect("yes");
    }
    browser.sees("The archive is deleted.").await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_shows_by_itself_when_it_is_ready_with_scripts() {
    it_is_watched_in_a_browser(Scripts::On).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_shows_by_itself_when_it_is_ready_without_scripts() {
    it_is_watched_in_a_browser(Scripts::Off).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_an_organization_closes_it_can_still_be_taken_along() {
    let (app, olga) = shop().await;
    let asked = olga.post("/organization/deletion", json!({"slug": "acme", "password": PASSWORD})).await;
    assert_eq!(asked.status, 200, "{}", asked.body);
    let olga = app.olga().await;
    ready(&app, &olga).await;
    assert_eq!(olga.get("/organization/export/archive").await.status, 200);
    let browser = app.signed_in("acme", "olga@acme.example").await;
    assert!(browser.get("/acme/settings/deletion").await.html.contains("/acme/settings/export"));
    app.clock.set(at("2026-11-27T09:00:00Z"));
    tick(&app.server.app).await.expect("a tick");
    assert_eq!(column(&app, "select id::text from exports").await.len(), 0, "its time is over there, too");
}
