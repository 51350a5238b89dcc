//! Random scripts. A step is a handful of numbers that are given a meaning against the model as it stands then, so
//! that every script makes sense and shrinks well.

use proptest::prelude::*;
use retainer::ledger::rules::account::{Account, Ended, HoldState, Lot, Micros, Rollover, Source, Terms};
use retainer::ledger::rules::{Book, Owner, Request, Subject};

/// 2026-01-01T00:00:00Z.
pub(super) const START: Micros = 1_767_225_600_000_000;
pub(super) const SECOND: Micros = 1_000_000;
pub(super) const DAY: Micros = 24 * 3600 * SECOND;
/// Two customers' hours, an organization's seats, a gift card's money.
pub(super) const OWNERS: usize = 4;
pub(super) const SEATS: Owner = 2;

#[derive(Debug, Clone)]
pub(super) struct Step {
    pub(super) what: u16,
    pub(super) pick: u16,
    pub(super) amount: u16,
    pub(super) extra: u16,
    pub(super) time: u16,
    pub(super) retry: u8,
}

pub(super) fn step() -> impl Strategy<Value = Step> {
    (0u16..1000, any::<u16>(), any::<u16>(), any::<u16>(), any::<u16>(), 0u8..20)
        .prop_map(|(what, pick, amount, extra, time, retry)| Step { what, pick, amount, extra, time, retry })
}

pub(super) fn script(most: usize) -> impl Strategy<Value = Vec<Step>> {
    proptest::collection::vec(step(), 1..most)
}

/// What a script has done so far, for retries.
#[derive(Debug, Clone)]
pub(super) struct Done {
    pub(super) key: String,
    pub(super) request: Request,
}

/// One operation to do: under which key, when.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) key: String,
    pub(super) request: Request,
    pub(super) now: Micros,
}

/// Gives steps their meaning, one after the other.
#[derive(Debug, Default)]
pub(super) struct Reader {
    pub(super) now: Micros,
    pub(super) done: Vec<Done>,
    count: usize,
}

impl Reader {
    pub(super) fn new() -> Self {
        Self { now: START, ..Self::default() }
    }

    /// The call of a step, against the book as it stands.
    pub(super) fn read(&mut self, step: &Step, book: &Book) -> Call {
        self.now = later(self.now, step.time, book);
        self.count += 1;
        let mut key = format!("key-{}", self.count);
        let mut request = request(step, book, self.now, self.count);
        if let Some(before) = self.done.get(usize::from(step.pick) % self.done.len().max(1)) {
            match step.retry {
                0 | 1 => {
                    key.clone_from(&before.key);
                    request = before.request.clone();
                }
                2 => key.clone_from(&before.key),
                // The same business fact told again under another key.
                3 if matches!(before.request, Request::Grant { .. }) => request = before.request.clone(),
                _ => {}
            }
        }
        self.done.push(Done { key: key.clone(), request: request.clone() });
        Call { key, request, now: self.now }
    }
}

/// Often nothing passes, often exactly as much as brings the next event, or one microsecond less.
fn later(now: Micros, time: u16, book: &Book) -> Micros {
    let due = || book.accounts.values().filter_map(|account| next_due(account, now)).min();
    match time % 16 {
        0..=9 => now + i64::from(time / 32),
        10 | 11 => now + i64::from(time) * SECOND,
        12 if time & 0x1f0 == 0 => now + i64::from(time / 512 % 50) * DAY,
        12 => now + i64::from(time / 16 % 3) * DAY,
        13 | 14 => due().unwrap_or(now),
        _ => due().map_or(now, |due| (due - 1).max(now)),
    }
}

fn next_due(account: &Account, now: Micros) -> Option<Micros> {
    let lots = account.lots.iter().filter(|lot| lot.ended.is_none());
    let lots = lots.filter_map(|lot| if lot.activated { lot.terms.expires_at } else { Some(lot.terms.effective_at) });
    let holds = account.holds.iter().filter(|hold| hold.state == HoldState::Open).filter_map(|hold| hold.expires_at);
    lots.chain(holds).filter(|at| *at > now).min()
}

