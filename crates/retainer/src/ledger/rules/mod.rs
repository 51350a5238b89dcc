//! The ledger as a pure model: no SQL, no clock, no concurrency.
//!
//! It is the oracle of the property tests, which run the same script against it and against PostgreSQL, and it tells
//! what a balance will be when time has passed that nobody has applied yet. Read `account.rs` (the nouns and the table
//! of what an entry moves), `spend.rs`, `lots.rs`, `time.rs`.

pub mod account;
mod lots;
pub mod spend;
pub mod time;

use std::collections::BTreeMap;

use account::{Account, Atoms, Ended, Kind, Micros, Rollover, Source, Terms};
use time::GiveBack;

/// What a hold is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// Its name; one open hold per name.
    pub name: String,
    /// What the conditions of lots may ask of it.
    pub facts: Vec<(String, String)>,
    /// When the hold times out.
    pub expires_at: Option<Micros>,
}

/// The name of an account within the book.
pub type Owner = usize;
/// A lot or a hold: its account and the entry that opened it.
pub type Place = (Owner, i64);

/// A request. One variant per operation; the fields say what a caller says.
#[expect(missing_docs, reason = "the verbs of the same names document them")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    Grant { owner: Owner, terms: Terms },
    Hold { owner: Owner, subject: Subject, amount: Atoms },
    Consume { owner: Owner, subject: Subject, amount: Atoms },
    AdjustHold { hold: Place, delta: Atoms, vendor_fault: bool, grace_days: i64 },
    Capture { hold: Place, amount: Atoms, last: bool },
    CaptureMore { hold: Place, extra: Atoms },
    Release { hold: Place, amount: Option<Atoms>, vendor_fault: bool, grace_days: i64 },
    Refund { hold: Place, amount: Option<Atoms>, vendor_fault: bool, grace_days: i64 },
    Expire { lot: Place },
    Roll { lot: Place, rollover: Rollover },
    Void { lot: Place, spent: Ended },
    Upgrade { from: Place, terms: Terms, stack: bool },
    CloseCredit { lot: Place, overage: Ended },
    Exchange { from: Owner, to: Owner, give: Atoms, get: Atoms },
    Adjust { owner: Owner, delta: Atoms },
    Rehome { from: Place, to: i64, deadline: Option<Micros> },
    Freeze { owner: Owner, time_paused: bool },
    Unfreeze { owner: Owner },
    Settle { owner: Owner },
}

/// What an operation came to; what does not concern it stays empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Done {
    /// The lot that it opened, or found.
    pub lot: Option<i64>,
    /// The hold that it opened.
    pub hold: Option<i64>,
    /// How much of it came from a credit line.
    pub credit: Atoms,
    /// Units released, refunded, moved, charged as debt or found as overage.
    pub moved: Atoms,
}

/// Why an operation was refused.
#[expect(missing_docs, reason = "the words say it; people get their sentences from ledger::LedgerRefused")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    AlreadyExpired,
    ExceedsCaptured,
    ExceedsHold,
    Frozen,
    HoldClosed,
    InvalidPeriod,
    KeyReused,
    LotEnded,
    NotApplicable,
    NotDue,
    NotFound,
    NotFrozen,
    SameAccount,
    Short,
    SourceUsed,
    SubjectAlreadyHeld,
}

impl Refused {
    /// The outcome as PostgreSQL returns it.
    pub const fn code(self) -> &'static str {
        match self {
            Self::AlreadyExpired => "already_expired",
            Self::ExceedsCaptured => "exceeds_captured",
            Self::ExceedsHold => "exceeds_hold",
            Self::Frozen => "frozen",
            Self::HoldClosed => "hold_closed",
            Self::InvalidPeriod => "invalid_period",
            Self::KeyReused => "key_reused",
            Self::LotEnded => "lot_ended",
            Self::NotApplicable => "not_applicable",
            Self::NotDue => "not_due",
            Self::NotFound => "not_found",
            Self::NotFrozen => "not_frozen",
            Self::SameAccount => "same_account",
            Self::Short => "short",
            Self::SourceUsed => "source_used",
            Self::SubjectAlreadyHeld => "subject_already_held",
        }
    }
}

/// All accounts of an organization and every operation that was ever done on them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Book {
    /// The accounts; one that nothing happened to is none.
    pub accounts: BTreeMap<Owner, Account>,
    /// Which owners count seats.
    pub seats: Vec<Owner>,
    operations: BTreeMap<String, (Request, Done)>,
    granted: BTreeMap<(Owner, String), (Request, i64)>,
}

