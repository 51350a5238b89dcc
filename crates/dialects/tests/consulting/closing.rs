//! An organization that is deleted while it is imported.

use std::sync::Mutex;

use dialects::consulting::import::Consulting;
use dialects::import::import;

use super::world::{World, leverai, shop};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_ends_where_its_organization_closes() {
    let world = World::with(&shop()).await;
    world.import().await;
    world
        .source(
            "update users_consulting set name = name || ' II'; update tickets_consulting set title = title || ' II'",
        )
        .await;
    let seen = Mutex::new(Vec::new());
    let watch = |progress: dialects::import::Progress<'_>| {
        if progress.doing != dialects::import::Doing::Writing || !seen.lock().expect("one").is_empty() {
            return;
        }
        let closing = async {
            let closes = "update organizations set closing_since = now(), closes_at = now() + interval '30 days'";
            world.ours.batch_execute(closes).await.expect("closed after the first batch");
            world.fingerprint().await
        };
        let found = tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(closing));
        *seen.lock().expect("one") = found;
    };
    let run = import::<Consulting>(&world.app.server.app, &world.from, leverai(), &watch, &mut |_| Ok(())).await;
    let refused = run.expect_err("refused").to_string();
    assert!(refused.contains("is being closed"), "{refused}");
    let seen = seen.lock().expect("one").clone();
    assert!(!seen.is_empty(), "nothing was written before");
    assert_eq!(world.fingerprint().await, seen, "nothing changes from then on");
}
