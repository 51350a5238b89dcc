//! Files move with their organization.

use kernel::id::Id;
use retainer::archive::{Export, Import, Manifest, export, import};
use retainer::server::{Options, Server};
use runtime::carry::Progress;
use serde_json::json;
use testkit::{Actor, PASSWORD, database};
use tokio::net::TcpListener;

use super::{Desk, PNG, got, id};

const NOBODY: &(dyn Fn(Progress<'_>) + Sync) = &|_| ();

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_archive_brings_the_files_along_and_none_that_was_changed() {
    let desk = Desk::start().await;
    let file = id(&desk.attach(&desk.cleo, "name=a.png", PNG).await);
    let gone = id(&desk.attach(&desk.cleo, "name=b.png", PNG).await);
    desk.olga.delete(&format!("/attachments/{gone}")).await;
    let folder = std::env::temp_dir().join(format!("retainer-{}", runtime::secret::Token::new("moving").reveal()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let whole = folder.join("acme.tar.gz");
    let wanted = Export { slug: "acme", to: &whole };
    let manifest: Manifest = export(&desk.app.server.app, wanted, NOBODY).await.expect("an archive");
    assert_eq!((manifest.stored.files, manifest.stored.bytes), (1, PNG.len() as u64));
    // An installation that counts ids of its own.
    let (clock, key) = (desk.app.clock.clone(), database::key());
    let options =
        Options { requests_a_minute: 0, ..Options::new(database::fresh().await.owner, key, clock, database::files()) };
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let there = Server::start(&options, listener).expect("a server");
    // A file that is not what its sum says.
    let mut parts = crate::archive::repack::Parts::read(&whole);
    let at = parts.files.iter().position(|(name, _)| name.starts_with("files/")).expect("the file");
    parts.files[at].1[8] ^= 1;
    let changed = folder.join("changed.tar.gz");
    parts.write(&changed);
    let taken = |from| Import { from, slug: None, dry_run: false };
    let refused = import(&there.app, taken(&changed), NOBODY).await.expect_err("it was changed");
    assert_eq!(refused.code(), Some("archive.damaged"));
    let key: kernel::id::AttachmentId = file.parse().expect("an id");
    let lies = async || there.app.files.download(desk.app.acme, key.uuid()).await.expect("an answer").is_some();
    assert!(!lies().await, "what was refused lies there");
    // A dry run leaves nothing, the real one everything.
    let dry = Import { dry_run: true, ..taken(&whole) };
    import(&there.app, dry, NOBODY).await.expect("a dry run");
    assert!(!lies().await, "a dry run left a file");
    import(&there.app, taken(&whole), NOBODY).await.expect("an import");
    let nobody = Actor::new(format!("http://{}", there.address));
    let wanted = json!({"organization": "acme", "email": "olga@acme.example", "password": PASSWORD});
    let token = nobody.post("/session-tokens", wanted).await.body["token"].as_str().expect("a token").to_owned();
    let olga = nobody.with_token(&token);
    let (status, headers, body) = got(&olga, &file).await;
    assert_eq!((status, body.as_slice()), (200, PNG));
    assert_eq!(headers["content-type"], "image/png");
    assert_eq!(got(&olga, &gone).await.0, 404);
    std::fs::remove_dir_all(&folder).expect("removed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_a_file_is_lost_the_export_says_which_and_goes_on_without_it_when_it_is_taken_away() {
    let desk = Desk::start().await;
    let kept = id(&desk.attach(&desk.cleo, "name=a.png", PNG).await);
    let lost = id(&desk.attach(&desk.cleo, "name=lost.png", PNG).await);
    let app = &desk.app.server.app;
    let key: kernel::id::AttachmentId = lost.parse().expect("an id");
    app.files.remove(desk.app.acme, key.uuid()).await.expect("removed");
    let asked = desk.cleo.get(&format!("/attachments/{lost}")).await;
    assert_eq!((asked.status, asked.code()), (404, "file.lost"), "{}", asked.body);
    assert!(
        asked.body["detail"].as_str().is_some_and(|said| said.starts_with("lost.png is not where")),
        "{}",
        asked.body
    );
    let folder = std::env::temp_dir().join(format!("retainer-{}", runtime::secret::Token::new("lost").reveal()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let to = folder.join("acme.tar.gz");
    let refused = export(app, Export { slug: "acme", to: &to }, NOBODY).await.expect_err("it is lost").to_string();
    assert!(refused.contains("\"lost.png\" of TKT-") && refused.contains("take it away"), "{refused}");
    assert!(!to.exists(), "half an archive lies there");
    desk.olga.delete(&format!("/attachments/{lost}")).await;
    let manifest = export(app, Export { slug: "acme", to: &to }, NOBODY).await.expect("an archive");
    assert_eq!(manifest.stored.files, 1, "{kept}");
    std::fs::remove_dir_all(&folder).expect("removed");
}
