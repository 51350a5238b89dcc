//! The rules of the ledger, each in words, checked on the model after every step of many scripts. That PostgreSQL does
//! what the model does is shown elsewhere, so what holds here holds there.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use retainer::ledger::rules::account::{Account, HoldState, Kind, Lot, Source};
use retainer::ledger::rules::spend::burn_key;
use retainer::ledger::rules::{Book, Done, Refused, Request, Subject};

use super::postgres::lines;
use super::script::{Call, DAY, Reader, SEATS, script};
use super::world::cases;

type Outcome = Result<(Done, bool), Refused>;
type Checked = Result<(), TestCaseError>;

fn every_step(check: impl Fn(&Book, &Call, &Outcome, &Book) -> Checked) {
    let config = Config { cases: cases(40), failure_persistence: None, max_shrink_iters: 2000, ..Config::default() };
    let result = TestRunner::new(config).run(&script(70), |steps| {
        let mut book = Book::new(vec![SEATS]);
        let mut reader = Reader::new();
        for step in &steps {
            let call = reader.read(step, &book);
            let before = book.clone();
            let outcome = book.operate(&call.key, &call.request, call.now);
            check(&before, &call, &outcome, &book)?;
        }
        Ok(())
    });
    result.expect("it works");
}

fn every_account(check: impl Fn(&Account) -> Checked) {
    every_step(|_, _, _, after| after.accounts.values().try_for_each(&check));
}

fn sum(account: &Account, kinds: &[Kind]) -> i64 {
    let limited = |lot: Option<i64>| lot.is_some_and(|seq| !lot_of(account, seq).terms.unlimited);
    let entries = account.entries.iter().filter(|entry| kinds.contains(&entry.kind) && limited(entry.lot));
    entries.map(|entry| entry.quantity).sum()
}

fn lot_of(account: &Account, seq: i64) -> &Lot {
    &account.lots[account.lot_at(seq).expect("a lot")]
}

#[test]
fn posted_is_what_remains_in_started_lots_and_held_what_open_holds_have() {
    every_account(|account| {
        let started = account.lots.iter().filter(|lot| lot.activated);
        prop_assert_eq!(account.posted, started.map(|lot| lot.remaining).sum::<i64>());
        prop_assert_eq!(account.held, account.lots.iter().map(|lot| lot.held).sum::<i64>());
        for lot in account.lots.iter().filter(|lot| !lot.terms.unlimited) {
            let parts = account.holds.iter().flat_map(|hold| &hold.parts).filter(|part| part.lot == lot.seq);
            prop_assert_eq!(lot.held, parts.map(|part| part.open()).sum::<i64>());
        }
        Ok(())
    });
}

#[test]
fn running_balances_are_sums_of_the_entries_and_numbers_have_no_gaps() {
    every_account(|account| {
        let (mut posted, mut held) = (0, 0);
        for (place, entry) in account.entries.iter().enumerate() {
            posted += entry.d_posted;
            held += entry.d_held;
            prop_assert_eq!((entry.posted_after, entry.held_after), (posted, held));
            prop_assert_eq!(usize::try_from(entry.seq), Ok(place + 1));
        }
        prop_assert_eq!((account.posted, account.held), (posted, held));
        Ok(())
    });
}

#[test]
fn every_lot_holds_no_more_than_remains_and_every_account_no_more_than_is_posted() {
    every_account(|account| {
        for lot in &account.lots {
            prop_assert!(0 <= lot.held && lot.held <= lot.remaining && lot.remaining <= lot.terms.amount, "{lot:?}");
        }
        prop_assert!(0 <= account.held && account.held <= account.posted && account.debt >= 0);
        prop_assert!(0 <= account.credit_free && account.credit_free <= account.spendable());
        Ok(())
    });
}

#[test]
fn without_credit_or_unlimited_lots_no_more_is_spent_than_was_granted() {
    every_account(|account| {
        let free = |lot: &Lot| lot.terms.unlimited || lot.terms.source == Source::CreditLine;
        if !account.lots.iter().any(free) {
            prop_assert!(account.consumed <= sum(account, &[Kind::Grant]));
        }
        Ok(())
    });
}

