//! An import whose program is killed in the middle of a statement keeps nobody waiting.

use std::time::Duration;

use super::world::{World, leverai, run, shop};

/// The process that has the organization's turn.
const HOLDER: &str = "select l.pid::text from pg_locks l join pg_database d on d.oid = l.database
    where l.locktype = 'advisory' and d.datname = current_database() and l.granted and l.mode = 'ExclusiveLock'";
const WAITS: &str =
    "select count(*)::text from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";

/// Waits until a query answers otherwise; how it answers then.
async fn changed(world: &World, query: &str, from: &[String]) -> Vec<String> {
    for _ in 0..150 {
        let now = world.ours(query).await;
        if now != from {
            return now;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("it stays {from:?}: {query}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_kill_9_in_the_middle_of_a_statement_the_next_run_goes_on() {
    let world = World::with(&shop()).await;
    world.import().await;
    world.source("update users_consulting set name = 'Cato Renamed' where name = 'Cato'").await;
    let busy = world.app.root().await;
    busy.batch_execute("begin; lock table customers in access exclusive mode").await.expect("a lock");
    // All of its connections end without a word, as those of a killed program do.
    let program =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a program");
    let (app, from) = (world.app.server.app.clone(), world.from.clone());
    program.spawn(async move {
        let mut each = |_| Ok(());
        dialects::import::import::<dialects::consulting::import::Consulting>(&app, &from, leverai(), &|_| (), &mut each)
            .await
    });
    changed(&world, WAITS, &["0".to_owned()]).await;
    let first = world.ours(HOLDER).await;
    assert_eq!(first.len(), 1, "it runs");
    program.shutdown_background();
    let taken = async {
        // While what it waited for is still locked.
        let second = changed(&world, HOLDER, &first).await;
        busy.batch_execute("commit").await.expect("free");
        second
    };
    let (again, _) = tokio::join!(run(&world.app, &world.from, leverai()), taken);
    assert_eq!(again.expect("an import").0.changes, 1);
    assert_eq!(world.ours("select name from customers where name like 'Cato%'").await, ["Cato Renamed"]);
}