fn request(step: &Step, book: &Book, now: Micros, count: usize) -> Request {
    // Most on one account, so that it gets a history.
    let owner = [0, 0, 0, 0, 1, 2, 2, 3][usize::from(step.pick) % 8];
    let amount = 1 + i64::from(step.amount % 6);
    let part = (!step.extra.is_multiple_of(3)).then_some(amount);
    let vendor_fault = step.extra.is_multiple_of(2);
    let grace_days = i64::from(step.extra % 40) + 1;
    let hold = any_hold(book, step, false);
    let open = any_hold(book, step, true);
    let lot = any_lot(book, step);
    let grant = || Request::Grant { owner, terms: terms(step, now, count) };
    match (step.what, open, hold, lot) {
        _ if count <= 5 => grant(),
        (0..=159, ..) => grant(),
        (160..=459, ..) => Request::Hold { owner, subject: subject(step, now, count), amount },
        (460..=499, ..) => Request::Consume { owner, subject: subject(step, now, count), amount },
        (500..=609, Some(hold), ..) => Request::Capture { hold, amount, last: vendor_fault },
        (610..=639, Some(hold), ..) => Request::CaptureMore { hold, extra: amount },
        (640..=709, Some(hold), ..) => Request::Release { hold, amount: part, vendor_fault, grace_days },
        (710..=739, Some(hold), ..) => {
            let delta = if step.amount & 64 == 0 { amount } else { -amount };
            Request::AdjustHold { hold, delta, vendor_fault, grace_days }
        }
        (740..=799, _, Some(hold), _) => Request::Refund { hold, amount: part, vendor_fault, grace_days },
        (800..=819, _, _, Some((lot, _))) => Request::Expire { lot },
        (820..=844, _, _, Some((lot, _))) => {
            let expires_at = (!step.extra.is_multiple_of(3)).then(|| now + i64::from(step.extra % 30) * DAY);
            Request::Roll { lot, rollover: Rollover { cap: i64::from(step.amount % 8), expires_at } }
        }
        (845..=884, _, _, Some((lot, _))) => {
            let spent = [Ended::VoidedForgiven, Ended::Voided, Ended::VoidedBilled][usize::from(step.extra % 3)];
            Request::Void { lot, spent }
        }
        (885..=899, _, _, Some((from, _))) => {
            Request::Upgrade { from, terms: terms(step, now, count), stack: step.retry.is_multiple_of(3) }
        }
        (900..=924, _, _, Some((lot, _))) => {
            let overage = [Ended::Billed, Ended::Carried, Ended::Forgiven][usize::from(step.extra % 3)];
            Request::CloseCredit { lot: a_credit_line(book, step).unwrap_or(lot), overage }
        }
        (925..=939, ..) => Request::Exchange {
            from: owner,
            to: (owner + usize::from(step.extra % 3)) % OWNERS,
            give: amount,
            get: amount * 2,
        },
        (940..=954, ..) => {
            Request::Adjust { owner, delta: if step.extra.is_multiple_of(2) { amount } else { -amount } }
        }
        (955..=964, _, _, Some((from, lots))) => {
            let to = lots[usize::from(step.amount) % lots.len()].seq;
            let deadline = (step.extra.is_multiple_of(2)).then_some(now + DAY);
            Request::Rehome { from, to, deadline }
        }
        (965..=974, ..) => Request::Freeze { owner, time_paused: vendor_fault },
        (975..=989, ..) => Request::Unfreeze { owner: frozen(book).unwrap_or(owner) },
        (990..=999, ..) => Request::Settle { owner },
        _ => grant(),
    }
}

