//! Connections that break at any moment.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use retainer::ledger::rules::Request;

use super::concurrency::{another, grant, hold, nothing_is_wrong};
use super::postgres::Ledger;
use super::script::{Call, START};
use super::world::{World, block_on};

#[test]
fn an_exchange_that_was_not_committed_is_done_on_neither_account() {
    block_on(async {
        let world = World::new().await;
        let ledger = world.ledger().await;
        let first = grant(10);
        ledger.operate(&first, &ledger.translate(&first.request).await).await;
        let before = ledger.state().await;
        let request = Request::Exchange { from: 0, to: 1, give: 4, get: 8 };
        let exchange = Call { key: "exchange".to_owned(), request, now: START };
        let broken = another(&world, &ledger).await;
        broken.client.batch("begin").await.expect("it works");
        let request = broken.translate(&exchange.request).await;
        assert_eq!(broken.operate(&exchange, &request).await.outcome, "ok");
        assert_ne!(broken.state().await, before);
        drop(broken);
        assert_eq!(ledger.state().await, before);
        // The key is free again.
        let answer = ledger.operate(&exchange, &request).await;
        assert_eq!((answer.outcome.as_str(), answer.replayed), ("ok", false));
        nothing_is_wrong(&world, &ledger, START).await;
    });
}

/// Sends a call until an answer comes, with a new connection whenever the last one broke.
async fn persist(world: &World, ledger: &mut Ledger, call: &Call) -> String {
    for _ in 0..200 {
        // A hold names its account by its owner, so translating it asks the database nothing.
        let request = ledger.translate(&call.request).await;
        match ledger.attempt(call, &request).await {
            Ok(answer) => return answer.outcome,
            Err(_) => {
                if let Ok(client) = world.try_connect(ledger.organization).await {
                    ledger.client = client;
                }
            }
        }
    }
    panic!("never answered: {call:?}");
}

#[test]
fn killed_connections_lose_nothing_and_do_nothing_twice() {
    block_on(async {
        let world = Arc::new(World::new().await);
        let ledger = world.ledger().await;
        let first = grant(1000);
        ledger.operate(&first, &ledger.translate(&first.request).await).await;
        let stop = Arc::new(AtomicBool::new(false));
        let killer = tokio::spawn({
            let (world, stop) = (Arc::clone(&world), Arc::clone(&stop));
            async move {
                let owner = world.root().await;
                let mut killed = 0;
                while !stop.load(Ordering::SeqCst) {
                    tokio::time::sleep(Duration::from_millis(15)).await;
                    let kill = "select pg_terminate_backend(pid) from pg_stat_activity
                                 where datname = current_database() and usename = 'retainer_app'
                                   and state <> 'idle' order by random() limit 1";
                    killed += owner.query(kill, &[]).await.expect("it works").len();
                }
                killed
            }
        });
        let mut workers = Vec::new();
        for worker in 0..3 {
            let (world, mut own) = (Arc::clone(&world), another(&world, &ledger).await);
            workers.push(tokio::spawn(async move {
                for number in 0..150 {
                    let call = hold(&format!("{worker} {number}"));
                    assert_eq!(persist(&world, &mut own, &call).await, "ok");
                }
            }));
        }
        for worker in workers {
            worker.await.expect("it works");
        }
        stop.store(true, Ordering::SeqCst);
        let killed = killer.await.expect("it works");
        let ledger = another(&world, &ledger).await;
        let row =
            ledger.client.query_one("select held, last_seq from allowance_accounts", &[]).await.expect("it works");
        assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), (450, 451), "after {killed} kills");
        assert!(killed > 0, "nobody was killed");
        nothing_is_wrong(&world, &ledger, START).await;
    });
}