impl Book {
    /// An empty book in which these owners count seats.
    pub fn new(seats: Vec<Owner>) -> Self {
        Self { accounts: BTreeMap::new(), seats, operations: BTreeMap::new(), granted: BTreeMap::new() }
    }

    /// Does an operation wholly or not at all; the second value says whether the key had been used before.
    pub fn operate(&mut self, key: &str, request: &Request, now: Micros) -> Result<(Done, bool), Refused> {
        if let Some((first, done)) = self.operations.get(key) {
            return if first == request { Ok((done.clone(), true)) } else { Err(Refused::KeyReused) };
        }
        let mut trial = self.clone();
        let done = trial.apply(key, request, now)?;
        trial.operations.insert(key.to_owned(), (request.clone(), done.clone()));
        *self = trial;
        Ok((done, false))
    }

    fn open(&mut self, owner: Owner, key: &str, now: Micros) -> &mut Account {
        let seats = self.seats.contains(&owner);
        let account = self.accounts.entry(owner).or_insert_with(|| Account::empty(seats));
        account.settle(key, now);
        account
    }

    fn known(&mut self, owner: Owner, otherwise: Refused, key: &str, now: Micros) -> Result<&mut Account, Refused> {
        let account = self.accounts.get_mut(&owner).ok_or(otherwise)?;
        account.settle(key, now);
        Ok(account)
    }

    fn lot(&mut self, lot: Place, key: &str, now: Micros) -> Result<(&mut Account, usize), Refused> {
        let account = self.known(lot.0, Refused::NotFound, key, now)?;
        let place = account.lot_at(lot.1).ok_or(Refused::NotFound)?;
        Ok((account, place))
    }

    fn hold(&mut self, hold: Place, key: &str, now: Micros) -> Result<(&mut Account, usize), Refused> {
        let account = self.known(hold.0, Refused::NotFound, key, now)?;
        let place = account.hold_at(hold.1).ok_or(Refused::NotFound)?;
        Ok((account, place))
    }

    fn apply(&mut self, key: &str, request: &Request, now: Micros) -> Result<Done, Refused> {
        let back = |vendor_fault, captured, grace_days| GiveBack { vendor_fault, captured, grace_days };
        match request {
            Request::Grant { .. } | Request::Upgrade { .. } => self.apply_sourced(key, request, now),
            Request::Exchange { .. } | Request::Adjust { .. } => self.apply_minted(key, request, now),
            Request::Hold { owner, subject, amount } => {
                if subject.expires_at.is_some_and(|at| at <= now) {
                    return Err(Refused::AlreadyExpired);
                }
                self.known(*owner, Refused::Short, key, now)?.draw(subject, *amount, Kind::Hold)
            }
            Request::Consume { owner, subject, amount } => {
                self.known(*owner, Refused::Short, key, now)?.draw(subject, *amount, Kind::Consume)
            }
            Request::AdjustHold { hold, delta, vendor_fault, grace_days } => {
                let (account, place) = self.hold(*hold, key, now)?;
                account.adjust_hold(place, *delta, back(*vendor_fault, false, *grace_days))
            }
            Request::Capture { hold, amount, last } => {
                let (account, place) = self.hold(*hold, key, now)?;
                account.capture(place, *amount, *last)
            }
            Request::CaptureMore { hold, extra } => {
                let (account, place) = self.hold(*hold, key, now)?;
                account.capture_more(place, *extra)
            }
            Request::Release { hold, amount, vendor_fault, grace_days } => {
                let (account, place) = self.hold(*hold, key, now)?;
                account.release(place, *amount, back(*vendor_fault, false, *grace_days))
            }
            Request::Refund { hold, amount, vendor_fault, grace_days } => {
                let (account, place) = self.hold(*hold, key, now)?;
                account.refund(place, *amount, back(*vendor_fault, true, *grace_days))
            }
            Request::Freeze { owner, time_paused } => self.open(*owner, key, now).freeze(*time_paused),
            Request::Unfreeze { owner } => self.known(*owner, Refused::NotFound, key, now)?.unfreeze(),
            Request::Settle { owner } => self.known(*owner, Refused::NotFound, key, now).map(|_| Done::default()),
            _ => self.apply_to_lot(key, request, now),
        }
    }

