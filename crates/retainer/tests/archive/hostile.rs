//! Archives that are damaged, forged or meant badly change nothing.

use std::path::Path;

use kernel::id::OrganizationId;
use serde_json::json;
use testkit::TestApp;

use super::repack::{Parts, write};
use super::{Folder, another, count, digest, out, try_in};
use crate::world::World;

pub(super) struct Scene {
    pub(super) folder: Folder,
    pub(super) new: TestApp,
    id: OrganizationId,
}

impl Scene {
    pub(super) async fn start() -> (Self, Parts) {
        let world = World::start().await;
        let new = another().await;
        let folder = Folder::new();
        let file = folder.file("good.tar.gz");
        let id = out(&world.app.server.app, "acme", &file).await.organization.id;
        let parts = Parts::read(&file);
        (Self { folder, new, id }, parts)
    }

    /// That an archive is refused with a code, for a reason, and nothing of it is here.
    pub(super) async fn refused(&self, file: &Path, code: &str, because: &str) {
        let ours = runtime::db::connect(&self.new.root_config).await.expect("a connection");
        let before = digest(&ours, self.id).await;
        let error = try_in(&self.new.server.app, file).await.expect_err("refused");
        assert_eq!(error.code(), Some(code), "{error}");
        assert!(error.to_string().contains(because), "{error}");
        assert_eq!(digest(&ours, self.id).await, before);
        let left = "select (select count(*) from users) + (select count(*) from user_directory) + (select count(*) from organization_slugs)";
        assert_eq!(count(&ours, left).await, 0, "{because}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_cut_off_or_changed_is_refused_before_anything_is_written() {
    let (scene, parts) = Scene::start().await;
    let good = std::fs::read(scene.folder.file("good.tar.gz")).expect("the archive");
    let bad = scene.folder.file("bad.tar.gz");
    for length in [0, 10, good.len() / 3, good.len() / 2, good.len() - 1] {
        std::fs::write(&bad, &good[..length]).expect("written");
        scene.refused(&bad, "archive.damaged", "").await;
    }
    for place in [good.len() / 4, good.len() / 2, good.len() - 6] {
        let mut flipped = good.clone();
        flipped[place] ^= 0x10;
        std::fs::write(&bad, &flipped).expect("written");
        scene.refused(&bad, "archive.damaged", "").await;
    }
    // One letter of one name, with everything around it put right but the sum.
    let mut changed = parts.all();
    let at = changed.iter().position(|(name, _)| name.ends_with("-customers.jsonl")).expect("customers");
    let text = String::from_utf8(changed[at].1.clone()).expect("text").replace("Cleo", "Cleu");
    changed[at].1 = text.into_bytes();
    write(&bad, &changed, |_| ());
    scene.refused(&bad, "archive.damaged", "is not what was written").await;
    // Without a file, without the end, with more after the end.
    let all = parts.all();
    write(&bad, &all[1..], |_| ());
    scene.refused(&bad, "archive.damaged", "files are missing").await;
    write(&bad, &all[..all.len() - 1], |_| ());
    scene.refused(&bad, "archive.damaged", "the end is missing").await;
    let mut more = all.clone();
    more.push(all[0].clone());
    write(&bad, &more, |_| ());
    scene.refused(&bad, "archive.damaged", "after the manifest").await;
    std::fs::write(&bad, b"no archive at all").expect("written");
    scene.refused(&bad, "archive.damaged", "").await;
    scene.refused(&scene.folder.file("nothing"), "archive.file", "").await;
    // And the good one is good.
    try_in(&scene.new.server.app, &scene.folder.file("good.tar.gz")).await.expect("an import");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_order_form_or_schema_is_refused() {
    let (scene, parts) = Scene::start().await;
    let bad = scene.folder.file("bad.tar.gz");
    let mut turned = Parts { files: parts.files.clone(), manifest: parts.manifest.clone() };
    turned.files.swap(4, 5);
    turned.write(&bad);
    scene.refused(&bad, "archive.damaged", "is not what was written").await;
    turned.manifest.files.swap(4, 5);
    turned.write(&bad);
    scene.refused(&bad, "archive.damaged", "not in their order").await;
    // Renamed too, so that only the tables themselves are in another order.
    for at in [4, 5] {
        let file = &mut turned.manifest.files[at];
        file.name = format!("tables/{:03}-{}.jsonl", at + 1, file.table);
        turned.files[at].0 = file.name.clone();
    }
    turned.write(&bad);
    scene.refused(&bad, "archive.damaged", "not those of its version").await;
    let mut newer = Parts { files: parts.files.clone(), manifest: parts.manifest.clone() };
    newer.manifest.schema = "9999_from_the_future.sql".to_owned();
    newer.write(&bad);
    scene.refused(&bad, "archive.other_schema", "9999_from_the_future.sql").await;
    newer.manifest.format = 3;
    newer.write(&bad);
    scene.refused(&bad, "archive.other_form", "form 3").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_that_lead_elsewhere_are_refused() {
    let (scene, parts) = Scene::start().await;
    let bad = scene.folder.file("bad.tar.gz");
    let names = [
        "../evil",
        "/etc/passwd",
        "tables/../../evil.jsonl",
        "tables/001-users.jsonl/../x",
        "files/a",
        "tables/001-.jsonl",
    ];
    for name in names {
        let mut all = parts.all();
        all.insert(0, (name.to_owned(), b"{}\n".to_vec()));
        write(&bad, &all, |_| ());
        scene.refused(&bad, "archive.damaged", "is no file of an archive").await;
    }
    for kind in [tar::EntryType::Symlink, tar::EntryType::Link, tar::EntryType::Directory, tar::EntryType::GNUSparse] {
        write(&bad, &parts.all(), |header| {
            header.set_entry_type(kind);
            header.as_mut_bytes()[157..168].copy_from_slice(b"/etc/passwd");
        });
        scene.refused(&bad, "archive.damaged", "is no plain file").await;
    }
    assert!(!scene.folder.file("../evil").exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lines_without_end_and_lines_that_are_no_rows_are_refused() {
    let (scene, mut parts) = Scene::start().await;
    let bad = scene.folder.file("bad.tar.gz");
    let mut bomb = b"{\"name\":\"".to_vec();
    bomb.resize(33 * 1024 * 1024, b'a');
    bomb.push(b'\n');
    parts.forge("customers", bomb);
    parts.write(&bad);
    scene.refused(&bad, "archive.damaged", "has a line of more than").await;
    parts.forge("customers", b"{}".to_vec());
    parts.write(&bad);
    scene.refused(&bad, "archive.damaged", "has no end").await;
    for text in ["no row\n", "\n", "[]\n", "{}\n\\.\n{}\n", "{\"organization_id\": 5}\n"] {
        parts.forge("customers", text.as_bytes().to_vec());
        parts.write(&bad);
        let error = try_in(&scene.new.server.app, &bad).await.expect_err(text);
        assert!(
            matches!(error.code(), Some("archive.refused" | "archive.damaged" | "archive.foreign_rows")),
            "{error}"
        );
    }
    let deep = format!("{}{}\n", "[".repeat(200_000), "]".repeat(200_000));
    parts.forge("customers", deep.into_bytes());
    parts.write(&bad);
    try_in(&scene.new.server.app, &bad).await.expect_err("too deep");
    let ours = runtime::db::connect(&scene.new.root_config).await.expect("a connection");
    assert_eq!(count(&ours, "select count(*) from users").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_of_another_organization_are_refused() {
    let (scene, mut parts) = Scene::start().await;
    let bad = scene.folder.file("bad.tar.gz");
    for table in ["customers", "organizations", "audit_entries", "tickets"] {
        let mut forged = Parts { files: parts.files.clone(), manifest: parts.manifest.clone() };
        let mut rows = forged.rows(table);
        rows.last_mut().expect("a row")["organization_id"] = json!("00000000-0000-7000-8000-000000000001");
        forged.forge_rows(table, &rows);
        forged.write(&bad);
        scene.refused(&bad, "archive.foreign_rows", table).await;
    }
    // A reference to what is not there.
    let mut rows = parts.rows("tickets");
    rows[0]["customer_id"] = json!("00000000-0000-7000-8000-000000000001");
    parts.forge_rows("tickets", &rows);
    parts.write(&bad);
    scene.refused(&bad, "archive.refused", "tickets").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn numbers_from_nowhere_do_not_use_up_those_of_the_installation() {
    let (scene, mut parts) = Scene::start().await;
    let bad = scene.folder.file("bad.tar.gz");
    let mut rows = parts.rows("tickets");
    rows[0]["contract_number"] = json!(9_000_000_000_000_000_000_i64);
    let kept = rows[1]["contract_number"].clone();
    rows[1]["contract_number"] = json!(7);
    assert_ne!(kept, json!(7));
    parts.forge_rows("tickets", &rows);
    parts.write(&bad);
    let ours = runtime::db::connect(&scene.new.root_config).await.expect("a connection");
    let last = "select last_value from tickets_contract_number_seq";
    let before = count(&ours, last).await;
    try_in(&scene.new.server.app, &bad).await.expect("an import");
    let taken = count(&ours, last).await - before;
    assert!(taken <= i64::try_from(rows.len()).expect("few"), "{taken} numbers were taken for {} tickets", rows.len());
    assert_eq!(count(&ours, "select count(*) from tickets where contract_number = 7").await, 1, "what is free stays");
    let beyond = format!("select count(*) from tickets where contract_number > ({last})");
    assert_eq!(count(&ours, &beyond).await, 0, "the others are numbered like ours");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_word_that_was_checked_is_the_word_that_is_written() {
    let (scene, mut parts) = Scene::start().await;
    let bad = scene.folder.file("bad.tar.gz");
    let mut rows = parts.rows("organizations");
    rows[0]["slug"] = json!("API/../../somewhere");
    parts.forge_rows("organizations", &rows);
    parts.write(&bad);
    let done = try_in(&scene.new.server.app, &bad).await.expect("an import");
    assert_eq!(done.slug, "acme");
    let ours = runtime::db::connect(&scene.new.root_config).await.expect("a connection");
    let named =
        "select count(*) from organizations o join organization_slugs s on s.slug = o.slug where o.slug = 'acme'";
    assert_eq!(count(&ours, named).await, 1);
}
