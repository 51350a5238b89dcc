//! Many connections at once on few accounts.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use retainer::ledger::rules::account::{Micros, Source, Terms};
use retainer::ledger::rules::{Book, Request, Subject};
use retainer::ledger::verify;
use runtime::tx::Access;

use super::postgres::{Answer, Ledger, time};
use super::script::{Call, Reader, SEATS, START, Step};
use super::world::{World, block_on, cases};

/// A grant of hours to the first customer.
pub(super) fn grant(amount: i64) -> Call {
    let terms = Terms {
        source: Source::Issued,
        source_ref: "topup/first".to_owned(),
        promotional: false,
        priority: 50,
        amount,
        unlimited: false,
        effective_at: START,
        expires_at: None,
        applies_to: vec![],
        rollover: None,
    };
    Call { key: "first".to_owned(), request: Request::Grant { owner: 0, terms }, now: START }
}

/// A hold of one unit of the first customer's for a subject.
pub(super) fn hold(name: &str) -> Call {
    let subject = Subject { name: name.to_owned(), facts: vec![], expires_at: None };
    let request = Request::Hold { owner: 0, subject, amount: 1 };
    Call { key: format!("hold {name}"), request, now: START }
}

/// Another connection to the same ledger.
pub(super) async fn another(world: &World, ledger: &Ledger) -> Ledger {
    Ledger {
        client: world.connect(ledger.organization).await,
        organization: ledger.organization,
        owners: ledger.owners,
        ids: ledger.ids.clone(),
    }
}

pub(super) async fn nothing_is_wrong(world: &World, ledger: &Ledger, now: Micros) {
    let tx = world.tx(ledger.organization, time(now), Access::Read).await.expect("it works");
    let wrong = verify::verify(&tx).await.expect("it works");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

async fn all_at_once(world: &World, ledger: &Ledger, calls: Vec<Call>) -> Vec<Answer> {
    let mut tasks = Vec::new();
    for call in calls {
        let ledger = another(world, ledger).await;
        tasks.push(tokio::spawn(async move {
            let request = ledger.translate(&call.request).await;
            ledger.operate(&call, &request).await
        }));
    }
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.expect("it works"));
    }
    answers
}

#[test]
fn of_sixteen_who_want_the_last_ten_units_ten_get_one() {
    block_on(async {
        let world = World::new().await;
        let ledger = world.ledger().await;
        let grant = grant(10);
        ledger.operate(&grant, &ledger.translate(&grant.request).await).await;
        let calls = (0..16).map(|number| hold(&format!("ticket {number}"))).collect();
        let answers = all_at_once(&world, &ledger, calls).await;
        let count = |outcome: &str| answers.iter().filter(|answer| answer.outcome == outcome).count();
        assert_eq!((count("ok"), count("short")), (10, 6));
        nothing_is_wrong(&world, &ledger, START).await;
    });
}

#[test]
fn one_key_sent_by_eight_at_once_is_done_once_and_told_to_all() {
    block_on(async {
        let world = World::new().await;
        let ledger = world.ledger().await;
        let answers = all_at_once(&world, &ledger, vec![grant(10); 8]).await;
        assert_eq!(answers.iter().filter(|answer| !answer.replayed).count(), 1);
        assert!(answers.iter().all(|answer| answer.result == answers[0].result));
        let answers = all_at_once(&world, &ledger, vec![hold("the ticket"); 8]).await;
        assert_eq!(answers.iter().filter(|answer| !answer.replayed).count(), 1);
        assert!(answers.iter().all(|answer| answer.outcome == "ok" && answer.result == answers[0].result));
        // The same payment under eight keys.
        let told = (0..8).map(|number| Call { key: format!("event {number}"), ..grant(10) }).collect();
        let answers = all_at_once(&world, &ledger, told).await;
        assert!(answers.iter().all(|answer| answer.result["existing"] == true));
        let row = ledger
            .client
            .query_one("select posted, held, last_seq from allowance_accounts", &[])
            .await
            .expect("it works");
        assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1), row.get::<_, i64>(2)), (10, 1, 2));
    });
}

/// Random steps, given meaning against a book that only this worker writes: its guesses about lots and holds that others
/// have made in reality are often wrong, and that is the point.
pub(super) async fn work(
    ledger: Ledger,
    steps: Vec<Step>,
    worker: usize,
    clock: Arc<AtomicI64>,
) -> Vec<(Call, Answer)> {
    let mut book = Book::new(vec![SEATS]);
    let mut reader = Reader::new();
    let mut answers = Vec::new();
    for step in &steps {
        let mut call = reader.read(step, &book);
        let _ = book.operate(&call.key, &call.request, call.now);
        call.key = format!("{worker} {}", call.key);
        if let Request::Grant { terms, .. } | Request::Upgrade { terms, .. } = &mut call.request {
            terms.source_ref = format!("{} {worker}", terms.source_ref);
        }
        clock.fetch_max(call.now, Ordering::SeqCst);
        let request = ledger.translate(&call.request).await;
        let answer = ledger.operate(&call, &request).await;
        answers.push((call, answer));
    }
    answers
}

#[test]
fn after_random_scripts_at_once_every_rule_still_holds() {
    block_on(async {
        let world = Arc::new(World::new().await);
        let mut runner = TestRunner::deterministic();
        for _ in 0..cases(1) {
            let ledger = world.ledger().await;
            let clock = Arc::new(AtomicI64::new(START));
            let mut tasks = Vec::new();
            for worker in 0..5 {
                let tree =
                    proptest::collection::vec(super::script::step(), 120).new_tree(&mut runner).expect("it works");
                let ledger = another(&world, &ledger).await;
                tasks.push(tokio::spawn(work(ledger, tree.current(), worker, Arc::clone(&clock))));
            }
            let mut done = 0;
            for task in tasks {
                done += task
                    .await
                    .expect("it works")
                    .iter()
                    .filter(|(_, answer)| answer.outcome == "ok" && !answer.replayed)
                    .count();
            }
            let row =
                ledger.client.query_one("select count(*) from allowance_operations", &[]).await.expect("it works");
            assert_eq!(usize::try_from(row.get::<_, i64>(0)), Ok(done));
            assert!(done > 100, "only {done} operations were done");
            nothing_is_wrong(&world, &ledger, clock.load(Ordering::SeqCst)).await;
        }
    });
}
