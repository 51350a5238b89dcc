//! The model and PostgreSQL do the same, step by step; at the end the tables prove themselves.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use retainer::ledger::rules::{Book, Done, Refused};
use retainer::ledger::verify;
use runtime::tx::Access;
use serde_json::Value;

use super::postgres::{Answer, Ledger, lines, time};
use super::script::{Reader, SEATS, Step, script};
use super::world::{World, block_on, cases};

/// Runs a script on both and compares outcome, result and the whole state after each step.
pub(super) async fn run(ledger: &Ledger, steps: &[Step]) -> Result<(Book, Reader), TestCaseError> {
    let mut book = Book::new(vec![SEATS]);
    let mut reader = Reader::new();
    for step in steps {
        let call = reader.read(step, &book);
        let request = ledger.translate(&call.request).await;
        let expected = book.operate(&call.key, &call.request, call.now);
        let answer = ledger.operate(&call, &request).await;
        prop_assert!(same(&expected, &answer), "{call:?}\n  model {expected:?}\n  postgres {answer:?}");
        let (model, stored) = (lines(&book), ledger.state().await);
        let differs = model.iter().zip(&stored).find(|(one, other)| one != other);
        prop_assert!(
            differs.is_none() && model.len() == stored.len(),
            "{call:?}\n {answer:?}\n  {differs:?}\n{model:#?}\n{stored:#?}"
        );
    }
    Ok((book, reader))
}

fn same(expected: &Result<(Done, bool), Refused>, answer: &Answer) -> bool {
    let number = |names: &[&str]| names.iter().find_map(|name| answer.result[*name].as_i64());
    match expected {
        Err(refused) => answer.outcome == refused.code(),
        Ok((done, replayed)) => {
            answer.outcome == "ok"
                && answer.replayed == *replayed
                && done.lot.is_some() == matches!(answer.result["lot"], Value::String(_))
                && done.hold.is_some() == matches!(answer.result["hold"], Value::String(_))
                && number(&["credit"]).is_none_or(|credit| credit == done.credit)
                && number(&["released", "refunded", "moved", "debt", "overage"]).is_none_or(|moved| moved == done.moved)
        }
    }
}

/// Runs a check on a fresh organization for each of many random scripts.
pub(super) fn for_scripts(
    scripts: u32,
    steps: usize,
    check: impl AsyncFn(&World, &Ledger, &[Step]) -> Result<(), TestCaseError>,
) {
    let config = Config { cases: scripts, failure_persistence: None, max_shrink_iters: 400, ..Config::default() };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("it works");
    let world = runtime.block_on(World::new());
    let ledger = tokio::sync::Mutex::new(runtime.block_on(world.ledger()));
    let result = TestRunner::new(config).run(&script(steps), |steps| {
        runtime.block_on(async {
            let mut ledger = ledger.lock().await;
            world.renew(&mut ledger).await;
            check(&world, &ledger, &steps).await
        })
    });
    result.expect("it works");
}

#[test]
fn postgres_does_what_the_model_does_and_every_table_proves_itself() {
    for_scripts(cases(25), 80, async |world, ledger, steps| {
        let (_, reader) = run(ledger, steps).await?;
        let tx = world.tx(ledger.organization, time(reader.now), Access::Read).await.expect("it works");
        let wrong = verify::verify(&tx).await.expect("it works");
        prop_assert!(wrong.is_empty(), "{wrong:#?}");
        Ok(())
    });
}

#[test]
fn every_counter_can_be_rebuilt_from_the_entries() {
    for_scripts(cases(4), 80, async |world, ledger, steps| {
        let (book, reader) = run(ledger, steps).await?;
        let now = time(reader.now);
        let tx = world.tx(ledger.organization, now, Access::Write).await.expect("it works");
        prop_assert_eq!(verify::rebuild(&tx).await.expect("it works"), 0);
        drop(tx);
        let wrongs = [
            "update allowance_accounts set posted = posted + 5, consumed = consumed + 1, last_seq = last_seq + 3, debt = 9",
            "update allowance_lots set consumed = consumed + 7, remaining = held",
            "update allowance_hold_lots set refunded = 0, amount = amount + 1, captured = 0",
            "update allowance_holds set amount = amount + 1, captured = 0, released = amount + 1, state = 'released',
                closed_at = created_at",
        ];
        for wrong in wrongs {
            ledger.client.batch(wrong).await.expect(wrong);
        }
        let tx = world.tx(ledger.organization, now, Access::Write).await.expect("it works");
        let repaired = verify::rebuild(&tx).await.expect("it works");
        tx.commit().await.expect("it works");
        prop_assert!(repaired > 0 || book.accounts.is_empty());
        prop_assert_eq!(lines(&book), ledger.state().await);
        Ok(())
    });
}

#[test]
fn verification_finds_what_is_wrong() {
    block_on(async {
        let world = World::new().await;
        let ledger = world.ledger().await;
        let grant = super::concurrency::grant(10);
        ledger.operate(&grant, &ledger.translate(&grant.request).await).await;
        ledger.client.batch("update allowance_lots set consumed = 3").await.expect("it works");
        ledger.client.batch("update allowance_accounts set posted = 11, next_event_at = null").await.expect("it works");
        let tx = world.tx(ledger.organization, time(grant.now), Access::Read).await.expect("it works");
        let rules: Vec<_> = verify::verify(&tx).await.expect("it works").into_iter().map(|wrong| wrong.rule).collect();
        assert_eq!(
            rules,
            [
                "posted is what remains in started lots, held is what open holds have",
                "counters are the sums of the entries",
                "a lot's counters are the sums of its entries and of its holds' parts",
            ]
        );
    });
}
