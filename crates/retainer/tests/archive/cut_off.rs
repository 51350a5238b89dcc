//! An import of an archive that ends in the middle, as when the power fails.

use jiff::ToSpan as _;
use reqwest::Method;
use retainer::archive::{Import, import};
use runtime::carry::Doing;
use serde_json::json;
use testkit::TestApp;

use super::{Folder, another, count, out, try_in};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_file_lies_anywhere_that_no_row_knows_of() {
    let (old, new, folder) = (TestApp::start().await, another().await, Folder::new());
    old.customer(old.acme, "Cleo", "cleo@customer.example").await;
    let cleo = old.sign_in("acme", "cleo@customer.example").await;
    let ticket = cleo.post("/tickets", json!({"title": "See here"})).await.body["id"].clone();
    for name in ["a.txt", "b.txt"] {
        let path = format!("/tickets/{}/attachments?name={name}", ticket.as_str().expect("a number"));
        assert_eq!(cleo.send(cleo.request(Method::POST, &path).body(name)).await.status, 201);
    }
    let file = folder.file("acme.tar.gz");
    let manifest = out(&old.server.app, "acme", &file).await;
    let (app, from) = (new.server.app.clone(), file.clone());
    let cut_off = tokio::spawn(async move {
        let dies = |progress: runtime::carry::Progress<'_>| {
            assert!(progress.doing != Doing::Writing, "the power fails");
        };
        import(&app, Import { from: &from, slug: None, dry_run: false }, &dies).await
    });
    assert!(cut_off.await.expect_err("cut off").is_panic());
    let ours = runtime::db::connect(&new.root_config).await.expect("a connection");
    assert_eq!(count(&ours, "select count(*) from organizations").await, 0);
    assert_eq!(count(&ours, "select count(*) from loose_files").await, 2, "rows that know of the files");
    let named = "select id from loose_files order by id";
    let files: Vec<uuid::Uuid> = ours.query(named, &[]).await.expect("rows").iter().map(|row| row.get(0)).collect();
    let there = async |at: usize| {
        new.server.app.files.download(manifest.organization.id, files[at]).await.expect("an answer").is_some()
    };
    assert!(there(0).await && there(1).await, "they were laid down");
    new.clock.set(new.clock.now() + 25.hours());
    retainer::jobs::tick(&new.server.app).await.expect("a tick");
    assert!(!there(0).await && !there(1).await, "they are swept");
    assert_eq!(count(&ours, "select count(*) from loose_files").await, 0);
    try_in(&new.server.app, &file).await.expect("taken in");
    new.clock.set(new.clock.now() + 25.hours());
    retainer::jobs::tick(&new.server.app).await.expect("a tick");
    assert!(there(0).await && there(1).await, "what belongs to something stays");
    assert_eq!(count(&ours, "select count(*) from loose_files").await, 0);
}