#[test]
fn a_hold_is_the_sum_of_its_parts_and_closed_exactly_when_it_is_used_up() {
    every_account(|account| {
        for hold in &account.holds {
            let add = |of: fn(&retainer::ledger::rules::account::Part) -> i64| hold.parts.iter().map(of).sum::<i64>();
            prop_assert_eq!(hold.amount, add(|part| part.amount));
            prop_assert_eq!(hold.captured, add(|part| part.captured));
            prop_assert_eq!(hold.released, add(|part| part.released));
            prop_assert!(hold.parts.iter().all(|part| 0 <= part.refunded && part.refunded <= part.captured));
            prop_assert!(hold.open() >= 0);
            prop_assert_eq!(hold.state == HoldState::Open, hold.open() > 0);
        }
        Ok(())
    });
}

#[test]
fn what_was_issued_is_somewhere() {
    every_account(|account| {
        use Kind as K;
        let remaining: i64 = account.lots.iter().map(|lot| lot.remaining).sum();
        let spent = sum(account, &[K::Capture, K::Consume]) - sum(account, &[K::Refund]);
        let gone = [K::Expire, K::Void, K::ExchangeOut, K::AdjustDown, K::RollOut, K::GraceOut, K::RepayDebt];
        prop_assert_eq!(sum(account, &[K::Grant]), remaining + spent + sum(account, &gone));
        Ok(())
    });
}

#[test]
fn a_key_used_again_changes_nothing_and_a_refusal_leaves_nothing() {
    every_step(|before, call, outcome, after| {
        if !matches!(outcome, Ok((_, false))) {
            prop_assert_eq!(before, after);
        }
        if let Ok((done, _)) = outcome {
            let again = after.clone().operate(&call.key, &call.request, call.now + DAY);
            prop_assert_eq!(again, Ok((done.clone(), true)));
            let other = Request::Settle { owner: 99 };
            prop_assert_eq!(after.clone().operate(&call.key, &other, call.now), Err(Refused::KeyReused));
        }
        Ok(())
    });
}

#[test]
fn a_closed_hold_never_changes() {
    every_step(|before, _, _, after| {
        for (owner, account) in &before.accounts {
            for (old, new) in account.holds.iter().zip(&after.accounts[owner].holds) {
                let terms = |hold: &retainer::ledger::rules::account::Hold| {
                    (hold.seq, hold.amount, hold.captured, hold.released, hold.state)
                };
                prop_assert!(old.state == HoldState::Open || terms(old) == terms(new));
            }
        }
        Ok(())
    });
}

#[test]
fn no_lot_is_drawn_on_while_one_before_it_has_unheld_units() {
    every_step(|before, call, outcome, after| {
        let draws = matches!(
            call.request,
            Request::Hold { .. } | Request::Consume { .. } | Request::CaptureMore { .. } | Request::AdjustHold { .. }
        );
        if !draws || !matches!(outcome, Ok((_, false))) {
            return Ok(());
        }
        for (owner, account) in &after.accounts {
            let old = before.accounts.get(owner).map_or(0, |account| account.entries.len());
            let drawn = account.entries[old..].iter().filter(|entry| matches!(entry.kind, Kind::Hold | Kind::Consume));
            for entry in drawn {
                let hold = &account.holds[account.hold_at(entry.hold.expect("a hold")).expect("a hold")];
                let lot = lot_of(account, entry.lot.expect("a lot"));
                let earlier = |other: &&Lot| burn_key(other) < burn_key(lot);
                let open = |other: &&Lot| other.alive() && other.applies(&hold.facts) && other.free() > 0;
                let passed_over = account.lots.iter().filter(earlier).find(open);
                prop_assert!(passed_over.is_none(), "{lot:?} before {passed_over:?}");
            }
        }
        Ok(())
    });
}

#[test]
fn a_refund_of_what_was_spent_restores_living_lots() {
    every_step(|_, call, _, after| {
        let subject = Subject { name: "probe".to_owned(), facts: vec![], expires_at: None };
        let lots = |book: &Book, owner| {
            let living = book.accounts[&owner].lots.iter().filter(|lot| lot.alive());
            living.map(|lot| (lot.seq, lot.remaining, lot.held, lot.consumed)).collect::<Vec<_>>()
        };
        for owner in after.accounts.keys().copied() {
            let mut book = after.clone();
            let settle = Request::Settle { owner };
            book.operate("probe settles", &settle, call.now).expect("settling is never refused");
            let before = lots(&book, owner);
            let consume = Request::Consume { owner, subject: subject.clone(), amount: 2 };
            let Ok((done, _)) = book.operate("probe consumes", &consume, call.now) else { continue };
            let hold = (owner, done.hold.expect("a hold"));
            let refund = Request::Refund { hold, amount: None, vendor_fault: false, grace_days: 1 };
            prop_assert!(book.operate("probe refunds", &refund, call.now).is_ok());
            prop_assert_eq!(before, lots(&book, owner));
        }
        Ok(())
    });
}

