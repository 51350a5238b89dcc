//! What the reads tell is what the model says, now and of the past.

use std::collections::BTreeMap;

use proptest::prelude::*;
use retainer::ledger::rules::{Book, Owner as Place};
use retainer::ledger::{Owner, explain, find, why};
use runtime::Tx;
use runtime::tx::Access;

use super::equivalence::{for_scripts, run};
use super::postgres::{Ledger, time};
use super::script::{DAY, Reader, SEATS};
use super::world::cases;
use kernel::id::Id as _;

fn owners(ledger: &Ledger) -> [(Place, Owner, kernel::Unit); 3] {
    let customer = |place: Place| Owner::Customer(kernel::id::CustomerId::from_uuid(ledger.owners[place]));
    let card = Owner::GiftCard(ledger.owners[3]);
    [
        (0, customer(0), kernel::Unit::Hour),
        (1, customer(1), kernel::Unit::Hour),
        (3, card, kernel::Unit::Money(kernel::Currency::USD)),
    ]
}

/// Posted, held, free credit, debt, spent, with everything applied that is due.
fn told(book: &Book, place: Place, now: i64) -> Option<[i64; 5]> {
    let mut account = book.accounts.get(&place)?.clone();
    account.settle("", now);
    Some([account.posted, account.held, account.credit_free, account.debt, account.consumed])
}

fn figures(balance: &retainer::ledger::Balance) -> [i64; 5] {
    [balance.posted, balance.held, balance.credit_free, balance.debt, balance.consumed]
}

#[test]
fn a_balance_is_told_right_before_anybody_has_applied_what_is_due_and_why_adds_up() {
    for_scripts(cases(5), 60, async |world, ledger, steps| {
        let (book, reader) = run(ledger, steps).await?;
        for later in [0, DAY, 10 * DAY, 60 * DAY] {
            let now = reader.now + later;
            let tx = world.tx(ledger.organization, time(now), Access::Read).await.expect("it works");
            for (place, owner, unit) in owners(ledger) {
                let balance = find::balance(&tx, owner, unit).await.expect("it works");
                prop_assert_eq!(told(&book, place, now).unwrap_or_default(), figures(&balance));
                let explained = why::why(&tx, owner, unit).await.expect("it works");
                prop_assert_eq!(explained.is_some(), balance.account.is_some());
                if let Some(why) = explained {
                    prop_assert_eq!(figures(&why.balance), figures(&balance));
                    prop_assert!(why.adds_up(), "{:#?}", why);
                    if let Owner::Customer(customer) = owner {
                        rows_are_the_figures(&explain::explain(&tx, customer, unit).await.expect("it works"))?;
                    }
                }
            }
        }
        Ok(())
    });
}

/// Whoever adds up the rows of the explanation gets the line above them, whatever has ended meanwhile.
fn rows_are_the_figures(told: &explain::Explanation) -> Result<(), TestCaseError> {
    let sum = |pick: fn(&explain::LotView) -> &kernel::Decimal| {
        told.lots.iter().filter(|lot| lot.counts).map(|lot| pick(lot).rounded_atoms(told.allowance.unit)).sum::<i64>()
    };
    let rows = [sum(|lot| &lot.amount), sum(|lot| &lot.used), sum(|lot| &lot.held), sum(|lot| &lot.left)];
    let line = &told.allowance;
    let line = [&line.granted, &line.used, &line.held, &line.left].map(|it| it.rounded_atoms(told.allowance.unit));
    prop_assert_eq!(rows, line, "{:#?}", told);
    // What open work holds and what is left is what the ledger says, credit lines apart.
    let holds: i64 = told.holds.iter().map(|hold| hold.quantity.rounded_atoms(told.allowance.unit)).sum();
    prop_assert!(rows[2] <= holds, "{:#?}", told);
    Ok(())
}

#[test]
fn a_balance_of_the_past_is_what_it_was_then() {
    for_scripts(cases(5), 60, async |world, ledger, steps| {
        // What the model said at each instant, after the last operation of that instant.
        let mut history: BTreeMap<i64, Book> = BTreeMap::new();
        let (mut book, mut reader) = (Book::new(vec![SEATS]), Reader::new());
        for step in steps {
            let call = reader.read(step, &book);
            let _ = book.operate(&call.key, &call.request, call.now);
            history.insert(call.now, book.clone());
        }
        run(ledger, steps).await?;
        let tx = world.tx(ledger.organization, time(reader.now + DAY), Access::Read).await.expect("it works");
        for (now, book) in &history {
            for (place, owner, unit) in owners(ledger) {
                let balance = past(&tx, owner, unit, *now).await;
                prop_assert_eq!(told(book, place, *now), balance, "{} at {}", place, time(*now));
            }
        }
        Ok(())
    });
}

async fn past(tx: &Tx, owner: Owner, unit: kernel::Unit, at: i64) -> Option<[i64; 5]> {
    find::balance_at(tx, owner, unit, time(at)).await.expect("it works").as_ref().map(figures)
}