fn frozen(book: &Book) -> Option<Owner> {
    use retainer::ledger::rules::account::State;
    book.accounts.iter().find(|(_, account)| account.state != State::Open).map(|(owner, _)| *owner)
}

fn any_hold(book: &Book, step: &Step, open: bool) -> Option<(Owner, i64)> {
    let all: Vec<_> = book
        .accounts
        .iter()
        .flat_map(|(owner, account)| account.holds.iter().map(move |hold| (*owner, hold)))
        // Now and then a closed one, to be refused.
        .filter(|(_, hold)| !open || hold.state == HoldState::Open || step.extra.is_multiple_of(16))
        .map(|(owner, hold)| (owner, hold.seq))
        .collect();
    all.get(usize::from(step.pick) % all.len().max(1)).copied()
}

fn any_lot<'a>(book: &'a Book, step: &Step) -> Option<((Owner, i64), &'a [Lot])> {
    let all: Vec<_> = book
        .accounts
        .iter()
        .flat_map(|(owner, account)| account.lots.iter().map(|lot| ((*owner, lot.seq), account.lots.as_slice())))
        .collect();
    all.get(usize::from(step.pick) % all.len().max(1)).copied()
}

fn a_credit_line(book: &Book, step: &Step) -> Option<(Owner, i64)> {
    let lots = book.accounts.iter().flat_map(|(owner, account)| account.lots.iter().map(move |lot| (*owner, lot)));
    let all: Vec<_> = lots.filter(|(_, lot)| lot.terms.source == Source::CreditLine).collect();
    all.get(usize::from(step.pick) % all.len().max(1)).map(|(owner, lot)| (*owner, lot.seq))
}

fn subject(step: &Step, now: Micros, count: usize) -> Subject {
    // Few names, so that one is often held already.
    let name =
        if step.extra.is_multiple_of(4) { format!("ticket-{}", step.extra % 5) } else { format!("ticket-n{count}") };
    let facts = match step.extra % 3 {
        0 => vec![],
        1 => vec![("service".to_owned(), "repair".to_owned())],
        _ => vec![("service".to_owned(), "advice".to_owned())],
    };
    let expires_at = (step.extra.is_multiple_of(5)).then(|| now + i64::from(step.extra % 300) * 3600 * SECOND);
    Subject { name, facts, expires_at }
}

fn terms(step: &Step, now: Micros, count: usize) -> Terms {
    let kinds = ["plan_period", "topup", "trial", "promo", "goodwill", "topup", "topup", "credit_line"];
    let kind = kinds[usize::from(step.amount / 16) % kinds.len()];
    let credit = kind == "credit_line";
    let unlimited = step.amount.is_multiple_of(61);
    let effective_at = if step.extra.is_multiple_of(7) { now + i64::from(step.extra % 20) * DAY } else { now };
    let expires_at = (!step.extra.is_multiple_of(4)).then(|| effective_at + i64::from(step.extra % 45) * DAY);
    let rollover = (step.extra.is_multiple_of(5)).then(|| Rollover {
        cap: i64::from(step.extra % 6),
        expires_at: expires_at.map(|at| at + i64::from(step.amount % 30) * DAY),
    });
    let applies_to = match step.extra % 9 {
        0 => vec![("service".to_owned(), vec!["repair".to_owned()])],
        1 => vec![("service".to_owned(), vec!["repair".to_owned(), "advice".to_owned()])],
        _ => vec![],
    };
    Terms {
        source: if credit { Source::CreditLine } else { Source::Issued },
        // Now and then a source that was used already, with other content.
        source_ref: format!("{kind}/{}", if step.retry == 4 { count / 2 } else { count }),
        promotional: step.extra.is_multiple_of(3),
        priority: if credit { 100 } else { i16::try_from(step.extra % 4).unwrap_or(0) * 20 },
        amount: if unlimited { 0 } else { 1 + i64::from(step.amount % 24) },
        unlimited,
        effective_at,
        expires_at,
        applies_to,
        rollover,
    }
}
