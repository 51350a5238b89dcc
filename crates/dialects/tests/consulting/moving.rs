//! A shop that was imported moves on to another installation.

use retainer::archive;
use testkit::{TestApp, at};

use super::world::{SHOP, World, decisions_of, leverai, run};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_imported_shop_that_moves_on_is_imported_into_as_before() {
    let world = World::with(&SHOP.replace("'{bcrypt}'", "null")).await;
    world.import().await;
    let new = TestApp::bare().await;
    new.clock.set(at("2026-11-21T09:00:00Z"));
    let bolt = new.server.app.ids.next();
    new.organization(bolt, "bolt", "Bolt").await;
    new.member(bolt, "Dev of Bolt", "dev@leverai.example", kernel::Role::Developer).await;
    let folder =
        std::env::temp_dir().join(format!("retainer-moving-{}", &runtime::secret::Key::generate().to_hex()[..16]));
    std::fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join("leverai.tar.gz");
    let app = &world.app.server.app;
    archive::export(app, archive::Export { slug: "leverai", to: &file }, &|_| ()).await.expect("an archive");
    let taken = archive::Import { from: &file, slug: None, dry_run: false };
    archive::import(&new.server.app, taken, &|_| ()).await.expect("taken in");
    std::fs::remove_dir_all(&folder).expect("swept");
    let again = async || {
        let (report, told) = run(&new, &world.from, leverai()).await.expect("an import");
        (report.changes, decisions_of(told))
    };
    assert_eq!(again().await, (0, Vec::new()), "nothing moved");
    world
        .source(
            "insert into ticket_comments_consulting (ticket_id, user_id, usertype, message, created_at)
             values (3, '00000000-0000-4000-8000-00000000000d', 'admin', 'Dev is still here', '2026-11-20 10:00')",
        )
        .await;
    assert_eq!(again().await, (1, Vec::new()));
    let ours = runtime::db::connect(&new.root_config).await.expect("a connection");
    let said =
        "select u.name from ticket_comments c join users u on u.id = c.author_user_id where c.message like 'Dev is%'";
    let said: String = ours.query_one(said, &[]).await.expect("the comment").get(0);
    assert_eq!(said, "Dev of Bolt");
}
