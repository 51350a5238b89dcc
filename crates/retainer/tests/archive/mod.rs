//! One organization in a file, out of an installation and into another.

mod cut_off;
mod hostile;
mod people;
pub(crate) mod repack;
mod unsound;

use std::collections::BTreeMap;
use std::path::PathBuf;

use kernel::id::{Id, OrganizationId};
use kernel::{Actor as Who, Clock};
use retainer::archive::{Export, Import, Imported, Manifest, export, import, tables};
use retainer::server::{self, Options, Server};
use retainer::{App, ledger, sample};
use runtime::Error;
use runtime::tx::Access;
use testkit::database::{self, Fresh};
use testkit::{Actor, TestApp, at, snapshot};
use tokio::net::TcpListener;
use tokio_postgres::Client;

use crate::world::World;

/// A folder that is gone after the test.
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new() -> Self {
        let name = runtime::secret::Key::generate().to_hex();
        let path = std::env::temp_dir().join(format!("retainer-archive-{}", &name[..16]));
        std::fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Another installation. Its clock is a day ahead, so that its ids, which are counted in tests, are not the same ones.
pub(super) async fn another() -> TestApp {
    let new = TestApp::bare().await;
    new.clock.set(at("2026-11-21T09:00:00Z"));
    new
}

pub(super) async fn out(app: &App, slug: &str, to: &std::path::Path) -> Manifest {
    export(app, Export { slug, to }, &|_| ()).await.expect("an archive")
}

pub(super) async fn try_in(app: &App, from: &std::path::Path) -> Result<Imported, Error> {
    import(app, Import { from, slug: None, dry_run: false }, &|_| ()).await
}

/// A fingerprint of every row of an organization, by table, and of its people. What an export and an import write
/// themselves is left out, and of mails what becomes of them.
pub(super) async fn digest(client: &Client, id: OrganizationId) -> BTreeMap<String, String> {
    let mut digest = BTreeMap::new();
    let tables = "select c.relname::text from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'organization_id'
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') order by 1";
    let people = "t.id in (select user_id from memberships where organization_id = $1)";
    let codes = "t.user_id in (select user_id from memberships where organization_id = $1)";
    let mut wanted = vec![("users".to_owned(), people), ("recovery_codes".to_owned(), codes)];
    for row in client.query(tables, &[]).await.expect("the tables") {
        let name: String = row.get(0);
        let is_left_out = tables::LEFT_OUT.iter().any(|(left_out, _)| *left_out == name);
        if !is_left_out || name == "organization_slugs" {
            wanted.push((name, "organization_id = $1"));
        }
    }
    for (table, which) in wanted {
        let row = match table.as_str() {
            "mails" => "to_jsonb(t) - 'state' - 'last_error'",
            _ => "to_jsonb(t)",
        };
        let extra = if table == "audit_entries" { "and action not like 'organization.%ported'" } else { "" };
        let query = format!(
            "select count(*) || ' ' || coalesce(md5(string_agg(({row})::text, '|' order by ({row})::text)), '')
             from {table} t where {which} {extra}"
        );
        let found =
            client.query_one(&query, &[id.as_uuid()]).await.unwrap_or_else(|error| panic!("{table}: {error:?}"));
        digest.insert(table, found.get(0));
    }
    digest
}

pub(super) async fn count(client: &Client, query: &str) -> i64 {
    client.query_one(query, &[]).await.unwrap_or_else(|error| panic!("{query}: {error:?}")).get(0)
}

/// An installation with the demo's business, on which nobody serves yet.
async fn sample_installation() -> (Options, Client, App) {
    let Fresh { owner, root } = database::fresh().await;
    let clock = Clock::standing_at(at("2026-11-20T09:00:00Z"));
    let options = Options { requests_a_minute: 0, ..Options::new(owner, database::key(), clock, database::files()) };
    sample::fill(&options, &|_| ()).await.expect("the sample");
    let app = server::app(&options, ([127, 0, 0, 1], 0).into()).expect("an app");
    (options, runtime::db::connect(&root).await.expect("a connection"), app)
}

async fn answers(actor: &Actor) -> Vec<(String, serde_json::Value)> {
    let mut paths: Vec<String> = [
        "/organization",
        "/plans",
        "/customers?limit=100",
        "/subscriptions?limit=100",
        "/invoices?limit=100",
        "/payments?limit=100",
        "/tickets?limit=100",
        "/members",
        "/invitations",
        "/reports/revenue",
        "/reports/plans",
        "/reports/tickets",
        "/reports/hours",
    ]
    .map(str::to_owned)
    .to_vec();
    let tickets = actor.get("/tickets?limit=20").await.body;
    for ticket in tickets["items"].as_array().expect("tickets") {
        let id = ticket["id"].as_str().expect("an id");
        paths.extend([
            format!("/tickets/{id}"),
            format!("/tickets/{id}/comments"),
            format!("/tickets/{id}/time-entries"),
        ]);
    }
    let customers = actor.get("/customers?limit=100").await.body;
    for customer in customers["items"].as_array().expect("customers") {
        let id = customer["id"].as_str().expect("an id");
        let accounts = actor.get(&format!("/allowances?customer={id}")).await.body;
        for account in accounts["items"].as_array().expect("balances") {
            let account = account["id"].as_str().expect("an id");
            paths.extend([format!("/allowances/{account}/entries?limit=100"), format!("/allowances/{account}/why")]);
        }
        paths.push(format!("/allowances?customer={id}"));
    }
    let mut answers = Vec::new();
    for path in paths {
        let answer = actor.get(&path).await;
        assert!(matches!(answer.status, 200 | 404 | 405), "{path}: {} {}", answer.status, answer.body);
        answers.push((path, answer.body));
    }
    answers
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_sample_comes_over_with_every_row_and_every_answer() {
    let new = TestApp::bare().await;
    let (options, theirs, old) = sample_installation().await;
    let folder = Folder::new();
    let file = folder.file("leverai.tar.gz");
    let ours = runtime::db::connect(&new.root_config).await.expect("a connection");
    let id = OrganizationId::from_uuid(
        theirs.query_one("select organization_id from organization_slugs", &[]).await.expect("leverai").get(0),
    );
    // No mail of a sample is ever on its way; of a real organization some is.
    let late = "update mails set state = 'queued', last_error = null
        where created_at > (select max(created_at) - interval '5 days' from mails)";
    theirs.batch_execute(late).await.expect("some mail that is on its way");
    let before = digest(&theirs, id).await;
    let manifest = out(&old, "leverai", &file).await;
    assert!(manifest.rows() > 5_000, "a year of life: {}", manifest.rows());
    let imported = try_in(&new.server.app, &file).await.expect("an import");
    assert_eq!((imported.organization, imported.rows, imported.own), (id, manifest.rows(), true));
    assert_eq!(digest(&ours, id).await, before);
    let queued = count(&theirs, "select count(*) from mails where state = 'queued'").await;
    let held = "select count(*) from mails where state = 'held' and last_error like 'It was on its way%'";
    assert!(queued > 0, "some mail of the sample is on its way");
    assert_eq!((count(&ours, held).await, imported.held_mails), (queued, queued as u64));
    assert_eq!(count(&ours, "select count(*) from mails where state = 'queued'").await, 0);
    assert_eq!(
        count(&ours, "select count(*) from graphile_worker.jobs where task_identifier = 'mail.deliver'").await,
        0
    );
    let tx = new.server.app.begin(id, Who::system("test"), Access::Read).await.expect("a transaction");
    assert_eq!(ledger::verify::verify(&tx).await.expect("a proof"), []);
    drop(tx);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let server = Server::start(&options, listener).expect("a server");
    let account = sample::accounts().remove(0);
    let sign_in = async |base: String| {
        let wanted =
            serde_json::json!({"organization": "leverai", "email": account.email, "password": account.password});
        let nobody = Actor::new(base);
        let answer = nobody.post("/session-tokens", wanted).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        nobody.with_token(answer.body["token"].as_str().expect("a token"))
    };
    let there = answers(&sign_in(format!("http://{}", server.address)).await).await;
    let here = answers(&sign_in(new.url()).await).await;
    assert!(there.len() > 100, "{} answers", there.len());
    for (there, here) in there.iter().zip(&here) {
        assert_eq!(there, here);
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn work_goes_on_in_the_new_place_and_numbers_are_never_given_twice() {
    let world = World::start().await;
    let new = another().await;
    let folder = Folder::new();
    let file = folder.file("acme.tar.gz");
    let manifest = out(&world.app.server.app, "acme", &file).await;
    assert_eq!(manifest.files.iter().map(|file| file.rows).sum::<u64>(), manifest.rows());
    try_in(&new.server.app, &file).await.expect("an import");
    let olga = new.sign_in("acme", "olga@acme.example").await;
    let customer = &world.things["customers"];
    let open = serde_json::json!({"customer": customer, "title": "On in the new place", "hours": "1"});
    let opened = olga.post("/tickets", open).await;
    assert_eq!(opened.status, 201, "{}", opened.body);
    let number = opened.body["id"].as_str().expect("an id");
    let done = olga.post(&format!("/tickets/{number}/completion"), serde_json::json!({"hours": "0.5"})).await;
    assert!(done.status < 300, "{}", done.body);
    let ours = runtime::db::connect(&new.root_config).await.expect("a connection");
    let twice = "select count(*) from (select organization_id, contract_number from tickets group by 1, 2 having count(*) > 1) t";
    assert_eq!(count(&ours, twice).await, 0);
    let tx = new.server.app.begin(manifest.organization.id, Who::system("test"), Access::Read).await.expect("a look");
    assert_eq!(ledger::verify::verify(&tx).await.expect("a proof"), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dry_run_writes_nothing_and_a_second_import_is_refused() {
    let world = World::start().await;
    let new = another().await;
    let folder = Folder::new();
    let file = folder.file("acme.tar.gz");
    let id = out(&world.app.server.app, "acme", &file).await.organization.id;
    let app = &new.server.app;
    let ours = runtime::db::connect(&new.root_config).await.expect("a connection");
    let nothing = digest(&ours, id).await;
    let dry = import(app, Import { from: &file, slug: None, dry_run: true }, &|_| ()).await.expect("a dry run");
    assert_eq!(digest(&ours, id).await, nothing);
    assert_eq!(count(&ours, "select count(*) from users").await, 0);
    let wet = try_in(app, &file).await.expect("an import");
    assert_eq!(Imported { dry_run: false, ..dry }, wet);
    let all = digest(&ours, id).await;
    let other = "other".parse().expect("a slug");
    let again = import(app, Import { from: &file, slug: Some(&other), dry_run: false }, &|_| ()).await;
    assert_eq!(again.expect_err("refused").code(), Some("archive.already_here"));
    assert_eq!(digest(&ours, id).await, all);
    let error = export(app, Export { slug: "acme", to: &file }, &|_| ()).await.expect_err("refused");
    assert_eq!(error.code(), Some("archive.file_exists"));
    let error = export(app, Export { slug: "nobody", to: &folder.file("x") }, &|_| ()).await.expect_err("refused");
    assert_eq!(error.code(), Some("archive.no_organization"));
    let left: Vec<_> = std::fs::read_dir(&folder.0).expect("the folder").filter_map(Result::ok).collect();
    assert_eq!(left.len(), 1, "nothing but the archive is left behind: {left:?}");
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(std::fs::metadata(&file).expect("the file").permissions().mode() & 0o777, 0o600);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_taken_address_is_refused_and_another_one_taken() {
    let world = World::start().await;
    let new = another().await;
    let folder = Folder::new();
    let file = folder.file("acme.tar.gz");
    let id = out(&world.app.server.app, "bolt", &file).await.organization.id;
    let app = &new.server.app;
    new.organization(app.ids.next(), "bolt", "Bolt of here").await;
    let error = try_in(app, &file).await.expect_err("refused");
    assert_eq!(error.code(), Some("archive.slug_taken"));
    assert!(error.to_string().contains("--slug"), "{error}");
    let slug = "bolt-2".parse().expect("a slug");
    let done =
        import(app, Import { from: &file, slug: Some(&slug), dry_run: false }, &|_| ()).await.expect("an import");
    assert_eq!((done.slug.as_str(), done.organization), ("bolt-2", id));
    let bella = new.sign_in("bolt-2", "bella@bolt.example").await;
    assert_eq!(bella.get("/organization").await.body["slug"], serde_json::json!("bolt-2"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_archive_is_one_moment_while_people_work() {
    let world = World::start().await;
    let new = another().await;
    let folder = Folder::new();
    let file = folder.file("acme.tar.gz");
    let olga = world.app.olga().await;
    let customer = world.things["customers"].clone();
    let working = tokio::spawn(async move {
        for nth in 0..60 {
            let open = serde_json::json!({"customer": customer, "title": format!("Work {nth}"), "hours": "0.25"});
            assert_eq!(olga.post("/tickets", open).await.status, 201);
        }
    });
    let manifest = out(&world.app.server.app, "acme", &file).await;
    working.await.expect("the work done");
    try_in(&new.server.app, &file).await.expect("an import");
    let tx = new.server.app.begin(manifest.organization.id, Who::system("test"), Access::Read).await.expect("a look");
    assert_eq!(ledger::verify::verify(&tx).await.expect("a proof"), [], "holds and entries of the same moment");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_thousand_rows_go_out_and_in() {
    let app = TestApp::start().await;
    let new = another().await;
    let owner = runtime::db::connect(&app.root_config).await.expect("a connection");
    let many = "insert into customers (organization_id, id, name, notes, tags, created_at)
        select $1, gen_random_uuid(), 'Customer ' || n, E'Zeile\\n\"' || repeat('é\\\\', n % 50), array['a', 'b,{c}'],
               timestamptz '2026-01-01' + n * interval '1.000001 second'
        from generate_series(1, 100000) n";
    owner.execute(many, &[app.acme.as_uuid()]).await.expect("customers");
    let before = digest(&owner, app.acme).await;
    let folder = Folder::new();
    let file = folder.file("acme.tar.gz");
    let told = std::sync::atomic::AtomicU64::new(0);
    let watch = |_: runtime::carry::Progress<'_>| {
        told.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    };
    export(&app.server.app, Export { slug: "acme", to: &file }, &watch).await.expect("an archive");
    import(&new.server.app, Import { from: &file, slug: None, dry_run: false }, &watch).await.expect("an import");
    let ours = runtime::db::connect(&new.root_config).await.expect("a connection");
    assert_eq!(digest(&ours, app.acme).await, before);
    assert!(told.into_inner() > 40, "it is said how far it is");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_table_of_an_organization_is_archived_or_left_out_for_a_reason() {
    let client = runtime::db::connect(&database::fresh().await.root).await.expect("a connection");
    let mut text = String::from(
        "# What of each organization goes into its archive, in this order. Written by tests/archive; UPDATE_SNAPSHOTS=1\n\
         # rewrites it. Whoever adds a table thinks of what it means elsewhere: sealed secrets, numbers, things under way.\n",
    );
    let all = tables::all(&client).await.expect("the tables");
    for table in tables::archived(&client).await.expect("the tables") {
        text.push_str(&format!("{}\n", table.name));
    }
    for (name, reason) in tables::LEFT_OUT {
        assert!(all.iter().any(|table| table.name == *name), "{name} is no table");
        text.push_str(&format!("left out: {name} ({reason})\n"));
    }
    snapshot("tests/lists/archived_tables.txt", &text);
}