#[test]
fn nothing_is_drawn_before_a_lots_start_or_newly_at_its_end() {
    every_account(|account| {
        for entry in &account.entries {
            let Some(lot) = entry.lot.map(|seq| lot_of(account, seq)) else { continue };
            let draws = matches!(entry.kind, Kind::Hold | Kind::Consume | Kind::Capture);
            prop_assert!(!draws || entry.effective_at >= lot.terms.effective_at);
            let new = matches!(entry.kind, Kind::Hold | Kind::Consume);
            prop_assert!(!new || lot.terms.expires_at.is_none_or(|end| entry.effective_at < end));
        }
        Ok(())
    });
}

#[test]
fn an_ended_lot_keeps_only_what_is_held() {
    every_account(|account| {
        for lot in account.lots.iter().filter(|lot| lot.ended.is_some()) {
            prop_assert_eq!(lot.remaining, lot.held);
        }
        Ok(())
    });
}

#[test]
fn a_rollover_happens_once_within_its_cap_and_out_of_what_was_unheld() {
    every_step(|_, call, outcome, after| {
        for account in after.accounts.values() {
            let rolled: Vec<_> = account.lots.iter().filter(|lot| lot.terms.source == Source::Rollover).collect();
            for lot in &rolled {
                let from = lot.predecessor.expect("a predecessor");
                prop_assert_eq!(rolled.iter().filter(|other| other.predecessor == Some(from)).count(), 1);
                let out = account.entries.iter().filter(|entry| entry.kind == Kind::RollOut && entry.lot == Some(from));
                prop_assert_eq!(out.map(|entry| entry.quantity).collect::<Vec<_>>(), [lot.terms.amount]);
                prop_assert!(lot.terms.amount <= lot_of(account, from).terms.amount);
            }
        }
        if let (Request::Roll { lot, rollover }, Ok((Done { lot: Some(seq), .. }, false))) = (&call.request, outcome) {
            let new = lot_of(&after.accounts[&lot.0], *seq);
            prop_assert!(new.terms.amount <= rollover.cap && new.terms.expires_at == rollover.expires_at);
        }
        Ok(())
    });
}

#[test]
fn sweeping_at_any_times_or_never_gives_the_same_balances() {
    let config = Config { cases: cases(40), failure_persistence: None, ..Config::default() };
    let input = (script(70), proptest::collection::vec(any::<u8>(), 70));
    let result = TestRunner::new(config).run(&input, |(steps, sweeps)| {
        let (mut never, mut often) = (Book::new(vec![SEATS]), Book::new(vec![SEATS]));
        let mut reader = Reader::new();
        for (place, step) in steps.iter().enumerate() {
            let from = reader.now;
            let call = reader.read(step, &never);
            for part in 0..i64::from(sweeps[place] % 4) {
                let now = from + (call.now - from) * part / 4;
                for owner in often.accounts.keys().copied().collect::<Vec<_>>() {
                    let settle = Request::Settle { owner };
                    often.operate(&format!("sweep {place} {part} {owner}"), &settle, now).expect("a sweep");
                }
            }
            let one = never.operate(&call.key, &call.request, call.now);
            prop_assert_eq!(one, often.operate(&call.key, &call.request, call.now));
            prop_assert_eq!(standing(&never, call.now), standing(&often, call.now));
        }
        Ok(())
    });
    result.expect("it works");
}

/// Balances and lots, with everything applied that is due; without when it was written and under which key.
fn standing(book: &Book, now: i64) -> Vec<String> {
    let mut book = book.clone();
    for account in book.accounts.values_mut() {
        account.settle("", now);
        account.entries.clear();
        account.lots.iter_mut().for_each(|lot| lot.terms.source_ref.clear());
    }
    lines(&book)
}

#[test]
fn open_seats_are_at_most_the_living_seats_or_there_is_a_deadline() {
    every_step(|_, _, _, after| {
        let Some(account) = after.accounts.get(&SEATS) else { return Ok(()) };
        let living = || account.lots.iter().filter(|lot| lot.alive());
        let open: i64 = account.holds.iter().map(|hold| hold.open()).sum();
        let seats: i64 = living().map(|lot| lot.terms.amount).sum();
        let unlimited = living().any(|lot| lot.terms.unlimited);
        prop_assert!(open <= seats || unlimited || account.over_limit_until.is_some());
        Ok(())
    });
}