    fn apply_to_lot(&mut self, key: &str, request: &Request, now: Micros) -> Result<Done, Refused> {
        match request {
            Request::Roll { lot, rollover } => {
                let (account, place) = self.lot(*lot, key, now)?;
                account.rollover(place, *rollover)
            }
            Request::Void { lot, spent } => {
                let (account, place) = self.lot(*lot, key, now)?;
                account.void(place, *spent)
            }
            Request::CloseCredit { lot, overage } => {
                let (account, place) = self.lot(*lot, key, now)?;
                account.close_credit(place, *overage)
            }
            Request::Rehome { from, to, deadline } => {
                let (account, place) = self.lot(*from, key, now)?;
                let to = account.lot_at(*to).ok_or(Refused::NotFound)?;
                account.rehome(place, to, *deadline)
            }
            Request::Expire { lot } => {
                let (account, place) = self.lot(*lot, key, now)?;
                if account.lots[place].ended.is_some() { Ok(Done::default()) } else { Err(Refused::NotDue) }
            }
            _ => Err(Refused::NotApplicable),
        }
    }

    /// Operations whose lot has a natural key besides the operation's own.
    fn apply_sourced(&mut self, key: &str, request: &Request, now: Micros) -> Result<Done, Refused> {
        let (owner, terms) = match request {
            Request::Grant { owner, terms } => (*owner, terms),
            Request::Upgrade { from, terms, .. } => (from.0, terms),
            _ => return Err(Refused::NotApplicable),
        };
        let source = (owner, terms.source_ref.clone());
        let before = self.granted.get(&source).cloned();
        let account = match request {
            Request::Upgrade { from, .. } => self.lot(*from, key, now)?.0,
            _ => self.open(owner, key, now),
        };
        if let Some((first, lot)) = before {
            return if first == *request {
                Ok(Done { lot: Some(lot), ..Done::default() })
            } else {
                Err(Refused::SourceUsed)
            };
        }
        let done = match request {
            Request::Upgrade { from, stack, .. } => {
                let place = account.lot_at(from.1).ok_or(Refused::NotFound)?;
                account.upgrade(place, terms, *stack)?
            }
            _ => account.grant(terms)?,
        };
        if let Some(lot) = done.lot {
            self.granted.insert(source, (request.clone(), lot));
        }
        Ok(done)
    }

    /// Operations whose lot is named by the operation's key.
    fn apply_minted(&mut self, key: &str, request: &Request, now: Micros) -> Result<Done, Refused> {
        let mint = |source, word, amount, promotional| Terms {
            source,
            source_ref: format!("{word}/{key}"),
            promotional,
            priority: 50,
            amount,
            unlimited: false,
            effective_at: now,
            expires_at: None,
            applies_to: Vec::new(),
            rollover: None,
        };
        match request {
            Request::Exchange { from, to, give, get } => {
                let giver = self.known(*from, Refused::Short, key, now)?;
                if from == to {
                    return Err(Refused::SameAccount);
                }
                giver.check_spend(*give)?;
                if giver.unlimited {
                    return Err(Refused::NotApplicable);
                }
                let first = giver.entries.len();
                giver.take(Kind::ExchangeOut, None, *give)?;
                let oldest = giver.entries[first].lot.map_or(0, |seq| giver.place_of_lot(seq));
                let promotional = giver.lots[oldest].terms.promotional;
                let taker = self.open(*to, key, now);
                let place = taker.open_lot(mint(Source::Exchange, "exchange", *get, promotional), None);
                taker.reseat();
                Ok(Done { lot: Some(taker.lots[place].seq), ..Done::default() })
            }
            Request::Adjust { owner, delta } if *delta < 0 => {
                let account = self.known(*owner, Refused::Short, key, now)?;
                account.check_spend(-delta)?;
                if account.unlimited {
                    return Err(Refused::NotApplicable);
                }
                account.take(Kind::AdjustDown, None, -delta).map(|_| Done::default())
            }
            Request::Adjust { owner, delta } => {
                let account = self.open(*owner, key, now);
                let place = account.open_lot(mint(Source::Adjustment, "adjustment", *delta, true), None);
                account.reseat();
                Ok(Done { lot: Some(account.lots[place].seq), ..Done::default() })
            }
            _ => Err(Refused::NotApplicable),
        }
    }
}
